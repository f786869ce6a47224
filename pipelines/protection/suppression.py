"""Which survey cells are hidden besides those that may not go out, so that nobody can work the hidden ones out.

All tables of a question are taken together: every category, buurt, wijk, gemeente and pc4. Questions share no published
sum, so nothing of one narrows another. A master programme hides the least (respondents behind hidden cells, summed);
the attacker of `survey_attack` looks for hidden numbers he knows too well, and each that he finds becomes a cut for the
master (Fischetti and Salazar 2001). When that goes on for too long, cells are hidden one after the other and none is
shown again: it ends at the latest with everything hidden, never with more shown.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array, eye_array, hstack, kron, vstack

from pipelines.arrays import Flags, Floats, Ints
from pipelines.protection.attack import SOLVED
from pipelines.protection.survey_attack import Cut, Proofs, examine, nothing_found
from pipelines.protection.survey_cells import CAUSES, QuestionCells, primary, shown_once
from pipelines.protection.survey_knowledge import Knowledge, attackers, knowledge, owners
from pipelines.protection.survey_rules import Rules

WITHHELD = "withheld"
SECONDARY = "secondary"
_ROUNDS = 12
# Bounds of the master that do not depend on how busy the machine is.
_NODES, _GAP = 200, 0.01
# Programmes are solved to a millionth or so.
_NEARLY = 1e-5


@dataclass(frozen=True)
class Suppression:
    """What is hidden of one question.

    `hidden` and each of `causes` (those of `CAUSES`, and secondary) have shape (categories, areas). `proofs` has what
    each attacker found. Causes and guards are for the room itself: outwards every hidden cell has one code, `WITHHELD`.
    """

    cells: QuestionCells
    rules: Rules
    hidden: Flags
    causes: dict[str, Flags]
    proofs: tuple[Proofs, ...]
    rounds: int
    programmes: int

    @property
    def is_class_shown(self) -> Flags:
        """Whether the class of respondents of each area may be told, shape (areas,): not when all of it is hidden."""
        shown: Flags = np.logical_not(self.hidden.all(axis=0))
        return shown

    @property
    def is_safe(self) -> bool:
        """Whether every hidden number is as uncertain as it must be; so it is when nothing at all is shown."""
        return bool(self.hidden.all() or all(found.is_wide.all() for found in self.proofs))


def suppress_all(
    questions: Sequence[QuestionCells], rules: Rules | None = None, *, workers: int = 2
) -> list[Suppression]:
    """Hide what must be hidden of every question, in their order; `workers` questions at once (the solver is C++)."""
    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(lambda cells: suppress(cells, rules), questions))


def suppress(cells: QuestionCells, rules: Rules | None = None, *, rounds: int = _ROUNDS) -> Suppression:
    """Hide what must be hidden of one question, and prove that it is enough.

    Parameters
    ----------
    cells
        The true table.
    rules
        What may not go out, and how uncertain hidden numbers stay.
    rounds
        How often the master is asked before cells are hidden one after the other.

    Returns
    -------
    Suppression
        The same for the same table, whatever the order of its rows was. It is safe.
    """
    asked = rules or Rules()
    causes = primary(cells, asked)
    own = np.logical_or.reduce([causes[name] for name in CAUSES])
    known = attackers(cells, asked)
    cost = np.tile(1.0 + cells.respondents, len(cells.categories))
    cuts: tuple[Cut, ...] = ()
    state = Suppression(cells, asked, own, causes, tuple(nothing_found(k) for k in known), 0, 0)
    while True:
        state = _attacked(state, known)
        failed = tuple(cut for found in state.proofs for cut in found.failed)
        if state.is_safe:
            return replace(state, causes=causes | {SECONDARY: state.hidden & ~own})
        cuts += failed
        least = least_hidden(cuts, own, cost) if state.rounds < rounds else None
        state = replace(state, hidden=more_hidden(failed, state.hidden, cost) if least is None else least)


def _attacked(state: Suppression, known: tuple[Knowledge, ...]) -> Suppression:
    """Let the attackers try, he who knows most first; the next only when that one finds nothing."""
    found: list[Proofs] = []
    for attacker, before in zip(known, state.proofs, strict=True):
        is_worth_it = all(one.is_wide.all() for one in found)
        one = examine(attacker, owners(state.hidden), before.tables) if is_worth_it else nothing_found(attacker)
        found.append(one if is_worth_it else replace(one, tables=before.tables))
    programmes = state.programmes + sum(one.programmes for one in found)
    return replace(state, proofs=tuple(found), rounds=state.rounds + 1, programmes=programmes)


def least_hidden(cuts: Sequence[Cut], own: Flags, cost: Floats) -> Flags | None:
    """Hide the cells of least cost that meet every cut.

    Parameters
    ----------
    cuts
        What hiding must reach; at least one.
    own
        Cells that are hidden anyhow, shape (categories, areas).
    cost
        Of hiding each cell, shape (cells,).

    Returns
    -------
    numpy.ndarray or None
        Hidden cells, shape (categories, areas); None when the solver finds none within its bounds.
    """
    n_categories, n_areas = own.shape
    gains = csr_array(np.array([cut.gains for cut in cuts]))
    place = (np.arange(len(cuts)), [cut.owner for cut in cuts])
    asked = csr_array((np.ones(len(cuts)), place), shape=gains.shape)
    # The respondents of an area are hidden only with all its cells.
    together = hstack([eye_array(own.size), kron(np.ones((n_categories, 1)), -eye_array(n_areas))])
    found = milp(
        np.concatenate([cost, np.zeros(n_areas)]),
        integrality=np.ones(own.size + n_areas),
        bounds=Bounds(np.concatenate([own.ravel(), np.zeros(n_areas)]), 1.0),
        constraints=LinearConstraint(vstack([gains - asked, together]).tocsr(), lb=0.0),
        options={"node_limit": _NODES, "mip_rel_gap": _GAP},
    )
    return None if found.x is None else np.round(found.x[: own.size]).astype(bool).reshape(own.shape)


def more_hidden(cuts: tuple[Cut, ...], hidden: Flags, cost: Floats) -> Flags:
    """Hide besides, for each cut, the cell that widens most (of equals the cheapest); everything if none would.

    Parameters
    ----------
    cuts
        Of the numbers that are too certain now.
    hidden
        Hidden until now, shape (categories, areas).
    cost
        Of hiding each cell, shape (cells,).
    """
    now = hidden.ravel().copy()
    for cut in cuts:
        by_area = np.tile(cut.gains[hidden.size :], len(hidden)) / len(hidden)
        gains = np.where(hidden.ravel(), 0.0, cut.gains[: hidden.size] + by_area)
        if gains.max() <= 0:
            return np.ones_like(hidden)
        now[np.lexsort((cost, -gains))[0]] = True
    return now.reshape(hidden.shape) if cuts else np.ones_like(hidden)


AUDIT_SCHEMA = pa.schema(
    [
        ("question", pa.string()),
        ("category", pa.string()),
        ("area_type", pa.string()),
        ("area_code", pa.string()),
        ("lowest_without", pa.float64()),
        ("highest_without", pa.float64()),
        ("lowest", pa.float64()),
        ("highest", pa.float64()),
        ("is_wide", pa.bool_()),
        ("found_by", pa.string()),
        ("status", pa.string()),
    ]
)


def audit_rows(found: Suppression) -> pa.Table:
    """What an outsider can work out of every hidden number of one question, to be told with the release.

    One row per hidden cell, and per area (category '') whose respondents are hidden. The ends are whole numbers that
    some table reaches which agrees with all that is published: `found_by` witness means that they lie at least so far
    apart, lp that nothing lies beyond them. They are found anew, by who knows nothing but what is published, so that
    no true number, cause or width that follows from a true number is in them; `is_wide` tells that every attacker
    was kept as uncertain as `rules` ask. A scale counts tenths of scores.
    """
    cells = shown_once(found.cells, found.hidden)
    known = knowledge(cells, replace(found.rules, respondents_are_known=False))
    guards = known.guards.chosen(~known.guards.is_share)
    fewest = replace(guards, needed=np.minimum(guards.needed, found.rules.fewest + 1))
    proofs = examine(replace(known, guards=fewest), owners(found.hidden), ())
    owner = proofs.guards.owner
    categories, areas = np.array([*cells.categories, ""]), np.array(cells.areas.names, dtype=object)
    category, area = np.divmod(owner, len(areas))
    columns = {
        "question": np.full(len(owner), cells.question),
        "category": categories[category],
        "area_type": areas[area, 0],
        "area_code": areas[area, 1],
        "lowest_without": np.zeros(len(owner)),
        "highest_without": cells.most[area],
        "lowest": np.ceil(proofs.lowest - _NEARLY),
        "highest": np.floor(proofs.highest + _NEARLY),
        "is_wide": ~np.isin(owner, _too_certain(found)),
        "found_by": np.where(proofs.is_exact, "lp", "witness"),
        "status": np.full(len(owner), ", ".join(sorted(set(proofs.statuses))) or SOLVED),
    }
    rows = pa.table({name: pa.array(column) for name, column in columns.items()}).cast(AUDIT_SCHEMA)
    return rows.sort_by([(name, "ascending") for name in ("category", "area_type", "area_code")])


def _too_certain(found: Suppression) -> Ints:
    """The cells and areas of which some attacker knows too much."""
    if found.is_safe:
        return np.zeros(0, dtype=np.int64)
    return np.concatenate([proofs.guards.owner[~proofs.is_wide] for proofs in found.proofs])
