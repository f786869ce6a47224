"""House numbers as registers write them: a number, and a letter with addition that is spelled in many ways."""

import re

_NUMBER = re.compile(r"\s*([1-9][0-9]{0,4})(?![0-9])(.*)", re.DOTALL)
_NO_LETTER = re.compile(r"[^0-9A-Z]")


def split_house_number(text: str) -> tuple[int | None, str]:
    """Split `12-a bis` into 12 and `ABIS`; None and '' of what starts with no number under 100,000."""
    match = _NUMBER.fullmatch(text)
    return (int(match[1]), house_letter(match[2])) if match else (None, "")


def house_letter(*parts: object) -> str:
    """Write letter and addition as one, in capitals, without blanks and dashes; '' where there is none."""
    texts = ("" if part is None or part != part else str(part) for part in parts)  # noqa: PLR0124 - NaN differs from itself
    return _NO_LETTER.sub("", "".join(texts).upper())
