"""What survey tables tell an outsider who knows the method: rows of a polytope, and what must stay uncertain in it.

Unknowns, in this order: respondents per category and part, and those who answered per area.
Published of a cell is its share to its rounding, and of its area the class of respondents unless all its cells are
hidden; of a hidden cell nothing. Anyone knows which parts make up which area, and the largest number there can be.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csr_array, eye_array, hstack, kron, vstack

from pipelines.arrays import Flags, Floats, Ints
from pipelines.protection.attack import Polytope
from pipelines.protection.survey_cells import QuestionCells, share_tells
from pipelines.protection.survey_rules import Rules, can_be_known
from pipelines.protection.thresholds import RESPONDENT_BOUNDS

CLASS_STARTS = np.array(RESPONDENT_BOUNDS, dtype=np.float64)
CLASS_ENDS = np.append(CLASS_STARTS[1:] - 1, np.inf)
ALWAYS = -1
# Past the bound of a share by a tenth of a respondent: an empty table lies on it.
_BEYOND = 0.1
# Of these a model's estimates are made to agree with the whole (`survey/modelled`).
BENCHMARKED = ("buurt", "pc4")


@dataclass(frozen=True)
class Guards:
    """Forms (guards, unknowns) that must stay uncertain by `needed` when the cell or area `owner` is hidden.

    `owner` numbers the cells (category by category), then the areas. `is_share`: the form compares a share with a
    bound, and must be able to fall `needed` below nought; otherwise its ends must lie `needed` apart.
    """

    forms: csr_array
    needed: Floats
    owner: Ints
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
    owner: Ints
    room_under: Floats
    room_over: Floats
    guards: Guards
    truth: Floats

    def rows_after(self, hidden: Flags) -> Ints:
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
    told = (_known_shares, _benchmark) if rules.respondents_are_known else (_shares, _classes)
    parts = [f(cells, rules, forms) for f in (*told, _told_before, _public)]
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
    owner: Ints
    room_under: Floats
    room_over: Floats


def rounded_interval(shares: Floats, step: float) -> tuple[Floats, Floats]:
    """The shares that are published as the same multiple of `step` as these are; 0 to 1 where there is none (NaN)."""
    shown = np.round(shares / step) * step
    low, high = np.clip(shown - step / 2, 0, 1), np.clip(shown + step / 2, 0, 1)
    return np.where(np.isnan(low), 0.0, low), np.where(np.isnan(high), 1.0, high)


@dataclass(frozen=True)
class _Told:
    """What follows of a cell (cells,) since it is shown: its least and largest share, fewest who chose it, or not."""

    low: Floats
    high: Floats
    fewest: Floats
    others: Floats


def _told_of(cells: QuestionCells, rules: Rules) -> _Told:
    """Its rounding and, since it is shown at all, that not nearly all are alike."""
    respondents = cells.respondents if rules.respondents_are_known else respondent_class(cells.respondents)[0]
    is_known = can_be_known(respondents, cells.areas.residents, rules)
    low, high = rounded_interval(cells.shares, rules.share_step)
    low, high = np.maximum(low, cells.beside.low), np.minimum(high, cells.beside.high)
    high = np.where(is_known, np.minimum(high, rules.largest_share), high)
    others = np.broadcast_to(np.where(is_known, 0.0, rules.alone), high.shape)
    if cells.is_scale:
        low = np.where(is_known, np.maximum(low, 1 - rules.largest_share), low)
    # Someone chose a category that is shown; a mean keeps away from both ends alike.
    fewest = others if cells.is_scale else np.ones(high.shape)
    return _Told(low.ravel(), high.ravel(), fewest.ravel(), others.ravel())


def _shares(cells: QuestionCells, rules: Rules, forms: _Forms) -> _Rows:
    told = _told_of(cells, rules)
    most = np.tile(cells.most, len(cells.categories))
    over = forms.cell - forms.area_of_cell.multiply(told.high[:, None])
    under = forms.cell - forms.area_of_cell.multiply(told.low[:, None])
    others = forms.cell - forms.area_of_cell
    n_cells = len(told.low)
    free, nought = np.full(n_cells, np.inf), np.zeros(n_cells)
    return _Rows(
        vstack([over, under, forms.cell, others]).tocsr(),
        np.concatenate([-free, nought, told.fewest, -free]),
        np.concatenate([nought, free, free, -told.others]),
        np.tile(np.arange(n_cells), 4),
        np.concatenate([nought, told.low * most, told.fewest, nought]),
        np.concatenate([(1 - told.high) * most, nought, nought, told.others]),
    )


def _known_shares(cells: QuestionCells, rules: Rules, forms: _Forms) -> _Rows:
    """The same where the number of respondents is known: an interval of those who chose."""
    told = _told_of(cells, rules)
    respondents = np.tile(cells.respondents, len(cells.categories))
    low, high = np.maximum(told.low * respondents, told.fewest), told.high * respondents
    high = np.minimum(high, respondents - told.others)
    # A cell without respondents is never shown; its row must still be one.
    low = np.minimum(low, high)
    return _Rows(forms.cell, low, high, np.arange(len(low)), low, respondents - high)


def _benchmark(cells: QuestionCells, rules: Rules, forms: _Forms) -> _Rows:
    """Estimates of small areas add up to that of all together, each by its inhabitants: one equation more per type.

    Who answered adds up as well, but by respondents: two hidden areas, of which both sums are known, are known. The sum
    is told with the gemeente, and always where there is no single one.
    """
    names = cells.areas.names
    gemeenten = [place for place, (kind, _) in enumerate(names) if kind == "gemeente"]
    weights = [w for w in (_parts_of_benchmark(cells, kind, rules) for kind in BENCHMARKED) if w.any()]
    n_categories, n_areas = cells.chosen.shape
    forms_ = [np.kron(np.eye(n_categories), weight) for weight in weights]
    picked = csr_array(np.concatenate([*forms_, np.zeros((0, n_categories * n_areas))]))
    summed = np.concatenate([cells.chosen @ weight for weight in weights] or [np.zeros(0)])
    low, high = rounded_interval(summed, rules.share_step)
    own = np.arange(n_categories) * n_areas + gemeenten[0] if len(gemeenten) == 1 else np.full(n_categories, ALWAYS)
    return _Rows(csr_array(picked @ forms.cell), low, high, np.tile(own, len(weights)).astype(np.int64), low, 1 - high)


def _parts_of_benchmark(cells: QuestionCells, kind: str, rules: Rules) -> Floats:
    """What one respondent of each area (areas,) adds to the mean of a type, each area counted by its inhabitants."""
    n, residents = cells.respondents, cells.areas.residents
    is_of_kind = np.array([name == kind for name, _ in cells.areas.names], dtype=bool)
    takes_part = is_of_kind & (n >= rules.minimum_n) & (residents > 0)
    people = np.where(takes_part, residents, 0.0)
    share = people / people.sum() if takes_part.any() else people
    return np.divide(share, n, out=np.zeros(len(n)), where=takes_part)


def _told_before(cells: QuestionCells, rules: Rules, forms: _Forms) -> _Rows:
    """Shares that an earlier release told, within which they still lie: nothing that is hidden now takes them back."""
    beside = cells.beside
    told = np.flatnonzero(beside.was_told.ravel())
    low, high = beside.told_low.ravel()[told], beside.told_high.ravel()[told]
    owner, nought, free = np.full(len(told), ALWAYS), np.zeros(len(told)), np.full(len(told), np.inf)
    cell, area = forms.cell[told], forms.area_of_cell[told]
    if rules.respondents_are_known:
        respondents = np.tile(cells.respondents, len(cells.categories))[told]
        return _Rows(cell, low * respondents, high * respondents, owner, nought, nought)
    over, under = cell - area.multiply(high[:, None]), cell - area.multiply(low[:, None])
    ends = np.concatenate([-free, nought]), np.concatenate([nought, free])
    return _Rows(vstack([over, under]).tocsr(), *ends, np.tile(owner, 2), np.tile(nought, 2), np.tile(nought, 2))


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
    """The respondents of each cell and of each area; and of a cell that tells of a known group, its share."""
    n_categories = len(cells.categories)
    respondents = cells.respondents
    known = (respondents > 0) & can_be_known(respondents, cells.areas.residents, rules)
    group = np.flatnonzero((share_tells(cells, rules) & known & ~cells.beside.was_told).ravel())
    least, most = public_bounds(cells, rules)
    n_cells, n_areas = cells.chosen.size, len(most)
    needed_before = np.append(cells.beside.needed.ravel(), np.full(n_areas, np.nan))
    # What was told is told; of it only who was added since is guarded.
    guarded = np.flatnonzero(needed_before != 0)
    guarded = guarded[guarded < n_cells] if rules.respondents_are_known else guarded
    bound = np.concatenate([np.tile(most, n_categories), most - least])
    # Who knows a number knows what is left of its area: neither can be less sure than the other.
    lesser = np.minimum(cells.chosen, respondents - cells.chosen)
    numbers = np.concatenate([lesser.ravel(), respondents])
    needed = needed_width(numbers, bound, rules)
    needed = np.where(np.isfinite(needed_before), np.minimum(needed_before, needed), needed)
    return Guards(
        vstack([vstack([forms.cell, forms.area]).tocsr()[guarded], _share_forms(cells, rules, forms, group)]).tocsr(),
        np.concatenate([needed[guarded], np.full(len(group), _BEYOND)]),
        np.concatenate([guarded, group]),
        np.repeat([False, True], [len(guarded), len(group)]),
    )


def needed_width(true: Floats, most: Floats, rules: Rules) -> Floats:
    """How far the ends of a hidden number must lie apart: `fewest`, or `part` of it if more.

    One more than asked, so that whole numbers within the ends lie that far apart; no more than public data leaves.
    """
    width: Floats = np.ceil(np.maximum(rules.fewest, rules.part * true)) + 1
    return np.minimum(width, most)


def _share_forms(cells: QuestionCells, rules: Rules, forms: _Forms, group: Ints) -> csr_array:
    """Forms that fall below nought when a share of nearly all, or of next to none, can be one that would be shown.

    k - p n, with the sign that makes away from the true share down. Asked is no more than that: what a whole gemeente
    said may tell that a thing is rare in each of its buurten, not in which of them it is rarer than elsewhere.
    """
    is_low = cells.shares.ravel()[group] <= 1 - rules.largest_share
    target = np.where(is_low, 1 - rules.largest_share, rules.largest_share)
    sign = np.where(is_low, -1.0, 1.0)
    difference = forms.cell[group] - forms.area_of_cell[group].multiply(target[:, None])
    return difference.multiply(sign[:, None]).tocsr()
