"""What survey tables tell an outsider who knows the method: rows of a polytope, and what must stay uncertain in it.

Unknowns, in this order: respondents per category and part, and those who answered per area.
Published of a cell is its share to its rounding, and of its area the class of respondents unless all its cells are
hidden; of a hidden cell nothing. Anyone knows which parts make up which area, and the largest number there can be.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, eye_array, hstack, kron, vstack

from pipelines.protection.attack import Flags, Floats, Polytope
from pipelines.protection.survey_cells import QuestionCells, Rules, primary

CLASS_STARTS = np.array([10.0, 30.0, 100.0])
CLASS_ENDS = np.array([29.0, 99.0, np.inf])
ALWAYS = -1
# Past the bound of a share by a tenth of a respondent: an empty table lies on it.
_BEYOND = 0.1


@dataclass(frozen=True)
class Guards:
    """Forms (guards, unknowns) that must stay uncertain by `needed` when the cell or area `owner` is hidden.

    `owner` numbers the cells (category by category), then the areas. `is_share`: the form compares a share with a
    bound, and must be able to fall `needed` below nought; otherwise its ends must lie `needed` apart.
    """

    forms: csr_array
    needed: Floats
    owner: NDArray[np.int64]
    is_share: Flags

    def __len__(self) -> int:
        """How many there are."""
        return len(self.needed)

    def chosen(self, flags: Flags) -> "Guards":
        """Those where `flags` (guards,) is true."""
        picked = np.flatnonzero(flags)
        return Guards(self.forms[picked], self.needed[picked], self.owner[picked], self.is_share[picked])


@dataclass(frozen=True)
class Knowledge:
    """All rows there are of one question, what hiding its owner frees of each, and what must be guarded.

    `room_under`, `room_over` (rows,) bound how far the ends of a row can be passed once its owner is hidden; `owner` is
    a cell, an area or `ALWAYS`, of what stays known. `truth` (unknowns,) is the true table; only tests compare with it.
    """

    everything: Polytope
    owner: NDArray[np.int64]
    room_under: Floats
    room_over: Floats
    guards: Guards
    truth: Floats

    def rows_after(self, hidden: Flags) -> NDArray[np.int64]:
        """Numbers of the rows that are left to know when the owners `hidden` (cells + areas,) are."""
        return np.flatnonzero((self.owner == ALWAYS) | ~hidden[self.owner])

    def after(self, hidden: Flags) -> Polytope:
        """What is left to know then."""
        kept = self.rows_after(hidden)
        return Polytope(self.everything.rows[kept], self.everything.low[kept], self.everything.high[kept])


def owners(hidden: Flags) -> Flags:
    """From hidden cells (categories, areas) to owners (cells + areas,): an area goes with the last of its cells."""
    return np.concatenate([hidden.ravel(), hidden.all(axis=0)])


def attackers(cells: QuestionCells, rules: Rules) -> tuple[Knowledge, ...]:
    """Set out what is known of one question by those who look at it.

    One knows the classes of respondents only: from him those who answered are kept. If `rules` say so another knows
    their number everywhere: he knows more, so numbers kept from him are kept from both.
    """
    unaware = knowledge(cells, replace(rules, respondents_are_known=False))
    if not rules.respondents_are_known:
        return (unaware,)
    of_areas = ~unaware.guards.is_share & (unaware.guards.owner >= cells.chosen.size)
    return knowledge(cells, rules), replace(unaware, guards=unaware.guards.chosen(of_areas))


def knowledge(cells: QuestionCells, rules: Rules) -> Knowledge:
    """Set out what is known of one question by an outsider as `rules` has him."""
    forms = _forms(cells)
    told = (_known_shares,) if rules.respondents_are_known else (_shares, _classes)
    parts = [f(cells, rules, forms) for f in (*told, _public)]
    everything = Polytope(
        vstack([part.rows for part in parts]).tocsr(),
        np.concatenate([part.low for part in parts]),
        np.concatenate([part.high for part in parts]),
    )
    owner, under, over = (
        np.concatenate([getattr(part, name) for part in parts]) for name in ("owner", "room_under", "room_over")
    )
    truth = np.concatenate([cells.part_counts.ravel(), cells.respondents])
    return Knowledge(
        everything, owner, np.maximum(under, 0.0), np.maximum(over, 0.0), _guards(cells, rules, forms), truth
    )


@dataclass(frozen=True)
class _Forms:
    """Forms that pick the respondents of each cell, of the area of each cell, and of each area; and sums of nought."""

    cell: csr_array
    area_of_cell: csr_array
    area: csr_array
    nought: csr_array


def _forms(cells: QuestionCells) -> _Forms:
    members = cells.areas.membership
    n_areas, n_parts = members.shape
    n_all, n_shown = len(cells.part_counts), len(cells.categories)
    area = hstack([csr_array((n_areas, n_all * n_parts)), eye_array(n_areas)]).tocsr()
    cell = hstack([kron(eye_array(n_shown, n_all), members), csr_array((n_shown * n_areas, n_areas))]).tocsr()
    nought = hstack([kron(np.ones((1, n_all)), members), -eye_array(n_areas)]).tocsr()
    return _Forms(cell, vstack([area] * n_shown).tocsr(), area, nought)


@dataclass(frozen=True)
class _Rows:
    rows: csr_array
    low: Floats
    high: Floats
    owner: NDArray[np.int64]
    room_under: Floats
    room_over: Floats


def rounded_interval(shares: Floats, step: float) -> tuple[Floats, Floats]:
    """The shares that are published as the same multiple of `step` as these are; 0 to 1 where there is none (NaN)."""
    shown = np.round(shares / step) * step
    low, high = np.clip(shown - step / 2, 0, 1), np.clip(shown + step / 2, 0, 1)
    return np.where(np.isnan(low), 0.0, low), np.where(np.isnan(high), 1.0, high)


def _told_shares(cells: QuestionCells, rules: Rules) -> tuple[Floats, Floats]:
    """Least and largest share of each cell (cells,): its rounding and, since it is shown at all, not nearly all."""
    low, high = (end.ravel() for end in rounded_interval(cells.shares, rules.share_step))
    return low, np.minimum(high, rules.largest_share)


def _fewest_chosen(cells: QuestionCells) -> float:
    """Since a category is shown at all, someone chose it; a mean may be next to nought."""
    return 0.0 if cells.is_scale else 1.0


def _shares(cells: QuestionCells, rules: Rules, forms: _Forms) -> _Rows:
    low, high = _told_shares(cells, rules)
    most = np.tile(cells.most, len(cells.categories))
    over = forms.cell - forms.area_of_cell.multiply(high[:, None])
    under = forms.cell - forms.area_of_cell.multiply(low[:, None])
    n_cells = len(low)
    free, nought, fewest = np.full(n_cells, np.inf), np.zeros(n_cells), np.full(n_cells, _fewest_chosen(cells))
    return _Rows(
        vstack([over, under, forms.cell]).tocsr(),
        np.concatenate([-free, nought, fewest]),
        np.concatenate([nought, free, free]),
        np.tile(np.arange(n_cells), 3),
        np.concatenate([nought, low * most, fewest]),
        np.concatenate([(1 - high) * most, nought, nought]),
    )


def _known_shares(cells: QuestionCells, rules: Rules, forms: _Forms) -> _Rows:
    """The same where the number of respondents is known: an interval of those who chose."""
    low, high = _told_shares(cells, rules)
    respondents = np.tile(cells.respondents, len(cells.categories))
    low, high = np.maximum(low * respondents, _fewest_chosen(cells)), high * respondents
    # A cell without respondents is never shown; its row must still be one.
    low = np.minimum(low, high)
    return _Rows(forms.cell, low, high, np.arange(len(low)), low, respondents - high)


def _classes(cells: QuestionCells, rules: Rules, forms: _Forms) -> _Rows:
    start, end = respondent_class(cells.respondents)
    start, end = np.maximum(start, rules.minimum_n), np.minimum(end, cells.most)
    owner = cells.chosen.size + np.arange(len(start))
    return _Rows(forms.area, start, np.maximum(start, end), owner, start, cells.most - end)


def respondent_class(respondents: Floats) -> tuple[Floats, Floats]:
    """First and last number of the class (10-29, 30-99, 100+) that would be told; under 10 the lowest class."""
    number = np.maximum(np.searchsorted(CLASS_STARTS, respondents, side="right") - 1, 0)
    return CLASS_STARTS[number], CLASS_ENDS[number]


def _public(cells: QuestionCells, rules: Rules, forms: _Forms) -> _Rows:
    least, most = public_bounds(cells, rules)
    nought = np.zeros(len(most))
    rows = vstack([forms.area, forms.nought]).tocsr()
    low, high, room = np.append(least, nought), np.append(most, nought), np.append(nought, nought)
    return _Rows(rows, low, high, np.full(len(low), ALWAYS), room, room)


def public_bounds(cells: QuestionCells, rules: Rules) -> tuple[Floats, Floats]:
    """The least and most respondents of each area (areas,) that anyone knows of without the tables."""
    n = cells.respondents
    return (n, n) if rules.respondents_are_known else (np.zeros(len(n)), cells.most)


def _guards(cells: QuestionCells, rules: Rules, forms: _Forms) -> Guards:
    """The respondents of each cell and of each area; and of a cell that tells of a group, its share."""
    n_categories = len(cells.categories)
    answered = np.tile(cells.respondents > 0, n_categories)
    group = np.flatnonzero(primary(cells, rules)["group_disclosure"].ravel() & answered)
    least, most = public_bounds(cells, rules)
    n_cells, n_areas = cells.chosen.size, len(most)
    guarded = np.arange(n_cells if rules.respondents_are_known else n_cells + n_areas)
    bound = np.concatenate([np.tile(most, n_categories), most - least])
    numbers = np.concatenate([cells.chosen.ravel(), cells.respondents])
    return Guards(
        vstack([vstack([forms.cell, forms.area]).tocsr()[guarded], _share_forms(cells, rules, forms, group)]).tocsr(),
        np.concatenate([needed_width(numbers, bound, rules)[guarded], np.full(len(group), _BEYOND)]),
        np.concatenate([guarded, group]),
        np.repeat([False, True], [len(guarded), len(group)]),
    )


def needed_width(true: Floats, most: Floats, rules: Rules) -> Floats:
    """How far the ends of a hidden number must lie apart: `fewest`, or `part` of it if more.

    One more than asked, so that whole numbers within the ends lie that far apart; no more than public data leaves.
    """
    width: Floats = np.ceil(np.maximum(rules.fewest, rules.part * true)) + 1
    return np.minimum(width, most)


def _share_forms(cells: QuestionCells, rules: Rules, forms: _Forms, group: NDArray[np.int64]) -> csr_array:
    """Forms that fall below nought when a share of none can be over `part`, one of nearly all `part` under that bound.

    k - p n, with the sign that makes away from the true share down.
    """
    is_none = cells.chosen.ravel()[group] <= 0
    target = np.where(is_none, rules.part, rules.largest_share - rules.part)
    sign = np.where(is_none, -1.0, 1.0)
    difference = forms.cell[group] - forms.area_of_cell[group].multiply(target[:, None])
    return difference.multiply(sign[:, None]).tocsr()
