"""Main roads with separate sidewalks and crossings, the trunk road nobody walks on, the canal and its bridges.

These are the lines that divide the example town; ordinary streets are drawn in `streets`.
"""

from collections.abc import Iterator

import numpy as np

from pipelines.arrays import Floats
from pipelines.example.drawing import Node, Tags, Way, between, towards
from pipelines.example.gates import gated, kerb
from pipelines.example.plan import Plan, is_main_road, junction, track
from pipelines.example.streets import StreetPlan, block_buurt, row_gates, street_tags
from pipelines.example.words import street_name

_MAIN_ROAD: Tags = {
    "highway": "tertiary", "foot": "use_sidepath", "sidewalk": "separate", "surface": "asphalt", "maxspeed": "50",
}  # fmt: skip
_MOUTH: Tags = {"highway": "residential", "foot": "use_sidepath", "sidewalk": "separate", "surface": "asphalt"}
_SIDEWALK: Tags = {"highway": "footway", "footway": "sidewalk"}
_TRUNK: Tags = {"highway": "trunk", "foot": "no", "ref": "N999", "maxspeed": "80", "surface": "asphalt"}
_CROSSING_WAY: Tags = {"highway": "footway", "footway": "crossing"}
_CROSSINGS = ("uncontrolled", "traffic_signals", "unmarked", "zebra")
_SIDEWALK_SURFACES = ("paving_stones", "paving_stones", "asphalt", "")
_NO_CROSSING_EVERY = 3
_KERB_SHARE = 0.3
_TRUNK_KERB_M = 12.0
_FLYOVER_M, _DECK_M = 3.0, 9.0
_RAMP_BRIDGE_ROWS, _STEPS_BRIDGE_ROWS, _BRIDGE_ROWS_REPEAT = 6, 2, 8
_CANAL_BRIDGE_EVERY, _FIRST_CANAL_BRIDGE = 5, 3


def draw_main_roads(streets: StreetPlan) -> Iterator[Way | Node]:
    """Draw main roads along rows: carriageway, sidewalks on both sides, street mouths, crossings with kerbs."""
    size = streets.plan.size
    for row in (row for row in range(size.blocks_y + 1) if is_main_road(row)):
        for column in range(size.columns):
            yield from _main_road_stretch(streets, column, row)
        for column in range(size.columns + 1):
            if column != size.trunk_column:
                yield Way(_mouth(streets.plan, column, row), _MOUTH)


def _mouth(plan: Plan, column: int, row: int) -> Floats:
    corner = plan.corners[column, row]
    return np.array([junction(plan, column, row, 0, 1), corner, junction(plan, column, row, 0, -1)])


def _main_road_stretch(streets: StreetPlan, column: int, row: int) -> Iterator[Way | Node]:
    plan = streets.plan
    tracks = {north: track(plan, column, row, north) for north in (1, -1)}
    curbsides = {north: between(line[0], line[1], 0.5) for north, line in tracks.items()}
    middle = np.asarray((curbsides[1] + curbsides[-1]) / 2)
    road = [plan.corners[column, row], middle, plan.row_mids[column, row], plan.corners[column + 1, row]]
    name = street_name(streets.words, plan.size.columns, column, row)
    yield Way(np.array(road), {**_MAIN_ROAD, "name": name})
    surface = _SIDEWALK_SURFACES[(column + row) % len(_SIDEWALK_SURFACES)]
    tags = {**_SIDEWALK, "surface": surface} if surface else _SIDEWALK
    for north, line in tracks.items():
        points = np.array([line[0], curbsides[north], line[1], line[2]])
        yield from gated(points, tags, row_gates(streets, column, row))
    if (column + row) % _NO_CROSSING_EVERY:
        yield from _crossing(streets, (column, row), (curbsides[1], middle, curbsides[-1]))


def _crossing(
    streets: StreetPlan, position: tuple[int, int], points: tuple[Floats, Floats, Floats]
) -> Iterator[Way | Node]:
    """Draw a crossing of a main road, with the kerbs its buurt has on both sides."""
    column, row = position
    north, middle, south = points
    quality = streets.kinds[block_buurt(streets.plan, column, row)].crossing_kerbs
    kind = _CROSSINGS[(column + 2 * row) % len(_CROSSINGS)]
    kerbs = (between(north, middle, _KERB_SHARE), between(south, middle, _KERB_SHARE))
    yield Way(np.array([north, kerbs[0], middle, kerbs[1], south]), {**_CROSSING_WAY, "crossing": kind})
    yield Node(middle, {"highway": "crossing", "crossing": kind})
    for side, at in enumerate(kerbs):
        yield from kerb(at, quality, column + row + side)


def draw_trunk(streets: StreetPlan) -> Iterator[Way | Node]:
    """Draw the trunk road along its column; it is crossed at main roads (signals) and on some footbridges only."""
    plan = streets.plan
    yield Way(_trunk_line(plan), _TRUNK)
    for row in range(1, plan.size.blocks_y):
        if is_main_road(row):
            yield from _signals(plan, row, 1)
            yield from _signals(plan, row, -1)
        elif row != plan.size.canal_row:
            yield from _footbridge(plan, row)


def _trunk_line(plan: Plan) -> Floats:
    column = plan.size.trunk_column
    points: list[Floats] = []
    for row in range(plan.size.blocks_y + 1):
        if row:
            points.append(plan.column_mids[column, row - 1])
        sides = (-1, 0, 1) if is_main_road(row) else (0,)
        points.extend(_on_trunk(plan, row, side) for side in sides)
    return np.array(points)


def _on_trunk(plan: Plan, row: int, north: int) -> Floats:
    """Where the sidewalk on the `north` side of a main road meets the trunk road."""
    column = plan.size.trunk_column
    west, east = junction(plan, column, row, -1, north), junction(plan, column, row, 1, north)
    return np.asarray((west + east) / 2)


def _signals(plan: Plan, row: int, north: int) -> Iterator[Way | Node]:
    column = plan.size.trunk_column
    west, east = junction(plan, column, row, -1, north), junction(plan, column, row, 1, north)
    middle = _on_trunk(plan, row, north)
    kerbs = (towards(middle, west, _TRUNK_KERB_M), towards(middle, east, _TRUNK_KERB_M))
    yield Way(np.array([west, kerbs[0], middle, kerbs[1], east]), {**_CROSSING_WAY, "crossing": "traffic_signals"})
    yield Node(middle, {"highway": "crossing", "crossing": "traffic_signals"})
    for side, at in enumerate(kerbs):
        yield from kerb(at, "flush", row + side)


def _footbridge(plan: Plan, row: int) -> Iterator[Way]:
    column = plan.size.trunk_column
    ends = (junction(plan, column, row, -1, 0), junction(plan, column, row, 1, 0))
    place_in_pattern = row % _BRIDGE_ROWS_REPEAT
    if place_in_pattern == _RAMP_BRIDGE_ROWS:
        yield from _raised_path(ends, {"highway": "footway", "incline": "5%", "surface": "asphalt"})
    elif place_in_pattern == _STEPS_BRIDGE_ROWS:
        yield from _raised_path(ends, {"highway": "steps", "step_count": "24", "ramp": "yes", "ramp:bicycle": "yes"})


def _raised_path(ends: tuple[Floats, Floats], approach: Tags) -> Iterator[Way]:
    """Draw a way over something: an approach up, a level deck on a layer of its own, an approach drawn upwards too."""
    deck = (towards(ends[0], ends[1], _DECK_M), towards(ends[1], ends[0], _DECK_M))
    yield Way(np.array([ends[0], deck[0]]), approach)
    yield Way(np.array(deck), {"highway": "footway", "bridge": "yes", "layer": "1", "surface": "wood"})
    yield Way(np.array([ends[1], deck[1]]), approach)


def draw_canal(streets: StreetPlan) -> Iterator[Way | Node]:
    """Draw the canal along its row, a quay on both sides, and a bridge at every fifth side street."""
    plan = streets.plan
    size = plan.size
    row = size.canal_row
    line = [plan.corners[0, row], *plan.row_mids[:, row], plan.corners[-1, row]]
    yield Way(np.array(line), {"waterway": "canal", "name": "Verzonnen Vaart"})
    for column in range(size.columns):
        for north in (1, -1):
            tags = street_tags(streets, column, row)
            yield from gated(track(plan, column, row, north), tags, row_gates(streets, column, row))
    for number, column in enumerate(range(_FIRST_CANAL_BRIDGE, size.columns, _CANAL_BRIDGE_EVERY)):
        if column != size.trunk_column:
            yield from _canal_bridge(plan, column, number)


def _canal_bridge(plan: Plan, column: int, number: int) -> Iterator[Way]:
    """Draw one of three bridges: a street with slopes of 5 %, steep slopes beside steps, or steps with a gutter."""
    row = plan.size.canal_row
    south, north = junction(plan, column, row, 0, -1), junction(plan, column, row, 0, 1)
    if number % 3 == 0:
        deck = (towards(south, north, _DECK_M), towards(north, south, _DECK_M))
        tags = {"highway": "residential", "surface": "asphalt", "sidewalk": "both"}
        yield Way(np.array([south, deck[0]]), {**tags, "incline": "5%"})
        yield Way(np.array(deck), {**tags, "bridge": "yes", "layer": "1"})
        yield Way(np.array([deck[1], north]), {**tags, "incline": "-5%"})
    elif number % 3 == 1:
        slope = {"highway": "footway", "incline": "9%", "surface": "wood"}
        yield from _raised_path((south, north), slope)
        yield from _steps_beside((south, north))
    else:
        steps = {"highway": "steps", "step_count": "8", "ramp": "yes", "ramp:stroller": "yes"}
        yield from _raised_path((south, north), steps)


def _steps_beside(ends: tuple[Floats, Floats]) -> Iterator[Way]:
    for start, end in (ends, ends[::-1]):
        beside = between(start, end, _KERB_SHARE / 2) + np.array([_FLYOVER_M, 0.0])
        top = towards(start, end, _DECK_M)
        yield Way(np.array([start, beside, top]), {"highway": "steps", "step_count": "8", "handrail": "yes"})
