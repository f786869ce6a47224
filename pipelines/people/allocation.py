"""Shares people over homes: as near to what is likely as the counts of squares, postcodes and buurten allow.

Every home has a prior, and every count is an interval, since CBS rounds and masks. Among all shares that keep the
counts, those are taken that differ least from the prior, as measured by the Kullback-Leibler divergence: where nothing
is known of a home but its prior, it keeps its part of whatever its square, postcode and buurt hold. Counts that
contradict each other are kept in order of trust; by how much the others are missed is told.

The solver is that of Bregman (1967): each system of units in turn multiplies the persons of each unit by what brings
their sum into its interval, taking back what it did the round before. For intervals this ends at the one optimum.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipelines.arrays import Floats, Ints

# By how much a count that yields may pull at most: it gives way where it would take more to keep it.
ELASTIC_LOG_FACTOR = np.log(1_000.0)
TOLERANCE_PERSONS = 1e-3
MOST_ROUNDS = 2_000
NOWHERE = -1


@dataclass(frozen=True)
class Counts:
    """The counts of one system of units that do not overlap, such as squares; `name` says what they are, for reports.

    `unit` is the number of the unit each home lies in, shape (n,), `NOWHERE` in none. `lowest` and `highest` are the
    persons each unit holds at least and at most, shape (n_units,); 0 and infinity: nothing is known. `is_exact` says
    whether these counts are kept whatever the others say.
    """

    name: str
    unit: Ints
    lowest: Floats
    highest: Floats
    is_exact: bool = False


@dataclass(frozen=True)
class Allocation:
    """Persons at each home, shape (n,), fractional; and how far each system's units are from their intervals.

    `missed` holds for each system persons too few (negative) or too many in each unit; 0 within its interval.
    `rounds` says how often all systems had their turn; `moved` how many persons live elsewhere than one round before,
    or how many an exact count still misses; `is_settled` whether that is within the tolerance. A count that yields
    pulls to and fro for ever where it contradicts an exact one; what the two leave behind settles all the same.
    """

    persons: Floats
    missed: tuple[Floats, ...]
    rounds: int
    is_settled: bool
    moved: float = 0.0


def allocate(
    prior: Floats,
    systems: Sequence[Counts],
    *,
    tolerance_persons: float = TOLERANCE_PERSONS,
    most_rounds: int = MOST_ROUNDS,
) -> Allocation:
    """Give each home its persons.

    Parameters
    ----------
    prior
        How many persons are likely at each home, shape (n,), 0 or more. A home with 0 gets nobody.
    systems
        What is counted. Those that are exact should not contradict each other.
    tolerance_persons
        It ends when no unit of any system changes by more in a round.
    most_rounds
        It ends after so many rounds anyhow.

    Returns
    -------
    Allocation
        Persons that keep every interval where all can be kept; else those of the exact systems, and the others but
        for what is told in `missed`.

    Raises
    ------
    ValueError
        When a prior is negative or no number, an interval is empty or negative, or a unit does not exist.
    """
    _require_sound(prior, systems)
    ordered = [*(s for s in systems if not s.is_exact), *(s for s in systems if s.is_exact)]
    pulls = [np.zeros(len(system.lowest)) for system in ordered]
    persons, rounds, is_still = prior.astype(np.float64), 0, not systems
    before = persons
    while rounds < most_rounds and not is_still:
        rounds += 1
        before, pulled = persons, 0.0
        for number, system in enumerate(ordered):
            pull, persons, step = _turn(persons, system, pulls[number])
            pulls[number] = pull
            pulled = max(pulled, step)
        is_still = pulled <= tolerance_persons
    missed = tuple(_missed(persons, system) for system in systems)
    exact = [np.abs(off).max(initial=0.0) for off, system in zip(missed, systems, strict=True) if system.is_exact]
    moved = float(max([np.abs(persons - before).sum() / 2, *exact]))
    return Allocation(persons, missed, rounds, is_still or moved <= tolerance_persons, moved)


def _turn(persons: Floats, system: Counts, pull: Floats) -> tuple[Floats, Floats, float]:
    """Bring the sums of one system into their intervals; give its new pulls, the persons, and the most a sum moved."""
    before = _sums(persons, system)
    without = before * np.exp(-pull)
    with np.errstate(divide="ignore", invalid="ignore"):
        wanted = np.where(
            without < system.lowest,
            np.log(system.lowest / without),
            np.where(without > system.highest, np.log(system.highest / without), 0.0),
        )
    # Nobody lives where no home is likely: no pull brings anyone there.
    wanted = np.where(without > 0, wanted, 0.0)
    if not system.is_exact:
        wanted = np.clip(wanted, -ELASTIC_LOG_FACTOR, ELASTIC_LOG_FACTOR)
    # A unit that holds nobody keeps no pull that would have to be taken back.
    change = np.where(np.isneginf(wanted), 0.0, np.exp(wanted - pull))
    kept = np.where(np.isneginf(wanted), 0.0, wanted)
    factors = np.append(change, 1.0)
    moved = float(np.max(np.abs(before * change - before), initial=0.0))
    return kept, persons * factors[system.unit], moved


def _sums(persons: Floats, system: Counts) -> Floats:
    inside = system.unit != NOWHERE
    sums = np.bincount(system.unit[inside], weights=persons[inside], minlength=len(system.lowest))
    return np.asarray(sums, dtype=np.float64)


def _missed(persons: Floats, system: Counts) -> Floats:
    sums = _sums(persons, system)
    return np.where(sums < system.lowest, sums - system.lowest, np.maximum(sums - system.highest, 0.0))


def _require_sound(prior: Floats, systems: Sequence[Counts]) -> None:
    if not np.all(np.isfinite(prior) & (prior >= 0)):
        raise ValueError("a prior is negative or no number. Give every home 0 or more.")
    for system in systems:
        n_units = len(system.lowest)
        if not np.all((system.lowest >= 0) & (system.lowest <= system.highest)):
            raise ValueError(f"{system.name}: an interval is empty, negative or no number. Give lowest <= highest.")
        if len(system.unit) != len(prior) or np.any((system.unit < NOWHERE) | (system.unit >= n_units)):
            raise ValueError(f"{system.name}: a home lies in a unit that does not exist. Number the units from 0.")
