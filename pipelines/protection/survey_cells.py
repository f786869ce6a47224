"""The cells of survey tables: true numbers of respondents per question, category and area, and which areas share them.

Here respondents become cells, and cells are held against the rules of `survey_rules`. What must be hidden besides, so
that hidden cells stay hidden, is for `suppression`.

A scale of 0-10 is a question with one category, chosen by each respondent for a tenth of the score: its share times ten
is the mean, and everything that holds of shares holds of it. Respondents count as one each: an outsider who could undo
the weights would see the unweighted share, so that is what the rules and the attacker are given.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy.sparse import csr_array

from pipelines.arrays import Flags, Floats, Ints
from pipelines.errors import ContractError
from pipelines.protection.survey_rules import (
    Rules,
    alike,
    are_few,
    can_be_known,
    dominated,
    exceptions,
    tells_of_a_group,
    too_few,
)

Area = tuple[str, str]
AREA_COLUMNS = {"buurt": "buurt_code", "gemeente": "gemeente_code", "pc4": "pc4", "wijk": "wijk_code"}
SCALE = "mean"
HIGHEST_SCORE = 10.0
CAUSES = ("too_few", "group_disclosure", "dominance", "earlier")
_PART = [AREA_COLUMNS[name] for name in ("buurt", "wijk", "gemeente", "pc4")]
_NEEDED = ("question", "category", *_PART, "weight", "score")


@dataclass(frozen=True)
class Areas:
    """Areas, and of which parts (buurt and pc4 in common) each is made: `membership` of shape (areas, parts).

    `residents` (areas,) is how many live there, as anyone may look up; NaN where nobody tells.
    """

    names: tuple[Area, ...]
    membership: csr_array
    residents: Floats


@dataclass(frozen=True)
class Beside:
    """Between what the share of each cell lies by other tables than its own, shape (categories, areas) each.

    `low`, `high` hold of a cell that is shown, since what changed between two waves is shown with both. `told_low`,
    `told_high` hold whatever is hidden, since an earlier release told it; `needed` is how uncertain the number of such
    a cell must stay all the same, NaN of a cell that no earlier release told. 0 and 1 where nothing is told.
    `is_kept_back`: a new figure beside an old one would tell what those who came since answered, or an earlier release
    hid it of the same answers.
    """

    low: Floats
    high: Floats
    told_low: Floats
    told_high: Floats
    needed: Floats
    is_kept_back: Flags

    @property
    def was_told(self) -> Flags:
        """Whether an earlier release told each cell, shape (categories, areas)."""
        return np.isfinite(self.needed)


def nothing_beside(shape: tuple[int, ...]) -> Beside:
    """No other table: one wave, and no release before."""
    return Beside(
        np.zeros(shape),
        np.ones(shape),
        np.zeros(shape),
        np.ones(shape),
        np.full(shape, np.nan),
        np.zeros(shape, dtype=bool),
    )


@dataclass(frozen=True)
class QuestionCells:
    """The true table of one question.

    `part_counts` (categories, parts): respondents per category; of a scale one row more, what is short of ten, of which
    nothing is published. `most` (areas,) is the largest number of respondents an area can have, as anyone may know;
    `is_dominated` (areas,) whether a few weights make up the figure; `alike` (areas,) the most respondents whose scores
    are nearly the same, nought of categories; `other_tables` what else is told of the same answers, if anything is.
    """

    question: str
    categories: tuple[str, ...]
    areas: Areas
    part_counts: Floats
    most: Floats
    is_dominated: Flags
    alike: Floats
    other_tables: Beside | None = None

    @property
    def beside(self) -> Beside:
        """What other tables tell of the shares."""
        return self.other_tables or nothing_beside(self.chosen.shape)

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


def survey_cells(answers: pa.Table, residents: Mapping[Area, float] | None = None) -> tuple[QuestionCells, ...]:
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
    areas, part = _areas(answers, residents or {})
    numbered = answers.append_column("part", pa.array(part))
    rows_of = _rows_per_question(answers)
    sample = max(rows_of.values(), default=0)
    told = pc.or_(pc.is_valid(answers["category"]), pc.is_valid(answers["score"]))
    answered = sorted(set(answers.filter(told)["question"].to_pylist()))
    return tuple(_question(q, numbered.filter(pc.field("question") == q), areas, sample) for q in answered)


def _rows_per_question(answers: pa.Table) -> dict[str, int]:
    counted = pc.value_counts(answers["question"]).to_pylist()
    return {row["values"]: row["counts"] for row in counted}


def _areas(answers: pa.Table, residents: Mapping[Area, float]) -> tuple[Areas, Ints]:
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
    living = np.array([residents.get(name, np.nan) for name in names], dtype=np.float64)
    return Areas(names, membership, living), np.array([number[word] for word in words], dtype=np.int64)


def _question(question: str, rows: pa.Table, areas: Areas, sample: int) -> QuestionCells:
    is_scale = rows["score"].null_count < len(rows)
    if is_scale and rows["category"].null_count < len(rows):
        raise ContractError(f"question {question}: some answers are scores and some categories; make it two questions")
    rows = rows.filter(pc.is_valid(rows["score" if is_scale else "category"]))
    parts = rows["part"].to_numpy()
    n_parts = areas.membership.shape[1]
    categories = (SCALE,) if is_scale else tuple(sorted(set(rows["category"].to_pylist())))
    chosen = [_tenths(rows, question)] if is_scale else [pc.equal(rows["category"], c).to_numpy() for c in categories]
    counts = [np.bincount(parts, own, n_parts) for own in chosen]
    scores = rows["score"].to_numpy().astype(np.float64) if is_scale else np.zeros(0)
    if is_scale:
        # What is left of a sum of tenths may come out a rounding error under nought.
        counts.append(np.maximum(np.bincount(parts, minlength=n_parts) - counts[0], 0.0))
    weights = rows["weight"].to_numpy().astype(np.float64)
    part_counts = np.array(counts, dtype=np.float64).reshape(-1, n_parts)
    return QuestionCells(
        question,
        categories,
        areas,
        part_counts,
        _most(areas, part_counts, sample),
        dominated(areas.membership, parts, weights),
        alike(areas.membership, parts[: len(scores)], scores, Rules.score_window),
    )


def _most(areas: Areas, part_counts: Floats, sample: int) -> Floats:
    """The most respondents there can be, as anyone may know: the inhabitants, and no more than the sample."""
    here = np.asarray(areas.membership @ part_counts.sum(axis=0))
    # A count of inhabitants under those who answered is of another year: no bound.
    is_bound = (areas.residents >= here) & (areas.residents < sample)
    return np.where(is_bound, areas.residents, float(sample))


def _tenths(rows: pa.Table, question: str) -> Floats:
    tenths: Floats = rows["score"].to_numpy().astype(np.float64) / HIGHEST_SCORE
    if len(tenths) and not (tenths.min() >= 0 and tenths.max() <= 1):
        raise ContractError(f"question {question}: a score lies outside 0-10; scores are made in survey/scale")
    return tenths


def primary(cells: QuestionCells, rules: Rules) -> dict[str, Flags]:
    """The cells that may not go out, per cause of `CAUSES`, each of shape (categories, areas)."""
    shape = cells.chosen.shape
    fewer = exceptions_of(cells, rules)
    is_alike = cells.is_scale & are_few(cells.respondents - cells.alike, fewer)
    return {
        "too_few": np.broadcast_to(too_few(cells.respondents, rules.minimum_n), shape),
        "group_disclosure": share_tells(cells, rules) | is_alike,
        "dominance": np.broadcast_to(cells.is_dominated, shape),
        "earlier": cells.beside.is_kept_back,
    }


def exceptions_of(cells: QuestionCells, rules: Rules) -> Floats:
    """How many of each area (areas,) may answer otherwise when nearly all answered alike."""
    respondents = cells.respondents
    return exceptions(respondents, can_be_known(respondents, cells.areas.residents, rules), rules)


def share_tells(cells: QuestionCells, rules: Rules) -> Flags:
    """Whether the share of each cell, shape (categories, areas), says something of everyone or nearly everyone."""
    return tells_of_a_group(cells.chosen, cells.respondents, exceptions_of(cells, rules), is_scale=cells.is_scale)


def shown_once(cells: QuestionCells, hidden: Flags) -> QuestionCells:
    """Leave out what an earlier release told and this one tells again, of all but `hidden` (categories, areas)."""
    beside = cells.beside
    moved = np.nan_to_num(beside.needed) > 0
    needed = np.where(hidden | moved, beside.needed, np.nan)
    return replace(cells, other_tables=replace(beside, needed=needed))
