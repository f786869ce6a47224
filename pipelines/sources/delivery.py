"""One delivery as the area file describes it: where it lies, what it is, and how its figures are written.

Here is what every delivery says of itself; what only streets, places or a survey say stands in `area_file.py`.
"""

import codecs
from pathlib import PurePosixPath, PureWindowsPath
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

from pipelines.sources.codes import GEMEENTE, WIJK, code_of
from pipelines.sources.fetch.registry import RegistryError, shipped_registry
from pipelines.sources.texts import Name, Sentence

Measure = Literal["count", "percent", "share"]

MOST_PATH_BYTES = 250
_SINGULAR = {"gemeenten": "gemeente", "wijken": "wijk"}
COUNTED = ("inhabitants", "households", "hh_single", "hh_children")


class Frozen(BaseModel):
    """Read from a file, never changed; an unknown key is an error, and so is a number without an end."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def _inside(path: str) -> str:
    """Give a path under the raw folder as it is told everywhere, without `./` and doubled slashes."""
    parts = PurePosixPath(path).parts
    if not parts or not path.isprintable():
        raise ValueError("a path is the name of a file, without control characters")
    if "\\" in path:
        raise ValueError("write the folders of a path with / between them, on Windows too")
    if path.startswith("/") or PureWindowsPath(path).drive or ".." in parts:
        raise ValueError("a path begins in the raw folder and stays there: nothing before it, and no `..`")
    if len(path.encode()) > MOST_PATH_BYTES:
        raise ValueError(f"a path is at most {MOST_PATH_BYTES} bytes long: give the file or its folders shorter names")
    return str(PurePosixPath(path))


# A link that somebody laid in the raw folder is followed wherever it leads: an area file can lay none.
RawPath = Annotated[Sentence, AfterValidator(_inside)]


class Delivery(Frozen):
    """One delivered file: where it lies under the raw folder, and what it is.

    Of a list (CSV or XLSX) `header_row` is the line, from 1, that holds the names of the columns, below which
    `rows_under_header` hold units or a second heading; `numbers` says whether 1.234 is 1234 (`dutch`) or just over 1
    (`english`) where a column does not show it. `encoding` names how the letters of a list or a Shapefile are written,
    such as `utf-8` or `cp1252`, where the file does not say it or says it wrongly.

    `fetch` names a source of the registry (`cbs-wijkenbuurten`, `osm-province/groningen`) that `samenhang fetch` gets
    it from, in the year `vintage`; without it somebody puts the file there.

    `public` is false of what not everybody can read, such as a municipality's own counts of people: what is told of
    them is then held against the tables of CBS.
    """

    path: RawPath
    vintage: Annotated[int, Field(ge=1900, le=2100)]
    licence: str
    attribution: Sentence
    layer: Name | None = None
    crs: str | None = None
    header_row: Annotated[int, Field(ge=1)] = 1
    rows_under_header: Annotated[int, Field(ge=0)] = 0
    numbers: Literal["dutch", "english"] | None = None
    encoding: str | None = None
    columns: dict[str, str] = Field(default_factory=dict)
    fetch: str | None = None
    public: bool = True

    @field_validator("fetch")
    @classmethod
    def _known_source(cls, fetch: str | None) -> str | None:
        if fetch is not None:
            try:
                shipped_registry().find(fetch)
            except RegistryError as error:
                raise ValueError(str(error)) from error
        return fetch

    @field_validator("encoding")
    @classmethod
    def _known_encoding(cls, encoding: str | None) -> str | None:
        """Refuse what is no way to write letters: Python also knows `rot13` and `zip` by such names."""
        if encoding is None:
            return None
        try:
            " ".encode(encoding)
            return codecs.lookup(encoding).name
        except (LookupError, ValueError) as error:
            raise ValueError(f"{encoding!r} is no encoding of text; write `utf-8`, `cp1252` or the like") from error

    def parts(self) -> tuple["Delivery", ...]:
        """Give itself, and the deliveries that belong to it."""
        return (self,)

    def files(self) -> tuple[str, ...]:
        """Paths under the raw folder that are read."""
        return (self.path,)


class CountDelivery(Delivery):
    """A delivery that counts people or households.

    `ages_in` and `households_in` say whether parts of a whole (age bands, kinds of household) are told as counts, as
    percentages or as shares of 1, where what stands in the columns does not prove it.
    """

    ages_in: Measure | None = None
    households_in: Measure | None = None


class FigureDelivery(CountDelivery):
    """A table of figures (CSV, XLSX or Parquet) with a column of codes, beside a layer that holds the borders."""


class BorderDelivery(CountDelivery):
    """A layer of areas, and the people counted in them: in its own columns, or in a table beside it (`figures`).

    `constants` stand for a column that a layer of one municipality has no need of: `{gemeente: GM0363, water: nee}`.
    """

    figures: FigureDelivery | None = None
    constants: dict[Literal["gemeente", "wijk", "water"], Name] = Field(default_factory=dict)

    def parts(self) -> tuple[Delivery, ...]:
        """The borders, and the figures beside them."""
        return (self, self.figures) if self.figures else (self,)

    @field_validator("constants")
    @classmethod
    def _known_values(cls, constants: dict[str, str]) -> dict[str, str]:
        kinds = {"gemeente": GEMEENTE, "wijk": WIJK}
        for key, value in constants.items():
            if key in kinds and code_of(value, kinds[key]) != value:
                raise ValueError(f"{key}: {value!r} is no {kinds[key].words}; write it as {kinds[key].example}")
            if key == "water" and value not in {"ja", "nee"}:
                raise ValueError(f"water: write ja or nee, not {value!r}")
        return constants

    @model_validator(mode="after")
    def _said_once(self) -> "BorderDelivery":
        columns = {_SINGULAR.get(key, key) for key in self.columns}
        if twice := sorted(columns & set(self.constants)):
            raise ValueError(f"{twice} stand under `columns` and under `constants`; name the column, or say its value")
        if self.figures and (counted := sorted(key for key in self.columns if key in COUNTED or key[:1].isdigit())):
            raise ValueError(f"columns names {counted}, which stand in `figures`; name them there")
        return self
