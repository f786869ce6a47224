"""Tables as no step writes them: they are refused with a word, or answered as any other; nothing breaks or hangs."""

from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.contracts import violations
from pipelines.errors import ContractError
from pipelines.reach.contracts import PAIRS
from pipelines.reach.pairs import reach_pairs
from pipelines.streets.profiles import read_profiles

if TYPE_CHECKING:
    from conftest import Hand

REFERENCE = read_profiles()["referentie"]
NODE = st.integers(0, 3) | st.sampled_from([-1, 10**6, 2**31, 2**40, -(2**40)])
COST = st.none() | st.floats(0, 900) | st.sampled_from([-1.0, 1e5, 1e9, 1e300, float("nan"), float("inf")])
FRACTION = st.floats(0, 1) | st.sampled_from([-0.1, 1.1, float("nan"), float("inf")])
SNAP_M = st.floats(0, 60) | st.sampled_from([-1.0, 1e5, 1e12, float("nan")])
EDGE = st.integers(0, 3) | st.sampled_from([-1, 4, 2**31, 2**40])
ID = st.integers(0, 5) | st.sampled_from([2**31, 2**62])


@given(chosen=st.data())
def test_whatever_stands_in_the_tables_pairs_are_sound_or_refused(hand: "Hand", chosen: st.DataObject) -> None:
    # Mostly sound rows: one wild value in all, else nearly every case would be refused at once.
    is_wild = chosen.draw(st.sampled_from(["nothing", "node", "cost", "fraction", "snap", "edge", "id"]))

    def draw(what: str, sound: st.SearchStrategy, wild: st.SearchStrategy) -> object:
        return chosen.draw(wild if is_wild == what else sound)

    edges = []
    for _ in range(4):
        u, v = (draw("node", st.integers(0, 3), NODE) for _ in range(2))
        costs = [draw("cost", st.none() | st.floats(0, 900), COST) for _ in range(4)]
        edges.append(hand.Edge(u, v, *costs))

    def points() -> list[object]:
        return [
            hand.Point(
                draw("id", st.integers(0, 5), ID),
                draw("edge", st.integers(0, 3), EDGE),
                draw("fraction", st.floats(0, 1), FRACTION),
                draw("snap", st.floats(0, 60), SNAP_M),
                chosen.draw(st.sampled_from(["yes", "no", "unknown"])),
            )
            for _ in range(chosen.draw(st.integers(0, 3)))
        ]

    homes = {point.id: point for point in points()}.values()
    table, costs = hand.streets(edges)
    try:
        pairs = reach_pairs(
            hand.attached("origin", list(homes)), hand.attached("place", points()), table, costs, REFERENCE
        )
    except ContractError:
        assert is_wild != "nothing"
        return
    assert violations(pairs, PAIRS) == ()
    assert all(row["metres"] <= 802 for row in pairs.to_pylist())


@pytest.mark.parametrize("kind", [pa.int16(), pa.uint64(), pa.float64(), pa.string()])
@pytest.mark.parametrize("column", ["edge_id", "u"])
def test_numbers_of_another_type_give_the_same_pairs_or_are_refused(
    hand: "Hand", kind: pa.DataType, column: str
) -> None:
    table, costs = hand.streets([hand.Edge(0, 1, 10.0, 10.0)])
    other = table.set_column(table.column_names.index(column), column, table[column].cast(kind))
    ends = hand.attached("origin", [hand.Point(1, 0, 0.0)]), hand.attached("place", [hand.Point(1, 0, 1.0)])
    try:
        pairs = reach_pairs(*ends, other, costs, REFERENCE)
    except ContractError:
        return
    assert pairs.equals(reach_pairs(*ends, table, costs, REFERENCE))


@pytest.mark.parametrize("kind", [pa.float64(), pa.string()])
def test_points_on_edges_without_a_number_are_refused(hand: "Hand", kind: pa.DataType) -> None:
    table, costs = hand.streets([hand.Edge(0, 1, 10.0, 10.0)])
    home, place = (hand.attached(word, [hand.Point(1, 0, 0.5)]) for word in ("origin", "place"))
    position = home.column_names.index("edge_id")
    wrong = home.set_column(position, "edge_id", home["edge_id"].cast(kind))
    with pytest.raises(ContractError, match="edge_id"):
        reach_pairs(wrong, place, table, costs, REFERENCE)
