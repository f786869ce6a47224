"""What the tags of one OSM way say to somebody on foot, in the terms of `sources/segments`.

Here a way's tags become its facts. Where ways meet is for `osm_streets`, what a fact costs whom for
`streets/`.
"""

from collections.abc import Mapping
from typing import NamedTuple

import pyarrow as pa

from pipelines.sources.osm_values import incline_pct, kerb_height_m, whole_number, width_m

# Ways that nobody walks, or that are not there (yet, or any more). Everything else is kept, the trunk road
# with foot=no included: where one may not walk is a fact, and the profiles decide.
_NOT_FOR_WALKING = frozenset({
    "motorway", "motorway_link", "raceway", "proposed", "planned", "construction", "abandoned", "disused",
    "razed", "demolished", "removed", "no", "rest_area", "services", "street_lamp", "traffic_signals",
})  # fmt: skip


class WayFacts(NamedTuple):
    """Facts of one way; '' and None mean that no tag says."""

    source_id: str
    highway: str
    foot: str
    is_crossing: bool
    own_kerb_m: float | None
    ramp_wheelchair: str
    step_count: int | None
    oneway_foot: bool
    surface: str
    incline_pct: float | None
    width_m: float | None


FACTS_SCHEMA = pa.schema([
    ("source_id", pa.string()), ("highway", pa.string()), ("foot", pa.string()), ("is_crossing", pa.bool_()),
    ("own_kerb_m", pa.float64()), ("ramp_wheelchair", pa.string()), ("step_count", pa.int32()),
    ("oneway_foot", pa.bool_()), ("surface", pa.string()), ("incline_pct", pa.float64()),
    ("width_m", pa.float64()),
])  # fmt: skip


def is_walkable_kind(tags: Mapping[str, str]) -> bool:
    """Tell whether a way is of a kind that is kept: every `highway` but motorways and what is not there."""
    return _word(tags.get("highway", "no")) not in _NOT_FOR_WALKING


def is_against_its_line(tags: Mapping[str, str]) -> bool:
    """Tell whether pedestrians may only walk against the direction in which the way was drawn."""
    return tags.get("oneway:foot") == "-1"


def way_facts(source_id: str, tags: Mapping[str, str]) -> WayFacts:
    """Read the facts of a way, as seen along its line, or against it where `is_against_its_line`.

    `foot` is the value of `foot`, else of `access`. Only `oneway:foot` binds pedestrians, not `oneway`. A
    kerb on the way itself counts on a crossing only: elsewhere it describes the side of the way.
    """
    is_crossing = "crossing" in {tags.get("footway"), tags.get("path")}
    is_steps = _word(tags["highway"]) == "steps"
    slope = incline_pct(tags.get("incline", ""))
    return WayFacts(
        source_id=source_id,
        highway=_word(tags["highway"]),
        foot=_word(tags.get("foot") or tags.get("access", "")),
        is_crossing=is_crossing,
        own_kerb_m=kerb_height_m(tags) if is_crossing else None,
        ramp_wheelchair=_ramp(tags) if is_steps else "",
        step_count=whole_number(tags.get("step_count", "")) if is_steps else None,
        oneway_foot=tags.get("oneway:foot") in {"yes", "-1"},
        surface=_word(tags.get("surface", "")),
        incline_pct=-slope if slope is not None and is_against_its_line(tags) else slope,
        width_m=width_m(tags),
    )


def _word(text: str) -> str:
    return text.strip().lower()


def _ramp(tags: Mapping[str, str]) -> str:
    # `ramp=no` denies every ramp; `ramp=yes` alone may be a bicycle gutter and says nothing about
    # wheelchairs.
    return _word(tags.get("ramp:wheelchair", "no" if tags.get("ramp") == "no" else ""))
