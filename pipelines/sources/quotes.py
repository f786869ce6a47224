"""What a quote gives away of who said it: how to reach somebody, a home, a name, a role that one person has.

Here texts are judged and roles made general, by patterns and by the lists of `roles.yaml`. No pattern finds every name:
who delivers the list reads it, and `check` says which records to read again.
"""

import re
from functools import cache
from pathlib import Path

import yaml

_ROLES = Path(__file__).with_name("roles.yaml")
RESIDENT, PROFESSIONAL = "bewoner", "professional"
# What makes that a quote is never published, in the order in which it is told.
HOW_TO_REACH, HOME, NAME = "a phone number or e-mail address", "a street with a number or a postcode", "a name"
_GAP = r"[\s\-./()]*"
_AFTER_TITLE = r"\s+(?:(?:van|de|den|der|ten|ter|te|el|al|'t)\s+)*[A-ZÀ-Þ][\w'\u2019-]+"
_TITLES = (
    r"mevrouw|mevr\.?|mw\.?|meneer|mijnheer|dhr\.?|de heer|dokter|dr\.?|drs\.?|ds\.?|juf|meester|zuster|broeder|"
    r"tante|oom|pastoor|imam|dominee|wethouder|burgemeester"
)
_STREET = (
    r"straat|laan|weg|plein|kade|gracht|singel|dijk|hof|pad|steeg|plantsoen|dreef|baan|markt|wal|haven|oord|erf|meent|"
    r"boulevard|brink|park|veld|kamp|ring|berg|poort|burg"
)
# A number that counts or measures: "de hoofdweg 30 meter verderop" is no address.
_NO_HOUSE = (
    r"(?!\d|[.,:]\d|\s*(?:km|m|meter|minuten|min|uur|jaar|keer|maal|mensen|auto|fiets|bank|boom|bomen|dagen|weken|"
    r"maanden|procent|%|euro|van de))"
)
_PATTERNS = {
    HOW_TO_REACH: (
        # Ten digits from 0, or nine after +31, however they are grouped.
        rf"(?<![\d-])(?:(?:\+|00){_GAP}31{_GAP}(?:\(?0\)?)?|0){_GAP}[1-9](?:{_GAP}\d){{8}}(?!\d)",
        r"(?i:\b(?:tel|telefoon|telefoonnummer|bel|app|mobiel)\b)\W{0,3}(?:\w+\W+){0,2}(?!0[89]00)\d(?:[\s-]?\d){5,}",
        r"[\w.+-]+\s*(?:@|\((?:at|apenstaart)\)|\[at\])\s*[\w-]+(?:\.[\w-]+)+",
        r"(?<![\w@])@[A-Za-z]\w{2,}",
    ),
    HOME: (
        r"\b[1-9]\d{3} ?(?!S[ADS])[A-Z]{2}\b",
        r"\b[1-9]\d{3}[a-z]{2}\b",
        rf"(?i:\b[\w'\u2019.-]*(?:{_STREET})\s+(?:nr\.?|nummer|huisnummer)?\s*\d{{1,4}}{_NO_HOUSE})",
        rf"\b(?:op|aan|in|naast|van|bij)\s+(?:[Dd]e\s+|[Hh]et\s+)?(?:[A-Z][\w'\u2019-]+\s+)+\d{{1,3}}{_NO_HOUSE}",
        r"(?i:\bhuisnummer\s+\d+|\bwoo?nt?\s+(?:\w+\s+){0,3}nummer\s+\d+)",
    ),
    NAME: (
        rf"\b(?i:{_TITLES}){_AFTER_TITLE}",
        r"(?i:\bik heet|\bmijn naam is|\bmet vriendelijke groet,?)\s+[A-ZÀ-Þ]\w+",
    ),
}


def gives_away(text: str) -> str:
    """Name the first of `HOW_TO_REACH`, `HOME` and `NAME` that a text holds; '' when none is found."""
    return next((kind for kind, patterns in _PATTERNS.items() if any(re.search(one, text) for one in patterns)), "")


def points_to_one(text: str) -> bool:
    """Whether a text names a role that one person in a buurt has."""
    return bool(set(_words(text)) & _listed("one_person"))


def general_role(said_by: str) -> str:
    """Give who said it as it may be told: as delivered where made of listed words, else what kind of person it is."""
    words = _words(re.sub(r"\b[2-9]0\s*-?\s*(?:plus(?:ser)?\b|\+)", " ", said_by))
    roles = _listed(RESIDENT) | _listed(PROFESSIONAL)
    if set(words) <= roles | _listed("beside") and set(words) & roles:
        return said_by
    works = any(part in word for word in words for part in _listed("works_there"))
    return PROFESSIONAL if works or set(words) & _listed(PROFESSIONAL) else RESIDENT


def _words(text: str) -> list[str]:
    """Words in small letters; numbers are words too."""
    return re.findall(r"[^\W_]+", text.casefold())


@cache
def _listed(name: str) -> frozenset[str]:
    known: dict[str, list[str]] = yaml.safe_load(_ROLES.read_text(encoding="utf-8"))
    return frozenset(known[name])
