import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.contracts import conform, violations
from pipelines.people.atoms import build_atoms
from pipelines.people.contracts import ATOMS
from pipelines.people.origins import Deliveries, find_points
from pipelines.people.priors import likely_persons


def _atoms(deliveries: Deliveries) -> list[dict[str, object]]:
    points = find_points(deliveries, 10)
    priors = likely_persons(points, deliveries.people_counts, deliveries.unit_type)
    found = conform(build_atoms(points, priors, deliveries), ATOMS)
    assert violations(found, ATOMS) == ()
    codes = points.codes.tolist()
    return [{**row, "code": codes[row["origin_id"]]} for row in found.to_pylist()]


def _brief(atoms: list[dict[str, object]], code: str) -> dict[tuple[object, object], float]:
    return {(one["buurt_code"], one["pc6"]): pytest.approx(one["weight"]) for one in atoms if one["code"] == code}


def test_a_square_is_cut_along_buurten_and_postcodes_by_the_share_of_each_postcode(town):
    counts = [town.count("square", "E1551N4630", 7), town.count("square", "E1552N4630", 7)]
    found = _atoms(town.deliveries("square", counts, squares=[town.square(1), town.square(2)]))
    assert _brief(found, "E1551N4630") == {("BU1", "1000AA"): 0.5, ("BU1", "1000AB"): 0.5}
    assert _brief(found, "E1552N4630") == {("BU2", "1000AB"): 1}


def test_a_postcode_is_cut_by_surface_and_by_house_numbers_where_these_are_known(town):
    counts = [town.count("buurt", "BU1", 7), town.count("buurt", "BU2", 7)]
    assert _brief(_atoms(town.deliveries("buurt", counts)), "1000AB") == {
        ("BU1", "1000AB"): 1 / 3,
        ("BU2", "1000AB"): 2 / 3,
    }
    numbers = [{"pc6": "1000AB", "house_number": n, "buurt_code": "BU1" if n < 9 else "BU2"} for n in range(10)]
    found = _atoms(town.deliveries("buurt", counts, crosswalk=numbers))
    assert _brief(found, "1000AB") == {("BU1", "1000AB"): 0.9, ("BU2", "1000AB"): 0.1}
    assert _brief(found, "1000AA") == {("BU1", "1000AA"): 1}


def test_a_house_lies_in_one_buurt_and_keeps_its_own_postcode(town):
    found = _atoms(town.deliveries("buurt", [town.count("buurt", "BU1", 7)], [town.address("a", 10, "1000AC")]))
    assert _brief(found, "a") == {("BU1", "1000AC"): 1}


def test_beyond_the_border_nobody_is_in_a_buurt_or_postcode(town):
    found = _atoms(town.deliveries("buurt", [town.count("buurt", "BU1", 7)], squares=[town.square(0), town.square(6)]))
    beyond = next(one for one in found if one["code"] == "E1556N4630")
    assert (beyond["buurt_code"], beyond["pc6"], beyond["pc4"], beyond["weight"]) == ("", "", "", 1)


def test_of_a_square_on_the_border_only_what_lies_within_counts(town):
    found = _atoms(
        town.deliveries(
            "square", [town.count("square", "E1550N4630", 7)], squares=[{**town.square(3), "x_m": 155_360.0}]
        )
    )
    assert sum(one["weight"] for one in found if one["code"] == "E1553N4630") == pytest.approx(1)
    assert {one["buurt_code"] for one in found if one["code"] == "E1553N4630"} == {"BU2"}


@given(
    st.sets(st.integers(0, 3), min_size=1),
    st.lists(st.tuples(st.sampled_from(["1000AA", "1000AB"]), st.integers(1, 99), st.sampled_from(["BU1", "BU2"]))),
    st.sampled_from(["squares", "postcodes"]),
)
def test_the_weights_of_an_origin_sum_to_one(town, east: set[int], numbers: list[tuple[str, int, str]], kind: str):
    crosswalk = [{"pc6": pc6, "house_number": n, "buurt_code": buurt} for pc6, n, buurt in numbers]
    squares = [town.square(one) for one in sorted(east)] if kind == "squares" else []
    deliveries = town.deliveries("buurt", [town.count("buurt", "BU1", 7)], squares=squares, crosswalk=crosswalk)
    points = find_points(deliveries, 10)
    atoms = build_atoms(points, likely_persons(points, deliveries.people_counts, "buurt"), deliveries)
    sums = atoms.group_by("origin_id").aggregate([("weight", "sum")])["weight_sum"].to_pylist()
    assert sums == pytest.approx([1] * len(points))
    assert len(pc.unique(atoms["origin_id"])) == len(points)
