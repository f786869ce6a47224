"""What other tables tell of the answers to a question: changes between waves, and releases before this one.

Here figures that were or are told become ends of shares (`survey_cells.Beside`), which the attacker lays beside the
table itself; and cells whose new figure would tell what those answered who came or went since are found.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pyarrow as pa

from pipelines.arrays import Flags, Floats, Ints
from pipelines.protection.contracts import SURVEY_TOLD
from pipelines.protection.survey_cells import Beside, QuestionCells
from pipelines.protection.survey_knowledge import rounded_interval
from pipelines.protection.survey_rules import Rules

Ends = tuple[Floats, Floats]
Key = tuple[str, str, str, str]
# A corrected score may stay unknown within half of what one respondent can add to a sum of tenths.
_OF_A_SCORE = 0.5
_NEARLY = 1e-9


def beside_each_other(waves: Sequence[Sequence[QuestionCells]], rules: Rules) -> list[list[QuestionCells]]:
    """Add to the questions of every wave, oldest first, what changes told between waves tell of their shares.

    A change to its rounding, beside two shares to theirs, narrows both. It is told where both shares are; an attacker
    who had it of hidden ones too would know more, so what is kept from him is kept.
    """
    found = [list(questions) for questions in waves]
    for before, after in pairwise(found):
        place = {one.question: number for number, one in enumerate(before)}
        for number, one in enumerate(after):
            if one.question in place:
                earlier = place[one.question]
                before[earlier], after[number] = _narrowed(before[earlier], one, rules.share_step)
    return found


def _narrowed(before: QuestionCells, after: QuestionCells, step: float) -> tuple[QuestionCells, QuestionCells]:
    where, there = _in_common(before, after)
    first, second = before.shares[where], after.shares[there]
    told = np.round((second - first) / step) * step
    (low, high), (later_low, later_high) = rounded_interval(first, step), rounded_interval(second, step)
    of_first = later_low - told - step / 2, later_high - told + step / 2
    of_second = low + told - step / 2, high + told + step / 2
    return _within(before, where, of_first), _within(after, there, of_second)


def _in_common(one: QuestionCells, other: QuestionCells) -> tuple[tuple[Ints, ...], ...]:
    """Places (categories, areas) of the cells that both have, and where somebody answered, in one and in the other."""
    mine, theirs = (_places(cells) for cells in (one, other))
    shared = [key for key in mine if key in theirs]
    pairs = (np.array([found[key] for key in shared], dtype=np.int64).reshape(-1, 2) for found in (mine, theirs))
    first, second = ((places[:, 0], places[:, 1]) for places in pairs)
    answered = np.isfinite(one.shares[first]) & np.isfinite(other.shares[second])
    return tuple(axis[answered] for axis in first), tuple(axis[answered] for axis in second)


def _places(cells: QuestionCells) -> dict[Key, tuple[int, int]]:
    return {
        (*name, cells.question, category): (row, column)
        for row, category in enumerate(cells.categories)
        for column, name in enumerate(cells.areas.names)
    }


def _within(cells: QuestionCells, where: tuple[Ints, ...], ends: Ends) -> QuestionCells:
    beside = cells.beside
    low, high = beside.low.copy(), beside.high.copy()
    low[where] = np.maximum(low[where], np.nan_to_num(ends[0], nan=0.0))
    high[where] = np.minimum(high[where], np.nan_to_num(ends[1], nan=1.0))
    return replace(cells, other_tables=replace(beside, low=low, high=high))


def told_table(wave: int, cells: QuestionCells, shown: Flags) -> pa.Table:
    """What this release tells of one question, to be kept: `protection/survey_told`, the cells that are shown.

    Parameters
    ----------
    wave
        Year of the wave.
    cells
        The true table.
    shown
        Which cells go out, shape (categories, areas).
    """
    category, area = np.nonzero(shown)
    names = np.array(cells.areas.names, dtype=object).reshape(-1, 2)[area]
    columns = {
        "wave": np.full(len(area), wave),
        "area_type": names[:, 0],
        "area_code": names[:, 1],
        "question": np.full(len(area), cells.question, dtype=object),
        "category": np.array(cells.categories, dtype=object)[category],
        "respondents": cells.respondents[area],
        "chosen": cells.chosen[category, area],
    }
    return pa.table({name: pa.array(column) for name, column in columns.items()}).cast(SURVEY_TOLD.schema)


def remembering(cells: QuestionCells, earlier: Iterable[pa.Table], rules: Rules) -> QuestionCells:
    """Add what earlier releases told of the same wave and question.

    What was told holds still, but for as many respondents as came, went or were corrected since. Of these is guarded
    what they answered, as far as the new figure beside the old one could tell it.

    Parameters
    ----------
    cells
        The true table of one question of one wave.
    earlier
        `protection/survey_told` of that wave, one table per release, withdrawn ones too.
    rules
        What must stay uncertain.
    """
    places, beside = _places(cells), cells.beside
    for table in earlier:
        rows = [row for row in table.to_pylist() if _key(row) in places]
        if rows:
            where = tuple(np.array([places[_key(row)] for row in rows]).T)
            then = tuple(np.array([row[name] for row in rows], dtype=np.float64) for name in ("respondents", "chosen"))
            beside = _told(cells, beside, where, (then[0], then[1]), rules)
    if beside.was_told.any() and not np.nan_to_num(beside.needed).any():
        # Of the same answers the same is hidden: a second run tells what the first told.
        beside = replace(beside, is_kept_back=~beside.was_told)
    return replace(cells, other_tables=beside)


def _key(row: dict[str, str]) -> Key:
    return row["area_type"], row["area_code"], row["question"], row["category"]


def _told(cells: QuestionCells, beside: Beside, where: tuple[Ints, ...], then: Ends, rules: Rules) -> Beside:
    now = cells.respondents[where[1]], cells.chosen[where]
    moved = _moved(then, now)
    low, high = (end * then[0] for end in rounded_interval(then[1] / then[0], rules.share_step))
    n = np.maximum(now[0], 1.0)
    told_low, told_high, needed, kept_back = (
        getattr(beside, name).copy() for name in ("told_low", "told_high", "needed", "is_kept_back")
    )
    told_low[where] = np.maximum(told_low[where], (low - moved) / n)
    told_high[where] = np.minimum(told_high[where], (high + moved) / n)
    asked = np.where(moved > 0, np.minimum(_may_differ(then, now), rules.fewest), 0.0)
    needed[where] = np.fmax(needed[where], asked)
    kept_back[where] |= _tells(then, now, rules, is_scale=cells.is_scale)
    return replace(beside, told_low=told_low, told_high=told_high, needed=needed, is_kept_back=kept_back)


def _moved(then: Ends, now: Ends) -> Floats:
    """How many respondents at least came, went or were corrected: whole, for each may count for one."""
    differs = np.maximum(np.abs(now[0] - then[0]), np.abs(now[1] - then[1]))
    return np.ceil(differs - _NEARLY)


def _may_differ(then: Ends, now: Ends) -> Floats:
    """How far apart the ends of what the chosen number may have moved by lie, for who knows how many came or went."""
    came, moved = np.abs(now[0] - then[0]), _moved(then, now)
    return np.where(moved > came, 2 * moved, came)


def _tells(then: Ends, now: Ends, rules: Rules, *, is_scale: bool) -> Flags:
    """Whether the new figure beside the old one tells what those answered who came, went or were corrected.

    As many as a figure needs are a group of which a figure may be known.
    """
    moved, came = _moved(then, now), now[0] - then[0]
    is_exchange = moved > np.abs(came)
    least, most = np.where(is_exchange, -moved, np.minimum(came, 0)), np.where(is_exchange, moved, np.maximum(came, 0))
    old, new = (
        tuple(end * n for end in rounded_interval(chosen / np.maximum(n, 1), rules.share_step))
        for n, chosen in (then, now)
    )
    if not is_scale:
        old, new = ((np.ceil(low - _NEARLY), np.floor(high + _NEARLY)) for low, high in (old, new))
    width = np.minimum(most, new[1] - old[0]) - np.maximum(least, new[0] - old[1])
    asked = np.minimum(rules.fewest, most - least) * (_OF_A_SCORE if is_scale else 1.0)
    return np.asarray((moved > 0) & (moved < rules.minimum_n) & (width < asked - _NEARLY))
