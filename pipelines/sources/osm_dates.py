"""Dates as OSM writes them, whole or in part: `2019`, `2019-05`, `~2015`, `before 2020`, `1970s`, `C19`, `2010..2012`.

Here a text becomes the years that it may mean. What an end or a beginning closes is for `osm_closed`.
"""

import re

Years = tuple[int | None, int | None]
_DATE = re.compile(
    r"(?P<bound>before|after)?\s*(?:early|mid|late)?\s*~?\s*"
    r"(?:c(?P<century>[12]?\d)"
    r"|(?P<day>[0-3]?\d[-./][01]?\d[-./])(?P<year_last>[12]\d{3})"
    r"|(?P<year>[12]\d{3})(?:(?P<decade>s)|(?P<part>[-/.][01]?\d(?:[-/.][0-3]?\d(?:[t ].*)?)?))?)",
    re.IGNORECASE,
)


def years(text: str) -> Years:
    """Read the first and the last year that a date may mean.

    Parameters
    ----------
    text
        A date as the wiki of OSM writes it under `start_date`, or with the day before the month.

    Returns
    -------
    tuple
        None for the first year of `before`, for the last one of `after`, and for both of a text that is no date.
    """
    first, is_range, last = text.partition("..")
    return (_years(first)[0], _years(last)[1]) if is_range else _years(first)


def _years(text: str) -> Years:
    match = _DATE.fullmatch(text.strip())
    if not match:
        return None, None
    low, high = _span(match)
    # What was before a year was over with the year before it; what was before a day in it, perhaps not.
    step = 0 if match["part"] or match["day"] else 1
    match (match["bound"] or "").lower():
        case "before":
            return None, low - step
        case "after":
            return high + step, None
    return low, high


def _span(match: re.Match[str]) -> tuple[int, int]:
    if match["century"]:
        last = 100 * int(match["century"])
        return last - 99, last
    low = int(match["year_last"] or match["year"])
    return low, low + 9 if match["decade"] else low
