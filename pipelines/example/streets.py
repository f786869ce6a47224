"""The streets and paths of the example town, with the tags that bear on who can walk there.

Ordinary streets, side streets, alleys and benches are drawn here; main roads, the trunk road and the canal in
`water_and_roads`; paths onto grounds in `places`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from pipelines.arrays import Strings
from pipelines.example.drawing import Node, Tags, Way
from pipelines.example.gates import Borders, Gate, find_borders, gated, gates_of
from pipelines.example.plan import Plan, is_main_road, junction, track
from pipelines.example.words import BuurtKind, Words, street_name

_SIDE_STREETS: Mapping[str, Tags] = {
    "residential": {"highway": "residential", "maxspeed": "30"},
    "footway": {"highway": "footway", "surface": "paving_stones", "width": "1.8"},
    "cycleway": {"highway": "cycleway", "surface": "asphalt"},
    "path": {"highway": "path", "surface": "ground"},
    "living": {"highway": "living_street", "surface": "paving_stones"},
    "pedestrian": {"highway": "pedestrian", "surface": "sett"},
    "service": {"highway": "service", "service": "alley"},
}
_SIDE_STREET_SHARES = {
    "residential": 0.62, "none": 0.14, "footway": 0.08, "cycleway": 0.06,
    "path": 0.02, "living": 0.04, "pedestrian": 0.02, "service": 0.02,
}  # fmt: skip
_WORKS_STREETS: tuple[Tags, ...] = (
    {"highway": "residential", "surface": "asphalt", "sidewalk": "no"},
    {"highway": "service", "access": "private"},
    {"highway": "unclassified", "maxspeed": "50", "surface": "concrete"},
    {"highway": "service", "foot": "no"},
)
_ALLEYS: tuple[Tags, ...] = (
    {"surface": "paving_stones", "width": "1.2"},
    {"surface": "gravel"},
    {"surface": "paving_stones", "width": "0.7"},
    {"surface": "fine_gravel", "access": "private"},
    {"surface": "unhewn_cobblestone"},
)
_ALLEY_BARRIERS: tuple[Tags, ...] = (
    {"barrier": "gate"},
    {},
    {"barrier": "bollard", "maxwidth:physical": "1.1"},
    {"barrier": "stile"},
    {},
    {"barrier": "cycle_barrier", "maxwidth:physical": "0.8"},
    {"barrier": "kissing_gate"},
)
_SIDEWALKS = ("both", "both", "left", "no", "right", "")
_ALLEY_EVERY, _BENCH_EVERY, _LIVING_STREET_EVERY = 5, 6, 9


@dataclass(frozen=True)
class StreetPlan:
    """A plan with what its streets need to know: kinds of buurt in order, borders, and the words."""

    plan: Plan
    kinds: tuple[BuurtKind, ...]
    borders: Borders
    words: Words


def prepare_streets(plan: Plan, kinds: Mapping[str, BuurtKind], words: Words) -> StreetPlan:
    """Join a plan with the kinds of its buurten, in order, and the borders between them."""
    return StreetPlan(plan, tuple(kinds[name] for name in plan.kinds), find_borders(plan), words)


def block_buurt(plan: Plan, column: int, row: int) -> int:
    """Index of the buurt of the block north of a stretch, or south of it on the last row."""
    last_column, last_row = plan.buurt.shape[0] - 1, plan.buurt.shape[1] - 1
    return int(plan.buurt[min(column, last_column), min(row, last_row)])


def draw_streets(streets: StreetPlan, rng: np.random.Generator) -> Iterator[Way | Node]:
    """Draw every ordinary street, side street, alley and bench."""
    yield from _rows(streets)
    yield from _side_streets(streets, rng)
    yield from _alleys(streets)
    yield from _benches(streets)


def street_tags(streets: StreetPlan, column: int, row: int) -> Tags:
    """Tags of the street along one stretch of a row."""
    plan = streets.plan
    surfaces = streets.kinds[block_buurt(plan, column, row)].surfaces
    living = (column + 2 * row) % _LIVING_STREET_EVERY == 0
    sidewalk = "" if living else _SIDEWALKS[(column + row) % len(_SIDEWALKS)]
    tags = {
        "highway": "living_street" if living else "residential",
        "name": street_name(streets.words, plan.size.columns, column, row),
        "surface": surfaces[(column + row) % len(surfaces)],
        "sidewalk": sidewalk,
        "maxspeed": "15" if living else "30",
    }
    return {key: value for key, value in tags.items() if value}


def _rows(streets: StreetPlan) -> Iterator[Way | Node]:
    size = streets.plan.size
    for row in range(size.blocks_y + 1):
        if is_main_road(row) or row == size.canal_row:
            continue
        for column in range(size.columns):
            gates = row_gates(streets, column, row)
            yield from gated(track(streets.plan, column, row, 1), street_tags(streets, column, row), gates)


def row_gates(streets: StreetPlan, column: int, row: int) -> tuple[Gate | None, Gate | None]:
    """Gates at both ends of a stretch along a row."""
    borders = streets.borders
    ends = (bool(borders.on_border[column, row]), bool(borders.on_border[column + 1, row]))
    return gates_of(int(borders.row_buurt[column, row]), streets.kinds, ends, 3 * column + 5 * row)


def _side_street_classes(streets: StreetPlan, rng: np.random.Generator) -> Strings:
    size = streets.plan.size
    names, shares = list(_SIDE_STREET_SHARES), list(_SIDE_STREET_SHARES.values())
    classes = rng.choice(names, (size.columns + 1, size.blocks_y), p=shares)
    classes[[0, -1]] = "residential"
    classes[size.trunk_column] = "none"
    return np.asarray(classes)


def _side_streets(streets: StreetPlan, rng: np.random.Generator) -> Iterator[Way | Node]:
    plan, borders = streets.plan, streets.borders
    classes = _side_street_classes(streets, rng)
    for column, row in np.argwhere(classes != "none").tolist():
        tags = _side_street_tags(streets, column, row, str(classes[column, row]))
        ends = (bool(borders.on_border[column, row]), bool(borders.on_border[column, row + 1]))
        gates = gates_of(int(borders.column_buurt[column, row]), streets.kinds, ends, 7 * column + 3 * row + 1)
        bend = plan.column_mids[column, row]
        points = np.array([junction(plan, column, row, 0, 1), bend, junction(plan, column, row + 1, 0, -1)])
        yield from gated(points, tags, gates)


def _side_street_tags(streets: StreetPlan, column: int, row: int, street_class: str) -> Tags:
    kind = streets.kinds[block_buurt(streets.plan, column, row)]
    if kind.works_share:
        return _WORKS_STREETS[(column + row) % len(_WORKS_STREETS)]
    tags = _SIDE_STREETS[street_class]
    return {"surface": kind.surfaces[(column + row) % len(kind.surfaces)], **tags}


def _alleys(streets: StreetPlan) -> Iterator[Way | Node]:
    """Draw the back alleys through blocks of homes, where no buurt has gates that an alley would pass by."""
    plan = streets.plan
    homes = np.argwhere(plan.use == "homes")
    chosen = homes[(homes @ np.array([7, 3])) % _ALLEY_EVERY == 0]
    for number, (column, row) in enumerate(chosen.tolist()):
        if streets.kinds[int(plan.buurt[column, row])].entry != "open":
            continue
        south, north = track(plan, column, row, 1)[1], track(plan, column, row + 1, -1)[1]
        middle = np.asarray((south + north) / 2)
        yield Way(np.array([south, middle, north]), {"highway": "footway", **_ALLEYS[number % len(_ALLEYS)]})
        barrier = _ALLEY_BARRIERS[number % len(_ALLEY_BARRIERS)]
        if barrier:
            yield Node(middle, barrier)


def _benches(streets: StreetPlan) -> Iterator[Node]:
    size = streets.plan.size
    for column in range(size.columns):
        for row in range(size.blocks_y + 1):
            if (3 * column + row) % _BENCH_EVERY == 0:
                at = track(streets.plan, column, row, 1)[1] + np.array([3.0, 2.5])
                yield Node(at, {"amenity": "bench", "backrest": "yes"})
