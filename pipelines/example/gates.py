"""What stands in the way of wheels: steps and kerbs on every street into some buurten, and the kerbs of crossings.

A gate is drawn on a stretch of street; which streets there are is for `streets` and `water_and_roads`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from pipelines.arrays import Flags, Floats, Ints
from pipelines.example.drawing import Node, Tags, Way, towards
from pipelines.example.plan import Plan
from pipelines.example.words import BuurtKind

_GATE_FROM_M, _GATE_TO_M = 8.0, 14.0
# One of twelve ways up the terp can be taken by a rollator, one more by its ramp; the others are steps.
_UP_THE_TERP: tuple[Tags, ...] = (
    {"highway": "footway", "incline": "5%", "surface": "asphalt"},
    {"highway": "steps", "step_count": "3"},
    {"highway": "steps", "step_count": "8", "handrail": "yes"},
    {"highway": "steps", "step_count": "10", "ramp": "yes", "ramp:stroller": "yes"},
    {"highway": "steps", "step_count": "9"},
    {"highway": "steps", "step_count": "8", "ramp": "yes", "ramp:wheelchair": "yes"},
    {"highway": "footway", "incline": "9%", "surface": "sett"},
    {"highway": "steps"},
    {"highway": "steps", "step_count": "12", "ramp": "yes", "ramp:bicycle": "yes"},
    {"highway": "steps", "step_count": "2"},
    {"highway": "steps", "step_count": "9", "handrail": "yes"},
    {"highway": "steps", "step_count": "7", "surface": "cobblestone"},
)
_KERBS: Mapping[str, tuple[Tags, ...]] = {
    "raised": (
        {"kerb": "raised", "kerb:height": "0.12"},
        {"kerb": "raised", "kerb:height": "0.14"},
        {"kerb": "raised"},
        {"kerb": "lowered", "kerb:height": "0.03"},
        {"kerb": "raised", "kerb:height": "0.10"},
        {"kerb": "raised", "kerb:height": "12 cm"},
        {"kerb": "rolled"},
    ),
    "lowered": (
        {"kerb": "lowered", "kerb:height": "0.02"},
        {"kerb": "lowered"},
        {"kerb": "raised", "kerb:height": "0.08"},
        {"kerb": "lowered", "kerb:height": "0,03"},
    ),
    "flush": ({"kerb": "flush", "kerb:height": "0"}, {"kerb": "flush"}),
    "unmapped": ({},),
}


@dataclass(frozen=True)
class Borders:
    """Which stretches lie inside one buurt (`row_buurt`, `column_buurt`; -1: on a border) and which corners do not."""

    row_buurt: Ints
    column_buurt: Ints
    on_border: Flags


def find_borders(plan: Plan) -> Borders:
    """Find the stretches inside a buurt and the corners on its border, from the buurt of every block."""
    around = np.pad(plan.buurt, 1, constant_values=-1)
    south, north = around[1:-1, :-1], around[1:-1, 1:]
    west, east = around[:-1, 1:-1], around[1:, 1:-1]
    corner = np.stack([around[:-1, :-1], around[1:, :-1], around[:-1, 1:], around[1:, 1:]])
    return Borders(
        np.where(south == north, south, -1),
        np.where(west == east, west, -1),
        np.asarray((corner != corner[0]).any(axis=0)),
    )


@dataclass(frozen=True)
class Gate:
    """What stands near one end of a stretch: steps up a terp or a kerb, the `number`-th of the town."""

    entry: str
    number: int


def gates_of(
    buurt: int, kinds: tuple[BuurtKind, ...], ends: tuple[bool, bool], number: int
) -> tuple[Gate | None, Gate | None]:
    """Gates at the two `ends` of a stretch of `buurt`, where these lie on its border."""
    if buurt < 0 or kinds[buurt].entry == "open":
        return None, None
    first, last = (Gate(kinds[buurt].entry, number + end) if at else None for end, at in enumerate(ends))
    return first, last


def kerb_tags(quality: str, number: int) -> Tags:
    """Tags of a kerb of a quality (raised, lowered, flush, unmapped); the `number` chooses among what occurs."""
    choices = _KERBS[quality]
    chosen = choices[number % len(choices)]
    return {"barrier": "kerb", **chosen} if chosen else {}


def kerb(at: Floats, quality: str, number: int) -> Iterator[Node]:
    """Give the kerb as a node, or nothing where it is not mapped."""
    tags = kerb_tags(quality, number)
    if tags:
        yield Node(at, tags)


def gated(points: Floats, tags: Tags, gates: tuple[Gate | None, Gate | None]) -> Iterator[Way | Node]:
    """Draw a stretch of street `points` (n, 2) with the gates near its ends: steps cut it, a kerb stands on it."""
    line = points
    parts: list[Way | Node] = []
    for gate in gates:
        if gate is not None:
            line, added = _with_gate(line, tags, gate)
            parts.extend(added)
        line = line[::-1]
    yield Way(line, tags)
    yield from parts


def _with_gate(line: Floats, tags: Tags, gate: Gate) -> tuple[Floats, tuple[Way | Node, ...]]:
    """Give the rest of the line, and what now stands near its start."""
    outer = towards(line[0], line[1], _GATE_FROM_M)
    if gate.entry == "kerbs":
        return np.concatenate([line[:1], [outer], line[1:]]), tuple(kerb(outer, "raised", gate.number))
    inner = towards(line[0], line[1], _GATE_TO_M)
    way_up = _UP_THE_TERP[gate.number % len(_UP_THE_TERP)]
    parts = (Way(np.array([line[0], outer]), tags), Way(np.array([outer, inner]), way_up))
    return np.concatenate([[inner], line[1:]]), parts
