"""Doors of places: whether a profile comes in by them, and in which bound of the unknown.

What is known of a door is said in `places/register`, what it is to a profile in `reach/attachments`.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.arrays import Flags, Floats, Ints, PyObjects
from pipelines.sources.place_kinds import kinds_out_of_doors
from pipelines.streets.profiles import Profile

# Of most doors nothing is written down. The central guess lets everybody in: a place where one could meet nobody with
# a rollator would be known for it; the pessimistic bound counts only doors that are known to be passable.
CLOSED = {"optimistic": ("no",), "central": ("no",), "pessimistic": ("no", "unknown")}
# Measures are read as decimals of a metre: 0.90 must not fall short of 0.90 through its binary form.
_ROUNDING = 1e-9


@dataclass(frozen=True)
class DoorFacts:
    """What is known of access points, shape (n,) each; NaN and '': not known.

    `may_lack_door` marks those of places that are out of doors as a rule.
    """

    wheelchair: PyObjects
    step_count: Floats
    kerb_height_m: Floats
    width_m: Floats
    may_lack_door: Flags


def is_open(attachments: pa.Table, bound: str) -> Flags:
    """Tell which points of `reach/attachments` can be entered in a bound of the unknown; shape (n,)."""
    mask: Flags = ~pc.is_in(attachments["door"], pa.array(CLOSED[bound])).to_numpy()
    return mask


def door_facts(register: pa.Table, rows: Ints, numbers: Ints) -> DoorFacts:
    """Look up what is known of access points.

    Parameters
    ----------
    register
        At least `place_kind` and the columns of doors of `places/register`.
    rows
        Row of the place of each access point; shape (n,).
    numbers
        Which of the doors of that place it is, from 0; shape (n,). Of one that is not listed nothing is known.

    Returns
    -------
    DoorFacts
        Shape (n,) each.
    """
    kinds = register["place_kind"].take(pa.array(rows))
    return DoorFacts(
        wheelchair=np.array(_listed(register["door_wheelchair"], rows, numbers).fill_null(""), dtype=np.object_),
        step_count=_numbers(register["door_step_count"], rows, numbers),
        kerb_height_m=_numbers(register["door_kerb_height_m"], rows, numbers),
        width_m=_numbers(register["door_width_m"], rows, numbers),
        may_lack_door=pc.is_in(kinds, pa.array(kinds_out_of_doors())).to_numpy(),
    )


def _numbers(lists: pa.ChunkedArray, rows: Ints, numbers: Ints) -> Floats:
    values: Floats = _listed(lists, rows, numbers).cast(pa.float64()).to_numpy(zero_copy_only=False)
    return values


def _listed(lists: pa.ChunkedArray, rows: Ints, numbers: Ints) -> pa.Array:
    """Take element `numbers` of list `rows`; null where the list is shorter."""
    lengths = pc.fill_null(pc.list_value_length(lists), 0).to_numpy().astype(np.int64)
    first = np.cumsum(lengths) - lengths
    flat = pc.list_flatten(lists)
    flat = flat.combine_chunks() if isinstance(flat, pa.ChunkedArray) else flat
    position = np.append(first, 0)[rows] + numbers
    return flat.take(pa.array(position, mask=numbers >= np.append(lengths, 0)[rows]))


def judged_doors(facts: DoorFacts, profile: Profile) -> PyObjects:
    """Judge whether a profile comes in by access points: `yes`, `no`, or `unknown`; shape (n,).

    `no` where something known exceeds a limit of the profile: more steps than it takes, a threshold over its kerb, a
    door narrower than it passes. Else `yes` where wheelchairs come in, where everything that has a limit is known, and
    out of doors where nothing is said. Else, where wheelchairs do not come in, `no` to who takes no step at all. What
    remains is `unknown`. Limits are the central ones; a profile without limits comes in everywhere.
    """
    tests = (
        (facts.step_count, _most_steps(profile)),
        (facts.kerb_height_m, None if profile.kerb is None else profile.kerb.limit_m.central),
        (-facts.width_m, _narrowest_m(profile)),
    )
    limited = [(value, limit) for value, limit in tests if limit is not None]
    stopped, known = np.zeros(len(facts.wheelchair), np.bool_), np.ones(len(facts.wheelchair), np.bool_)
    for value, limit in limited:
        stopped |= value > limit + _ROUNDING
        known &= ~np.isnan(value)
    refused = (facts.wheelchair == "no") & (_most_steps(profile) == 0)
    without_door = facts.may_lack_door & _is_nothing_said(facts)
    may_enter = (facts.wheelchair == "yes") | known | without_door
    return np.select([stopped, may_enter, refused], ["no", "yes", "no"], "unknown").astype(np.object_)


def _is_nothing_said(facts: DoorFacts) -> Flags:
    measures = (facts.step_count, facts.kerb_height_m, facts.width_m)
    nothing: Flags = np.all([np.isnan(measure) for measure in measures], axis=0) & (facts.wheelchair == "")
    return nothing


def _most_steps(profile: Profile) -> float | None:
    return None if profile.steps.at_most is None else profile.steps.at_most.central


def _narrowest_m(profile: Profile) -> float | None:
    """Find the least width that still lets pass, negative, so that every limit is a highest value; None: no limit."""
    bands = () if profile.width is None else profile.width.bands
    forbidding = [band.below_m[1] for band in bands if band.factor is None]
    return -max(forbidding) if forbidding else None
