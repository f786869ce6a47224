"""The survey of the example town as files: the codebook, and of each wave who answered what, and whom they stand for.

Here files are written, and beside them the truth. Who is asked is for `survey`, what they think for `adults`.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from pipelines.arrays import Ints, PyObjects
from pipelines.example.adults import scale_scores
from pipelines.example.cbs_files import Census
from pipelines.example.people import People
from pipelines.example.survey import NO_PANEL, Fieldwork
from pipelines.example.vector_file import write_list
from pipelines.example.words import Item

_NO_ANSWER_SHARE, _DONT_KNOW_SHARE = 0.03, 0.02
_ON_PAPER_FROM, _ON_PAPER_SHARE, _ON_PAPER_SHARE_OLD = 65, 0.15, 0.6
_FAMILY_SIZE = 3
_FIRST_NUMBER = 100_001
_ANSWERED_SHARE = 0.45
# Nobody reads it: it is there to prove that what people write is told nowhere.
_REMARKS = ("", "", "", "De voordeurvraag vond ik te persoonlijk.", "Mijn overbuurvrouw Toverhazelaar helpt altijd.")
_AGE_CLASSES = ((18, 34), (35, 54), (55, 64), (65, 74), (75, 120))
_FACTS = (
    "respondent", "buurtcode", "gewicht", "wijze", "leeftijd", "woonvorm", "postcode", "stratum", "toelichting",
    "panelnummer",
)  # fmt: skip


def write_codebook(folder: Path, items: tuple[Item, ...]) -> None:
    """Write `codeboek.csv`: every item is a question of the instrument that comes with the pipeline."""
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


def write_wave(folder: Path, ending: str, wave: tuple[Census, Fieldwork], rng: np.random.Generator) -> None:
    """Write `enquete`, `steekproef` and `marges` of one wave; some answers are left out, some are don't know.

    Parameters
    ----------
    folder
        Where they go.
    ending
        What follows the name of each file: '' or such as `_2022`.
    wave
        Who lives where, and the fieldwork.
    rng
        Who leaves what out.
    """
    census, fieldwork = wave
    columns = (*_FACTS, *(item.item for item in fieldwork.items))
    write_list(folder / f"enquete{ending}.csv", columns, _respondents(census, fieldwork, rng))
    write_list(folder / f"steekproef{ending}.csv", ("stratum", "inwoners", "gevraagd"), strata_of(census, fieldwork))
    write_list(folder / f"marges{ending}.csv", ("kenmerk", "categorie", "inwoners"), margins_of(fieldwork))


def strata_of(census: Census, fieldwork: Fieldwork) -> Iterator[tuple[object, ...]]:
    """Every buurt is a stratum: its adults, and how many of them were asked."""
    adults, buurten = fieldwork.adults, len(census.codes.buurt) - 1
    people = np.bincount(adults.buurt, minlength=buurten)
    answered = np.bincount(adults.buurt[fieldwork.sample.adult], minlength=buurten)
    asked = np.minimum(np.ceil(answered / _ANSWERED_SHARE).astype(np.int64), people)
    for code, inhabitants, count in zip(census.codes.buurt.tolist(), people.tolist(), asked.tolist(), strict=False):
        if inhabitants:
            yield code, inhabitants, count or ""


def margins_of(fieldwork: Fieldwork) -> Iterator[tuple[object, ...]]:
    """Adults by age, as CBS would count them: who is older answered more often than others."""
    for low, high in _AGE_CLASSES:
        count = int(np.sum((fieldwork.adults.age >= low) & (fieldwork.adults.age <= high)))
        yield "leeftijd", f"{low}-{high}", count


def _as_given(answers: Ints, items: tuple[Item, ...], rng: np.random.Generator) -> PyObjects:
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
    remarks, panel = rng.choice(np.array(_REMARKS), len(age)).tolist(), fieldwork.panel[sample.adult].tolist()
    order = rng.permutation(len(age)).tolist()
    for number, row in enumerate(order, start=_FIRST_NUMBER):
        mode = "papier" if paper[row] else "internet"
        weight = round(float(sample.weight[row]), 3)
        member = f"P{panel[row]:04}" if panel[row] != NO_PANEL else ""
        facts = (number, codes[row], weight, mode, int(age[row]), living[row], postcodes[row], codes[row], remarks[row])
        yield (*facts, member, *answers[row].tolist())


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
