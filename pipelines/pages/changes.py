"""What changed between two waves, in words: of each change its verdict and interval, of all what holds for them.

Here nothing is judged: verdicts and intervals come from `out/survey_changes`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.pages.words import Word, dutch_number, words


def change_text(change: Mapping[str, object], unit: str) -> str:
    """What changed, in a few words: +0,4 (0,1 tot 0,7), vrijwel gelijk; or why nothing is told."""
    if change["reason_missing"]:
        return words().not_compared[str(change["reason_missing"])].short
    value, lower, upper = (float(str(change[name])) for name in ("change", "lower", "upper"))
    points = unit == "share"
    scale, decimals = (100, 0) if points else (1, 1)
    sign = "+" if round(scale * value, decimals) > 0 else ""
    ends = f"{dutch_number(scale * lower, decimals)} tot {dutch_number(scale * upper, decimals)}"
    told = f"{sign}{dutch_number(scale * value, decimals)} ({ends}){' procentpunten' if points else ''}"
    caution = f", {words().changes[str(change['caution'])].short}" if change["caution"] else ""
    return f"{words().changes[str(change['verdict'])].short}: {told}{caution}"


def notes(changes: pa.Table) -> tuple[Word, ...]:
    """Every word that a cell of a change holds, explained once."""
    told = {word for name in ("verdict", "caution") for word in changes[name].unique().to_pylist()}
    missing = set(changes["reason_missing"].unique().to_pylist())
    both = (*words().changes.items(), *words().not_compared.items())
    return tuple(word for name, word in both if name in (told if name in words().changes else missing))


@dataclass(frozen=True)
class Together:
    """Over how many changes was reckoned, of which level all intervals are, and how many verdicts may be wrong."""

    compared: int
    level: str
    wrong: str
    margins: tuple[str, ...]


def together(changes: pa.Table) -> Together | None:
    """What holds for all changes of a release; None where none is told."""
    told = changes.filter(pc.is_valid(changes["level"]))
    if not len(told):
        return None
    level, compared = told["level"][0].as_py(), told["compared"][0].as_py()
    margins = {(row["unit"], row["margin"]) for row in told.select(["unit", "margin"]).to_pylist()}
    return Together(
        compared,
        dutch_number(100 * level, 1),
        dutch_number((1 - level) * compared, 1),
        tuple(_margin(*one) for one in sorted(margins)),
    )


def _margin(unit: str, margin: float) -> str:
    if unit == "share":
        return f"{dutch_number(100 * margin)} procentpunten bij een percentage"
    ends = {"0-10": "0 tot 10", "points": "\N{MINUS SIGN}10 tot 10"}
    return f"{dutch_number(margin, 1)} op een schaal van {ends[unit]}"
