"""The published tables against what was proven: whatever tells of people what nobody accounts for is found."""

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pytest

from pipelines.areas.contracts import VALUES
from pipelines.people.contracts import ATOMS, ORIGINS
from pipelines.protection import publication
from pipelines.protection.accounts import Grounds, require_accounted
from pipelines.protection.audit import AuditError, told_classes
from pipelines.protection.contracts import COUNTS, ROUNDED, SURVEY_SHOWN
from pipelines.protection.publication import area_tables, protect_indicators
from pipelines.protection.thresholds import OF_PEOPLE
from pipelines.sources.contracts import AREAS
from tests.conftest import Laid

SAME = {"area_type": "buurt", "population_group": "75plus", "period": "2024"}
PEOPLE = {"unit": "persons", "lower": None, "upper": None, "respondents": None, "quality": "ok"}


def _lay(laid: Laid, *, left_out: bool = False, told: float = 45.0) -> None:
    """A buurt of 45 people of 75 or older, 15 of them below the minimum (10 to 20), and a cell of 15."""
    below = {"indicator": "people_below_min", "profile": "rollator"}
    laid.lay(
        VALUES,
        {"indicator": "inhabitants", "value": told},
        below | {"value": 15.0, "lower": 10.0, "upper": 20.0, "interval_kind": "bounds"},
        {"indicator": "dist_nearest_place", "unit": "m", "value": 120.0, "population_group": ""},
        **SAME | PEOPLE | {"area_code": "BU1"},
    )
    sums = {"area_code": "BU1", "level": "none_found", "profile": "rollator", "rounded": None if left_out else 15.0}
    cell = {"area_type": "h3", "area_code": "8a1", "rounded": 15.0}
    laid.lay(COUNTS, {"area_code": "BU1", "rounded": 45.0}, sums, cell, **SAME)
    for empty in (ROUNDED, ATOMS, ORIGINS, SURVEY_SHOWN):
        laid.lay(empty)
    laid.lay(AREAS, {"area_type": "buurt", "area_code": "BU1", "publish_geometry": True})


def _published(laid: Laid) -> tuple[pa.Table, dict[str, pa.Table]]:
    tidy = protect_indicators(laid.warehouse)
    # Cells need a true H3 code to be drawn; their classes stand in the tidy table.
    drawn = tidy.filter(pa.compute.field("area_type") != "h3")
    return tidy, {kind: table for kind, (table, _) in area_tables(drawn, laid.warehouse.read(AREAS)).items()}


def _require(laid: Laid, tidy: pa.Table, wide: dict[str, pa.Table]) -> None:
    require_accounted(tidy, wide, Grounds(laid.warehouse.read(COUNTS), laid.warehouse.read(VALUES)))


def _with(table: pa.Table, name: str, change: Callable[[object], object]) -> pa.Table:
    column = pa.array([change(cell) for cell in table[name].to_pylist()], table.schema.field(name).type)
    return table.set_column(table.schema.get_field_index(name), name, column)


def _plus_five(cell: object) -> object:
    return cell + 5 if isinstance(cell, float) and cell >= 10 and cell != 120 else cell


def test_numbers_that_are_proven_sums_go_out(laid: Laid):
    _lay(laid)
    tidy, wide = _published(laid)
    _require(laid, tidy, wide)
    assert 15 in wide["buurt"]["people_below_min_75plus_rollator"].to_pylist()


def test_control_tens_in_the_sql_are_found(laid: Laid, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(publication, "OF_PEOPLE", OF_PEOPLE | {"base": 10.0})
    _lay(laid)
    with pytest.raises(AuditError, match=r"out/indicators: column .* of BU1 tells of people what is not proven"):
        _require(laid, *_published(laid))


@pytest.mark.parametrize(("name", "changed"), [("shown_from", 20.0), ("count_bounds", [20.0, 50.0])])
def test_control_another_threshold_in_the_sql_is_found(
    laid: Laid, monkeypatch: pytest.MonkeyPatch, name: str, changed: object
):
    monkeypatch.setattr(publication, "OF_PEOPLE", OF_PEOPLE | {name: changed})
    _lay(laid)
    with pytest.raises(AuditError, match="not proven"):
        _require(laid, *_published(laid))


@pytest.mark.parametrize("column", ["value", "lower", "upper"])
def test_a_value_or_bound_that_is_not_what_was_reckoned_is_found(laid: Laid, column: str):
    _lay(laid)
    tidy, wide = _published(laid)
    with pytest.raises(AuditError, match=f"column {column} of BU1"):
        _require(laid, _with(tidy, column, _plus_five), wide)


def test_a_value_reckoned_of_other_people_than_the_rounded_is_found(laid: Laid):
    # Told as reckoned, by five; and not the sum that was proven.
    _lay(laid, told=52.0)
    with pytest.raises(AuditError, match="column value of BU1"):
        _require(laid, *_published(laid))


@pytest.mark.parametrize("suffix", ["", "_lower", "_upper"])
def test_a_wide_table_that_tells_another_number_than_the_tidy_one_is_found(laid: Laid, suffix: str):
    _lay(laid)
    tidy, wide = _published(laid)
    name = f"people_below_min_75plus_rollator{suffix}"
    with pytest.raises(AuditError, match=f"out/buurt: column {name} of BU1"):
        _require(laid, tidy, wide | {"buurt": _with(wide["buurt"], name, _plus_five)})


def test_a_column_of_numbers_that_nobody_knows_is_found(laid: Laid):
    _lay(laid)
    tidy, wide = _published(laid)
    more = wide["buurt"].append_column("people_true", pa.array([13.0]))
    with pytest.raises(AuditError, match="out/buurt: column people_true"):
        _require(laid, tidy, wide | {"buurt": more})
    with pytest.raises(AuditError, match="out/indicators: column persons"):
        _require(laid, tidy.append_column("persons", pa.array(np.full(len(tidy), 13.0))), wide)


def test_an_indicator_of_people_without_a_proven_sum_is_found(laid: Laid):
    _lay(laid)
    tidy, wide = _published(laid)
    with pytest.raises(AuditError, match="column value of BU1"):
        _require(laid, _with(tidy, "indicator", lambda name: str(name).replace("below_min", "above_max")), wide)


def test_a_cell_with_a_number_or_another_class_is_found(laid: Laid):
    _lay(laid)
    tidy, wide = _published(laid)
    with pytest.raises(AuditError, match="column count_class of 8a1"):
        _require(laid, _with(tidy, "count_class", lambda word: "50+" if word else word), wide)
    pairs = zip(tidy["area_type"].to_pylist(), tidy["value"].to_pylist(), strict=True)
    numbers = [15.0 if area_type == "h3" else value for area_type, value in pairs]
    told = tidy.set_column(tidy.schema.get_field_index("value"), "value", pa.array(numbers))
    with pytest.raises(AuditError, match="column value of 8a1"):
        _require(laid, told, wide)


def test_nothing_that_rests_on_a_sum_that_is_left_out_goes_out(laid: Laid):
    _lay(laid, left_out=True)
    tidy, wide = _published(laid)
    _require(laid, tidy, wide)
    (row,) = (row for row in tidy.to_pylist() if row["indicator"] == "people_below_min")
    assert (row["value"], row["lower"], row["upper"], row["reason_missing"]) == (None, None, None, "withheld")
    (row,) = (row for row in tidy.to_pylist() if row["indicator"] == "inhabitants" and row["area_type"] == "buurt")
    assert row["value"] == 45


def test_a_number_that_is_missing_without_a_reason_is_found(laid: Laid):
    _lay(laid)
    tidy, wide = _published(laid)
    with pytest.raises(AuditError, match="column reason_missing of BU1"):
        _require(laid, _with(tidy, "value", lambda cell: cell if cell == 120 else None), wide)


def test_of_a_cell_that_is_left_out_no_class_goes_out(laid: Laid):
    _lay(laid)
    laid.lay(COUNTS, {"area_type": "h3", "area_code": "8a1", "rounded": None}, **SAME)
    (row,) = (row for row in protect_indicators(laid.warehouse).to_pylist() if row["area_type"] == "h3")
    assert (row["count_class"], row["reason_missing"]) == ("", "withheld")
    assert list(told_classes(laid.warehouse.read(COUNTS))) == []
