"""The cells of survey tables, and the rules by which a cell may not go out whatever else does.

Here is what the room knows: true numbers of respondents per question, category and area, and which areas share them.
What must be hidden besides, so that hidden cells stay hidden, is for `suppression`.

A scale of 0-10 is a question with one category, chosen by each respondent for a tenth of the score: its share times ten
is the mean, and everything that holds of shares holds of it. Respondents count as one each: an outsider who could undo
the weights would see the unweighted share, so that is what the rules and the attacker are given.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from scipy.sparse import csr_array

from pipelines.errors import ContractError

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Area = tuple[str, str]
AREA_COLUMNS = {"buurt": "buurt_code", "gemeente": "gemeente_code", "pc4": "pc4", "wijk": "wijk_code"}
SCALE = "mean"
HIGHEST_SCORE = 10.0
CAUSES = ("too_few", "group_disclosure", "dominance")
_PART = [AREA_COLUMNS[name] for name in ("buurt", "wijk", "gemeente", "pc4")]
_NEEDED = ("question", "category", *_PART, "weight", "score")


@dataclass(frozen=True)
class Rules:
    """What may not go out by itself, and how far a hidden number must stay uncertain.

    `minimum_n` respondents behind a figure; `largest_share` of a category; the two largest weights under
    `two_largest`, and the others together at least `p_ratio` of the largest; published shares in steps of `share_step`;
    a hidden number keeps a width of `fewest` respondents and of `part` of itself, a hidden share one of `part`.
    `respondents_are_known`: outsiders know how many answered in every area, from a report of the fieldwork, or since
    weights were made to add up to the inhabitants of each, so that the denominators are public.
    """

    minimum_n: int = 30
    largest_share: float = 0.9
    two_largest: float = 0.9
    p_ratio: float = 0.1
    share_step: float = 0.01
    fewest: float = 5.0
    part: float = 0.2
    respondents_are_known: bool = True


@dataclass(frozen=True)
class Areas:
    """Areas, and of which parts (buurt and pc4 in common) each is made: `membership` of shape (areas, parts)."""

    names: tuple[Area, ...]
    membership: csr_array


@dataclass(frozen=True)
class QuestionCells:
    """The true table of one question.

    `part_counts` (categories, parts): respondents per category; of a scale one row more, what is short of ten, of which
    nothing is published. `most` (areas,) is the largest number of respondents an area can have, as anyone may know;
    `is_dominated` (areas,) whether a few weights make up the figure.
    """

    question: str
    categories: tuple[str, ...]
    areas: Areas
    part_counts: Floats
    most: Floats
    is_dominated: Flags

    @property
    def is_scale(self) -> bool:
        """Whether respondents gave a score rather than chose a category."""
        return len(self.part_counts) > len(self.categories)

    @property
    def chosen(self) -> Floats:
        """Respondents per category and area, shape (categories, areas)."""
        summed: Floats = (self.areas.membership @ self.part_counts[: len(self.categories)].T).T
        return summed

    @property
    def respondents(self) -> Floats:
        """Respondents who answered per area, shape (areas,)."""
        summed: Floats = self.areas.membership @ self.part_counts.sum(axis=0)
        return summed

    @property
    def shares(self) -> Floats:
        """Share of each category, shape (categories, areas), in [0, 1]; NaN where nobody answered."""
        n = np.broadcast_to(self.respondents, self.chosen.shape)
        shares: Floats = np.full(n.shape, np.nan)
        return np.divide(self.chosen, n, out=shares, where=n > 0)


def survey_cells(answers: pa.Table, residents: Mapping[Area, int] | None = None) -> tuple[QuestionCells, ...]:
    """Count who answered what, per question and area.

    Parameters
    ----------
    answers
        One row per respondent and question, in any order: question, category (null for a scale), buurt_code,
        wijk_code, gemeente_code, pc4 ('' where unknown), weight, score (0-10, null for a category). Both null: no
        answer; such a row tells that the respondent is there.
    residents
        Inhabitants per (area type, area code) that anyone may look up; areas that are absent are bounded by the sample.

    Returns
    -------
    tuple of QuestionCells
        One per question that somebody answered, ordered by it; all with the same areas and parts.

    Raises
    ------
    ContractError
        When a column is missing, a question has both scores and categories, or a score lies outside 0-10.
    """
    missing = [name for name in _NEEDED if name not in answers.column_names]
    if missing:
        raise ContractError(
            f"answers for survey cells: columns {missing} are missing, they have {answers.column_names}"
        )
    areas, part = _areas(answers)
    numbered = answers.append_column("part", pa.array(part))
    rows_of = _rows_per_question(answers)
    sample = max(rows_of.values(), default=0)
    known = residents or {}
    most = np.array([min(sample, known.get(name, sample)) for name in areas.names], dtype=np.float64)
    bounds = (most, sample)
    told = pc.or_(pc.is_valid(answers["category"]), pc.is_valid(answers["score"]))
    answered = sorted(set(answers.filter(told)["question"].to_pylist()))
    return tuple(_question(q, numbered.filter(pc.field("question") == q), areas, bounds) for q in answered)


def _rows_per_question(answers: pa.Table) -> dict[str, int]:
    counted = pc.value_counts(answers["question"]).to_pylist()
    return {row["values"]: row["counts"] for row in counted}


def _areas(answers: pa.Table) -> tuple[Areas, NDArray[np.int64]]:
    """Areas and parts in the order of their codes, and the part of each row."""
    words = list(zip(*(answers[name].to_pylist() for name in _PART), strict=True))
    parts = sorted(set(words))
    number = {part: i for i, part in enumerate(parts)}
    kinds = ("buurt", "wijk", "gemeente", "pc4")
    pairs = [((kind, code), i) for i, part in enumerate(parts) for kind, code in zip(kinds, part, strict=True) if code]
    names = tuple(sorted({name for name, _ in pairs}))
    place = {name: i for i, name in enumerate(names)}
    rows, columns = [place[name] for name, _ in pairs], [i for _, i in pairs]
    membership = csr_array((np.ones(len(pairs)), (rows, columns)), shape=(len(names), len(parts)))
    return Areas(names, membership), np.array([number[word] for word in words], dtype=np.int64)


def _question(question: str, rows: pa.Table, areas: Areas, bounds: tuple[Floats, int]) -> QuestionCells:
    most, sample = bounds
    is_scale = rows["score"].null_count < len(rows)
    if is_scale and rows["category"].null_count < len(rows):
        raise ContractError(f"question {question}: some answers are scores and some categories; make it two questions")
    rows = rows.filter(pc.is_valid(rows["score" if is_scale else "category"]))
    parts = rows["part"].to_numpy()
    n_parts = areas.membership.shape[1]
    categories = (SCALE,) if is_scale else tuple(sorted(set(rows["category"].to_pylist())))
    chosen = [_tenths(rows, question)] if is_scale else [pc.equal(rows["category"], c).to_numpy() for c in categories]
    counts = [np.bincount(parts, own, n_parts) for own in chosen]
    if is_scale:
        # What is left of a sum of tenths may come out a rounding error under nought.
        counts.append(np.maximum(np.bincount(parts, minlength=n_parts) - counts[0], 0.0))
    weights = rows["weight"].to_numpy().astype(np.float64)
    part_counts = np.array(counts, dtype=np.float64).reshape(-1, n_parts)
    here = np.asarray(areas.membership @ part_counts.sum(axis=0))
    # A count of inhabitants under those who answered is of another year: no bound.
    bound = np.where(most >= here, most, sample)
    return QuestionCells(question, categories, areas, part_counts, bound, dominated(areas, parts, weights))


def _tenths(rows: pa.Table, question: str) -> Floats:
    tenths: Floats = rows["score"].to_numpy().astype(np.float64) / HIGHEST_SCORE
    if len(tenths) and not (tenths.min() >= 0 and tenths.max() <= 1):
        raise ContractError(f"question {question}: a score lies outside 0-10; scores are made in survey/scale")
    return tenths


def primary(cells: QuestionCells, rules: Rules) -> dict[str, Flags]:
    """The cells that may not go out, per cause of `CAUSES`, each of shape (categories, areas)."""
    shape = cells.chosen.shape
    return {
        "too_few": np.broadcast_to(too_few(cells.respondents, rules.minimum_n), shape),
        "group_disclosure": tells_of_a_group(cells.chosen, cells.respondents, rules.largest_share),
        "dominance": np.broadcast_to(cells.is_dominated, shape),
    }


def too_few(respondents: Floats, minimum_n: int) -> Flags:
    """Whether fewer than `minimum_n` answered, and never under 10 whatever is asked."""
    return respondents < max(minimum_n, 10)


def tells_of_a_group(chosen: Floats, respondents: Floats, largest_share: float) -> Flags:
    """Whether a share says something of everyone, or of nearly everyone, in the area: none, or `largest_share` or more.

    An area without respondents counts as none.
    """
    return np.asarray((chosen <= 0) | (chosen >= largest_share * respondents - 1e-9))


def dominated(areas: Areas, parts: NDArray[np.int64], weights: Floats, rules: Rules | None = None) -> Flags:
    """Whether one or two weights nearly make up an area's figure.

    The (n, k) rule with n = 2: the two largest hold `two_largest` or more of the sum. The p-ratio: what is left besides
    them is under `p_ratio` of the largest, so that the second could estimate the first.

    Parameters
    ----------
    areas
        Areas and their parts.
    parts, weights
        Of each respondent who answered, shape (respondents,).
    rules
        The bounds; as `Rules` has them when left out.

    Returns
    -------
    numpy.ndarray
        Shape (areas,); an area whose weights sum to nought is dominated by whoever is there.
    """
    bounds = rules or Rules()
    n_parts = areas.membership.shape[1]
    largest, second = _two_largest(areas, parts, weights)
    total = np.asarray(areas.membership @ np.bincount(parts, weights, n_parts))
    rest = total - largest - second
    flags: Flags = (largest + second >= bounds.two_largest * total) | (rest < bounds.p_ratio * largest)
    return flags


def _two_largest(areas: Areas, parts: NDArray[np.int64], weights: Floats) -> tuple[Floats, Floats]:
    by_part = csr_array((weights, (parts, np.arange(len(parts)))), shape=(areas.membership.shape[1], len(parts)))
    by_area = (areas.membership @ by_part).tocsr()
    count = areas.membership.shape[0]
    area = np.repeat(np.arange(count), np.diff(by_area.indptr))
    order = np.lexsort((-by_area.data, area))
    ranked, rank = by_area.data[order], np.arange(len(order)) - by_area.indptr[area]
    largest, second = np.zeros(count), np.zeros(count)
    largest[area[rank == 0]] = ranked[rank == 0]
    second[area[rank == 1]] = ranked[rank == 1]
    return largest, second
