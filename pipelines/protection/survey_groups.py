"""Which gaps between groups go out: of areas where every group is large enough to be told of by itself.

From a gap and the mean beside it the means of both sides follow; from those of an area less those of its wijken, that
of the wijken which are left. So the groups of an area are told all or none: all where each of them, and who is left
besides, has as many effective respondents as a figure needs, and they do not nearly all answer alike. And the wijken
that are left together must be such an area too; else the smallest told wijk is left out with them. Then whatever sum
anybody can work out is one of groups that could be told by themselves.

Hardly any survey knows the group of everybody, and some groups are rare. Those few must not be left alone: where there
are any, nothing is told of the largest group, which then is left with them. Of two groups the smaller tells of both.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy.sparse import csr_array

from pipelines.arrays import Flags, Floats, Ints, Strings
from pipelines.protection.contracts import SURVEY_TOLD
from pipelines.protection.survey_cells import HIGHEST_SCORE
from pipelines.protection.survey_dispersion import question_of
from pipelines.protection.survey_rules import Rules, alike, are_few, exceptions
from pipelines.survey.contracts import GAP
from pipelines.survey.groups import Grouping, groupings
from pipelines.survey.publication_rules import FEWEST_DIRECT

Area = tuple[str, str]
# What a release told of areas: respondents and tenths of scores per group, shape (2, groups + 1) each.
Counts = Mapping[Area, Floats]
# Whoever is left besides the groups that are told.
LEFT = ""
_NEARLY = 1e-9
_TWO = 2


@dataclass(frozen=True)
class Scored:
    """Who gave a score, shape (n,) each: wijk ('' unknown), weight, score, and number of the group of each.

    `group` counts from 0 in the order of `labels`; the number after is that of whoever is left.
    """

    wijk: Strings
    weight: Floats
    score: Floats
    group: Ints
    labels: tuple[str, ...]

    def among(self, chosen: Flags) -> Self:
        """Those of them who are chosen, shape (n,)."""
        return type(self)(self.wijk[chosen], self.weight[chosen], self.score[chosen], self.group[chosen], self.labels)

    def summed(self, worth: Floats) -> Floats:
        """Sum per group, shape (groups + 1,)."""
        return np.bincount(self.group, worth, len(self.labels) + 1).astype(np.float64)

    @property
    def respondents(self) -> Floats:
        """Per group, shape (groups + 1,)."""
        return self.summed(np.ones(len(self.group)))

    @property
    def effective(self) -> Floats:
        """Effective respondents per group, shape (groups + 1,); infinite of a group that nobody is of."""
        squares = self.summed(self.weight**2)
        none: Floats = np.full(len(squares), np.inf)
        return np.divide(self.summed(self.weight) ** 2, squares, out=none, where=squares > 0)

    @property
    def counts(self) -> Floats:
        """Respondents and tenths of scores, shape (2, groups + 1)."""
        return np.array([self.respondents, self.summed(self.score / HIGHEST_SCORE)])

    @property
    def is_safe(self) -> bool:
        """Whether every group that is there can be told of by itself; of 30 effective ones nobody weighs most."""
        respondents = self.respondents
        same = alike(csr_array(np.eye(len(respondents))), self.group, self.score, Rules.score_window)
        is_known = np.ones(len(respondents), dtype=bool)
        tells = are_few(respondents - same, exceptions(respondents, is_known, Rules()))
        is_large = self.effective >= FEWEST_DIRECT - _NEARLY
        return bool(np.all((is_large & ~tells) | (respondents == 0)))


@dataclass(frozen=True)
class ToldGroups:
    """Of one scale and feature what goes out, as `protection/survey_told` (with `LEFT`), and how many areas do not.

    `least`: the fewest effective respondents of a group of which anything follows; infinite of nothing.
    """

    question: str
    told: pa.Table
    least: float
    hidden: int

    @property
    def is_safe(self) -> bool:
        """Whether nothing that follows is of fewer than a figure needs."""
        return self.least >= FEWEST_DIRECT - _NEARLY


def told_groups(
    wave: int, answers: pa.Table, scales: Sequence[str], earlier: Sequence[pa.Table] = ()
) -> tuple[ToldGroups, ...]:
    """Choose of every scale and feature the areas whose groups are told.

    Parameters
    ----------
    wave
        Year of the wave.
    answers
        Of the wave, as `protection/answers.sql` gives them.
    scales
        Questions with a score of which dispersion is told.
    earlier
        `protection/survey_told` of every release before: where fewer came, went or were corrected since than a figure
        needs, the new figure beside the old one would tell of them.
    """
    found = []
    for scale in scales:
        own = answers.filter((pc.field("question") == scale) & pc.field("score").is_valid())
        for grouping in groupings(own):
            question = question_of(scale, GAP, grouping.feature)
            before = [table.filter(pc.field("question") == question) for table in earlier]
            people = _scored(own, grouping, told_labels(grouping, before))
            counted = [_counted(table, people.labels) for table in before]
            found.append(_told({"wave": wave, "question": question}, own, people, counted))
    return tuple(found)


def told_labels(grouping: Grouping, earlier: Sequence[pa.Table]) -> tuple[str, ...]:
    """Choose the groups that are told of: those of earlier releases, lest two releases together tell of all.

    Parameters
    ----------
    grouping
        Of all respondents with a score, whatever their area.
    earlier
        `protection/survey_told` of this figure, one table per release before.
    """
    before = {label for table in earlier for label in table["category"].to_pylist()}
    if before & set(grouping.labels):
        return tuple(label for label in grouping.labels if label in before)
    counts = np.bincount(grouping.number[grouping.number >= 0], minlength=len(grouping.labels))
    is_there, is_large = counts > 0, counts >= FEWEST_DIRECT
    is_whole = is_there.sum() > _TWO and bool(np.all(is_large | ~is_there)) and bool(np.all(grouping.number >= 0))
    largest = -1 if is_whole else int(np.argmax(counts))
    return tuple(label for number, label in enumerate(grouping.labels) if is_large[number] and number != largest)


def _counted(told: pa.Table, labels: tuple[str, ...]) -> Counts:
    """What was told of areas; of a group that was not there nought."""
    found, columns = dict[Area, Floats](), (*labels, LEFT)
    for row in told.to_pylist():
        of_area = found.setdefault((row["area_type"], row["area_code"]), np.zeros((2, len(columns))))
        if row["category"] in columns:
            of_area[:, columns.index(row["category"])] = row["respondents"], row["chosen"]
    return found


def _told(key: dict[str, object], own: pa.Table, people: Scored, earlier: Sequence[Counts]) -> ToldGroups:
    places = np.array(own["gemeente_code"].to_pylist(), dtype=str)
    rows, least, areas = list[dict[str, object]](), np.inf, 0
    for code in sorted(set(places.tolist()) - {""}):
        here = people.among(places == code)
        chosen = chosen_areas(code, here, earlier)
        rows.extend(key | row for area, one in chosen.items() for row in _rows(area, one))
        least = min([least, *(float(one.effective.min()) for one in following(here, chosen))])
        areas += 1 + len(_wijken(here)) - len(chosen)
    return ToldGroups(str(key["question"]), pa.Table.from_pylist(rows, schema=SURVEY_TOLD.schema), least, areas)


def _scored(own: pa.Table, grouping: Grouping, labels: tuple[str, ...]) -> Scored:
    wijk = np.array(own["wijk_code"].to_pylist(), dtype=str)
    weight, score = (own[name].to_numpy().astype(np.float64) for name in ("weight", "score"))
    place = {label: number for number, label in enumerate(labels)}
    # The number of nobody known is -1: the last.
    renumbered = np.array([*(place.get(label, len(labels)) for label in grouping.labels), len(labels)])
    return Scored(wijk, weight, score, renumbered[grouping.number], labels)


def _rows(area: Area, people: Scored) -> Iterator[dict[str, object]]:
    """Groups of an area; one that nobody is of has no row, for its name may be a rare one of elsewhere."""
    for label, (respondents, chosen) in zip((*people.labels, LEFT), people.counts.T.tolist(), strict=True):
        if respondents:
            figures = {"respondents": respondents, "chosen": chosen}
            yield {"area_type": area[0], "area_code": area[1], "category": label} | figures


def _wijken(people: Scored) -> list[str]:
    return sorted(set(people.wijk.tolist()) - {""})


def chosen_areas(code: str, people: Scored, earlier: Sequence[Counts]) -> Mapping[Area, Scored]:
    """Choose of a gemeente and its wijken those whose groups are told.

    Parameters
    ----------
    code
        Of the gemeente.
    people
        Who lives there.
    earlier
        What was told before, per release.
    """
    of_wijk = {code: people.among(people.wijk == code) for code in _wijken(people)}
    wijken = {name: one for name, one in of_wijk.items() if one.is_safe and not _moved(("wijk", name), one, earlier)}
    told = {("wijk", name): one for name, one in wijken.items()}
    whole = ("gemeente", code)
    if not people.is_safe or _moved(whole, people, earlier):
        return told
    for name in sorted(wijken, key=lambda name: len(wijken[name].wijk)):
        if _left(people, told).is_safe:
            break
        del told["wijk", name]
    if any(_left_moved(whole, people, told, before) for before in earlier):
        return told
    return told | {whole: people}


def following(people: Scored, chosen: Mapping[Area, Scored]) -> Iterator[Scored]:
    """Of whom anything follows: the areas that are told, and with the gemeente the wijken that are left."""
    yield from chosen.values()
    if any(kind == "gemeente" for kind, _ in chosen):
        yield _left(people, chosen)


def _left(people: Scored, told: Mapping[Area, Scored]) -> Scored:
    return people.among(~np.isin(people.wijk, [code for kind, code in told if kind == "wijk"]))


def _moved(area: Area, people: Scored, earlier: Sequence[Counts]) -> bool:
    """Whether so few came, went or were corrected since it was told that a new figure would tell of them."""
    return any(_tells_of_few(people.counts - before[area]) for before in earlier if area in before)


def _left_moved(whole: Area, people: Scored, told: Mapping[Area, Scored], before: Counts) -> bool:
    """The same of what is left of the gemeente beside the wijken that were told both times."""
    if whole not in before:
        return False
    both = [area for area in told if area in before]
    then = before[whole] - sum((before[area] for area in both), np.zeros_like(before[whole]))
    return _tells_of_few(_left(people, {area: told[area] for area in both}).counts - then)


def _tells_of_few(difference: Floats) -> bool:
    """Of whole respondents: each may count for one."""
    moved = np.abs(difference).max(axis=0)
    return bool(np.any((moved > _NEARLY) & (moved < FEWEST_DIRECT)))
