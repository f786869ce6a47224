from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines import protection
from pipelines.areas.contracts import MEMBERSHIP, VALUES
from pipelines.contracts import conform, violations
from pipelines.people.contracts import ATOMS, ORIGINS
from pipelines.places.contracts import REGISTER
from pipelines.protection.contracts import (
    COUNTS,
    INDICATORS,
    PLACES,
    REACH,
    ROUNDED,
    SURVEY_CHANGES,
    SURVEY_DISPERSION,
    SURVEY_QUALITY,
    SURVEY_SHOWN,
)
from pipelines.protection.publication import (
    area_tables,
    column_name,
    protect_changes,
    protect_dispersion,
    protect_indicators,
    protect_quality,
    protect_reach,
    publish_places,
)
from pipelines.reach.contracts import PAIRS
from pipelines.sources.contracts import AREAS, PEOPLE_COUNTS
from pipelines.streets.contracts import BUDGETS
from pipelines.survey.contracts import CHANGES, DISPERSION, QUALITY


def _protected(laid, *rows: dict[str, object], **same: object) -> list[dict[str, object]]:
    missing = {"lower": None, "upper": None, "respondents": None, "quality": "ok", "period": "2024"}
    numbered = [{"area_code": f"BU{n:02}", **row} for n, row in enumerate(rows)]
    laid.lay(
        VALUES,
        *({name: told for name, told in row.items() if name != "withheld"} for row in numbered),
        **missing
        | {"area_type": "buurt", "unit": "persons", "indicator": "inhabitants", "population_group": "all"}
        | same,
    )
    for empty in (COUNTS, ROUNDED, ATOMS, ORIGINS):
        laid.lay(empty)
    may_go_out = [{"area_code": row["area_code"]} for row in numbered if "withheld" not in row]
    laid.lay(
        SURVEY_SHOWN, *may_go_out, area_type="buurt", question="m1_contact", category="mean", indicator="m1_contact"
    )
    found = conform(protect_indicators(laid.warehouse), INDICATORS)
    assert violations(found, INDICATORS) == ()
    return found.to_pylist()


@pytest.mark.parametrize(
    ("true", "shown", "reason"),
    [
        (0, None, "too_few_people"),
        (7.4, None, "too_few_people"),
        (7.5, 10, ""),
        (12.4, 10, ""),
        (12.5, 15, ""),
        (1003, 1005, ""),
    ],
)
def test_persons_are_rounded_to_five_and_withheld_under_ten_by_the_rounded_number(
    laid, true: float, shown: float | None, reason: str
):
    (row,) = _protected(laid, {"value": true})
    assert (row["value"], row["reason_missing"]) == (shown, reason)


def test_bounds_of_persons_are_rounded_and_withheld_alike(laid):
    (row,) = _protected(
        laid,
        {
            "value": None,
            "lower": 3,
            "upper": 48,
            "interval_kind": "bounds",
            "reason_missing": "not_attached",
        },
    )
    assert (row["value"], row["lower"], row["upper"]) == (None, None, 50)
    assert (row["interval_kind"], row["reason_missing"]) == ("bounds", "not_attached")


def test_an_interval_of_which_nothing_may_be_shown_is_none(laid):
    (row,) = _protected(laid, {"value": 2, "lower": 2, "upper": 6, "interval_kind": "bounds"})
    assert (row["lower"], row["upper"], row["interval_kind"]) == (None, None, "")


@pytest.mark.parametrize("area_type", ["h3", "pc6"])
def test_cells_and_pc6_never_carry_persons(laid, area_type: str):
    rows = ({"value": 500.0}, {"value": 120.0, "unit": "m", "indicator": "dist_nearest_place", "population_group": ""})
    found = _protected(laid, *rows, area_type=area_type)
    assert [row["indicator"] for row in found] == ["dist_nearest_place"]


@pytest.mark.parametrize(
    ("known", "hidden", "shown", "reason"),
    [
        (5.0, None, "<10", "too_few_people"), (5.0, 4.0, "<10", "too_few_people"), (5.0, 5.0, "", "people_unknown"),
        (10.0, None, "10-49", "only_as_class"), (45.0, 5.0, "", "people_unknown"), (50.0, 90.0, "50+", "only_as_class"),
    ],
)  # fmt: skip
def test_of_a_cell_only_a_class_goes_out_and_none_where_hidden_people_may_change_it(
    laid, known: float, hidden: float | None, shown: str, reason: str
):
    laid.lay(VALUES)
    laid.lay(SURVEY_SHOWN)
    laid.lay(COUNTS, {"rounded": known}, area_type="pc6", area_code="9711AA", population_group="75plus", period="2024")
    laid.lay(ORIGINS, {"origin_id": 0, "origin_type": "address"})
    laid.lay(ATOMS, *({"atom_id": number, "pc6": "9711AA", "origin_id": 0} for number in (0, 1)))
    others = ({"atom_id": number, "persons": known} for number in (0, 1))
    of_group = ({"atom_id": 0, "persons": known}, {"atom_id": 1, "persons": None if hidden else 0.0, "highest": hidden})
    laid.lay(
        ROUNDED,
        *(row | {"population_group": "all", "highest": None} for row in others),
        *(row | {"population_group": "75plus"} for row in of_group),
    )
    (row,) = conform(protect_indicators(laid.warehouse), INDICATORS).to_pylist()
    assert (row["count_class"], row["reason_missing"], row["value"]) == (shown, reason, None)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20)
@given(st.lists(st.floats(0, 5_000), min_size=1, max_size=30))
def test_every_published_count_is_a_multiple_of_five_from_ten_up(laid, persons: list[float]):
    for true, row in zip(persons, _protected(laid, *({"value": value} for value in persons)), strict=True):
        expected = 5 * np.floor(true / 5 + 0.5)
        assert row["value"] == (expected if expected >= 10 else None)


@pytest.mark.parametrize(("respondents", "shown"), [(30, "30-99"), (99, "30-99"), (100, "100+"), (2_000, "100+")])
def test_respondents_are_shown_as_a_class(laid, respondents: int, shown: str):
    (row,) = _protected(laid, _scale(6.04, respondents))
    assert (row["n_class"], row["value"]) == (shown, 6.0)


@pytest.mark.parametrize(("value", "respondents", "reason"), [(None, 7, "too_few_respondents"), (6.04, 80, "")])
def test_of_a_withheld_survey_value_nothing_is_told_whatever_the_cause(laid, value, respondents: int, reason: str):
    doubted = {"quality": "caution", "quality_reason": "imprecise", "effective": 31.0, "design_effect": 1.2}
    (row,) = _protected(laid, _scale(value, respondents, reason) | doubted | {"withheld": True})
    assert (row["quality"], row["quality_reason"], row["effective_class"], row["design_effect"]) == ("ok", "", "", None)
    assert (row["value"], row["lower"], row["upper"], row["n_class"]) == (None, None, None, "")
    assert (row["interval_kind"], row["reason_missing"]) == ("", "withheld")


def _scale(value: float | None, respondents: int, reason: str = "") -> dict[str, object]:
    bounds = {"lower": value and value - 0.2, "upper": value and value + 0.2, "interval_kind": "ci_95" if value else ""}
    own = {"unit": "0-10", "indicator": "m1_contact", "population_group": "", "reason_missing": reason}
    return {"value": value, "respondents": respondents, **bounds, **own}


def test_metres_are_whole_and_scales_have_one_decimal(laid):
    rows = (
        {"value": 123.46, "unit": "m", "indicator": "dist_nearest_place"},
        {"value": 6.27, "lower": 6.11, "upper": 6.44, "unit": "0-10", "indicator": "m1_contact"},
    )
    metres, scale = sorted(_protected(laid, *rows, population_group=""), key=lambda row: str(row["indicator"]))
    assert metres["value"] == 123
    assert (scale["value"], scale["lower"], scale["upper"]) == (6.3, 6.1, 6.4)


def _reach(laid, homes: list[float], reaching: list[tuple[int, float, float | None]]) -> list[dict[str, object]]:
    laid.lay(
        MEMBERSHIP,
        *({"atom_id": n, "origin_id": n, "weight": weight} for n, weight in enumerate(homes)),
        area_type="h3",
        area_code="8a1969000007fff",
    )
    laid.lay(BUDGETS, {"profile": "rollator", "budget_m": 500.0, "budget_s": None})
    laid.lay(
        PAIRS,
        *({"origin_id": n, "metres": m, "seconds": s} for n, m, s in reaching),
        profile="rollator",
        bound="central",
        place_id=4,
    )
    found = conform(protect_reach(laid.warehouse), REACH)
    assert violations(found, REACH) == ()
    return found.to_pylist()


def test_reach_is_summarised_per_cell_over_the_homes_that_reach_the_place(laid):
    (row,) = _reach(laid, [1.0, 1.0, 0.5, 0.5], [(0, 300.0, 400.0), (1, 480.0, 600.0), (2, 700.0, None)])
    assert (row["cell"], row["place_id"], row["metres"], row["seconds"]) == ("8a1969000007fff", 4, 480, 600)
    assert row["share_of_homes"] == 0.7


def test_a_median_among_the_unreachably_long_is_unknown(laid):
    (row,) = _reach(laid, [1.0, 1.0], [(0, 300.0, 400.0), (1, 480.0, None)])
    assert row["seconds"] is None


def test_the_share_of_homes_that_reach_a_place_says_nothing_of_people(laid):
    assert _reach(laid, [0.25, 0.75], [(0, 300.0, 400.0)])[0]["share_of_homes"] == pytest.approx(0.3, abs=0.051)
    assert "persons" not in (Path(protection.__file__).parent / "reach.sql").read_text(encoding="utf-8")


def test_a_column_is_named_after_its_indicator_and_keys():
    key = {
        "indicator": "n_places_reach",
        "place_kind": "school",
        "threshold_m": "500",
        "population_group": "",
        "profile": "rollator",
    }
    assert column_name(key) == "n_places_reach_school_500m_rollator"
    assert (
        column_name(dict.fromkeys(key, "") | {"indicator": "inhabitants", "population_group": "65plus"})
        == "inhabitants_65plus"
    )


def _areas(*rows: tuple[str, str, bool]) -> pa.Table:
    box = shapely.box(155_000, 463_000, 155_100, 463_100).wkb
    names = [
        {
            "area_type": t,
            "area_code": c,
            "area_name": f"name of {c}",
            "parent_code": "",
            "publish_geometry": p,
            "share_inside": 1.0,
            "geometry": box,
        }
        for t, c, p in rows
    ]
    return pa.Table.from_pylist(names, schema=AREAS.schema)


def test_the_wide_table_holds_the_values_of_the_tidy_one(laid):
    rows = (
        {"value": 120.0},
        {
            "value": None,
            "lower": 3,
            "upper": 48,
            "interval_kind": "bounds",
            "reason_missing": "not_attached",
            "indicator": "people_below_min",
            "profile": "rollator",
        },
    )
    _protected(laid, *({**row, "area_code": "BU01"} for row in rows))
    tidy = conform(protect_indicators(laid.warehouse), INDICATORS)
    wide, contract = area_tables(tidy, _areas(("buurt", "BU01", True), ("buurt", "BU02", True)))["buurt"]
    found = conform(wide, contract)
    assert violations(found, contract) == ()
    first, second = found.drop_columns(["geometry"]).to_pylist()
    assert first == {
        "area_code": "BU01", "area_name": "name of BU01", "inhabitants_all": 120,
        "people_below_min_all_rollator": None,
        "people_below_min_all_rollator_lower": None,
        "people_below_min_all_rollator_upper": 50,
    }  # fmt: skip
    assert second["inhabitants_all"] is None


def test_an_area_type_without_a_source_is_an_empty_table_with_the_same_columns(laid):
    _protected(laid, {"value": 120.0})
    tidy = conform(protect_indicators(laid.warehouse), INDICATORS)
    tables = area_tables(tidy, _areas(("buurt", "BU00", True)))
    wide, contract = tables["wijk"]
    assert (len(wide), wide.column_names) == (0, list(contract.column_names))
    assert "inhabitants_all" in wide.column_names
    assert "inhabitants_all" not in tables["pc6"][0].column_names


def test_where_the_licence_forbids_it_a_polygon_becomes_a_point(laid):
    _protected(laid, {"value": 120.0})
    tidy = conform(protect_indicators(laid.warehouse), INDICATORS)
    shown, _ = area_tables(tidy, _areas(("buurt", "BU00", True), ("buurt", "BU01", False)))["buurt"]
    kinds = [geometry.geom_type for geometry in shapely.from_wkb(shown["geometry"].to_pylist())]
    assert kinds == ["Polygon", "Point"]


def test_a_place_is_published_as_one_point_on_it():
    box = shapely.box(155_000, 463_000, 155_100, 463_100)
    row = {
        "place_id": 3,
        "place_kind": "school",
        "name": "De Kleine Beer",
        "source": "a.gpkg",
        "source_id": "7",
        "geometry": box.wkb,
        "entrances": None,
        "functions": ["school", "buurtcentrum"],
        "merged_sources": ["b.csv:1"],
        "counts": True,
    }
    hired = row | {"place_id": 4, "counts": False}
    found = conform(publish_places(pa.Table.from_pylist([row, hired], schema=REGISTER.schema)), PLACES)
    assert found["place_id"].to_pylist() == [3]
    assert found["functions"].to_pylist() == [["school", "buurtcentrum"]]
    assert shapely.from_wkb(found["geometry"][0].as_py()).within(box)
    assert len(publish_places(REGISTER.schema.empty_table())) == 0


def _changes(laid, shown: Sequence[tuple[int, str]], *rows: dict[str, object]) -> list[dict[str, object]]:
    same = {"wave_before": 2022, "wave_after": 2024, "area_type": "buurt", "indicator": "m1_contact", "unit": "0-10",
            "change": 0.444, "lower": 0.1, "upper": 0.9, "level": 0.97, "margin": 0.2, "compared": 30,
            "verdict": "changed", "respondents_before": 40, "respondents_after": 40}  # fmt: skip
    laid.lay(CHANGES, *rows, **same)
    told = [{"wave": wave, "area_code": code} for wave, code in shown]
    laid.lay(SURVEY_SHOWN, *told, area_type="buurt", question="m1_contact", category="mean", indicator="m1_contact")
    found = conform(protect_changes(laid.warehouse), SURVEY_CHANGES)
    assert violations(found, SURVEY_CHANGES) == ()
    return found.to_pylist()


def test_a_change_goes_out_to_a_tenth_and_only_where_both_waves_may(laid):
    both = [(2022, "BU01"), (2024, "BU01"), (2024, "BU02"), (2022, "BU03")]
    told, *hidden = _changes(laid, both, *({"area_code": f"BU0{n}"} for n in (1, 2, 3, 4)))
    assert (told["change"], told["lower"], told["upper"], told["verdict"]) == (0.4, 0.1, 0.9, "changed")
    assert (told["level"], told["compared"]) == (0.97, 30)
    for row in hidden:
        assert (row["change"], row["lower"], row["upper"], row["verdict"]) == (None, None, None, "")
        assert (row["level"], row["compared"]) == (None, 30)
        assert row["reason_missing"] == "withheld"


def test_of_the_survey_no_answer_to_an_item_goes_out_nor_a_figure_of_few(laid):
    same = {"wave": 2024, "value": 0.5, "lower": None, "upper": None, "respondents": 100}
    laid.lay(
        QUALITY,
        {"subject": "item", "name": "m1/v1", "statistic": "mean"},
        {"subject": "item", "name": "m1/v1", "statistic": "item_rest"},
        {"subject": "scale", "name": "m1", "statistic": "alpha", "value": 0.8149},
        {"subject": "scale", "name": "m1", "mode": "paper", "statistic": "alpha", "respondents": 29},
        {"subject": "model", "name": "m1/buurt", "statistic": "sigma2", "respondents": 0},
        {"subject": "model", "name": "m1/buurt", "statistic": "model", "word": "fay_herriot", "respondents": 0},
        **same,
    )
    laid.lay(SURVEY_SHOWN, {"wave": 2024, "indicator": "m1"})
    found = conform(protect_quality(laid.warehouse), SURVEY_QUALITY)
    assert violations(found, SURVEY_QUALITY) == ()
    rows = {(row["subject"], row["statistic"]): row for row in found.to_pylist()}
    assert set(rows) == {("item", "item_rest"), ("scale", "alpha"), ("model", "model")}
    assert rows["scale", "alpha"]["value"] == 0.81
    assert rows["model", "model"]["n_class"] == ""


@pytest.mark.parametrize(
    ("what", "value", "respondents", "told"),
    [
        (("response", "rate"), 0.4312, 431, 0.45),  # of a thousand who were asked
        (("response", "rate"), 0.45, 45, 0.45),
        (("response", "rate"), 0.5, 49, None),  # a step of 98 is fewer than five
        (("response", "rate"), 0.25, 29, None),
        (("response", "share_unheard"), 0.013, 40, 0.01),  # of people, not of respondents
        (("mode", "share"), 0.33, 120, 0.35),
        (("coverage", "share_placed"), 0.97, 99, None),
    ],
)
def test_rates_and_shares_of_a_sample_go_out_in_steps_of_five_respondents_or_more(
    laid, what: tuple[str, str], value: float, respondents: int, told: float | None
):
    same = {"wave": 2024, "name": "", "lower": None, "upper": None}
    laid.lay(QUALITY, {"subject": what[0], "statistic": what[1], "value": value, "respondents": respondents}, **same)
    laid.lay(SURVEY_SHOWN)
    rows = protect_quality(laid.warehouse).to_pylist()
    assert [row["value"] for row in rows] == ([] if told is None else [pytest.approx(told)])


def test_the_number_of_respondents_does_not_follow_from_figures_of_weights(laid):
    figures = {"deff": 1.08, "effective": 618.31, "trimmed": 3.0}
    rows = ({"statistic": name, "value": value} for name, value in figures.items())
    laid.lay(QUALITY, *rows, wave=2024, subject="weights", name="", lower=None, upper=None, respondents=668)
    laid.lay(SURVEY_SHOWN)
    told = {row["statistic"]: row["value"] for row in protect_quality(laid.warehouse).to_pylist()}
    assert told == {"deff": 1.08, "trimmed": 1.0}


def _dispersed(laid, **told: object) -> list[dict[str, object]]:
    row = {
        "wave": 2024, "area_type": "wijk", "area_code": "WK1", "indicator": "m1_contact", "statistic": "sd",
        "feature": "", "category": "", "unit": "points", "value": 2.04, "lower": 1.861, "upper": 2.201,
        "respondents": 80, "effective": 70.0, "verdict": "publish", "reason": "",
    }  # fmt: skip
    laid.lay(DISPERSION, row | told)
    found = conform(protect_dispersion(laid.warehouse), SURVEY_DISPERSION)
    assert violations(found, SURVEY_DISPERSION) == ()
    return found.to_pylist()


def _may_go_out(laid, *questions: tuple[str, str]) -> None:
    area = {"wave": 2024, "area_type": "wijk", "area_code": "WK1"}
    laid.lay(SURVEY_SHOWN, *({"question": q, "category": c, "indicator": q} for q, c in questions), **area)


def test_spread_goes_out_rounded_with_its_interval_outward(laid):
    _may_go_out(laid, ("m1_contact", "mean"), ("m1_contact/sd", "mean"))
    (row,) = _dispersed(laid)
    assert (row["value"], row["lower"], row["upper"], row["n_class"]) == (2.0, 1.8, 2.3, "30-99")
    assert row["reason_missing"] == ""


@pytest.mark.parametrize("shown", [(), (("m1_contact", "mean"),), (("m1_contact/sd", "mean"),)])
def test_spread_is_withheld_unless_it_and_the_mean_beside_it_may_go_out(laid, shown: tuple[tuple[str, str], ...]):
    _may_go_out(laid, *shown)
    (row,) = _dispersed(laid, verdict="caution", reason="imprecise")
    assert [row[name] for name in ("value", "lower", "upper")] == [None, None, None]
    told = (row["n_class"], row["quality"], row["quality_reason"], row["reason_missing"])
    assert told == ("", "ok", "", "withheld")


def test_a_gap_goes_out_only_of_the_feature_and_group_that_may(laid):
    of_gap = {"statistic": "gap", "feature": "age", "category": "65+", "value": -0.26, "lower": -0.5, "upper": -0.02}
    _may_go_out(laid, ("m1_contact", "mean"), ("m1_contact/gap/age", "65+"))
    assert [row["value"] for row in _dispersed(laid, **of_gap)] == [-0.3]
    assert [row["lower"] for row in _dispersed(laid, **of_gap)] == [-0.5]
    (elsewhere,) = _dispersed(laid, **of_gap | {"area_code": "WK2"})
    assert (elsewhere["value"], elsewhere["reason_missing"]) == (None, "withheld")


@pytest.mark.parametrize("other", [{"feature": "household"}, {"category": "0-34"}, {"indicator": "m2_network"}])
def test_a_group_that_is_told_of_nowhere_is_not_named(laid, other: dict[str, str]):
    of_gap = {"statistic": "gap", "feature": "age", "category": "65+", "value": -0.26}
    _may_go_out(laid, ("m1_contact", "mean"), ("m1_contact/gap/age", "65+"))
    assert _dispersed(laid, **of_gap | other) == []


def test_of_a_scale_whose_mean_is_not_published_no_spread_goes_out_either(laid):
    _may_go_out(laid, ("praten", "mean"), ("praten/sd", "mean"))
    assert _dispersed(laid, indicator="praten") == []


def _quality(laid, shown: Sequence[str], *rows: dict[str, object]) -> list[tuple[str, str]]:
    same = {
        "wave": 2024,
        "subject": "scale",
        "name": "m1",
        "statistic": "alpha",
        "value": 0.8,
        "lower": None,
        "upper": None,
    }
    laid.lay(QUALITY, *rows, **same)
    laid.lay(SURVEY_SHOWN, *({"indicator": one} for one in shown), wave=2024)
    return [(row["name"], row["mode"]) for row in protect_quality(laid.warehouse).to_pylist()]


def test_of_a_scale_that_is_hidden_everywhere_no_figure_of_quality_goes_out(laid):
    rows = ({"respondents": 60}, {"respondents": 60, "subject": "item", "name": "m1/v1", "statistic": "item_rest"})
    of_other = {"respondents": 60, "name": "m2"}
    assert _quality(laid, ["m1", "m2"], *rows, of_other) == [("m1/v1", ""), ("m1", ""), ("m2", "")]
    assert _quality(laid, ["m2"], *rows, of_other) == [("m2", "")]


@pytest.mark.parametrize(("paper", "modes"), [(0, ["", "internet"]), (29, [""]), (30, ["", "internet", "paper"])])
def test_figures_of_ways_of_answering_go_out_only_where_they_leave_no_few(laid, paper: int, modes: list[str]):
    rows = [
        {"respondents": 50 + paper},
        {"respondents": 50, "mode": "internet"},
        {"respondents": paper, "mode": "paper"},
    ]
    assert sorted(mode for _, mode in _quality(laid, ["m1"], *rows)) == modes


def test_how_many_live_somewhere_is_summed_from_buurten_and_unknown_where_one_is(laid):
    laid.lay(
        PEOPLE_COUNTS,
        *(
            {"unit_type": "buurt", "unit_code": f"B{n}", "persons": persons}
            for n, persons in enumerate((40.0, 50.0, None))
        ),
        {"unit_type": "pc4", "unit_code": "9901", "persons": 70.0},
        {"unit_type": "buurt", "unit_code": "B0", "population_group": "65plus", "persons": 9.0},
        population_group="all",
    )
    buurten = [
        {"area_type": "buurt", "area_code": f"B{n}", "parent_code": wijk} for n, wijk in enumerate(("W1", "W1", "W2"))
    ]
    laid.lay(AREAS, *buurten, *({"area_type": "wijk", "area_code": wijk, "parent_code": "G"} for wijk in ("W1", "W2")))

    def residents(*public: str) -> dict[str, float]:
        rows = laid.warehouse.run_sql("protection/residents", (PEOPLE_COUNTS, AREAS), {"public": public}).to_pylist()
        return {row["area_code"]: row["persons"] for row in rows}

    assert residents("buurt", "pc4") == {"B0": 40, "B1": 50, "9901": 70, "W1": 90}
    assert residents("pc4") == {"9901": 70}
