"""What the method page lays side by side of one release: the same measure for other areas, and at other distances.

Figures are looked up in the published tables; of areas only the least, the middle and the greatest are picked out.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow.compute as pc

from pipelines.pages.figures import Figure, Measure, PublishedTables, read_figures

DISTANCE = "dist_nearest_place"
AREA_TYPES = ("buurt", "pc4", "h3")
_OWN = "eigen bereik"
_DUTCH = {"least": "kleinste bereik", "greatest": "grootste bereik"}


@dataclass(frozen=True)
class Spread:
    """Of one profile and type of area: how many have a figure, and the least, the middle and the greatest of these."""

    profile: str
    area_type: str
    areas: int
    least: float
    middle: float
    greatest: float


@dataclass(frozen=True)
class Sensitivity:
    """People for whom no place was found in the gemeente, by profile, at each distance."""

    thresholds: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Figure, ...]], ...]


def spreads(tables: PublishedTables, profiles: Sequence[str]) -> tuple[Spread, ...]:
    """The walking distance to the nearest place over buurten, postcode areas and cells; none where none is told."""
    found = []
    for profile in profiles:
        for area_type in AREA_TYPES:
            told = read_figures(tables, area_type, Measure(DISTANCE, profile=profile))
            values = sorted(figure.value for figure in told if figure.value is not None)
            if values:
                middle = values[(len(values) - 1) // 2]
                found.append(Spread(profile, area_type, len(values), values[0], middle, values[-1]))
    return tuple(found)


def sensitivity(tables: PublishedTables, profiles: Sequence[str]) -> Sensitivity | None:
    """People without a place found, at the profile's own distance and at others; None without one gemeente."""
    if len(tables.areas["gemeente"]) != 1:
        return None
    told = tables.indicators.filter(
        (pc.field("area_type") == "gemeente")
        & (pc.field("indicator") == "people_below_min")
        & (pc.field("population_group") == "all")
    ).to_pylist()
    by_key = {(row["profile"], row["threshold_m"]): row for row in told}
    metres = sorted({threshold for _, threshold in by_key if threshold.isdigit()}, key=int)
    thresholds = ("", *metres, *(word for word in _DUTCH if any(word == threshold for _, threshold in by_key)))
    rows = tuple((profile, tuple(_figure(by_key.get((profile, one))) for one in thresholds)) for profile in profiles)
    return Sensitivity(tuple(_DUTCH.get(one, f"{one} m" if one else _OWN) for one in thresholds), rows)


def _figure(row: dict[str, object] | None) -> Figure:
    if row is None:
        return Figure(reason="absent")
    value, lower, upper = (None if row[name] is None else float(str(row[name])) for name in ("value", "lower", "upper"))
    reason = "" if value is not None else str(row["reason_missing"])
    return Figure(value, lower, upper, reason=reason, caution=str(row["quality_reason"]))
