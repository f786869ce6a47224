"""Names of places, made comparable: what remains without accents and words that every school has."""

import re
import unicodedata
from collections.abc import Sequence

import numpy as np
from rapidfuzz import fuzz, process

from pipelines.arrays import Floats

# Out of 100. Two spellings of one name ("De Brug", "Basisschool de Brug") score over 95; two names with half of their
# words in common about 70.
ALIKE = 85.0
_WORDS = re.compile(r"\w+")
# What a place is, and in Dutch what stands before a name, tell no two places of one kind apart.
_STOP_WORDS = frozenset((
    "de", "het", "een", "en", "van", "der", "den", "in", "op", "te", "t", "s", "bij", "voor", "aan", "obs",
    "cbs", "rkbs", "rk", "kbs", "pcbs", "pc", "bs", "ps", "sbo", "ikc", "kc", "basisschool", "school",
    "scholengemeenschap", "kindcentrum", "kinderopvang", "kinderdagverblijf", "kdv", "bso", "peuterspeelzaal",
    "buurthuis", "buurtcentrum", "wijkcentrum", "wijkgebouw", "dorpshuis", "gemeenschapshuis",
    "ontmoetingscentrum", "huis", "wijk", "buurt", "stichting", "vereniging", "speeltuin", "speelplek",
    "speelplaats", "speelveld", "speeltuinvereniging", "bibliotheek", "kerk", "moskee", "gebouw", "cafe",
    "restaurant", "eetcafe", "winkel", "supermarkt", "sporthal", "sportpark", "sportcentrum", "sportvereniging",
    "sv", "vv",
))  # fmt: skip


def plain_name(name: str) -> str:
    """`name` in lower case, without accents, signs and words that tell no places apart; '' when nothing remains."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", name.casefold()) if not unicodedata.combining(c))
    return " ".join(word for word in _WORDS.findall(bare) if word not in _STOP_WORDS)


def likeness(names: Sequence[str], others: Sequence[str]) -> Floats:
    """How alike plain names are, pair by pair, from 0 to 100; shape (n,).

    Words in another order, or left out, do not tell names apart; numbers do ("De Brug 2" is not "De Brug"). NaN where
    either has no name.
    """
    scores = process.cpdist(names, others, scorer=fuzz.token_set_ratio, dtype=np.float64).reshape(-1)
    differ = [_numbers(one) != _numbers(other) for one, other in zip(names, others, strict=True)]
    nameless = [not (one and other) for one, other in zip(names, others, strict=True)]
    return np.where(nameless, np.nan, np.where(differ, 0.0, scores))


def _numbers(name: str) -> list[str]:
    return sorted(word for word in name.split() if word.isdigit()) if any(map(str.isdigit, name)) else []
