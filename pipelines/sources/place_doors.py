"""What is delivered about the doors of places, and how much floor lies behind them.

Here tags and cells become facts; a value that cannot be read is no fact and is counted. Whether somebody can come in is
for `reach/`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import shapely

from pipelines.arrays import Floats, PyObjects
from pipelines.sources.contracts import DOOR_COLUMNS
from pipelines.sources.csv_table import number
from pipelines.sources.osm_values import KERB_HEIGHT_M, length_m
from pipelines.sources.remarks import Remark
from pipelines.sources.vector import Layer

_WHEELCHAIR: Mapping[str, str] = {
    "yes": "yes", "ja": "yes", "true": "yes", "1": "yes", "1.0": "yes", "designated": "yes",
    "limited": "limited", "beperkt": "limited", "gedeeltelijk": "limited", "deels": "limited",
    "no": "no", "nee": "no", "false": "no", "0": "no", "0.0": "no",
    "unknown": "", "onbekend": "", "": "",
}  # fmt: skip
_KERB_OF_ANY_HEIGHT = ("", "yes", "regular")
_WIDEST_M = 20.0
_HIGHEST_M = 1.0
_MOST_STEPS = 99
_MOST_LEVELS = 100
# In the BAG 1 and 999999 m2 stand for a floor that nobody measured.
_FLOOR_M2 = (2.0, 500_000.0)
_SHOWN = 5


@dataclass(frozen=True)
class Door:
    """What is known of one way into a place; '' and None: not known.

    `step_count` counts the steps that have to be taken: none beside a ramp for wheelchairs.
    """

    wheelchair: str = ""
    step_count: int | None = None
    kerb_height_m: float | None = None
    width_m: float | None = None

    def or_else(self, other: "Door") -> "Door":
        """Fill what is not known of this door with what is known of another."""
        unknown = {name: getattr(other, name) for name, value in vars(self).items() if value in ("", None)}
        return replace(self, **unknown)


@dataclass(frozen=True)
class TaggedDoor:
    """A door as tagged in OSM, with the names of the facts whose tags cannot be read."""

    door: Door = Door()
    unread: tuple[str, ...] = ()


def tagged_door(tags: Mapping[str, str], *, is_entrance: bool = False) -> TaggedDoor:
    """Read `wheelchair`, `step_count`, `kerb` or the height of the step, and the width of the door.

    `width` is the width of the door on an entrance only: elsewhere it describes something else. The height of a step
    says something where nobody counted the steps.
    """
    wheelchair = _WHEELCHAIR.get(_word(tags.get("wheelchair", "")))
    counted = tags.get("step_count")
    steps = None if counted is None else step_count(counted)
    height = _first(tags, ("kerb:height",) if steps is not None else ("kerb:height", "step:height", "step_height"))
    height_m = None if height is None else door_kerb_m(height)
    width = _first(tags, ("door:width", "entrance:width", *(("width",) if is_entrance else ())))
    width_m = None if width is None else door_width_m(width)
    described_m = KERB_HEIGHT_M.get(_word(tags.get("kerb", "")))
    unread = {
        "wheelchair": wheelchair is None,
        "step_count": counted is not None and steps is None,
        "kerb_height_m": (height is not None and height_m is None)
        or (described_m is None and _word(tags.get("kerb", "")) not in _KERB_OF_ANY_HEIGHT),
        "width_m": width is not None and width_m is None,
    }
    if _word(tags.get("ramp:wheelchair", "")) == "yes":
        steps = 0
    door = Door(wheelchair or "", steps, described_m if height_m is None else height_m, width_m)
    return TaggedDoor(door, tuple(name for name, is_unread in unread.items() if is_unread))


def _first(tags: Mapping[str, str], keys: Iterable[str]) -> str | None:
    return next((tags[key] for key in keys if key in tags), None)


def tagged_levels(tags: Mapping[str, str]) -> tuple[float, bool]:
    """Count the floors of a building: 0 of what is none, 1 where nobody says; and whether `building:levels` is read."""
    if _word(tags.get("building", "no")) == "no":
        return 0.0, True
    text = tags.get("building:levels")
    levels = 1.0 if text is None else number(text)
    if levels is None or not 1 <= levels <= _MOST_LEVELS:
        return 1.0, False
    return levels, True


def door_width_m(text: str) -> float | None:
    """Read the clear width of a door in metres; None of what is none, of 0 and of over 20 m (a slip of the unit)."""
    metres = length_m(text)
    return metres if metres is not None and 0 < metres <= _WIDEST_M else None


def door_kerb_m(text: str) -> float | None:
    """Read the height of a threshold in metres; None of what is none and of over 1 m (a slip of the unit)."""
    metres = length_m(text)
    return metres if metres is not None and metres <= _HIGHEST_M else None


def step_count(text: str) -> int | None:
    """Read a number of steps before a door, 0 to 99; None of anything else."""
    count = number(text)
    return int(count) if count is not None and count.is_integer() and 0 <= count <= _MOST_STEPS else None


def floor_area_m2(text: str) -> float | None:
    """Read a floor area in m2; None of what is none, of under 2 m2 and of over 500,000 m2 (codes for not known)."""
    area = number(text)
    return area if area is not None and _FLOOR_M2[0] <= area <= _FLOOR_M2[1] else None


_READERS: Mapping[str, tuple[str, Callable[[str], object | None]]] = {
    "wheelchair": ("wheelchair", lambda text: _WHEELCHAIR.get(_word(text))),
    "step_count": ("door_steps", step_count),
    "kerb_height_m": ("door_kerb", door_kerb_m),
    "width_m": ("door_width", door_width_m),
}


def listed_doors(layer: Layer, columns: Mapping[str, str]) -> tuple[list[Door], tuple[Remark, ...]]:
    """Read the doors of a list or layer.

    Parameters
    ----------
    layer
        Places, n of them.
    columns
        Where delivered, the columns of `wheelchair` (yes, limited, no; ja, beperkt, nee), `door_steps` (a count),
        `door_kerb` and `door_width` (metres, or with a unit).

    Returns
    -------
    tuple
        One door per place, and a remark for each fact with values that cannot be read; these count as not known.

    Raises
    ------
    SourceError
        When a column that is named is missing.
    """
    facts: dict[str, list[object]] = {}
    remarks: list[Remark] = []
    for name, (key, read) in _READERS.items():
        if key in columns:
            facts[name], remark = read_cells(layer, (key, columns[key]), read)
            remarks += remark
    rows = zip(*facts.values(), strict=True) if facts else [()] * len(layer.geometry)
    doors = [replace(Door(), **{name: v for name, v in zip(facts, row, strict=True) if v is not None}) for row in rows]
    return doors, tuple(remarks)


def listed_floor_areas(layer: Layer, columns: Mapping[str, str]) -> tuple[list[object], tuple[Remark, ...]]:
    """Read `floor_area` (m2) of a list or layer, None where not known; and a remark on values that cannot be read."""
    if "floor_area" not in columns:
        return [None] * len(layer.geometry), ()
    areas, remarks = read_cells(layer, ("floor_area", columns["floor_area"]), floor_area_m2)
    return areas, tuple(remarks)


def read_cells(
    layer: Layer, fact: tuple[str, str], read: Callable[[str], object | None]
) -> tuple[list[object], list[Remark]]:
    """Read the cells of (fact, column) of n rows: n values (None: empty, or not to be read), a remark on the latter."""
    key, column = fact
    texts = ["" if _is_nothing(value) else str(value).strip() for value in layer.column(column)]
    values = [read(text) if text else None for text in texts]
    wrong = [text for text, value in zip(texts, values, strict=True) if text and value is None]
    if not wrong:
        return values, []
    shown = ", ".join(sorted(set(wrong))[:_SHOWN])
    return values, [Remark(layer.source, f"{key} of a place cannot be read", "read as unknown", len(wrong), shown)]


def _is_nothing(value: object) -> bool:
    return value is None or (isinstance(value, float) and np.isnan(value))


def _word(text: str) -> str:
    return text.strip().lower()


def door_columns(doors: Sequence[Sequence[Door]]) -> dict[str, pa.Array]:
    """Lay out the doors of places, one sequence per place, as the columns `DOOR_COLUMNS` of `sources/places`."""
    return {
        column.name: pa.array(
            [[getattr(door, column.name.removeprefix("door_")) for door in of_place] for of_place in doors], column.type
        )
        for column in DOOR_COLUMNS
    }


def floors_m2(outlines: PyObjects, levels: Floats) -> pa.Array:
    """Multiply the areas of outlines in RD (n,) by floors (n,; 0: no building); null where there is no floor."""
    area_m2 = np.round(shapely.area(outlines) * levels, 1)
    return pa.array(area_m2, pa.float64(), mask=area_m2 <= 0)
