"""The area file: one YAML that says which municipality, which deliveries, and what is complete in them.

Here a file becomes a frozen `AreaFile`; whether its deliveries exist and are sound is for the readers to say.
"""

import difflib
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from pipelines.errors import AreaFileError
from pipelines.sources.licences import known_licences

PLACE_KINDS = ("winkel", "school", "buurtcentrum", "speelplek", "horeca", "sport")
PLACE_COLUMNS = (
    "id", "name", "kind", "x", "y", "wkt", "wheelchair", "door_width", "door_kerb", "door_steps", "floor_area",
)  # fmt: skip
BENCH_COLUMNS = ("id", "kind", "x", "y", "wkt")
PROFILES = ("referentie", "kinderwagen", "kinderwagen_peuter", "rollator")
Delivered = Literal["complete", "partial", "not_delivered"]
SHIPPED = Path(__file__).parent / "areas"


class Frozen(BaseModel):
    """Read from a file, never changed; an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Delivery(Frozen):
    """One delivered file: where it lies under the raw folder, and what it is."""

    path: str
    vintage: int
    licence: str
    attribution: str
    layer: str | None = None
    crs: str | None = None
    columns: dict[str, str] = Field(default_factory=dict)


class StreetDelivery(Delivery):
    """Streets: an OSM extract (`osm`), or lines with an OSM highway type in a column (`lines`).

    `values` translates what stands in a column of lines: `{highway: {voetpad: footway}}`.
    """

    format: Literal["osm", "lines"]
    values: dict[str, dict[str, str]] = Field(default_factory=dict)


class PlaceDelivery(Delivery):
    """Places: an OSM extract (`osm`), a vector layer (`layer`) or a municipal list (`csv`).

    `kinds` maps the values of the column `columns.kind` to kinds of place; `kind` gives every row one kind.
    `columns` names any of `PLACE_COLUMNS`: `wheelchair` and `door_...` tell whether one can come in, `floor_area` (m2)
    how much there is inside.
    """

    format: Literal["osm", "layer", "csv"]
    kind: str | None = None
    kinds: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _known_kinds(self) -> "PlaceDelivery":
        named = set(self.kinds.values()) | ({self.kind} if self.kind else set())
        strange = sorted(named - set(PLACE_KINDS))
        if strange:
            raise ValueError(f"unknown kinds of place {strange}; known are {list(PLACE_KINDS)}")
        return self

    @model_validator(mode="after")
    def _known_columns(self) -> "PlaceDelivery":
        strange = sorted(set(self.columns) - set(PLACE_COLUMNS))
        if strange:
            raise ValueError(f"columns names {strange}, which are no facts of a place; known are {list(PLACE_COLUMNS)}")
        return self


class BenchDelivery(Delivery):
    """Public seats: an OSM extract (`osm`), a vector layer (`layer`) or a municipal list (`csv`).

    `kinds` lists the values of the column `columns.kind` that are benches; without it every row is one.
    """

    format: Literal["osm", "layer", "csv"]
    kinds: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _known_columns(self) -> "BenchDelivery":
        strange = sorted(set(self.columns) - set(BENCH_COLUMNS))
        if strange:
            raise ValueError(f"columns names {strange}, which are no facts of a bench; known are {list(BENCH_COLUMNS)}")
        if bool(self.kinds) != ("kind" in self.columns):
            raise ValueError(
                "name both `columns: {kind: ...}` and `kinds: [...]` (its values that are benches), or none"
            )
        if self.format == "osm" and self.columns:
            raise ValueError("an OSM extract has no columns: its benches are those with amenity=bench")
        return self


class AddressDelivery(Delivery):
    """Homes: the BAG (`bag`), or the addresses of an OSM extract (`osm`)."""

    format: Literal["bag", "osm"] = "bag"


class RespondentDelivery(Delivery):
    """Answers to a survey, with the codebook that explains them (both paths under the raw folder)."""

    codebook: str


class Sources(Frozen):
    """The deliveries of an area; what is left out was not delivered."""

    buurten: Delivery | None = None
    wijken: Delivery | None = None
    gemeenten: Delivery | None = None
    pc4: Delivery | None = None
    pc4_ages: Delivery | None = None
    pc6: Delivery | None = None
    squares: Delivery | None = None
    addresses: AddressDelivery | None = None
    streets: StreetDelivery
    places: tuple[PlaceDelivery, ...] = ()
    benches: tuple[BenchDelivery, ...] = ()
    respondents: RespondentDelivery | None = None
    inventory: Delivery | None = None

    def all(self) -> tuple[Delivery, ...]:
        """Every delivery there is, in the order of this file."""
        named = [getattr(self, name) for name in type(self).model_fields]
        flat = [one for part in named for one in (part if isinstance(part, tuple) else (part,))]
        return tuple(one for one in flat if one is not None)

    def bench_lists(self) -> tuple[BenchDelivery, ...]:
        """What benches come from: `benches`, else the first OSM extract among the places; empty without either."""
        extracts = [place for place in self.places if place.format == "osm"]
        if self.benches or not extracts:
            return self.benches
        kept = extracts[0].model_dump(include=set(Delivery.model_fields) - {"columns"})
        return (BenchDelivery(format="osm", **kept),)


class Population(Frozen):
    """Which delivery's totals the people of this area add up to."""

    total_from: Literal["squares", "pc6", "pc4", "buurten"]


class Signal(Frozen):
    """Why this is measured, and what will follow: nothing is measured that nobody will act on."""

    aanleiding: str = ""
    opvolging: str = ""
    besproken_met_bewoners: str = ""


class AreaFile(Frozen):
    """One municipality (or several), or what lies within `extent` (west, south, east, north in RD metres); one year."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{1,62}$")]
    title: str
    year: Annotated[int, Field(ge=2000, le=2100)]
    synthetic: bool = False
    gemeenten: tuple[str, ...] = ()
    extent: tuple[float, float, float, float] | None = None
    h3_resolution: Annotated[int, Field(ge=9, le=11)] = 10
    profiles: Annotated[tuple[str, ...], Field(min_length=1)] = PROFILES
    population: Population
    sources: Sources
    place_kinds: dict[str, Delivered]
    benches: Delivered | None = None
    signal: Signal = Signal()

    @property
    def benches_delivered(self) -> Delivered:
        """How complete the benches are: as the file says, else partial where any were delivered."""
        return self.benches or ("partial" if self.sources.bench_lists() else "not_delivered")

    @model_validator(mode="after")
    def _consistent(self) -> "AreaFile":
        for kind in set(self.place_kinds) - set(PLACE_KINDS):
            raise ValueError(f"place_kinds: {kind!r} is no kind of place; known are {list(PLACE_KINDS)}")
        for kind in PLACE_KINDS:
            if kind not in self.place_kinds:
                raise ValueError(f"place_kinds: say of {kind!r} whether it is complete, partial or not_delivered")
        for profile in set(self.profiles) - set(PROFILES):
            raise ValueError(f"profiles: {profile!r} is no profile; known are {list(PROFILES)}")
        for licence in sorted({delivery.licence for delivery in self.sources.all()} - known_licences()):
            paths = sorted({delivery.path for delivery in self.sources.all() if delivery.licence == licence})
            raise ValueError(
                f"sources: licence {licence!r} of {paths} is not known; known are {sorted(known_licences())}"
            )
        if self.sources.buurten is None and self.extent is None:
            raise ValueError("say where the area lies: deliver sources.buurten with gemeenten, or give an extent")
        if self.sources.buurten is not None and not self.gemeenten:
            raise ValueError("gemeenten: name the gemeenten whose buurten make up the area, e.g. [GM0014]")
        if self.extent is not None and not (self.extent[0] < self.extent[2] and self.extent[1] < self.extent[3]):
            raise ValueError(
                "extent: give west, south, east, north in RD metres, west before east and south before north"
            )
        if getattr(self.sources, self.population.total_from) is None:
            raise ValueError(f"population.total_from is {self.population.total_from}, which sources does not deliver")
        return self

    @model_validator(mode="after")
    def _consistent_benches(self) -> "AreaFile":
        if self.benches in {"complete", "partial"} and not self.sources.bench_lists():
            raise ValueError(
                f"benches is {self.benches}, but none are delivered: add sources.benches (or an OSM extract under "
                "sources.places), or say `benches: not_delivered`"
            )
        if self.benches == "not_delivered" and self.sources.benches:
            raise ValueError(
                "benches is not_delivered, but sources.benches delivers them: say `benches: partial` or `complete`, or "
                "take sources.benches out"
            )
        return self


def read_area_file(path: Path) -> AreaFile:
    """Read and validate one area file.

    Raises
    ------
    AreaFileError
        When the file is missing, is no YAML, or has an unknown key or a wrong value; all are listed at once.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise AreaFileError(f"{path}: cannot be read as an area file in UTF-8 ({reason}). Check the path.") from error
    try:
        content = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise AreaFileError(f"{path.name}: {_where_not_yaml(error)}. Mend that line.") from error
    if not isinstance(content, dict):
        raise AreaFileError(f"{path.name}: holds no keys. Start from a shipped area file; see `samenhang areas`.")
    try:
        return AreaFile.model_validate(content)
    except ValidationError as error:
        raise AreaFileError("\n".join(_sentences(path.name, error))) from error


def _where_not_yaml(error: yaml.YAMLError) -> str:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark:
        return f"line {error.problem_mark.line + 1} is not YAML ({error.problem})"
    return f"is not YAML ({' '.join(str(error).split())})"


def _sentences(name: str, error: ValidationError) -> Iterable[str]:
    for problem in error.errors():
        where = ".".join(str(part) for part in problem["loc"])
        if problem["type"] == "extra_forbidden":
            yield f"{name}: {where}: this key is not known{_suggestion(str(problem['loc'][-1]))} Correct or remove it."
        elif problem["type"] == "missing":
            yield f"{name}: {where}: this key is missing. Add it; a shipped area file shows how."
        else:
            message = problem["msg"].removeprefix("Value error, ")
            # Of a rule about the whole file pydantic shows the whole file: what is wrong stands in the message.
            found = f" (found {problem['input']!r:.80})" if where else ""
            yield f"{name}: {where}{': ' if where else ''}{message}{found}. Correct the value."


def _suggestion(key: str) -> str:
    models: tuple[type[BaseModel], ...] = (
        AreaFile, Sources, PlaceDelivery, BenchDelivery, StreetDelivery, RespondentDelivery, Population, Signal,
    )  # fmt: skip
    known = {name for model in models for name in model.model_fields}
    close = difflib.get_close_matches(key, sorted(known), n=1)
    return f"; did you mean {close[0]!r}?" if close else "."


def find_area_files(*folders: Path) -> dict[str, Path]:
    """Area files by file stem, which must be their name; a later folder may not repeat an earlier name."""
    found: dict[str, Path] = {}
    for path in (path for folder in folders for path in sorted(folder.glob("*.yaml"))):
        if path.stem in found:
            raise AreaFileError(f"{path}: an area named {path.stem!r} exists already. Rename this file and its `name`.")
        found[path.stem] = path
    return found
