"""Who walks: mobility profiles from `profiles.yaml`, each number with range, unit, source and certainty.

Here stands what a profile is; what it means for a stretch of street is worked out in `costs`.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Literal

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from pipelines.errors import InputError

SHIPPED = Path(__file__).parent / "profiles.yaml"
Certainty = Literal["good", "moderate", "low", "assumed"]
Wheels = Literal["wheelchair", "stroller"]


def _ascending(values: tuple[float, float, float]) -> tuple[float, float, float]:
    if not values[0] <= values[1] <= values[2]:
        raise ValueError("write low, central and high in ascending order")
    return values


def _slowing(values: tuple[float, float, float]) -> tuple[float, float, float]:
    # Seconds may only be added: the time search is bounded by the distance search at the profile's speed.
    if values[0] < 1:
        raise ValueError("a factor on walking time is 1 or more")
    return values


Finite = Annotated[float, Field(allow_inf_nan=False, ge=0)]
Range = Annotated[tuple[Finite, Finite, Finite], AfterValidator(_ascending)]
Factor = Annotated[Range, AfterValidator(_slowing)]


class Frozen(BaseModel):
    """Read from a file, never changed; an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Sourced(Frozen):
    """What every figure carries: unit, source and how sure we are of it (`assumed`: our own choice)."""

    unit: str
    source: str
    certainty: Certainty


class Parameter(Sourced):
    """One figure: its value as (low, central, high), in `unit`."""

    value: Range

    @property
    def low(self) -> float:
        """The least value that a source gives or that is assumed."""
        return self.value[0]

    @property
    def central(self) -> float:
        """The value that the headline figures use."""
        return self.value[1]

    @property
    def high(self) -> float:
        """The greatest value that a source gives or that is assumed."""
        return self.value[2]


class Steps(Frozen):
    """Flights of up to `at_most` steps (null: any number), for `once_s` and `each_s` per step, in seconds.

    A ramp for wheelchairs opens every flight; one for strollers only where `stroller_ramp` is true.
    """

    stroller_ramp: bool = False
    at_most: Parameter | None
    once_s: Parameter
    each_s: Parameter


class Kerb(Frozen):
    """Kerbs: free up to `free_m`, `penalty_s` seconds up to `limit_m`, forbidden above it."""

    free_m: Parameter
    limit_m: Parameter
    penalty_s: Parameter


class InclineBand(Frozen):
    """Slopes steeper than `above_pct` (percent, until the next band): factors on time; null: forbidden."""

    above_pct: Range
    uphill: Factor | None
    downhill: Factor | None


class Inclines(Sourced):
    """Bands of slope, from gentle to steep; under the first band a slope costs nothing."""

    bands: tuple[InclineBand, ...]


class WidthBand(Frozen):
    """Clear widths under `below_m` (metres, until the next band): factor on time; null: forbidden."""

    below_m: Range
    factor: Factor | None


class Widths(Sourced):
    """Bands of width, from wide to narrow; wider than the first band costs nothing."""

    bands: tuple[WidthBand, ...]


class Surfaces(Sourced):
    """Factor on time per OSM surface, or per smoothness; null: forbidden; one not named counts as unknown."""

    values: dict[str, Factor | None]


class Barriers(Sourced):
    """Seconds for handling an OSM barrier on the way; one not named costs nothing. Whom it stops: `hindrances.yaml`."""

    values: dict[str, Range]


class SpeedBand(Frozen):
    """Roads without a sidewalk, from this speed limit (km/h, until the next band): factor on time; null: forbidden."""

    from_kmh: Range
    factor: Factor | None


class Roads(Sourced):
    """Bands of speed limit on roads without a sidewalk, from slow to fast; the first begins at 0."""

    bands: Annotated[tuple[SpeedBand, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _from_nothing(self) -> "Roads":
        if self.bands[0].from_kmh[1] != 0:
            raise ValueError("the first band begins at 0 km/h, so that every road has one")
        return self


class Crossings(Frozen):
    """Seconds for crossing a carriageway.

    `signals_s` is the mean wait at traffic lights, `handling_s` the two kerbs, `difficult_s` what a road of class
    secondary or higher costs without lights, zebra or island (`moeilijke oversteek`).
    """

    signals_s: Parameter
    handling_s: Parameter
    difficult_s: Parameter


class Profile(Frozen):
    """One way of getting about on foot.

    `budget_m` or `budget_s` says how far one comes: metres where fatigue decides, seconds where time does.
    `rest_leg_m`, with a budget in metres, is the most metres without a seat; null: needs none.
    `wheels` is the tag of OSM that speaks of its wheels; null: it has none.
    A rule that is null (kerbs, inclines, widths, surfaces, barriers, roads, crossings) does not bear on this profile.
    """

    name: str
    title_nl: str
    title_en: str
    speed_m_per_s: Parameter
    budget_m: Parameter | None = None
    budget_s: Parameter | None = None
    rest_leg_m: Parameter | None = None
    wheels: Wheels | None = None
    steps: Steps
    kerb: Kerb | None = None
    incline: Inclines | None = None
    width: Widths | None = None
    surface: Surfaces | None = None
    smoothness: Surfaces | None = None
    barriers: Barriers | None = None
    road: Roads | None = None
    crossing: Crossings | None = None

    @model_validator(mode="after")
    def _usable(self) -> "Profile":
        if (self.budget_m is None) == (self.budget_s is None):
            raise ValueError("give either budget_m or budget_s")
        if self.rest_leg_m is not None and self.budget_m is None:
            raise ValueError("rest_leg_m: metres between seats go with budget_m; give that, or leave it out")
        if self.speed_m_per_s.value[0] <= 0:
            raise ValueError("speed_m_per_s: a walker moves; give a speed over 0")
        return self


def read_profiles(path: Path = SHIPPED) -> Mapping[str, Profile]:
    """Read the profiles of one file, by name and in the file's order.

    Raises
    ------
    InputError
        When the file cannot be read, is no YAML, or breaks a rule; every problem is listed with its place.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())
        raise InputError(f"{path.name}: cannot be read as a YAML file of profiles ({reason}). Mend it.") from error
    if not isinstance(content, dict) or not content:
        raise InputError(f"{path.name}: holds no profiles. Write one entry per profile, as in the shipped file.")
    return {str(name): _profile(path.name, str(name), entry) for name, entry in content.items()}


def _profile(file_name: str, name: str, entry: object) -> Profile:
    if not isinstance(entry, dict):
        raise InputError(f"{file_name}: {name}: holds no keys. Write the profile as in the shipped file.")
    try:
        return Profile.model_validate({**entry, "name": name})
    except ValidationError as error:
        raise InputError("\n".join(_sentences(file_name, name, error))) from error


def _sentences(file_name: str, name: str, error: ValidationError) -> list[str]:
    return [
        f"{file_name}: {'.'.join([name, *(str(part) for part in problem['loc'])])}: "
        f"{problem['msg'].removeprefix('Value error, ')}. Correct it."
        for problem in error.errors()
    ]


def chosen_profiles(names: tuple[str, ...]) -> Mapping[str, Profile]:
    """The shipped profiles with these names, in this order.

    Raises
    ------
    InputError
        When a name is not among them.
    """
    known = _shipped()
    strange = [name for name in names if name not in known]
    if strange:
        raise InputError(f"profiles: {strange} are not known; known are {list(known)}. Name some of these.")
    return {name: known[name] for name in names}


@cache
def _shipped() -> Mapping[str, Profile]:
    """The shipped file, read once: every step and every record of a run asks for its profiles."""
    return MappingProxyType(dict(read_profiles()))
