"""The attack on the hidden numbers of one question: is each as uncertain as it must be, and if not, what would help.

Many numbers are moved at once, by one programme; only those that stay put get programmes of their own. No true number
goes into the search, only into how far a number must move: whatever is told of the tables found tells what an outsider
can find himself.
"""

from dataclasses import dataclass, replace

import numpy as np

from pipelines.arrays import Flags, Floats, Ints
from pipelines.protection.attack import SOLVED, Attacker, Polytope, apart
from pipelines.protection.survey_knowledge import Guards, Knowledge

_FAILURES_AT_ONCE = 30
_TURNS = 8
_SLACK = 1e-5
# A programme that moves many takes as long as this many that move one, each from the answer of the last.
_WORTH_A_SWEEP = 10
_SIGNS = np.array([[1.0, 1.0], [-1.0, -1.0], [1.0, -1.0], [-1.0, 1.0]])


@dataclass(frozen=True)
class Cut:
    """Hiding must reach 1: `gains` (owners,) of what is hidden, summed; asked only where `owner` is hidden."""

    gains: Floats
    owner: int


@dataclass(frozen=True)
class Proofs:
    """What was found of the numbers in `guards`.

    `lowest`, `highest` (guards,) are ends that some table of `tables` (unknowns,) reaches; `is_exact` (guards,)
    whether a programme says that none goes further; `failed` what hiding would widen those too narrow, as far as looked
    into; `statuses` how programmes ended that did not find an end; `programmes` how many there were.
    """

    guards: Guards
    tables: tuple[Floats, ...]
    lowest: Floats
    highest: Floats
    is_exact: Flags
    failed: tuple[Cut, ...] = ()
    statuses: tuple[str, ...] = ()
    programmes: int = 0

    @property
    def width(self) -> Floats:
        """How uncertain each number is at least, shape (guards,)."""
        return np.where(self.guards.is_share, 0.0, self.highest) - self.lowest

    @property
    def is_wide(self) -> Flags:
        """Whether that is enough."""
        flags: Flags = self.width >= self.guards.needed - _SLACK
        return flags


@dataclass(frozen=True)
class _Field:
    """Where the attack takes place: what is left to know, and who owns each of its rows and how much room it hides."""

    left: Polytope
    attacker: Attacker
    owner: Ints
    room_under: Floats
    room_over: Floats
    owners: int


def examine(known: Knowledge, hidden: Flags, tables: tuple[Floats, ...], patience: int = _FAILURES_AT_ONCE) -> Proofs:
    """Attack every hidden number over all that is published besides.

    Parameters
    ----------
    known
        What there is to know.
    hidden
        Shape (owners,).
    tables
        Tables found before, each of shape (unknowns,); those that no longer agree with what is published are dropped.
    patience
        After so many numbers that are too certain the others are not looked into.
    """
    rows = known.rows_after(hidden)
    left = known.after(hidden)
    field = _Field(left, Attacker(left), known.owner[rows], known.room_under[rows], known.room_over[rows], len(hidden))
    guards = known.guards.chosen(hidden[known.guards.owner])
    stacked = np.array(tables).reshape(len(tables), len(known.truth))
    proofs = _first(field, guards, stacked[field.left.holds(stacked)])
    return _asked_one_by_one(field, _swept(field, proofs), patience)


def nothing_found(known: Knowledge) -> Proofs:
    """Before any attack: no table."""
    none = known.guards.chosen(np.zeros(len(known.guards), dtype=bool))
    return Proofs(none, (), np.zeros(0), np.zeros(0), np.zeros(0, dtype=bool))


def _first(field: _Field, guards: Guards, tables: Floats) -> Proofs:
    """What the tables (tables, unknowns) that are known already prove; one is sought when there is none."""
    values = guards.forms @ tables.T
    lowest, highest = values.min(axis=1, initial=np.inf), values.max(axis=1, initial=-np.inf)
    proofs = Proofs(guards, tuple(tables), lowest, highest, np.zeros(len(guards), dtype=bool))
    if len(tables) or not len(guards):
        return proofs
    end = field.attacker.least(np.asarray(guards.forms.sum(axis=0)).ravel())
    return _met(replace(proofs, statuses=_odd(end.status)), end.point)


def _met(proofs: Proofs, table: Floats | None) -> Proofs:
    """What is found once this table, too, is: None is none."""
    counted = replace(proofs, programmes=proofs.programmes + 1)
    if table is None:
        return counted
    values = proofs.guards.forms @ table
    lowest, highest = np.minimum(proofs.lowest, values), np.maximum(proofs.highest, values)
    return replace(counted, tables=(*proofs.tables, table), lowest=lowest, highest=highest)


def _odd(status: str) -> tuple[str, ...]:
    return () if status == SOLVED else (status,)


def _swept(field: _Field, proofs: Proofs) -> Proofs:
    """Move all numbers that are not yet wide at once, in turns up, down and by halves, while it pays."""
    guards = proofs.guards
    for turn in range(_TURNS):
        left = np.flatnonzero(~proofs.is_wide)
        if len(left) < _WORTH_A_SWEEP or not len(proofs.tables):
            break
        sign = np.where(guards.is_share[left], -1.0, _SIGNS[turn % len(_SIGNS)][left % 2])
        start = np.where(sign > 0, proofs.lowest[left], -proofs.highest[left])
        start = np.where(guards.is_share[left], 0.0, start)
        forms = guards.forms[left].multiply(sign[:, None]).tocsr()
        proofs = _met(proofs, apart(field.left, forms, guards.needed[left], start))
        if np.count_nonzero(proofs.is_wide[left]) < _WORTH_A_SWEEP:
            break
    return proofs


def _asked_one_by_one(field: _Field, proofs: Proofs, patience: int) -> Proofs:
    """Ask the numbers that are left for their ends, the narrowest first."""
    for guard in np.argsort(proofs.width / np.maximum(proofs.guards.needed, _SLACK), kind="stable"):
        if len(proofs.failed) >= patience:
            break
        if not proofs.is_wide[guard]:
            proofs = _asked(field, proofs, int(guard))
    return proofs


def _asked(field: _Field, proofs: Proofs, guard: int) -> Proofs:
    form = proofs.guards.forms[[guard]].toarray().ravel()
    widening, statuses = np.zeros(len(field.owner)), proofs.statuses
    for sign in (1.0,) if proofs.guards.is_share[guard] else (1.0, -1.0):
        end = field.attacker.least(sign * form)
        widening, statuses = widening + _gains(field, end.prices), statuses + _odd(end.status)
        proofs = replace(_met(proofs, end.point), statuses=statuses)
        if proofs.is_wide[guard]:
            return proofs
    cut = _cut(field, widening, proofs.guards.needed[guard] - proofs.width[guard], int(proofs.guards.owner[guard]))
    is_exact = proofs.is_exact | (np.arange(len(proofs.guards)) == guard)
    return replace(proofs, is_exact=is_exact, failed=(*proofs.failed, cut))


def _gains(field: _Field, prices: Floats) -> Floats:
    """How much further a form could go at most if the owner of each row (rows,) were hidden."""
    return np.where(prices < 0, -prices * field.room_over, prices * field.room_under)


def _cut(field: _Field, widening: Floats, lacking: float, owner: int) -> Cut:
    """How much of what is lacking hiding each owner could give at most: its prices times the room it frees.

    By duality the prices of a programme bound its end however far its rows are moved, so a set of hidden cells whose
    gains do not add up to 1 cannot make the number wide.
    """
    gains = np.zeros(field.owners)
    is_owned = field.owner >= 0
    np.add.at(gains, field.owner[is_owned], widening[is_owned])
    return Cut(np.minimum(np.where(gains > _SLACK * lacking, gains, 0.0) / lacking, 1.0), owner)
