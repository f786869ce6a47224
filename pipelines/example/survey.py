"""Who is asked by the survey of the example town, in two waves, and what each stands for.

Estimation belongs to `pipelines/survey`, which this module must not use.
"""

from dataclasses import dataclass

import numpy as np

from pipelines.arrays import Floats, Ints
from pipelines.example.adults import Adults
from pipelines.example.people import ADULT_FROM
from pipelines.example.words import Item

_FEW, _VERY_FEW = 22, 12
_FEW_EVERY = 10
_LARGE_TOWN = 12
_OLDER_ANSWER_MORE_YEARS = 60.0
_PANEL_SHARE = 0.4
NO_PANEL = 0


@dataclass(frozen=True)
class Sample:
    """Who answered: indices into the adults (n,), and their weights (n,), which sum to the adults of their buurt."""

    adult: Ints
    weight: Floats


@dataclass(frozen=True)
class Fieldwork:
    """One wave as it was held: its items, everyone who could have been asked, and who was.

    `panel` (adults,): the number of who answered in both waves, `NO_PANEL` of others.
    """

    items: tuple[Item, ...]
    adults: Adults
    sample: Sample
    panel: Ints


def sample_sizes(adults_per_buurt: Ints, respondents: int) -> Ints:
    """How many are asked in each buurt: a few in some, in a large town none in one, elsewhere by the root of its size.

    Parameters
    ----------
    adults_per_buurt
        Adults (buurten,).
    respondents
        Wanted in all; met to within the rounding where every buurt has enough adults.
    """
    buurten = len(adults_per_buurt)
    order = np.argsort(adults_per_buurt, kind="stable")
    sizes = np.full(buurten, -1, dtype=np.int64)
    tiny = adults_per_buurt < 2 * _FEW
    sizes[tiny] = np.minimum(adults_per_buurt[tiny] // 2, _VERY_FEW)
    others = order[~tiny[order]]
    few = others[: max(1, buurten // _FEW_EVERY)]
    sizes[few] = _FEW
    if buurten > _LARGE_TOWN:
        sizes[others[-1]] = 0
    rest = sizes < 0
    root = np.sqrt(adults_per_buurt[rest])
    left = max(respondents - int(sizes[~rest].sum()), 0)
    sizes[rest] = np.round(left * root / root.sum())
    return np.minimum(sizes, adults_per_buurt)


def draw_sample(adults: Adults, sizes: Ints, rng: np.random.Generator) -> Sample:
    """Ask a fixed number per buurt, older people more often, and weigh each by what that chance was."""
    drawn = [_in_buurt(adults, buurt, size, rng) for buurt, size in enumerate(sizes.tolist()) if size]
    return Sample(np.concatenate([who for who, _ in drawn]), np.concatenate([weight for _, weight in drawn]))


def _in_buurt(adults: Adults, buurt: int, size: int, rng: np.random.Generator) -> tuple[Ints, Floats]:
    """Systematic sampling with unequal chances; weights are calibrated to the adults of the buurt."""
    who = rng.permutation(np.flatnonzero(adults.buurt == buurt))
    eagerness = _eagerness(adults.age[who])
    steps = np.cumsum(eagerness) * size / eagerness.sum()
    chosen = np.unique(np.searchsorted(steps, np.arange(size) + rng.random()))
    weight = 1 / eagerness[chosen]
    order = np.argsort(who[chosen])
    return who[chosen][order], (weight * len(who) / weight.sum())[order]


def _eagerness(age: Ints) -> Floats:
    return np.asarray(1 + (age - ADULT_FROM) / _OLDER_ANSWER_MORE_YEARS, dtype=np.float64)


def draw_before(adults: Adults, later: Sample, rng: np.random.Generator) -> Sample:
    """Draw as large a sample of each buurt two years before: in part those who answer later too, in part others.

    Both parts are drawn by the same eagerness, so that weights follow from it as in `draw_sample`.
    """
    stayed = np.sort(rng.permutation(later.adult)[: round(_PANEL_SHARE * len(later.adult))])
    buurten = int(adults.buurt.max()) + 1
    size = np.bincount(adults.buurt[later.adult], minlength=buurten)
    wanted = size - np.bincount(adults.buurt[stayed], minlength=buurten)
    others = np.setdiff1d(np.arange(len(adults.buurt)), later.adult)
    elsewhere = Adults(others, adults.buurt[others], adults.age[others], adults.answers[others])
    left = np.minimum(wanted, np.bincount(elsewhere.buurt, minlength=buurten))
    who = np.sort(np.concatenate([stayed, others[draw_sample(elsewhere, left, rng).adult]]))
    each = 1 / _eagerness(adults.age[who])
    people, answered = (np.bincount(adults.buurt[some], minlength=buurten) for some in (slice(None), who))
    total = np.bincount(adults.buurt[who], weights=each, minlength=buurten)
    scale = np.divide(people, total, out=np.zeros(buurten), where=answered > 0)
    return Sample(who, each * scale[adults.buurt[who]])


def number_panel(adults: int, waves: tuple[Sample, Sample], rng: np.random.Generator) -> Ints:
    """Give everyone who answered in both waves a number of their own, shape (adults,); `NO_PANEL` to others."""
    both = np.intersect1d(waves[0].adult, waves[1].adult)
    panel = np.full(adults, NO_PANEL, dtype=np.int64)
    panel[both] = 1 + rng.permutation(len(both))
    return panel
