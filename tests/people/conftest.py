"""A town of two buurten for the tests of people: areas, addresses, squares and counts as rows."""

from collections.abc import Sequence

import pyarrow as pa
import pytest
import shapely

from pipelines.contracts import Contract
from pipelines.people.origins import Deliveries
from pipelines.sources.contracts import ADDRESSES, AREAS, CROSSWALK, PEOPLE_COUNTS, SQUARES

X, Y = 155_000, 463_000
Rows = Sequence[dict[str, object]]


class Town:
    """Two buurten of 200 m (one wijk, one gemeente), three postcodes that overlap them, one PC4; 100 m high."""

    def area(self, area_type: str, code: str, left: int, right: int, parent: str = "") -> dict[str, object]:
        box = shapely.box(X + left, Y, X + right, Y + 100)
        identity = {"area_type": area_type, "area_code": code, "area_name": code, "parent_code": parent}
        return {**identity, "publish_geometry": True, "share_inside": 1.0, "geometry": box.wkb}

    def areas(self, *more: dict[str, object]) -> pa.Table:
        rows = [
            self.area("buurt", "BU1", 0, 200, "WK1"), self.area("buurt", "BU2", 200, 400, "WK1"),
            self.area("wijk", "WK1", 0, 400, "GM1"), self.area("gemeente", "GM1", 0, 400),
            self.area("pc6", "1000AA", 0, 150), self.area("pc6", "1000AB", 150, 300),
            self.area("pc6", "1000AC", 300, 400), self.area("pc4", "1000", 0, 400),
        ]  # fmt: skip
        return self.table(AREAS, [*rows, *more])

    def address(self, code: str, x: float, pc6: str = "", **facts: object) -> dict[str, object]:
        return {"address_id": code, "pc6": pc6, "x_m": X + x, "y_m": Y + 50.0, "is_institution": False, **facts}

    def square(self, east: int) -> dict[str, object]:
        return {"square_code": f"E{1550 + east}N4630", "x_m": X + 50.0 + 100 * east, "y_m": Y + 50.0, "size_m": 100}

    def count(
        self, unit_type: str, code: str, persons: float | None, group: str = "all", **facts: float
    ) -> dict[str, object]:
        """A count of 2024 (or `vintage`) that is exact (or so many `within`); masked: none to four."""
        known, within = persons is not None, facts.get("within", 0)
        lowest, highest = (max(persons - within, 0), persons + within) if known else (0.0, 4.0)
        identity = {"unit_type": unit_type, "unit_code": code, "population_group": group}
        interval = {"persons": persons, "lowest": lowest, "highest": highest, "vintage": facts.get("vintage", 2024)}
        return {**identity, **interval, "reason_missing": "" if known else "masked", "basis": "count"}

    def counts(self, rows: Rows) -> pa.Table:
        return self.table(PEOPLE_COUNTS, rows)

    def deliveries(
        self, unit_type: str, counts: Rows, addresses: Rows = (), squares: Rows = (), crosswalk: Rows = ()
    ) -> Deliveries:
        return Deliveries(
            self.areas(),
            self.table(ADDRESSES, addresses),
            self.table(SQUARES, squares),
            self.counts(counts),
            self.table(CROSSWALK, crosswalk),
            unit_type,
        )

    def table(self, contract: Contract, rows: Rows) -> pa.Table:
        return pa.Table.from_pylist(list(rows), schema=contract.schema)


@pytest.fixture(scope="session")
def town() -> Town:
    return Town()
