"""The rules by which a figure of a survey may not go out by itself, whatever else does.

Here are the bounds and the reason of each, over numbers of respondents per area. Who answered what is counted in
`survey_cells`; what must be hidden besides is for `suppression`.
"""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from pipelines.arrays import Flags, Floats, Ints
from pipelines.protection.thresholds import RESPONDENT_BOUNDS

_FEWEST_EVER, _FEWEST_DIRECT, _MANY = RESPONDENT_BOUNDS
# A share of exactly nine tenths counts as nine tenths, however it was summed.
_NEARLY = 1e-9


@dataclass(frozen=True)
class Rules:
    """What may not go out by itself, and how far a hidden number must stay uncertain.

    `minimum_n` respondents behind a figure; the two largest weights under `two_largest`, and the others together at
    least `p_ratio` of the largest; published shares in steps of `share_step`; a hidden number keeps a width of `fewest`
    respondents and of `part` of itself or of what is left of its area, whichever is less.

    Nearly all answered alike where `largest_share` of a group that can be known did, or all but `alone`, who know how
    the others answered; scores are alike within `score_window` of 0-10. A group can be known that has under
    `known_under` respondents, or of which `known_part` of the inhabitants answered.

    `respondents_are_known`: outsiders know how many answered in every area, from a report of the fieldwork, or since
    weights were made to add up to the inhabitants of each, so that the denominators are public.
    """

    minimum_n: int = _FEWEST_DIRECT
    largest_share: float = 0.9
    alone: float = 4.0
    score_window: float = 1.0
    known_under: float = _MANY
    known_part: float = 0.2
    two_largest: float = 0.9
    p_ratio: float = 0.1
    share_step: float = 0.01
    fewest: float = 5.0
    part: float = 0.2
    respondents_are_known: bool = True


def too_few(respondents: Floats, minimum_n: int) -> Flags:
    """Whether fewer than `minimum_n` answered, and never under 10 whatever is asked."""
    return respondents < max(minimum_n, _FEWEST_EVER)


def can_be_known(respondents: Floats, residents: Floats, rules: Rules) -> Flags:
    """Whether outsiders can tell who answered: the group is small, or a large part of all who live there.

    Of 885 respondents among 19,790 inhabitants nobody knows who they are: that 95 % of them chose something is as true
    of any inhabitant, asked or not. Where a fifth or more of a buurt answered, or a few dozen did, it is about people
    that somebody knows.

    Parameters
    ----------
    respondents, residents
        Shape (areas,); of inhabitants that are not known (NaN) the group is taken to be known.
    rules
        The bounds.
    """
    is_small_part = respondents < rules.known_part * residents
    return np.asarray((respondents < rules.known_under) | ~is_small_part)


def exceptions(respondents: Floats, is_known: Flags, rules: Rules) -> Floats:
    """Give how many may answer otherwise when nearly all answered alike, shape (areas,)."""
    return np.where(is_known, (1 - rules.largest_share) * respondents, rules.alone)


def tells_of_a_group(chosen: Floats, respondents: Floats, fewer: Floats, *, is_scale: bool = False) -> Flags:
    """Whether a share says something of everyone, or of nearly everyone, in the area.

    Parameters
    ----------
    chosen
        Respondents who chose each category, shape (categories, areas).
    respondents
        Who answered, shape (areas,); an area without respondents counts as none.
    fewer
        `exceptions`, shape (areas,).
    is_scale
        A mean next to either end of a scale tells that nearly all stand there; of a category only none, and nearly all.
    """
    lowest = fewer if is_scale else np.zeros_like(fewer)
    return are_few(chosen, lowest) | are_few(respondents - chosen, fewer)


def are_few(respondents: Floats, fewer: Floats) -> Flags:
    """Whether there are at most so many."""
    return np.asarray(respondents <= fewer + _NEARLY)


def alike(membership: csr_array, parts: Ints, scores: Floats, window: float) -> Floats:
    """Give the most respondents of each area whose scores lie within `window` of each other.

    Parameters
    ----------
    membership
        Of which parts each area is made, shape (areas, parts).
    parts, scores
        Of each respondent, shape (respondents,); scores of 0-10.
    window
        How far apart scores may lie that tell the same.

    Returns
    -------
    numpy.ndarray
        Shape (areas,), whole numbers; nought without respondents.
    """
    order = np.argsort(scores, kind="stable")
    ranked, part = scores[order], parts[order]
    inside = membership.toarray() > 0
    return np.array([_most_within(ranked[own[part]], window) for own in inside], dtype=np.float64)


def _most_within(ranked: Floats, window: float) -> int:
    ends = np.searchsorted(ranked, ranked + window + _NEARLY, side="right")
    return int(np.max(ends - np.arange(len(ranked)), initial=0))


def dominated(membership: csr_array, parts: Ints, weights: Floats, rules: Rules | None = None) -> Flags:
    """Whether one or two weights nearly make up an area's figure.

    The (n, k) rule with n = 2: the two largest hold `two_largest` or more of the sum. The p-ratio: what is left besides
    them is under `p_ratio` of the largest, so that the second could estimate the first.

    Parameters
    ----------
    membership
        Of which parts each area is made, shape (areas, parts).
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
    largest, second = _two_largest(membership, parts, weights)
    total = np.asarray(membership @ np.bincount(parts, weights, membership.shape[1]))
    rest = total - largest - second
    flags: Flags = (largest + second >= bounds.two_largest * total) | (rest < bounds.p_ratio * largest)
    return flags


def _two_largest(membership: csr_array, parts: Ints, weights: Floats) -> tuple[Floats, Floats]:
    by_part = csr_array((weights, (parts, np.arange(len(parts)))), shape=(membership.shape[1], len(parts)))
    by_area = (membership @ by_part).tocsr()
    count = membership.shape[0]
    area = np.repeat(np.arange(count), np.diff(by_area.indptr))
    order = np.lexsort((-by_area.data, area))
    ranked, rank = by_area.data[order], np.arange(len(order)) - by_area.indptr[area]
    largest, second = np.zeros(count), np.zeros(count)
    largest[area[rank == 0]] = ranked[rank == 0]
    second[area[rank == 1]] = ranked[rank == 1]
    return largest, second
