"""For whom the respondents of a wave stand: how they were drawn, who answered, in which ways, and who is not reached.

Here are figures of the whole wave and of its strata. What may go out of them, and how coarsely, is for `protection/`.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from pipelines.survey.sample import Wave
from pipelines.survey.trend import Held

Row = dict[str, Any]
PROBABILITY, NON_PROBABILITY = "probability", "non_probability"


def of_representation(held: Held) -> Iterator[Row]:
    """Give the rows of `survey/quality` that tell for whom respondents stand.

    Parameters
    ----------
    held
        The wave.

    Returns
    -------
    iterator of dict
        Subjects sampling, response, mode and coverage; rates and shares in [0, 1], null where they are not known.
    """
    yield from _of_sampling(held)
    yield from _of_response(held.wave)
    yield from _of_modes(held.wave)
    yield from _of_coverage(held)


def _of_sampling(held: Held) -> Iterator[Row]:
    design, count = held.sample.design, len(held.wave.respondents)
    of_sampling = {"subject": "sampling", "name": "", "respondents": count}
    yield of_sampling | {"statistic": "drawn", "word": PROBABILITY if held.wave.is_probability else NON_PROBABILITY}
    yield of_sampling | {"statistic": "strata", "value": float(len(np.unique(design.stratum)))}
    yield of_sampling | {"statistic": "respondents_per_unit", "value": count / max(len(np.unique(design.cluster)), 1)}


def _of_response(wave: Wave) -> Iterator[Row]:
    """Who answered of those asked, in all and per stratum, and the people of strata from which nobody did."""
    count, strata = len(wave.respondents), wave.strata.to_pylist()
    told = {"subject": "response", "name": "", "respondents": count}
    asked = [row["asked"] for row in strata]
    is_known = bool(asked) and None not in asked
    word = "" if is_known else "no_frame" if not strata else "asked_unknown"
    yield told | {"statistic": "rate", "value": count / sum(asked) if is_known else None, "word": word}
    answered = _counted(wave, "stratum")
    if strata:
        silent = sum(row["population"] for row in strata if row["stratum"] not in answered)
        share = silent / sum(row["population"] for row in strata)
        yield told | {"statistic": "share_unheard", "value": share}
    for row in strata:
        of_stratum = told | {"name": row["stratum"], "respondents": answered.get(row["stratum"], 0)}
        if row["asked"]:
            yield of_stratum | {"statistic": "rate", "value": of_stratum["respondents"] / row["asked"]}


def _of_modes(wave: Wave) -> Iterator[Row]:
    count = len(wave.respondents)
    for mode, own in _counted(wave, "mode").items():
        of_mode = {"subject": "mode", "name": "", "mode": mode, "respondents": own}
        yield of_mode | {"statistic": "share", "value": own / count}


def _of_coverage(held: Held) -> Iterator[Row]:
    """Which share of respondents lives in a buurt of the area, and of people in buurten from which nobody answered."""
    areas, domains = held.ground.lived.areas, held.ground.lived.domains
    is_buurt = np.array(areas["area_type"].to_pylist(), dtype=str) == "buurt"
    count = len(held.wave.respondents)
    placed = len(np.unique(domains.row[is_buurt[domains.domain]]))
    told = {"subject": "coverage", "name": "", "respondents": count}
    yield told | {"statistic": "share_placed", "value": placed / count}
    heard = np.bincount(domains.domain, minlength=len(is_buurt)) > 0
    people = np.where(is_buurt, held.ground.people, np.nan)
    everybody = float(np.nansum(people))
    share = float(np.nansum(people[~heard])) / everybody if everybody else None
    yield told | {"statistic": "share_in_unheard_buurten", "value": share}


def _counted(wave: Wave, feature: str) -> dict[str, int]:
    """How many answered per category of a feature, by its name; '' is of nobody known."""
    words = np.array(wave.respondents[feature].to_pylist(), dtype=str)
    names, counts = np.unique(words[words != ""], return_counts=True)
    return {str(name): int(number) for name, number in zip(names, counts, strict=True)}
