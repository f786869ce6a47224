"""The registry: which national sources there are, where each year of them is published, and on what terms.

Here an id, a year and a place become an address; nothing is requested. What came from an address is for the ledger.
"""

import difflib
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from pipelines.errors import InputError
from pipelines.sources.licences import known_licences

SHIPPED = Path(__file__).parents[1] / "registry.yaml"
Service = Literal["file", "geofabrik", "ogc_features", "odata"]
Content = Literal["gpkg", "zip", "pbf", "csv", "geojson", "parquet"]
_PAGED: Mapping[str, Content] = {"ogc_features": "geojson", "odata": "parquet"}
_MB = 1_000_000
_FIELD = re.compile(r"\{([^{}]*)\}")


class RegistryError(InputError):
    """The registry contradicts itself, or does not have what an area file asks for."""


class Strict(BaseModel):
    """Read from a file, never changed; an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Edition(Strict):
    """One year of a source: how sure its address is, and what differs from the other years."""

    evidence: Literal["from_documentation", "assumed"]
    seen: Literal["never_fetched"] | Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]
    url: str | None = None
    table: str = ""


class Source(Strict):
    """One national source: what it is, by which service it is published, and its years.

    `size_limit_mb` holds for what is downloaded and for what comes out of it.
    """

    title: str
    roles: Annotated[tuple[str, ...], Field(min_length=1)]
    service: Service
    content: Content
    member: str | None = None
    layers: dict[str, str] = Field(default_factory=dict)
    scope: Literal["area", "country"] = "country"
    region_dimension: str = ""
    licence: str
    attribution: str
    page: str
    size_limit_mb: Annotated[int, Field(gt=0)]
    url: str | None = None
    variants: tuple[str, ...] = ()
    years: Annotated[dict[int, Edition], Field(min_length=1)]

    @model_validator(mode="after")
    def _consistent(self) -> "Source":
        if self.licence not in known_licences():
            raise ValueError(f"licence {self.licence!r} is not known; known are {sorted(known_licences())}")
        if self.content != _PAGED.get(self.service, self.content):
            raise ValueError(f"service {self.service} is stored as {_PAGED[self.service]}, not as {self.content}")
        if bool(self.region_dimension) != (self.service == "odata"):
            raise ValueError("region_dimension belongs to service odata, and to no other")
        for year in self.years:
            self.page_of(year)
            self.attribution_of(year)
            for variant in self.variants or ("",):
                _require_plain(self._address(year, variant))
        return self

    def page_of(self, year: int) -> str:
        """The page for people about one year."""
        return filled(self.page, year=str(year))

    def attribution_of(self, year: int) -> str:
        """Who is to be named of one year."""
        return filled(self.attribution, year=str(year))

    @property
    def size_limit_bytes(self) -> int:
        """How much may come."""
        return self.size_limit_mb * _MB

    def _address(self, year: int, variant: str) -> str:
        edition = self.years[year]
        template = edition.url or self.url
        if template is None:
            raise ValueError(f"{year} has no url, and the source has none for all years")
        return filled(template, year=str(year), yy=f"{year % 100:02}", table=edition.table, variant=variant)

    def address(self, year: int, variant: str) -> str:
        """Where one year (of one variant) is published."""
        return self._address(year, variant)


def filled(template: str, **values: str) -> str:
    """A template of the registry with `{year}` and its like filled in; nothing else in it is looked at.

    Raises
    ------
    ValueError
        When it names another thing in braces.
    """
    strange = sorted(set(_FIELD.findall(template)) - set(values))
    if strange:
        raise ValueError(f"{template!r} may hold only {sorted(values)} in braces, not {strange}")
    return _FIELD.sub(lambda field: values[field[1]], template)


class Registry(Strict):
    """All sources, by id."""

    version: Literal[1]
    sources: dict[Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")], Source]

    @property
    def hosts(self) -> frozenset[str]:
        """The servers that may be asked: `host` or `host:port` of every address."""
        return frozenset(urlsplit(address).netloc for address in self._addresses())

    def _addresses(self) -> Iterator[str]:
        for source in self.sources.values():
            for year in source.years:
                yield from (source.address(year, variant) for variant in source.variants or ("",))

    def find(self, reference: str) -> tuple[Source, str]:
        """The source a delivery names as `id` or `id/variant`, and the variant ('' without).

        Raises
        ------
        RegistryError
            When there is no such source or variant, with the likely one.
        """
        name, _, variant = reference.partition("/")
        if name not in self.sources:
            raise RegistryError(f"{reference!r} is no source of the registry{_likely(name, self.sources)}")
        source = self.sources[name]
        if variant not in (source.variants or ("",)):
            known = f"; write one of {[f'{name}/{one}' for one in source.variants]}" if source.variants else ""
            raise RegistryError(f"{reference!r}: {name} has no variant {variant!r}{known}")
        return source, variant


def _likely(name: str, known: Mapping[str, Source]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    return f"; did you mean {close[0]!r}?" if close else f"; known are {sorted(known)}"


def _require_plain(url: str) -> None:
    """Only http(s), with a host, and without a user or password in it."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username or parts.password:
        raise ValueError(f"{url!r} is no plain http(s) address (with a host, without user or password)")


def read_registry(path: Path) -> Registry:
    """Read and validate a registry.

    Raises
    ------
    RegistryError
        When the file is missing, is no YAML, or has an unknown key or a wrong value; all are listed at once.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        reason = error.strerror if isinstance(error, OSError) else " ".join(str(error).split())
        raise RegistryError(f"{path}: cannot be read as a registry ({reason}). Check the path.") from error
    try:
        return Registry.model_validate(content)
    except ValidationError as error:
        raise RegistryError("\n".join(_sentences(path.name, error))) from error


def _sentences(name: str, error: ValidationError) -> Iterator[str]:
    for problem in error.errors():
        where = ".".join(str(part) for part in problem["loc"])
        yield f"{name}: {where}: {problem['msg'].removeprefix('Value error, ')}. Correct it."


@cache
def shipped_registry() -> Registry:
    """The registry that comes with the project."""
    return read_registry(SHIPPED)
