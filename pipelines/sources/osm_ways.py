"""What the tags of one OSM way say to somebody on foot, in the terms of `sources/segments`.

Here a way's tags become its facts. Where ways meet is for `osm_streets`, what a fact costs whom for
`streets/`.
"""

from collections.abc import Mapping
from typing import NamedTuple

import pyarrow as pa

from pipelines.sources.osm_rights import one_way, right_to_walk
from pipelines.sources.osm_values import incline_pct, kerb_height_m, speed_kmh, unread_facts, whole_number, width_m
from pipelines.sources.osm_words import word

# Ways that nobody walks. Everything else is kept, the trunk road with foot=no included: where one may not walk is a
# fact, and the profiles decide.
_NOT_FOR_WALKING = frozenset({
    "motorway", "motorway_link", "raceway", "no", "rest_area", "services", "street_lamp", "traffic_signals",
})  # fmt: skip
_KERB_KEYS = frozenset({"kerb", "kerb:height", "sloped_curb"})
_NUMBERS = ("width", "est_width", "maxwidth:physical", "incline", "maxspeed", "zone:maxspeed")
_SIDES = ("sidewalk:both", "sidewalk:left", "sidewalk:right")


class WayFacts(NamedTuple):
    """Facts of one way; '' and None mean that no tag says.

    `is_crossing`, `has_kerb`, `kerb_height_m` and `crossing` are of the crossing that the way as a whole is.
    """

    source_id: str
    highway: str
    foot: str
    is_part_time: bool
    wheelchair: str
    stroller: str
    footing: str
    has_kerb: bool
    kerb_height_m: float | None
    is_crossing: bool
    crossing: str
    is_steps: bool
    ramp_wheelchair: str
    ramp_stroller: str
    step_count: int | None
    oneway_foot: bool
    surface: str
    smoothness: str
    tracktype: str
    incline_pct: float | None
    may_slope: bool
    width_m: float | None
    sidewalk: str
    maxspeed_kmh: float | None


FACTS_SCHEMA = pa.schema([
    ("source_id", pa.string()), ("highway", pa.string()), ("foot", pa.string()),
    ("is_part_time", pa.bool_()), ("wheelchair", pa.string()), ("stroller", pa.string()), ("footing", pa.string()),
    ("has_kerb", pa.bool_()),
    ("kerb_height_m", pa.float64()), ("is_crossing", pa.bool_()), ("crossing", pa.string()), ("is_steps", pa.bool_()),
    ("ramp_wheelchair", pa.string()), ("ramp_stroller", pa.string()), ("step_count", pa.int32()),
    ("oneway_foot", pa.bool_()), ("surface", pa.string()), ("smoothness", pa.string()), ("tracktype", pa.string()),
    ("incline_pct", pa.float64()), ("may_slope", pa.bool_()), ("width_m", pa.float64()), ("sidewalk", pa.string()),
    ("maxspeed_kmh", pa.float64()),
])  # fmt: skip


def is_walkable_kind(tags: Mapping[str, str]) -> bool:
    """Tell whether a way is of a kind that is kept: every `highway` but motorways and what is no way."""
    return word(tags.get("highway", "no")) not in _NOT_FOR_WALKING


def is_against_its_line(tags: Mapping[str, str]) -> bool:
    """Tell whether pedestrians may only walk against the direction in which the way was drawn."""
    return one_way(tags) == "backward"


def way_facts(source_id: str, tags: Mapping[str, str]) -> WayFacts:
    """Read the facts of a way, as seen along its line, or against it where `is_against_its_line`.

    A kerb on the way itself counts on a crossing only: elsewhere it describes the side of the way.
    """
    right = right_to_walk(tags)
    is_crossing, is_steps = _is_crossing(tags), word(tags["highway"]) == "steps"
    slope = incline_pct(tags.get("incline", ""))
    return WayFacts(
        source_id=source_id,
        highway=word(tags["highway"]),
        foot=right.foot,
        is_part_time=right.is_part_time,
        wheelchair=word(tags.get("wheelchair", "")),
        stroller=word(tags.get("stroller", "")),
        footing=footing(tags),
        has_kerb=is_crossing and not _KERB_KEYS.isdisjoint(tags),
        kerb_height_m=kerb_height_m(tags) if is_crossing else None,
        is_crossing=is_crossing,
        crossing=crossing_aid(tags) if is_crossing else "",
        is_steps=is_steps,
        ramp_wheelchair=_ramp(tags, "wheelchair") if is_steps else "",
        ramp_stroller=_ramp(tags, "stroller") if is_steps else "",
        step_count=whole_number(tags.get("step_count", "")) if is_steps else None,
        oneway_foot=one_way(tags) != "",
        surface=word(tags.get("surface", "")),
        smoothness=word(tags.get("smoothness", "")),
        tracktype=word(tags.get("tracktype", "")),
        incline_pct=-slope if slope is not None and is_against_its_line(tags) else slope,
        may_slope=_may_slope(tags) and slope is None,
        width_m=_room_m(tags),
        sidewalk=_sidewalk(tags),
        maxspeed_kmh=speed_kmh(tags.get("maxspeed") or tags.get("zone:maxspeed") or tags.get("maxspeed:type", "")),
    )


def unread_of_way(tags: Mapping[str, str]) -> tuple[str, ...]:
    """Name the facts of a way with a tag that should hold their number and cannot be read; most ways have none."""
    keys = [
        *_NUMBERS,
        *(("kerb:height", "kerb") if _is_crossing(tags) else ()),
        *(("step_count",) if word(tags["highway"]) == "steps" else ()),
    ]
    return unread_facts(tags, keys)


def _is_crossing(tags: Mapping[str, str]) -> bool:
    return "crossing" in {tags.get("footway"), tags.get("path"), tags.get("cycleway")}


def crossing_aid(tags: Mapping[str, str]) -> str:
    """Tell what helps across, on a crossing way or node: signals, else marked, else island, else none; '' unknown.

    `uncontrolled` is a zebra without signals; `unmarked` and `informal` say that there is nothing, `no` that nobody
    crosses there.
    """
    kind, markings = word(tags.get("crossing", "")), word(tags.get("crossing:markings", ""))
    if kind == "no":
        return "no"
    if "traffic_signals" in {kind, tags.get("highway")} or tags.get("crossing:signals") == "yes":
        return "signals"
    if kind in {"zebra", "marked", "uncontrolled"} or markings not in {"", "no"}:
        return "marked"
    if kind == "island" or tags.get("crossing:island") == "yes":
        return "island"
    return "none" if kind in {"unmarked", "informal"} or markings == "no" else ""


def footing(tags: Mapping[str, str]) -> str:
    """Tell what a way or node asks beyond walking, the hardest of `FOOTINGS` that its tags say; '' nothing.

    A word of `sac_scale` that is not known stays as it is, so that it is remarked upon.
    """
    highway, ford = word(tags.get("highway", "")), word(tags.get("ford", ""))
    over_stones = "stepping_stones" in {ford, word(tags.get("surface", ""))}
    if highway == "via_ferrata" or "via_ferrata_scale" in tags:
        return "via_ferrata"
    if highway == "ladder" or word(tags.get("ladder", "")) == "yes":
        return "ladder"
    if over_stones or ford not in {"", "no"}:
        return "stepping_stones" if over_stones else "ford"
    return "conveyor" if word(tags.get("conveying", "")) in {"yes", "reversible"} else word(tags.get("sac_scale", ""))


def _room_m(tags: Mapping[str, str]) -> float | None:
    """Read the width of a way, or that of its narrowest spot where it is measured."""
    known = [metres for metres in (width_m(tags), width_m(tags, ("maxwidth:physical",))) if metres is not None]
    return min(known, default=None)


def _ramp(tags: Mapping[str, str], wheels: str) -> str:
    """Read a ramp beside steps: a ramp of which no subtag says for whom is `unknown`, a bicycle gutter is none."""
    named = [key for key in tags if key.startswith("ramp:")]
    if f"ramp:{wheels}" in named:
        return word(tags[f"ramp:{wheels}"])
    if tags.get("ramp") == "separate":
        return "separate"
    if named or tags.get("ramp") == "no":
        return "no"
    return "unknown" if tags.get("ramp") == "yes" else ""


def _may_slope(tags: Mapping[str, str]) -> bool:
    raised = any(tags.get(key, "no") != "no" for key in ("bridge", "tunnel"))
    return raised or tags.get("layer", "0") != "0" or tags.get("incline", "") not in {"", "0", "no"}


def _sidewalk(tags: Mapping[str, str]) -> str:
    whole = word(tags.get("sidewalk", ""))
    if whole:
        return "no" if whole == "none" else whole
    sides = {word(tags[key]) for key in _SIDES if key in tags}
    for answer in ("yes", "separate"):
        if answer in sides:
            return answer
    # Of one side alone, `no` leaves the other side unknown.
    both = "sidewalk:both" in tags or {"sidewalk:left", "sidewalk:right"} <= tags.keys()
    return "no" if both and sides == {"no"} else ""
