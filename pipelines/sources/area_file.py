"""The area file: one YAML that says which municipality, which deliveries, and what is complete in them.

Here a file becomes a frozen `AreaFile`; whether its deliveries exist and are sound is for the readers to say.
"""

import datetime as dt
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, ValidationError, model_validator

from pipelines.errors import AreaFileError
from pipelines.geo import NETHERLANDS_RD_M
from pipelines.sources.area_sentences import sentences
from pipelines.sources.area_yaml import read_yaml
from pipelines.sources.codes import BUURT, GEMEENTE, CodeKind, code_of
from pipelines.sources.contradiction_kinds import Acceptances
from pipelines.sources.delivery import BorderDelivery, Delivery, Frozen, RawPath
from pipelines.sources.licences import known_licences
from pipelines.sources.place_kinds import Register, booklet_kinds, code_kinds, known_kinds
from pipelines.sources.texts import Name, Paragraph, Sentence

PLACE_COLUMNS = (
    "id", "name", "kind", "x", "y", "lon", "lat", "wkt", "wheelchair", "door_width", "door_kerb", "door_steps",
    "floor_area", "postcode", "house_number", "gemeente",
    "same_purpose", "regularity", "indoor", "free_of_charge", "functions",
)  # fmt: skip
BENCH_COLUMNS = ("id", "kind", "x", "y", "lon", "lat", "wkt")
PROFILES = ("referentie", "kinderwagen", "kinderwagen_peuter", "rollator")
Delivered = Literal["complete", "partial", "not_delivered"]
SHIPPED = Path(__file__).parent / "areas"


class StreetDelivery(Delivery):
    """Streets: an OSM extract (`osm`: PBF, XML or OPL), or lines with an OSM highway type in a column (`lines`).

    `values` translates what stands in a column of lines: `{highway: {voetpad: footway}}`.
    """

    format: Literal["osm", "lines"]
    values: dict[str, dict[str, str]] = Field(default_factory=dict)


class AddressDelivery(Delivery):
    """Homes: the BAG (`bag`), or the addresses of an OSM extract (`osm`)."""

    format: Literal["bag", "osm"] = "bag"


class PlaceDelivery(Delivery):
    """Places: an OSM extract (`osm`), a vector layer (`layer`), a municipal list (`csv`), or schools of DUO (`duo`).

    Places of OSM may also be an export of Overpass, as JSON or GeoJSON.
    A list is a CSV, or an XLSX of which `layer` names the sheet. Schools of DUO have no coordinates: they lie at their
    address in `addresses`, or where that is left out in `sources.addresses`.

    `kinds` maps the values of the column `columns.kind` to kinds of place, beside those of the register that `codes`
    names; `kind` gives every row one kind. `columns` names any of `PLACE_COLUMNS`: `wheelchair` and `door_...` tell
    whether one can come in, `floor_area` (m2) how much there is inside, `functions` what else the place is.
    """

    format: Literal["osm", "layer", "csv", "duo"]
    kind: str | None = None
    kinds: dict[str, str] = Field(default_factory=dict)
    addresses: AddressDelivery | None = None
    codes: Register | None = None

    def parts(self) -> tuple[Delivery, ...]:
        """These places, and the addresses that schools are found at where they name their own."""
        return (self, self.addresses) if self.addresses else (self,)

    def kind_of(self, word: str) -> str:
        """Give the kind of place that a value of this delivery means (of several, by comma, the first known), or ''."""
        known = (code_kinds(self.codes) if self.codes else {}) | self.kinds
        return next((known[part] for part in (word.strip(), *map(str.strip, word.split(","))) if part in known), "")

    @model_validator(mode="after")
    def _known_kinds(self) -> "PlaceDelivery":
        named = set(self.kinds.values()) | ({self.kind} if self.kind else set())
        strange = sorted(named - set(known_kinds()))
        if strange:
            raise ValueError(f"unknown kinds of place {strange}; known are {list(known_kinds())}")
        return self

    @model_validator(mode="after")
    def _known_columns(self) -> "PlaceDelivery":
        strange = sorted(set(self.columns) - set(PLACE_COLUMNS))
        if strange:
            raise ValueError(f"columns names {strange}, which are no facts of a place; known are {list(PLACE_COLUMNS)}")
        if self.codes and "kind" not in self.columns:
            raise ValueError(f"codes is {self.codes}: name the column that holds them, `columns: {{kind: ...}}`")
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


class StatlineDelivery(Delivery):
    """A table of CBS StatLine, as `fetch` stores it (Parquet), or as OData (JSON) or the site (CSV) gives it."""

    table: Annotated[str, Field(pattern=r"^[0-9]{5}[A-Z]{3}$")]


RESPONDENT_COLUMNS = (
    "id", "buurt", "weight", "postcode", "stratum", "cluster", "mode", "age", "sex", "household", "panel",
)  # fmt: skip


class RespondentDelivery(Delivery):
    """One wave of a survey, of the year `vintage`, with the codebook that explains it (both under the raw folder).

    `columns` names any of `RESPONDENT_COLUMNS`; what it does not name is not read. `strata` lists how many people each
    stratum of the sample has and how many were asked: weights are then made here. `margins` lists how many people there
    are by age, sex, household or stratum, to which weights are raked; of the same year as the survey. Of a sample that
    was not drawn by chance (`sampling: non_probability`, such as a panel one signs up for) no interval is told.
    """

    codebook: RawPath
    sampling: Literal["probability", "non_probability"] = "probability"
    strata: Delivery | None = None
    margins: Delivery | None = None

    def parts(self) -> tuple[Delivery, ...]:
        """These respondents, and the lists of what their sample stands for."""
        return tuple(one for one in (self, self.strata, self.margins) if one is not None)

    def files(self) -> tuple[str, ...]:
        """The answers, and the codebook that explains them."""
        return (self.path, self.codebook)

    @model_validator(mode="after")
    def _known_columns(self) -> "RespondentDelivery":
        strange = sorted(set(self.columns) - set(RESPONDENT_COLUMNS))
        if strange:
            raise ValueError(
                f"columns names {strange}, which a survey does not need; known are {list(RESPONDENT_COLUMNS)}; "
                "items are named in the codebook"
            )
        if self.strata and "stratum" not in self.columns:
            raise ValueError("strata are delivered: name the column that holds them, `columns: {stratum: ...}`")
        return self

    @model_validator(mode="after")
    def _margins_of_one_year(self) -> "RespondentDelivery":
        for name, one in (("strata", self.strata), ("margins", self.margins)):
            if one is not None and one.vintage != self.vintage:
                raise ValueError(
                    f"{name} is of {one.vintage} and the survey of {self.vintage}: people move and grow older, so "
                    "weights are raked to counts of the same year"
                )
        return self


class Sources(Frozen):
    """The deliveries of an area; what is left out was not delivered."""

    buurten: BorderDelivery | None = None
    wijken: BorderDelivery | None = None
    gemeenten: BorderDelivery | None = None
    pc4: BorderDelivery | None = None
    pc4_ages: Delivery | None = None
    pc6: BorderDelivery | None = None
    squares: BorderDelivery | None = None
    squares_500: BorderDelivery | None = None
    addresses: AddressDelivery | None = None
    crosswalk: Delivery | None = None
    statline: tuple[StatlineDelivery, ...] = ()
    streets: StreetDelivery
    places: tuple[PlaceDelivery, ...] = ()
    benches: tuple[BenchDelivery, ...] = ()
    respondents: RespondentDelivery | None = None
    respondents_before: tuple[RespondentDelivery, ...] = ()
    inventory: Delivery | None = None

    @model_validator(mode="after")
    def _borders_of_one_year(self) -> "Sources":
        layers = {"buurten": self.buurten, "wijken": self.wijken, "gemeenten": self.gemeenten}
        years = {name: layer.vintage for name, layer in layers.items() if layer is not None}
        beside = {name: layer.figures for name, layer in layers.items() if layer is not None}
        years |= {f"figures of {name}": one.vintage for name, one in beside.items() if one is not None}
        if len(set(years.values())) > 1:
            said = ", ".join(f"{name} of {year}" for name, year in years.items())
            raise ValueError(f"borders and codes change every year, so these cannot be joined: {said}; use one year")
        return self

    @model_validator(mode="after")
    def _people_of_pc4_once(self) -> "Sources":
        if self.pc4_ages and self.pc4 and self.pc4.figures:
            raise ValueError("pc4.figures and pc4_ages both count the people of postcodes; deliver one of them")
        return self

    @model_validator(mode="after")
    def _waves_apart(self) -> "Sources":
        years = [wave.vintage for wave in self.waves()]
        if self.respondents is None and years:
            raise ValueError("respondents_before: there is no later wave; deliver that one as `respondents`")
        if sorted(set(years)) != years:
            raise ValueError(
                f"respondents_before: waves of {years[:-1]} before one of {years[-1]}; give each "
                "another year, oldest first"
            )
        return self

    @property
    def has_register(self) -> bool:
        """Whether addresses are those of the BAG, in which every dwelling stands; OSM promises no complete list."""
        return self.addresses is not None and self.addresses.format == "bag"

    def waves(self) -> tuple[RespondentDelivery, ...]:
        """The waves of the survey, oldest first."""
        return (*self.respondents_before, *((self.respondents,) if self.respondents else ()))

    def of(self, role: str) -> tuple[Delivery, ...]:
        """The deliveries of one role (a key of this model), and those that belong to them; empty without any."""
        delivered = getattr(self, role)
        listed = delivered if isinstance(delivered, tuple) else (delivered,)
        return tuple(part for one in listed if one is not None for part in one.parts())

    def all(self) -> tuple[Delivery, ...]:
        """Every delivery there is, in the order of this file."""
        return tuple(one for role in type(self).model_fields for one in self.of(role))

    def bench_lists(self) -> tuple[BenchDelivery, ...]:
        """What benches come from: `benches`, else the first OSM extract among the places; empty without either.

        An export of Overpass holds what somebody asked for, which may be without benches: it is no extract.
        """
        exports = (".json", ".geojson")
        extracts = [one for one in self.places if one.format == "osm" and not one.path.lower().endswith(exports)]
        if self.benches or not extracts:
            return self.benches
        kept = extracts[0].model_dump(include=set(Delivery.model_fields) - {"columns"})
        return (BenchDelivery(format="osm", **kept),)


class Population(Frozen):
    """Which delivery's totals the people of this area add up to."""

    total_from: Literal["squares", "pc6", "pc4", "buurten"]


def _code(kind: CodeKind, text: str, *, may_be_empty: bool = False) -> str:
    code = code_of(text, kind)
    if code is None or not (code or may_be_empty):
        raise ValueError(f"is no {kind.words}; write one such as {kind.example}")
    return code


class Signal(Frozen):
    """Why this is measured, and what will follow: nothing is measured that nobody will act on."""

    aanleiding: Paragraph = ""
    opvolging: Paragraph = ""
    besproken_met_bewoners: Paragraph = ""


class Event(Frozen):
    """Something that happened on one day and may show in the survey: told beside changes, in Dutch and English."""

    date: dt.date
    buurt: Annotated[str, AfterValidator(partial(_code, BUURT, may_be_empty=True))] = ""
    nl: Sentence
    en: Sentence


class AreaFile(Frozen):
    """One municipality (or several), or what lies within `extent` (west, south, east, north in RD metres); one year."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{1,62}$")]
    title: Name
    year: Annotated[int, Field(ge=2000, le=2100)]
    synthetic: bool = False
    gemeenten: tuple[Annotated[str, AfterValidator(partial(_code, GEMEENTE))], ...] = ()
    extent: tuple[float, float, float, float] | None = None
    h3_resolution: Annotated[int, Field(ge=9, le=11)] = 10
    profiles: Annotated[tuple[str, ...], Field(min_length=1)] = PROFILES
    population: Population
    sources: Sources
    place_kinds: dict[str, Delivered]
    benches: Delivered | None = None
    signal: Signal = Signal()
    events: tuple[Event, ...] = ()
    accept: Acceptances = ()

    @property
    def accepted(self) -> dict[str, str]:
        """The kinds of contradiction that are accepted, each with its reason."""
        return {one.contradiction: one.reason for one in self.accept}

    @property
    def is_cut(self) -> bool:
        """Whether an extent cuts through the buurten, whose people live beyond it too."""
        return self.extent is not None and self.sources.buurten is not None

    @property
    def benches_delivered(self) -> Delivered:
        """How complete the benches are: as the file says, else partial where any were delivered."""
        return self.benches or ("partial" if self.sources.bench_lists() else "not_delivered")

    @model_validator(mode="after")
    def _consistent(self) -> "AreaFile":
        for kind in sorted(set(self.place_kinds) - set(known_kinds())):
            raise ValueError(f"place_kinds: {kind!r} is no kind of place; known are {list(known_kinds())}")
        for kind in booklet_kinds():
            if kind not in self.place_kinds:
                raise ValueError(f"place_kinds: say of {kind!r} whether it is complete, partial or not_delivered")
        for profile in set(self.profiles) - set(PROFILES):
            raise ValueError(f"profiles: {profile!r} is no profile; known are {list(PROFILES)}")
        for licence in sorted({delivery.licence for delivery in self.sources.all()} - known_licences()):
            paths = sorted({delivery.path for delivery in self.sources.all() if delivery.licence == licence})
            raise ValueError(
                f"sources: licence {licence!r} of {paths} is not known; known are {sorted(known_licences())}"
            )
        if getattr(self.sources, self.population.total_from) is None:
            raise ValueError(f"population.total_from is {self.population.total_from}, which sources does not deliver")
        return self

    @model_validator(mode="after")
    def _consistent_borders(self) -> "AreaFile":
        if self.sources.buurten is None and self.extent is None:
            raise ValueError("say where the area lies: deliver sources.buurten with gemeenten, or give an extent")
        if not (self.sources.buurten or self.sources.pc4 or self.sources.pc6):
            raise ValueError("sources: deliver buurten, pc4 or pc6: figures are told of these, and none are there")
        if self.sources.buurten is not None and not self.gemeenten:
            raise ValueError("gemeenten: name the gemeenten whose buurten make up the area, e.g. [GM0014]")
        if self.extent is not None and not _is_extent(*self.extent):
            raise ValueError(
                "extent: give west, south, east, north in RD metres, within the Netherlands, west before east and "
                "south before north"
            )
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


def _is_extent(west: float, south: float, east: float, north: float) -> bool:
    low_x, high_x, low_y, high_y = NETHERLANDS_RD_M
    return low_x <= west < east <= high_x and low_y <= south < north <= high_y


def read_area_file(path: Path) -> AreaFile:
    """Read and validate one area file.

    Raises
    ------
    AreaFileError
        When the file is missing, is no YAML, or has an unknown key or a wrong value; all are listed at once.
    """
    content = read_yaml(path)
    if not isinstance(content, dict):
        raise AreaFileError(f"{path.name}: holds no keys. Start from a shipped area file; see `samenhang areas`.")
    try:
        return AreaFile.model_validate(content)
    except ValidationError as error:
        raise AreaFileError("\n".join(sentences(path.name, error, AreaFile))) from error


def find_area_files(*folders: Path) -> dict[str, Path]:
    """Area files by file stem, which must be their name; a later folder may not repeat an earlier name."""
    found: dict[str, Path] = {}
    for path in (path for folder in folders for path in sorted(folder.glob("*.yaml"))):
        if path.stem in found:
            raise AreaFileError(f"{path}: an area named {path.stem!r} exists already. Rename this file and its `name`.")
        found[path.stem] = path
    return found
