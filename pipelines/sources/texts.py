"""Delivered words as they may be shown: how long a text may be, and which characters are no part of it.

A text of the area file that breaks these rules is refused: its writer can mend it. Words of a delivery are cut and
cleaned (`shown_texts.py`). What a text means is for the readers; that it never runs is for `pages/`.
"""

import unicodedata
from functools import partial
from itertools import groupby, islice
from typing import Annotated

from pydantic import AfterValidator

from pipelines.errors import SourceError

# The longest name of a Dutch buurt has 60 characters, the longest of an OSM place (a tag holds at most 255) rarely 100.
NAME = 200
# A question, a dated event, an attribution: two or three lines of a page.
SENTENCE = 500
# What somebody said, or why an area is measured: about a page of a booklet.
PARAGRAPH = 2_000
_CUT = "\N{HORIZONTAL ELLIPSIS}"
# Controls, and halves of characters: nothing that can be read.
_UNREADABLE = ("Cc", "Cs")
_MARKS = ("Mn", "Me")
# Hebrew with vowels and accents has up to three on a letter.
_MOST_MARKS = 4
# They turn the text around them, or cannot be seen: a name that holds one is not what it seems. Marks of direction
# (U+200E, U+200F) and joiners (U+200C, U+200D) stay: scripts and emoji need these, and they reach no other text.
_STEERING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200b\u2060\ufeff")


def plain(text: str) -> str:
    """A text without the characters that cannot be read or steer how others are shown; a newline becomes a blank.

    Of marks that stand on one letter the first few are kept: a hundred of them reach over the lines above.
    """
    if text.isascii() and text.isprintable():
        return text
    runs = groupby(map(_shown, text), lambda shown: shown != "" and unicodedata.category(shown) in _MARKS)
    return "".join(shown for is_marked, run in runs for shown in (islice(run, _MOST_MARKS) if is_marked else run))


def _shown(character: str) -> str:
    category = unicodedata.category(character)
    # Tabs, newlines, and the separators of lines and paragraphs part words.
    if category in {"Zl", "Zp"} or (category == "Cc" and character.isspace()):
        return " "
    return "" if category in _UNREADABLE or character in _STEERING else character


def cut(text: str, longest: int) -> str:
    """At most `longest` characters of a text; an ellipsis stands for what is left out."""
    return text if len(text) <= longest else text[: longest - 1].rstrip() + _CUT


def label(text: str) -> str:
    """What a file calls a part of itself (a layer, a sheet), as it may stand in a line on a screen."""
    return cut(plain(text), NAME)


def wrong_with(text: str, longest: int) -> str:
    """What is wrong with a text that somebody wrote for this project, and how to mend it; '' when it may be shown."""
    if len(text) > longest:
        return f"has {len(text):,} characters. Write at most {longest:,}."
    if plain(text.replace("\n", " ")) != text.replace("\n", " "):
        return "holds characters that cannot be seen, turn the text around or pile up. Type it again."
    return ""


def require_shown(text: str, longest: int, where: str) -> str:
    """The text itself.

    Raises
    ------
    SourceError
        When it is too long, or holds what cannot be shown; `where` names the file and the place in it.
    """
    if wrong := wrong_with(text, longest):
        raise SourceError(f"{where} {wrong}")
    return text


def _validated(longest: int, text: str) -> str:
    if wrong := wrong_with(text, longest):
        raise ValueError(wrong)
    return text


Name = Annotated[str, AfterValidator(partial(_validated, NAME))]
Sentence = Annotated[str, AfterValidator(partial(_validated, SENTENCE))]
Paragraph = Annotated[str, AfterValidator(partial(_validated, PARAGRAPH))]
