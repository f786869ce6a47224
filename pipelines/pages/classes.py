"""Colour classes of the map: fixed breaks, neutral colours, and a mark for what is not known.

Breaks are fixed and the same for every municipality: classes that follow the distribution (quantiles) would be a
ranking. Colours run from light to dark in one hue, so that they survive print and colour blindness; they never run
from green to red, because farther or more is not a mark.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from pipelines.pages.figures import Figure
from pipelines.pages.words import Word, words

PROFILE_ORDER = ("rollator", "kinderwagen", "kinderwagen_peuter", "referentie")


@dataclass(frozen=True)
class ClassScale:
    """Five classes of one indicator: upper breaks (inclusive, in its unit), a label and a colour for each class."""

    indicator: str
    breaks: tuple[float, ...]
    labels: tuple[str, ...]
    colours: tuple[str, ...]


DISTANCE = ClassScale(
    indicator="dist_nearest_place",
    breaks=(150, 300, 500, 800),
    labels=("tot en met 150 m", "150 tot 300 m", "300 tot 500 m", "500 tot 800 m", "meer dan 800 m, of niet gevonden"),
    colours=("#dcd9ea", "#b8b3d8", "#8d83c0", "#6450a1", "#3a1a75"),
)
KINDS = ClassScale(
    indicator="n_types_reach",
    breaks=(0.5, 1.5, 2.5, 4.5),
    labels=("geen", "1 soort", "2 soorten", "3 of 4 soorten", "5 of 6 soorten"),
    colours=("#d3e3ec", "#a3c8dc", "#6ba5c8", "#3579a8", "#0c4674"),
)
SCALES = (DISTANCE, KINDS)


@dataclass(frozen=True)
class LegendEntry:
    """One line of a legend; `colour` is '' for hatching."""

    colour: str
    label: str


@dataclass(frozen=True)
class Variant:
    """One layer the reader may choose: a profile and an indicator."""

    profile: str
    scale: ClassScale

    @property
    def key(self) -> str:
        """Text that identifies the variant within a page."""
        return f"{self.profile}-{self.scale.indicator}"


def ordered_profiles(profiles: Sequence[str]) -> tuple[str, ...]:
    """The profiles of an area file, those the measure is about first."""
    return tuple(profile for profile in PROFILE_ORDER if profile in profiles)


def variants(profiles: Sequence[str]) -> tuple[Variant, ...]:
    """Every layer of the map, in the order of the marks packed in each feature."""
    return tuple(Variant(profile, scale) for profile, scale in product(ordered_profiles(profiles), SCALES))


def class_marks(figures: Sequence[Figure], scale: ClassScale) -> tuple[str, ...]:
    """One character per figure: '0' to '4' for its class, a letter for the reason why there is none.

    The class is that of what was found; of kinds that were not delivered there may be more. A place that was not found
    within the search (at least 800 m) lies farther than 800 m: the last class of `DISTANCE`.
    """
    letters = _reason_marks()
    known = np.array([np.nan if (value := _shown(figure, scale)) is None else value for figure in figures])
    classes = np.searchsorted(np.array(scale.breaks), known, side="left")
    return tuple(
        letters[figure.reason] if np.isnan(value) else str(number)
        for figure, value, number in zip(figures, known, classes, strict=True)
    )


def _reason_marks() -> dict[str, str]:
    return {reason: chr(ord("a") + number) for number, reason in enumerate(words().reasons)}


def _shown(figure: Figure, scale: ClassScale) -> float | None:
    if scale is DISTANCE and figure.reason == "no_place_within_search":
        return np.inf
    return figure.value


def legend(marks: Sequence[str], scale: ClassScale) -> tuple[LegendEntry, ...]:
    """The five classes of a scale, then the reasons for hatching that occur in `marks`."""
    classes = (LegendEntry(colour, label) for colour, label in zip(scale.colours, scale.labels, strict=True))
    present = set(marks)
    reasons = (reason for reason, mark in _reason_marks().items() if mark in present)
    return (*classes, *(LegendEntry("", words().reasons[reason].nl) for reason in reasons))


def is_lower_bound(figures: Sequence[Figure], scale: ClassScale) -> bool:
    """Whether some colours show what was found, while there may be more: kinds of place are unknown."""
    return scale is KINDS and any(figure.caution == "unknown_place_kinds" for figure in figures)


def title(variant: Variant) -> Word:
    """What a layer shows and for whom, in Dutch and English."""
    indicator = words().indicators[variant.scale.indicator]
    profile = words().profiles[variant.profile]
    return Word(nl=f"{indicator.nl}, {profile.nl}", en=f"{indicator.en}, {profile.en}")
