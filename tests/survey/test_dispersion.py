"""How far residents lie apart: against R, by hand, and whether intervals hold the truth of towns that are known."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from pipelines.contracts import violations
from pipelines.survey.contracts import DISPERSION
from pipelines.survey.design import Design, Domains, domain_means, simple_design
from pipelines.survey.dispersion import gaps, standard_deviations, within_variance
from pipelines.survey.dispersion_table import is_lowest
from pipelines.survey.groups import groupings
from pipelines.survey.waves import estimate_survey
from tests.survey import made
from tests.survey.oracle import numbered, oracle

R = oracle("design")
DATA = R["data"]
SCORES = np.where(DATA["answered"] == 1, DATA["score"], np.nan)
OF_DOMAIN = numbered(DATA["domain"])
DOMAINS = Domains(np.arange(len(SCORES)), OF_DOMAIN, 8)
ALL_LEFT = np.ones(8)


def designs() -> dict[str, Design]:
    weight, alone, nobody = DATA["weight"], np.arange(len(SCORES)), np.zeros(1)
    clusters, one = numbered(DATA["cluster"]), np.zeros(len(SCORES), dtype=np.int64)
    return {
        "plain": Design(weight, weight, one, alone, nobody),
        "clustered": Design(weight, weight, one, clusters, nobody),
        "stratified": Design(weight, weight, numbered(DATA["stratum"]), clusters, np.zeros(7)),
    }


@pytest.mark.parametrize("name", ["plain", "clustered", "stratified"])
def test_the_variance_within_areas_and_its_error_are_those_of_r(name: str) -> None:
    design = designs()[name]
    means = domain_means(SCORES, design, DOMAINS)
    variance, se = within_variance(SCORES, design, means, DOMAINS, ALL_LEFT)
    assert variance == pytest.approx(R[f"within_{name}"]["variance"], rel=1e-9)
    assert se == pytest.approx(R[f"within_{name}"]["se"], rel=1e-9)


@pytest.mark.parametrize("name", ["plain", "clustered", "stratified"])
def test_the_gap_between_two_groups_and_its_error_are_those_of_r(name: str) -> None:
    sex = DATA["sex"] == 1
    both = (Domains(np.flatnonzero(side), OF_DOMAIN[side], 8) for side in (sex, ~sex))
    group, others = both
    found = gaps(SCORES, designs()[name], (group, others), ALL_LEFT).gap
    told = numbered(R[f"apart_{name}"]["domain"])
    assert found.value[told] == pytest.approx(R[f"apart_{name}"]["gap"], rel=1e-9)
    assert found.se[told] == pytest.approx(R[f"apart_{name}"]["se"], rel=1e-9)


def one_area(n: int) -> Domains:
    return Domains(np.arange(n), np.zeros(n, dtype=np.int64), 1)


def spread(scores: np.ndarray) -> Any:
    design, who = simple_design(np.ones(len(scores))), one_area(len(scores))
    return standard_deviations(scores, design, domain_means(scores, design, who), who, np.ones(1))


def test_a_standard_deviation_by_hand() -> None:
    # 2, 4, 9: mean 5, squares 9, 1, 16; 26 / 2 = 13.
    assert spread(np.array([2.0, 4.0, 9.0])).value[0] == pytest.approx(13**0.5)


@pytest.mark.parametrize("scores", [np.full(40, 6.0), np.repeat([0.0, 10.0], 20)])
def test_where_all_lie_as_far_from_their_mean_there_is_no_interval_of_zero_width(scores: np.ndarray) -> None:
    found = spread(scores)
    assert np.isnan([found.lower[0], found.upper[0]]).all()


def test_the_lowest_third_ends_at_a_third_of_the_way_and_takes_it_in() -> None:
    assert is_lowest(np.array([0.0, 10 / 3, 3.34, np.nan]))[:3].tolist() == [1.0, 1.0, 0.0]
    assert np.isnan(is_lowest(np.array([np.nan]))[0])


SHAPES = ("even", "in_steps", "skewed")


def drawn(shape: str, n: int, random: np.random.Generator) -> np.ndarray:
    if shape == "even":
        return np.clip(random.normal(5, 2, n), 0, 10)
    if shape == "skewed":
        return np.clip(10 - random.gamma(1.5, 1.5, n), 0, 10)
    behind = random.normal(size=(n, 1))
    return 2.5 * (np.clip(np.round(3.4 + 0.8 * (behind + random.normal(size=(n, 4)))), 1, 5).mean(axis=1) - 1)


@pytest.mark.parametrize("shape", SHAPES)
def test_intervals_of_the_spread_hold_the_truth_about_95_times_in_100(shape: str) -> None:
    random = np.random.default_rng(20_240_305)
    true, buurten, each = drawn(shape, 400_000, random).std(), 24, 40
    buurt = np.repeat(np.arange(buurten), each)
    rows = np.tile(np.arange(len(buurt)), 2)
    who = Domains(rows, np.concatenate([buurt, np.full(len(buurt), buurten)]), buurten + 1)
    held = []
    for number in range(40):
        weights = random.lognormal(0, 0.4, len(buurt)) if number % 2 else np.ones(len(buurt))
        scores, design = drawn(shape, len(buurt), random), simple_design(weights)
        means = domain_means(scores, design, who)
        found = standard_deviations(scores, design, means, who, np.ones(buurten + 1))
        held.append((found.lower <= true) & (true <= found.upper))
    assert 0.92 <= np.mean(np.array(held)[:, :buurten]) <= 0.98


def test_the_interval_of_a_gap_holds_the_truth_about_95_times_in_100_where_clusters_hold_both_groups() -> None:
    random = np.random.default_rng(8)
    clusters, size = 30, 8
    cluster = np.repeat(np.arange(clusters), size)
    group = np.tile(np.arange(size) % 2 == 0, clusters)
    n = len(cluster)
    one, who = np.ones(n), np.zeros(n, dtype=np.int64)
    design = Design(one, one, who, cluster, np.zeros(1))
    sides = tuple(Domains(np.flatnonzero(side), who[side], 1) for side in (group, ~group))
    held = 0
    for _ in range(600):
        scores = 5 + random.normal(size=clusters)[cluster] + 0.5 * group + random.normal(size=n)
        found = gaps(scores, design, (sides[0], sides[1]), np.ones(1)).gap
        held += bool(found.lower[0] <= 0.5 <= found.upper[0])
    assert 0.93 <= held / 600 <= 0.97


def told_of(people: pa.Table, given: list[tuple[float | None]]) -> dict[tuple[str, str, str], dict[str, Any]]:
    """Dispersion of one scale of one item in areas, by area, statistic and group."""
    items = made.items({"item_id": "v1", "scale": "m1_contact", "lowest": 0.0, "highest": 10.0})
    tables = made.tables(people, made.answers(["v1"], *given), items)
    found = estimate_survey(tables, frozenset({made.WAVE}), made.areas(3), made.counts({})).dispersion
    assert violations(found, DISPERSION) == ()
    return {(row["area_code"], row["statistic"], row["category"]): row for row in found.to_pylist()}


def living(buurt: str, **features: Any) -> dict[str, Any]:
    return {"buurt_code": buurt, **features}


def test_every_area_tells_its_spread_and_lowest_third_and_only_large_ones_what_is_between_groups() -> None:
    old = [living("BU1", age=70, household="alleen")] * 60
    young = [living("BU2", age=30, household="samen")] * 60
    scores = [(float(2 + number % 5),) for number in range(60)] + [(float(5 + number % 5),) for number in range(60)]
    rows = told_of(made.respondents(*old, *young), scores)
    assert {code for code, statistic, _ in rows if statistic == "gap"} == {"WK1", "WK2", "GM1"}
    assert rows["BU1", "sd", ""]["value"] == pytest.approx(np.std(np.tile(np.arange(2, 7), 12), ddof=1))
    assert rows["BU1", "lowest_third", ""]["value"] == pytest.approx(2 / 5)
    assert rows["GM1", "gap", "65+"]["value"] == pytest.approx(-3.0)
    assert rows["GM1", "gap", "alleen"]["value"] == pytest.approx(-3.0)
    assert rows["GM1", "gap", "samen"]["value"] == pytest.approx(3.0)


def test_who_is_of_no_known_group_is_among_the_others() -> None:
    people = [living("BU1", age=70)] * 40 + [living("BU1", age=None)] * 40 + [living("BU1", age=30)] * 40
    scores = [(8.0,)] * 40 + [(0.0,)] * 40 + [(4.0,)] * 40
    row = told_of(made.respondents(*people), scores)["GM1", "gap", "65+"]
    assert row["value"] == pytest.approx(6.0)
    assert row["respondents"] == 40


def test_without_ages_and_households_nothing_is_between_groups() -> None:
    people = made.respondents(*[living("BU1")] * 40)
    assert groupings(people) == ()
