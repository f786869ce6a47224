"""Covariates and neighbours from CBS: by hand, on a small map, and on Groningen."""

import numpy as np
import pyarrow as pa
import pytest
import shapely

from pipelines.sources.area_file import SHIPPED, read_area_file
from pipelines.sources.cbs import read_municipality, read_statistics
from pipelines.sources.contracts import AREAS, PEOPLE_COUNTS
from pipelines.survey.context import context_of, neighbours


def counts(*rows: tuple[str, str, float | None]) -> pa.Table:
    told = [
        {"unit_type": "buurt", "unit_code": code, "population_group": group, "persons": persons,
         "reason_missing": "", "lowest": 0.0, "highest": None, "vintage": 2024, "basis": "count"}
        for code, group, persons in rows
    ]  # fmt: skip
    return pa.Table.from_pylist(told, schema=PEOPLE_COUNTS.schema)


def ages(code: str, *persons: float | None) -> list[tuple[str, str, float | None]]:
    return [
        (code, group, one) for group, one in zip(("0_14", "15_24", "25_44", "45_64", "65plus"), persons, strict=True)
    ]


def test_shares_by_hand_and_nan_where_cbs_tells_nothing() -> None:
    table = counts(
        *ages("BU1", 10, 10, 20, 20, 40), ("BU1", "all", 100), ("BU1", "households", 50), ("BU1", "hh_single", 20),
        *ages("BU2", 10, None, 20, 20, 40), ("BU2", "all", 95),
    )  # fmt: skip
    found = context_of(table, "buurt", ["BU2", "BU1", "BU3"])
    assert found.names == ("share_65plus", "share_0_14", "share_one_person")
    assert found.covariates[1] == pytest.approx([0.4, 0.1, 0.4])
    assert np.isnan(found.covariates[[0, 2]]).all()
    assert found.population.tolist()[:2] == [95, 100]
    assert np.isnan(found.population[2])


def test_a_share_is_never_over_one_though_cbs_rounds_parts_and_whole_apart() -> None:
    table = counts(("BU1", "households", 10), ("BU1", "hh_single", 15))
    assert context_of(table, "buurt", ["BU1"]).covariates[0, 2] == 1.0


def test_without_areas_there_is_nothing() -> None:
    assert context_of(counts(), "buurt", []).covariates.shape == (0, 3)
    assert neighbours(AREAS.schema.empty_table(), "buurt", []).shape == (0, 0)


def squares(*corners: tuple[float, float]) -> pa.Table:
    rows = [
        {"area_type": "buurt", "area_code": f"BU{i}", "area_name": "", "parent_code": "", "publish_geometry": True,
         "share_inside": 1.0, "geometry": shapely.to_wkb(shapely.box(x, y, x + 100, y + 100))}
        for i, (x, y) in enumerate(corners)
    ]  # fmt: skip
    return pa.Table.from_pylist(rows).cast(pa.schema([field.with_metadata(None) for field in AREAS.schema]), safe=False)


def test_areas_that_touch_at_a_border_or_a_corner_are_neighbours_and_an_island_has_none() -> None:
    table = squares((0, 0), (100, 0), (100.4, 100.4), (5000, 5000))
    weights = neighbours(table, "buurt", ["BU0", "BU1", "BU2", "BU3"]).toarray()
    assert weights == pytest.approx(np.array([[0, 0.5, 0.5, 0], [0.5, 0, 0.5, 0], [0.5, 0.5, 0, 0], [0, 0, 0, 0]]))


@pytest.mark.realdata
def test_the_buurten_of_groningen_have_covariates_and_neighbours(realdata) -> None:
    area = read_area_file(SHIPPED / "groningen-2017.yaml")
    found = read_statistics(area, realdata, read_municipality(area, realdata))
    codes = [
        row["area_code"] for row in found.areas.select(["area_type", "area_code"]).to_pylist()
        if row["area_type"] == "buurt"
    ]  # fmt: skip
    context = context_of(found.people_counts, "buurt", codes)
    # Of the others CBS hides a number: harbours, industry, parks.
    known = np.isfinite(context.covariates).all(axis=1)
    assert (known.sum(), len(codes)) == (84, 108)
    assert np.nansum(context.population[known]) > 0.97 * np.nansum(context.population)
    assert (context.covariates[known] >= 0).all()
    weights = neighbours(found.areas, "buurt", codes)
    assert np.allclose(weights.sum(axis=1), 1)
    assert 3 < weights.nnz / len(codes) < 9
    assert ((weights != 0) - (weights != 0).T).nnz == 0
