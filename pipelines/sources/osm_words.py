"""The words of OpenStreetMap that this project understands, per key: a word that is not here is read as unknown.

Here stands vocabulary only. What a word costs whom is for `streets/`; which tags are read, for the readers.
"""

from collections.abc import Mapping

# Roads with a carriageway that has kerbs along it, from the one hardest to cross to the easiest. Service roads,
# woonerven and cycleways have none as a rule: who crosses those takes no kerb.
CARRIAGEWAYS = (
    "motorway", "motorway_link", "trunk", "trunk_link", "primary", "primary_link", "secondary", "secondary_link",
    "tertiary", "tertiary_link", "busway", "bus_guideway", "unclassified", "road", "residential",
)  # fmt: skip
PATHS = ("footway", "path", "pedestrian", "steps", "cycleway", "bridleway", "track", "platform", "corridor")
HIGHWAYS = (
    *CARRIAGEWAYS, *PATHS, "service", "living_street", "raceway",
    "escape", "elevator", "via_ferrata", "ladder",
)  # fmt: skip
RIGHTS = (
    "yes", "designated", "permissive", "official", "destination", "discouraged", "dismount", "residents", "no",
    "private", "customers", "delivery", "agricultural", "forestry", "military", "permit", "use_sidepath", "employees",
    "staff", "members", "emergency",
)  # fmt: skip
# Of two rights on one stretch, the way's and the gate's, one of these wins.
REFUSALS = (
    "no", "private", "customers", "delivery", "agricultural", "forestry", "military", "permit", "use_sidepath",
    "employees", "staff", "members", "emergency",
)  # fmt: skip
EXPLICIT_RIGHTS = ("yes", "designated", "permissive", "official")
SURFACES = (
    "paved", "asphalt", "chipseal", "concrete", "concrete:plates", "concrete:lanes", "paving_stones",
    "paving_stones:lanes", "bricks", "brick", "tiles", "sett", "cobblestone", "cobblestone:flattened",
    "unhewn_cobblestone", "grass_paver", "metal", "metal_grid", "wood", "rubber", "tartan", "artificial_turf",
    "acrylic", "plastic", "compacted", "fine_gravel", "shells", "gravel", "pebblestone", "rock", "unpaved", "dirt",
    "earth", "ground", "woodchips", "grass", "sand", "mud", "clay",
)  # fmt: skip
SMOOTHNESSES = (
    "excellent", "good", "intermediate", "bad", "very_bad", "horrible", "very_horrible", "impassable",
)  # fmt: skip
TRACKTYPES = ("grade1", "grade2", "grade3", "grade4", "grade5")
SIDEWALKS = ("yes", "both", "left", "right", "separate", "no")
# What helps across a carriageway; `none` is an answer too (unmarked, no island), `no` says that one cannot cross.
CROSSING_AIDS = ("signals", "marked", "island", "none", "no")
# What `wheelchair` and `stroller` say of whether those wheels can pass.
WHEELS = ("yes", "designated", "limited", "no")
# The scale of mountain paths, from a stroll to climbing.
SAC_SCALE = (
    "strolling", "hiking", "mountain_hiking", "demanding_mountain_hiking", "alpine_hiking", "demanding_alpine_hiking",
    "difficult_alpine_hiking",
)  # fmt: skip
# What a way asks beyond walking; `conveyor` moves, and nobody says which way.
FOOTINGS = ("ladder", "via_ferrata", "ford", "stepping_stones", "conveyor", *SAC_SCALE)
# A ramp beside steps: `unknown` is one of which nobody says for whom (`ramp=yes` alone); '' is silence, which
# means none.
RAMPS = ("yes", "no", "separate", "limited", "unknown")
VOCABULARY: Mapping[str, tuple[str, ...]] = {
    "foot": RIGHTS,
    "surface": SURFACES,
    "smoothness": SMOOTHNESSES,
    "tracktype": TRACKTYPES,
    "sidewalk": SIDEWALKS,
    "crossing": CROSSING_AIDS,
    "crossed_highway": CARRIAGEWAYS,
    "ramp_wheelchair": RAMPS,
    "ramp_stroller": RAMPS,
    "wheelchair": WHEELS,
    "stroller": WHEELS,
    "footing": FOOTINGS,
}


def word(text: str) -> str:
    """One word of OSM in lower case, without blanks around it."""
    return text.strip().lower()
