"""Parts of a whole, such as age bands: whether columns hold counts, percentages or shares, and what they add up to.

That is proven by what the parts add up to, said in the area file, or refused; it is never guessed. Which columns they
are stands in `cbs_reading.py`, what one figure can stand for in `cbs_counts.py`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal, get_args

import numpy as np

from pipelines.arrays import Flags, Floats, PyObjects
from pipelines.errors import SourceError
from pipelines.sources.cbs_counts import (
    ROUNDED_BY,
    ROUNDED_TO,
    Counts,
    Mask,
    counted,
    hide,
    numbers,
    part_of,
    shared,
    summed,
)
from pipelines.sources.cbs_dialects import is_age
from pipelines.sources.delivery import Measure
from pipelines.sources.remarks import Remark

WHOLE: Mapping[Measure, float] = {"percent": 100.0, "share": 1.0}
# A percentage is given in whole points.
STEP_POINTS = 1.0
# Of a smaller unit the rounding of its people outweighs what its parts add up to.
TELLING_PERSONS = 70
# Where so many of the units agree, the others are errors and no other way of counting.
PROVING_SHARE = 0.9
_NO_END = 1_000


@dataclass(frozen=True)
class Parts:
    """Columns that hold parts of a whole, as delivered, of n units.

    `names` and `cells` are the columns of each part, by its key; `usual` is what they hold in this form of the file,
    `said` what the area file says under `option`. `renamed` are the parts whose columns the area file alone knows.
    """

    source: str
    option: Literal["ages_in", "households_in"]
    names: Mapping[str, tuple[str, ...]]
    cells: Mapping[str, tuple[PyObjects, ...]]
    whole: Counts
    masks: Mapping[str, Mask]
    usual: Measure
    said: Measure | None = None
    renamed: tuple[str, ...] = ()

    @cached_property
    def figures(self) -> Mapping[str, Floats]:
        """The figures (n,) of each part, of several columns their sum; NaN where one is hidden."""
        return {key: np.sum([numbers(column) for column in some], axis=0) for key, some in self.cells.items()}

    @property
    def apart(self) -> tuple[str, ...]:
        """Keys of parts that nobody is in two of: age bands that make up the whole, or every kind of household."""
        return partition(self.names) if self.option == "ages_in" else tuple(self.names)

    def columns(self, keys: Sequence[str]) -> str:
        """The names of the columns of some parts, as an error lists them."""
        return ", ".join(repr(name) for key in keys for name in self.names[key])


def read_parts(parts: Parts) -> dict[str, Counts]:
    """Count the people or households of each part.

    Returns
    -------
    dict of Counts
        By key. Where all parts are 0 though the whole is not, or the whole is hidden, they are hidden ones. Where parts
        that make up the whole add up to less, beyond rounding, each is at least its figure and at most what the others
        leave.

    Raises
    ------
    SourceError
        When nothing proves what the columns hold, or they contradict it: a percentage over 100, parts that do not add
        up to the whole, or one that is larger.
    """
    measure = measured_in(parts)
    if measure == "count":
        _require_whole_numbers(parts)
        _require_no_percentages(parts)
    else:
        _require_percentages(parts, measure)
    read = known({key: _counts(parts, key, measure) for key in parts.names}, parts.whole)
    if measure == "count":
        _require_within(parts, read)
        read = _at_least(parts, read)
    return {key: part_of(part, parts.whole) for key, part in read.items()}


def _counts(parts: Parts, key: str, measure: Measure) -> Counts:
    every = [_column(cells, parts, measure) for cells in parts.cells[key]]
    return every[0] if len(every) == 1 else summed(every)


def _column(cells: PyObjects, parts: Parts, measure: Measure) -> Counts:
    if measure == "count":
        return counted(cells, parts.masks)
    return shared(cells, parts.whole, STEP_POINTS, parts.masks, WHOLE[measure])


def measured_in(parts: Parts) -> Measure:
    """Whether the columns hold counts, percentages, or shares of 1.

    Raises
    ------
    SourceError
        When the area file does not say, the names of the columns are its own, and their figures do not prove it.
    """
    if parts.said:
        return parts.said
    proof = _proof(parts)
    found = max(proof, key=lambda measure: (proof[measure], measure == parts.usual), default=parts.usual)
    if proof.get(found, 0.0) >= PROVING_SHARE and set(parts.renamed) <= set(partition(parts.names)):
        return found
    held = [key for key in parts.renamed if not np.isnan(parts.figures[key]).all()]
    if held:
        raise SourceError(
            f"{parts.source}: column {parts.columns(held)} may hold counts, percentages or shares, and what stands in "
            f"it does not prove which. Say `{parts.option}: count`, `{parts.option}: percent` or "
            f"`{parts.option}: share` (of 1) of this source in the area file."
        )
    return parts.usual


def partition(keys: Sequence[str] | Mapping[str, object]) -> tuple[str, ...]:
    """Age bands that follow each other from 0 to no end, so that everybody is in one of them; empty without any."""

    def chain(start: int) -> Iterator[tuple[str, ...]]:
        if start == _NO_END:
            yield ()
        for key in keys:
            first, above = ages_of(key) if is_age(key) else (_NO_END, 0)
            if start == first < above:
                yield from ((key, *rest) for rest in chain(above))

    return next(chain(0), ())


def ages_of(key: str) -> tuple[int, int]:
    """The first age of a band such as 15_24 or 65plus, and the first age above it."""
    first, _, last = key.removesuffix("plus").partition("_")
    return int(first), int(last) + 1 if last else _NO_END


def _proof(parts: Parts) -> dict[Measure, float]:
    """Which part of the units adds up as each measure would; empty where no unit tells."""
    bands = partition(parts.names)
    sums = _sums(parts, bands)
    telling = (parts.whole.persons >= TELLING_PERSONS) & (sums > 0)
    if not bands or not telling.any():
        return {}
    return {measure: float(_fits(sums, parts.whole, measure, len(bands))[telling].mean()) for measure in measures()}


def measures() -> tuple[Measure, ...]:
    """Every way in which parts can be told."""
    return get_args(Measure)


def _sums(parts: Parts, keys: Sequence[str]) -> Floats:
    """What parts (n,) add up to; NaN where one is hidden, or there are none."""
    start = np.full(len(parts.whole.persons), 0.0 if keys else np.nan)
    return np.asarray(np.sum([start, *(parts.figures[key] for key in keys)], axis=0))


def _fits(sums: Floats, whole: Counts, measure: Measure, n_parts: int) -> Flags:
    """Whether (n,) parts add up to their whole within rounding."""
    return np.asarray(np.abs(_off(sums, whole, measure)) <= _rounding(whole, measure, n_parts))


def _off(sums: Floats, whole: Counts, measure: Measure) -> Floats:
    """By how many persons, or points of a percentage, sums (n,) differ from their whole."""
    return sums - whole.persons if measure == "count" else np.asarray(sums * 100 / WHOLE[measure] - 100)


def _rounding(whole: Counts, measure: Measure, n_parts: int) -> Floats:
    """How far sums (n,) may be off: each part and the whole by 2 persons, and each percentage by half a point."""
    persons = np.full(len(whole.persons), ROUNDED_BY * (n_parts + 1))
    if measure == "count":
        return persons
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(STEP_POINTS / 2 * (n_parts + 1) + 100 * persons / whole.persons)


def _require_no_percentages(parts: Parts) -> None:
    """Refuse what the area file calls counts though it adds up to 100 in nearly every unit, and hardly to its whole."""
    proof = _proof(parts)
    if parts.said and proof.get("percent", 0.0) >= PROVING_SHARE and proof["count"] <= 1 - PROVING_SHARE:
        raise SourceError(
            f"{parts.source}: columns {parts.columns(partition(parts.names))} cannot hold counts: they add up to 100 "
            f"in {proof['percent']:.0%} of the units. Say `{parts.option}: percent` in the area file, or "
            "correct the columns."
        )


def _require_percentages(parts: Parts, measure: Measure) -> None:
    """Refuse percentages over 100, some that look like shares, and parts that do not add up to all."""
    whole = WHOLE[measure]
    for key in parts.names:
        figures = parts.figures[key]
        over = figures > whole * (1 + 1e-9)
        if over.any():
            raise _contradicted(parts, measure, [key], over, f"{np.nanmax(figures):g}, which is over {whole:g}")
    every = np.concatenate([np.empty(0), *parts.figures.values()])
    every = every[~np.isnan(every)]
    if measure == "percent" and len(every) and every.max() <= 1 and (every % 1 != 0).any():
        raise _contradicted(parts, measure, list(parts.names), np.ones(len(every), dtype=bool), "nothing over 1")
    sums = _sums(parts, parts.apart)
    off, rounding = _off(sums, parts.whole, measure), _rounding(parts.whole, measure, len(parts.apart))
    # Bands of all ages are everybody; kinds of household leave some out.
    wrong = (off > rounding) | ((parts.option == "ages_in") & (off < -rounding) & (sums > 0))
    wrong &= parts.whole.persons > 0
    if wrong.any():
        worst = sums[wrong][np.argmax(np.abs(off[wrong]))]
        raise _contradicted(parts, measure, parts.apart, wrong, f"together {worst:g} instead of {whole:g}")


def _contradicted(parts: Parts, measure: Measure, keys: Sequence[str], rows: Flags, found: str) -> SourceError:
    who = "The area file says so" if parts.said else "Its column names say so"
    others = " or ".join(f"`{parts.option}: {other}`" for other in measures() if other != measure)
    return SourceError(
        f"{parts.source}: column {parts.columns(keys)} cannot hold {_WORDS[measure]}: {int(rows.sum())} of "
        f"{len(rows)} values are wrong, such as {found}. {who}; if it holds something else say {others} of this source "
        "in the area file, else correct the column."
    )


_WORDS: Mapping[Measure, str] = {"percent": "percentages", "share": "shares of 1", "count": "counts"}


def _require_whole_numbers(parts: Parts) -> None:
    for key, figures in parts.figures.items():
        broken = ~np.isnan(figures) & (figures % 1 != 0)
        if broken.any():
            raise _contradicted(parts, "count", [key], broken, f"{figures[broken][0]:g}, which is no whole number")


def _require_within(parts: Parts, read: Mapping[str, Counts]) -> None:
    """Refuse a part that is larger than its whole, and parts that together are, beyond rounding."""
    for keys in (*((key,) for key in read), parts.apart):
        least = np.sum([np.zeros(len(parts.whole.persons)), *(read[key].lowest for key in keys)], axis=0)
        over = least > np.where(np.isnan(parts.whole.highest), np.inf, parts.whole.highest)
        if over.any():
            row = int(np.argmax(np.where(over, least - parts.whole.highest, -np.inf)))
            raise _contradicted(
                parts,
                "count",
                keys,
                over,
                f"at least {least[row]:g} where {parts.whole.highest[row]:g} are counted in all",
            )


def _at_least(parts: Parts, read: dict[str, Counts]) -> dict[str, Counts]:
    bands = partition(read)
    short = falls_short(read, parts.whole)
    if not short.any():
        return read
    least = np.sum([read[key].lowest for key in bands], axis=0)
    return read | {key: _bounded(read[key], short, parts.whole.highest - (least - read[key].lowest)) for key in bands}


def falls_short(read: Mapping[str, Counts], whole: Counts) -> Flags:
    """Where (n,) parts that make up the whole cannot add up to it: some of their people are in none of them."""
    bands = partition(read)
    if not bands:
        return np.zeros(len(whole.persons), dtype=bool)
    return np.asarray(np.sum([_most(read[key]) for key in bands], axis=0) < whole.lowest)


def _most(counts: Counts) -> Floats:
    return np.where(np.isnan(counts.highest), np.inf, counts.highest)


def _bounded(part: Counts, where: Flags, highest: Floats) -> Counts:
    return replace(
        part,
        persons=np.where(where, np.nan, part.persons),
        highest=np.where(where, highest, part.highest),
        reason=np.where(where & (part.reason == ""), "masked", part.reason),
    )


def known(read: dict[str, Counts], whole: Counts) -> dict[str, Counts]:
    """Hide age bands that are all 0 though somebody lives there, or may.

    CBS writes such zeros for what it hides: each can be anyone up to all.
    """
    bands = partition(read)
    total = np.sum([np.zeros(len(whole.persons)), *(read[key].persons for key in bands)], axis=0)
    hidden = (total == 0) & (whole.persons != 0)
    return read | {key: hide(read[key], hidden, whole) for key in bands}


def remarks_of(parts: Parts) -> Iterator[Remark]:
    """What is told of parts that can be read: that they hold something else than usual, or are bounds."""
    measure = measured_in(parts)
    if measure != parts.usual and not parts.said:
        problem = f"holds {_WORDS[measure]} where {_WORDS[parts.usual]} are usual: so they add up to the whole"
        yield Remark(parts.source, problem, "noted", len(parts.whole.persons), parts.columns(list(parts.names)))
    read = known({key: _counts(parts, key, measure) for key in parts.names}, parts.whole)
    yield from _hidden(parts, read)
    if measure == "count":
        short = falls_short(read, parts.whole)
        if short.any():
            problem = (
                f"{short.sum()} areas: age bands add up to less than the inhabitants, each is the least there can be"
            )
            yield Remark(parts.source, problem, "noted", int(short.sum()), parts.columns(partition(parts.names)))


def _hidden(parts: Parts, read: Mapping[str, Counts]) -> Iterator[Remark]:
    """How many units have a figure that is hidden or empty: of the whole, or of parts of a whole that is known."""
    what = "inhabitants" if parts.option == "ages_in" else "households"
    whole = np.isnan(parts.whole.persons)
    if whole.any():
        yield Remark(parts.source, f"{whole.sum()} areas: number of {what} hidden or empty", "noted", int(whole.sum()))
    absent = {key: np.isnan(read[key].persons) & (parts.whole.persons > 0) for key in read}
    some = np.any([np.zeros(len(whole), dtype=bool), *absent.values()], axis=0)
    if some.any():
        columns = parts.columns([key for key, rows in absent.items() if rows.any()])
        problem = f"{some.sum()} areas: number of {what} known, a part of them hidden or empty"
        yield Remark(parts.source, problem, "noted", int(some.sum()), columns)


def require_lived_in(source: str, people: Counts, homes: Counts) -> None:
    """Refuse more households than people: of each at least one is somebody.

    Raises
    ------
    SourceError
        When some unit has more by more than what is rounded.
    """
    over = homes.lowest > people.highest + ROUNDED_TO
    if over.any():
        row = int(np.argmax(over))
        raise SourceError(
            f"{source}: {int(over.sum())} areas have more households than inhabitants, such as {homes.lowest[row]:g} "
            f"and {people.highest[row]:g}. Correct them, or name the right columns in the area file: `columns: "
            "{inhabitants: ..., households: ...}`."
        )
