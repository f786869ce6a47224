"""When a condition or opening hours of OSM hold: on an ordinary Wednesday at noon, at other hours only, or unknown.

Here is the reading of times, as far as that one question asks. Whose right they limit is for `osm_rights`.
"""

import re

_DAYS = ("mo", "tu", "we", "th", "fr", "sa", "su")
_DAY = "|".join(_DAYS)
_DAY_SPAN = re.compile(rf"\b({_DAY})\b(?:\s*-\s*({_DAY})\b)?")
_HOURS = re.compile(r"(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})")
_HOLIDAYS = re.compile(r"\b(ph|sh)\b")
# Parts of a year, and weather: whether they hold on an ordinary day nobody can say.
_SEASONS = re.compile(
    r"\b(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|week|easter|winter|summer|spring|autumn|wet|snow|ice|flood)\b"
)
_LIGHT = re.compile(r"(sunrise|dawn)[^-]*-[^-]*(sunset|dusk)")
_DARK = re.compile(r"(sunset|dusk)[^-]*-[^-]*(sunrise|dawn)")
_COMMENT = re.compile(r'"[^"]*"')
_EVERY_HOUR = re.compile(r"(24/7|(mo-su(\s*,\s*ph)?|ph\s*,\s*mo-su)?\s*(0?0:00-24:00)?)(\s*\bopen)?")
_CLOSES = re.compile(r"\b(off|closed)$")
_NOON_MIN = 12 * 60
_ORDINARY = "we"


def is_about_time(condition: str) -> bool:
    """Tell whether a condition speaks of hours, days, seasons or weather, and not of a load or of who one is."""
    text = condition.lower()
    return any(pattern.search(text) for pattern in (_HOURS, _DAY_SPAN, _HOLIDAYS, _SEASONS, _LIGHT, _DARK))


def holds_at_noon(condition: str) -> bool | None:
    """Tell whether a condition holds on an ordinary Wednesday at noon; None where it does not say so for certain."""
    text = condition.lower()
    if _SEASONS.search(text):
        return None
    days = {day for first, last in _DAY_SPAN.findall(text) for day in _day_span(first, last or first)}
    if (days or _HOLIDAYS.search(text)) and _ORDINARY not in days:
        return False
    spans = [_minutes(match) for match in _HOURS.findall(text)]
    if spans:
        return any(_holds(start, end) for start, end in spans)
    if _LIGHT.search(text) or _DARK.search(text):
        return _LIGHT.search(text) is not None
    return True if days else None


def is_open_at_noon(opening_hours: str) -> bool | None:
    """Tell whether something is open on an ordinary Wednesday at noon; None where its hours do not say so for certain.

    Of the rules between semicolons the last that holds decides, as in OSM. Where none holds it is closed, unless all
    say only when it is closed.
    """
    rules = _rules(opening_hours)
    answer: bool | None = all(map(_CLOSES.search, rules))
    for rule in rules:
        closes = _CLOSES.search(rule) is not None
        holds = holds_at_noon(rule)
        if holds is not False:
            answer = None if holds is None else not closes
    return answer


def is_always_open(opening_hours: str) -> bool:
    """Tell whether opening hours close nobody out: there are none, or they say day and night."""
    return all(map(_EVERY_HOUR.fullmatch, _rules(opening_hours)))


def is_never_open(opening_hours: str) -> bool:
    """Tell whether opening hours say of every day, and not only of some (`Mo off`), that it is closed."""
    rules = _rules(opening_hours)
    closed = [rule[: found.start()].strip() for rule in rules if (found := _CLOSES.search(rule))]
    return len(closed) == len(rules) and any(map(_EVERY_HOUR.fullmatch, closed))


def _rules(opening_hours: str) -> list[str]:
    rules = (rule.strip() for rule in _COMMENT.sub("", opening_hours.lower()).split(";"))
    return [rule for rule in rules if rule]


def _day_span(first: str, last: str) -> list[str]:
    start, end = _DAYS.index(first), _DAYS.index(last)
    length = (end - start) % len(_DAYS) + 1
    return [_DAYS[(start + step) % len(_DAYS)] for step in range(length)]


def _minutes(hours: tuple[str, str, str, str]) -> tuple[int, int]:
    from_h, from_min, to_h, to_min = map(int, hours)
    return 60 * from_h + from_min, 60 * to_h + to_min


def _holds(start_min: int, end_min: int) -> bool:
    """Tell whether noon lies within hours; those that end before they start run on past midnight."""
    if start_min < end_min:
        return start_min <= _NOON_MIN < end_min
    return start_min <= _NOON_MIN or end_min > _NOON_MIN
