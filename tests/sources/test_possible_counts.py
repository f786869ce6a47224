"""No count of people is larger than the country: whatever else the cell holds, it is no such count."""

import pyarrow as pa
import pytest

from pipelines.errors import SourceError
from pipelines.sources.area_file import SHIPPED, read_area_file
from pipelines.sources.cbs import require_possible
from pipelines.sources.contracts import MOST_PEOPLE, PEOPLE_COUNTS

TOWN = read_area_file(SHIPPED / "voorbeeldstad.yaml")


def _counts(highest: float | None, unit_type: str = "buurt") -> pa.Table:
    row = {"unit_type": unit_type, "unit_code": "BU1", "population_group": "65plus", "highest": highest}
    return pa.Table.from_pylist([row], schema=PEOPLE_COUNTS.schema)


@pytest.mark.parametrize(("unit_type", "path"), [("buurt", "wijkenbuurten"), ("square", "vk100"), ("pc4", "cbs_pc4")])
def test_a_count_of_more_people_than_the_country_is_refused_by_its_file(unit_type: str, path: str):
    with pytest.raises(SourceError, match=rf"{path}.*: counts over 20,000,000 people in 1 cells \(65plus\)"):
        require_possible(TOWN, _counts(1e308, unit_type))


@pytest.mark.parametrize("highest", [None, 0.0, MOST_PEOPLE])
def test_a_count_that_a_country_holds_or_nothing_bounds_is_read(highest: float | None):
    require_possible(TOWN, _counts(highest))
