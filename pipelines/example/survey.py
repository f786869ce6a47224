"""The survey of the example town: what every adult would answer, who was asked, and what came back.

The answers of all adults are the finite population; their means are the truth that estimates can be held against.
Estimation belongs to `pipelines/survey`, which this module must not use.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipelines.example.cbs_files import Census
from pipelines.example.people import ADULT_FROM, People
from pipelines.example.plan import Floats, Ints
from pipelines.example.vector_file import write_list
from pipelines.example.words import Item

_BUURT_SPREAD, _SCALE_SPREAD, _PERSON_SPREAD, _ANSWER_SPREAD = 0.40, 0.15, 0.75, 0.70
_AGE_SLOPE_PER_YEAR, _MEAN_AGE = 0.008, 50.0
_NO_ANSWER_SHARE, _DONT_KNOW_SHARE = 0.03, 0.02
_FEW, _VERY_FEW = 22, 12
_FEW_EVERY = 10
_LARGE_TOWN = 12
_OLDER_ANSWER_MORE_YEARS = 60.0
_ON_PAPER_FROM, _ON_PAPER_SHARE, _ON_PAPER_SHARE_OLD = 65, 0.15, 0.6
_FAMILY_SIZE = 3
_FIRST_NUMBER = 100_001
_ANSWERED_SHARE = 0.45
# Nobody reads it: it is there to prove that what people write is told nowhere.
_REMARKS = ("", "", "", "De voordeurvraag vond ik te persoonlijk.", "Mijn overbuurvrouw Toverhazelaar helpt altijd.")
_AGE_CLASSES = ((18, 34), (35, 54), (55, 64), (65, 74), (75, 120))


@dataclass(frozen=True)
class Adults:
    """The finite population: every adult of the town, arrays (n,); `answers` (n, items) as everybody would give them.

    `person` is an index into the people, `buurt` into the buurten.
    """

    person: Ints
    buurt: Ints
    age: Ints
    answers: Ints


@dataclass(frozen=True)
class Sample:
    """Who answered: indices into the adults (n,), and their weights (n,), which sum to the adults of their buurt."""

    adult: Ints
    weight: Floats


@dataclass(frozen=True)
class Fieldwork:
    """The survey as it was held: its items, everyone who could have been asked, and who was."""

    items: tuple[Item, ...]
    adults: Adults
    sample: Sample


def answer_all(census: Census, items: tuple[Item, ...], rng: np.random.Generator) -> Adults:
    """Draw the answers of every adult: a level per buurt, one per scale in a buurt, one per person, and chance."""
    people = census.people
    buurten = len(census.codes.buurt) - 1
    buurt = census.parcels.buurt[census.objects.parcel[people.address]]
    person = np.flatnonzero((people.age >= ADULT_FROM) & people.in_household & (buurt < buurten))
    buurt, age = buurt[person], people.age[person]
    scales, scale_of = np.unique([item.schaal for item in items], return_inverse=True)
    level = rng.normal(0, _BUURT_SPREAD, buurten)[:, None] + rng.normal(0, _SCALE_SPREAD, (buurten, len(scales)))
    own = rng.normal(0, _PERSON_SPREAD, len(person)) + _AGE_SLOPE_PER_YEAR * (age - _MEAN_AGE)
    wish = level[buurt][:, scale_of] + own[:, None] + rng.normal(0, _ANSWER_SPREAD, (len(person), len(items)))
    means = np.array([item.midden for item in items])
    low, high = (np.array([getattr(item, end) for item in items]) for end in ("laagste", "hoogste"))
    straight = np.clip(np.round(means + wish), low, high)
    reversed_items = np.array([item.omgekeerd == "ja" for item in items])
    answers = np.where(reversed_items, low + high - straight, straight).astype(np.int64)
    return Adults(person, buurt, age, answers)


def scale_scores(adults: Adults, items: tuple[Item, ...], scale: str) -> Floats:
    """Score from 0 to 10 of every adult (n,) on one scale: the mean of its items, reversed ones turned round."""
    chosen = [number for number, item in enumerate(items) if item.schaal == scale]
    low, high = (np.array([getattr(items[n], end) for n in chosen]) for end in ("laagste", "hoogste"))
    share = (adults.answers[:, chosen] - low) / (high - low)
    turned = np.array([items[n].omgekeerd == "ja" for n in chosen])
    return np.asarray(10 * np.where(turned, 1 - share, share).mean(axis=1), dtype=np.float64)


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
    eagerness = 1 + (adults.age[who] - ADULT_FROM) / _OLDER_ANSWER_MORE_YEARS
    steps = np.cumsum(eagerness) * size / eagerness.sum()
    chosen = np.unique(np.searchsorted(steps, np.arange(size) + rng.random()))
    weight = 1 / eagerness[chosen]
    order = np.argsort(who[chosen])
    return who[chosen][order], (weight * len(who) / weight.sum())[order]


def write_survey(folder: Path, census: Census, fieldwork: Fieldwork, rng: np.random.Generator) -> None:
    """Write `enquete.csv` and `codeboek.csv`, `steekproef.csv` and `marges.csv`.

    Some answers are left out, some are don't know. Every item is a question of the instrument that comes with the
    pipeline, from which its text, range and direction follow.
    """
    items = fieldwork.items
    write_list(
        folder / "codeboek.csv",
        (
            "item",
            "schaal",
            "tekst_nl",
            "tekst_en",
            "laagste",
            "hoogste",
            "omgekeerd",
            "weet_niet",
            "instrument",
            "vraag",
        ),
        (
            (i.item, "", i.tekst_nl, i.tekst_en, i.laagste, i.hoogste, i.omgekeerd, i.weet_niet, "samenhang", i.item)
            for i in items
        ),
    )
    facts = (
        "respondent",
        "buurtcode",
        "gewicht",
        "wijze",
        "leeftijd",
        "woonvorm",
        "postcode",
        "stratum",
        "toelichting",
    )
    write_list(folder / "enquete.csv", (*facts, *(item.item for item in items)), _respondents(census, fieldwork, rng))
    write_list(folder / "steekproef.csv", ("stratum", "inwoners", "gevraagd"), _strata(census, fieldwork))
    write_list(folder / "marges.csv", ("kenmerk", "categorie", "inwoners"), _margins(fieldwork))


def _strata(census: Census, fieldwork: Fieldwork) -> Iterator[tuple[object, ...]]:
    """Every buurt is a stratum: its adults, and how many of them were asked."""
    adults, buurten = fieldwork.adults, len(census.codes.buurt) - 1
    people = np.bincount(adults.buurt, minlength=buurten)
    answered = np.bincount(adults.buurt[fieldwork.sample.adult], minlength=buurten)
    asked = np.minimum(np.ceil(answered / _ANSWERED_SHARE).astype(np.int64), people)
    for code, inhabitants, count in zip(census.codes.buurt.tolist(), people.tolist(), asked.tolist(), strict=False):
        if inhabitants:
            yield code, inhabitants, count or ""


def _margins(fieldwork: Fieldwork) -> Iterator[tuple[object, ...]]:
    """Adults by age, as CBS would count them: who is older answered more often than others."""
    for low, high in _AGE_CLASSES:
        count = int(np.sum((fieldwork.adults.age >= low) & (fieldwork.adults.age <= high)))
        yield "leeftijd", f"{low}-{high}", count


def _as_given(answers: Ints, items: tuple[Item, ...], rng: np.random.Generator) -> NDArray[np.object_]:
    chance = rng.random(answers.shape)
    dont_know = np.array([item.weet_niet for item in items], dtype=object)[None, :].repeat(len(answers), axis=0)
    may_say_so = dont_know != ""
    given = answers.astype(object)
    given[chance < _NO_ANSWER_SHARE] = ""
    said = may_say_so & (chance >= _NO_ANSWER_SHARE) & (chance < _NO_ANSWER_SHARE + _DONT_KNOW_SHARE)
    given[said] = dont_know[said]
    return np.asarray(given)


def _respondents(census: Census, fieldwork: Fieldwork, rng: np.random.Generator) -> Iterator[tuple[object, ...]]:
    adults, sample = fieldwork.adults, fieldwork.sample
    answers = _as_given(adults.answers[sample.adult], fieldwork.items, rng)
    age = adults.age[sample.adult]
    codes = census.codes.buurt[adults.buurt[sample.adult]].tolist()
    paper = rng.random(len(age)) < np.where(age < _ON_PAPER_FROM, _ON_PAPER_SHARE, _ON_PAPER_SHARE_OLD)
    living = _living(census.people, adults.person[sample.adult])
    home = census.objects.parcel[census.people.address[adults.person[sample.adult]]]
    postcodes = [code[:4] for code in census.parcels.postcode[home].tolist()]
    remarks = rng.choice(np.array(_REMARKS), len(age)).tolist()
    order = rng.permutation(len(age)).tolist()
    for number, row in enumerate(order, start=_FIRST_NUMBER):
        mode = "papier" if paper[row] else "internet"
        weight = round(float(sample.weight[row]), 3)
        facts = (number, codes[row], weight, mode, int(age[row]), living[row], postcodes[row], codes[row], remarks[row])
        yield (*facts, *answers[row].tolist())


def _living(people: People, person: Ints) -> list[str]:
    """How each person lives: alone, with one other, or in a larger household."""
    size = np.bincount(people.address)[people.address[person]]
    words = np.array(["alleen", "met partner of huisgenoot", "gezin of groter huishouden"])
    return [str(word) for word in words[np.clip(size, 1, _FAMILY_SIZE) - 1]]


def write_true_means(path: Path, census: Census, fieldwork: Fieldwork) -> None:
    """Write the true mean of every scale for every buurt and wijk and the gemeente: the mean over all its adults."""
    codes, adults, items = census.codes, fieldwork.adults, fieldwork.items
    levels = {"buurt": codes.buurt, "wijk": codes.wijk, "gemeente": codes.gemeente}
    scores = {scale: scale_scores(adults, items, scale) for scale in sorted({i.schaal for i in items} - {""})}
    lines = ["area_type,area_code,scale,mean,adults"]
    for area_type, labels in levels.items():
        unique, inverse = np.unique(labels[adults.buurt], return_inverse=True)
        count = np.bincount(inverse)
        for scale, score in scores.items():
            mean = np.bincount(inverse, weights=score) / count
            rows = zip(unique.tolist(), mean.tolist(), count.tolist(), strict=True)
            lines.extend(f"{area_type},{code},{scale},{value:.6f},{n}" for code, value, n in rows)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
