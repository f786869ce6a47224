"""What the text of an OSM tag means in metres, percents and counts; None where it says nothing certain.

Here is the reading of single values. Which tags are read, and what an absent one means, is for the readers.
"""

import math
import re
from collections.abc import Callable, Iterable, Mapping

# Assumed heights of a kerb that is described but not measured (OSM wiki, Key:kerb: flush about 0, lowered up
# to 3 cm, raised over 3 cm; 12 cm is a usual Dutch trottoirband, rolled is taken halfway). Assumed, not
# verified.
KERB_HEIGHT_M: Mapping[str, float] = {
    "no": 0.0,
    "flush": 0.0,
    "lowered": 0.03,
    "rolled": 0.06,
    "raised": 0.12,
}
# The deprecated key, still found on old crossings; read only where `kerb` is absent.
_SLOPED_CURB: Mapping[str, str] = {"yes": "lowered", "both": "lowered", "at_grade": "flush", "no": "raised"}
_METRES: Mapping[str, float] = {"": 1.0, "m": 1.0, "cm": 0.01, "mm": 0.001, "ft": 0.3048, "'": 0.3048}
_LENGTH = re.compile(r"(\d+(?:[.,]\d+)?)\s*(m|cm|mm|ft|')?")
_FEET_AND_INCHES = re.compile(r"(\d+)\s*'\s*(\d+(?:[.,]\d+)?)\s*\"")
_INCLINE = re.compile(r"([+-]?\d+(?:[.,]\d+)?)\s*(%|°)")
_SPEED = re.compile(r"(\d{1,3})\s*(km/h|kmh|mph)?")
_KMH_PER_MPH = 1.609344
_FASTEST_KMH = 150.0
# Dutch limits where no sign says otherwise (RVV 1990, articles 20-22 and 45); `walk`: a woonerf.
_ZONE_KMH: Mapping[str, float] = {"nl:urban": 50.0, "nl:rural": 80.0, "nl:30": 30.0, "nl:zone30": 30.0, "walk": 15.0}
_WHOLE = re.compile(r"\d{1,4}")
_HIGHEST_KERB_M = 1.0
_WIDEST_M = 100.0
_STEEPEST_PCT = 100.0
_STEEPEST_DEGREES = 45.0


def _number(text: str) -> float:
    return float(text.replace(",", "."))


def length_m(text: str) -> float | None:
    """Read the metres of `1.5`, `1,5 m`, `12 cm`, `5'6"`; None of anything else (a range, a guess, a negative)."""
    plain = text.strip().lower()
    if feet := _FEET_AND_INCHES.fullmatch(plain):
        return _number(feet[1]) * 0.3048 + _number(feet[2]) * 0.0254
    match = _LENGTH.fullmatch(plain)
    return _number(match[1]) * _METRES[match[2] or ""] if match else None


def width_m(tags: Mapping[str, str], keys: Iterable[str] = ("width", "est_width")) -> float | None:
    """Read the width in metres, of the first of `keys` that says one; None unknown or over 100 m (a wrong unit)."""
    widths_m = (_width(tags[key]) for key in keys if key in tags)
    return next((metres for metres in widths_m if metres is not None), None)


def kerb_height_m(tags: Mapping[str, str]) -> float | None:
    """Read the height of a kerb in metres: measured (`kerb:height`), else assumed from `kerb`; None unknown.

    A measured height over 1 m is a slip of the unit and counts as not measured.
    """
    measured = _kerb(tags.get("kerb:height", ""))
    if measured is not None:
        return measured
    described = tags.get("kerb") or _SLOPED_CURB.get(tags.get("sloped_curb", ""), "")
    return KERB_HEIGHT_M.get(described.strip().lower())


def incline_pct(text: str) -> float | None:
    """Read the slope in percent of `5%`, `-3,5 %`, `10°`; positive climbs along the way.

    None of `up` and `down`, of a number without a unit (percent or degrees?), and of more than 100 %.
    """
    plain = text.strip().lower().replace("\N{MINUS SIGN}", "-")
    if plain == "0":
        return 0.0
    match = _INCLINE.fullmatch(plain)
    if not match:
        return None
    slope = _number(match[1])
    if match[2] == "%":
        return slope if abs(slope) <= _STEEPEST_PCT else None
    return 100.0 * math.tan(math.radians(slope)) if abs(slope) <= _STEEPEST_DEGREES else None


def speed_kmh(text: str) -> float | None:
    """Read the speed limit in km/h of `50`, `50 km/h`, `30 mph`, `walk` and the Dutch zones; None of anything else."""
    plain = text.strip().lower()
    if plain in _ZONE_KMH:
        return _ZONE_KMH[plain]
    match = _SPEED.fullmatch(plain)
    if not match:
        return None
    kmh = float(match[1]) * (_KMH_PER_MPH if match[2] == "mph" else 1.0)
    return kmh if kmh <= _FASTEST_KMH else None


def whole_number(text: str) -> int | None:
    """Read a count of at most four digits; None of anything else."""
    plain = text.strip()
    return int(plain) if _WHOLE.fullmatch(plain) else None


def _length_up_to(highest_m: float, text: str) -> float | None:
    metres = length_m(text)
    return metres if metres is not None and metres <= highest_m else None


def _width(text: str) -> float | None:
    return _length_up_to(_WIDEST_M, text)


def _kerb(text: str) -> float | None:
    return _length_up_to(_HIGHEST_KERB_M, text)


_NO_LIMIT = "none|default|below_default|unsigned"
# National limits (`DE:urban`) are known; which speed they stand for is not.
_NO_SPEED = r"none|signals|variable|implicit|[a-z]{2}:\w+"
# Per key: the fact it tells, how its text is read, and which words are known though they say no number.
_NUMBERS: Mapping[str, tuple[str, Callable[[str], float | None], str]] = {
    "width": ("width_m", _width, ""),
    "est_width": ("width_m", _width, ""),
    "opening": ("width_m", _width, ""),
    "spacing": ("width_m", _width, ""),
    "maxwidth": ("width_m", _width, _NO_LIMIT),
    "maxwidth:physical": ("width_m", _width, _NO_LIMIT),
    "kerb": ("kerb_height_m", KERB_HEIGHT_M.get, "yes|regular"),
    "kerb:height": ("kerb_height_m", _kerb, ""),
    "incline": ("incline_pct", incline_pct, "up|down|yes|no"),
    "step_count": ("step_count", whole_number, ""),
    "maxspeed": ("maxspeed_kmh", speed_kmh, _NO_SPEED),
    "zone:maxspeed": ("maxspeed_kmh", speed_kmh, _NO_SPEED),
}


def unread_facts(tags: Mapping[str, str], keys: Iterable[str]) -> tuple[str, ...]:
    """Name the facts of which a tag among `keys` holds no number that can be true, nor a word that OSM has instead.

    A tag counts where another tells the same fact: what it said is lost.
    """
    facts = (_NUMBERS[key][0] for key in keys if key in tags and _is_unread(key, tags[key]))
    return tuple(dict.fromkeys(facts))


def _is_unread(key: str, text: str) -> bool:
    word = text.strip().lower()
    _, read, known_words = _NUMBERS[key]
    return word != "" and read(word) is None and re.fullmatch(known_words, word) is None
