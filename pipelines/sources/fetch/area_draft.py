"""The first draft of an area file: all that the registry can tell, and in comments what only the municipality knows."""

import difflib
import json
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipelines.errors import InputError
from pipelines.sources.area_file import Sources
from pipelines.sources.cbs_areas import gemeente_names
from pipelines.sources.codes import GEMEENTE, code_of
from pipelines.sources.delivery import BorderDelivery
from pipelines.sources.fetch.ledger import retrievals
from pipelines.sources.fetch.registry import Registry, RegistryError, Source, filled
from pipelines.sources.place_kinds import booklet_kinds
from pipelines.sources.texts import label

BORDERS = "cbs-wijkenbuurten"
_NAME = re.compile(r"^[a-z0-9][a-z0-9-]{1,62}$")
_YEAR = re.compile(r"(?<!\d)(20\d\d)(?!\d)")


@dataclass(frozen=True)
class Gemeente:
    """A gemeente by its CBS code; the name is '' where it is not known here."""

    code: str
    name: str


@dataclass(frozen=True)
class _Part:
    """One delivery in the draft: its role, source, file, other keys, and why it is there."""

    role: str
    source: str
    file: str
    why: str
    keys: tuple[str, ...] = ()
    listed: bool = False


_PARTS = (
    _Part("buurten", BORDERS, "wijkenbuurten_{year}.gpkg", "Borders of buurten, with how many people live in each."),
    _Part("wijken", BORDERS, "wijkenbuurten_{year}.gpkg", "The same file, another layer."),
    _Part("gemeenten", BORDERS, "wijkenbuurten_{year}.gpkg", "The same file, another layer."),
    _Part("pc4", "cbs-pc4", "pc4_{year}.gpkg", "Postcodes of four digits, for results per postcode."),
    _Part("pc6", "cbs-pc6", "pc6_{year}.gpkg", "Postcodes of six characters: where in a buurt people live."),
    _Part("squares", "cbs-squares-100m", "squares_100m_{year}.gpkg", "People per square of 100 metres."),
    _Part("crosswalk", "cbs-pc6-huisnummer-buurt", "pc6hnr_{year}.csv", "In which buurt every house number lies."),
    _Part(
        "addresses", "bag-verblijfsobjecten", "bag_{year}.geojson", "Homes. The BAG as it is on the day of the fetch."
    ),
    _Part(
        "streets",
        "osm-netherlands",
        "osm_{year}.osm.pbf",
        "Streets and paths. Smaller and faster: osm-province/groningen (or your own province).",
        ("format: osm",),
    ),
    _Part(
        "places",
        "osm-netherlands",
        "osm_{year}.osm.pbf",
        "Places that volunteers mapped. Add your own lists (format: csv or layer): they know better.",
        ("format: osm",),
        listed=True,
    ),
    _Part(
        "places",
        "duo-basisonderwijs",
        "duo_{year}.csv",
        "Primary schools, placed at their address in the BAG. A school in OSM too is one place.",
        ("format: duo",),
        listed=True,
    ),
)


def find_gemeente(said: str, raw: Path) -> Gemeente:
    """The gemeente that is meant by a code (GM0014) or a name.

    A name is looked up in the wijk- en buurtkaart under the raw folder, the newest that is there.

    Raises
    ------
    InputError
        When a name cannot be looked up or is not known.
    """
    names = _names(raw)
    if code := code_of(said, GEMEENTE):
        return Gemeente(code, names.get(code, ""))
    if not names:
        raise InputError(
            f"{said!r}: the code of this gemeente cannot be looked up, for no wijk- en buurtkaart lies under {raw}. "
            "Give the code, for example GM0014 (cbs.nl, 'gemeenten alfabetisch')."
        )
    codes = {name.casefold(): code for code, name in names.items()}
    wanted = said.strip().casefold()
    if wanted not in codes:
        close = difflib.get_close_matches(wanted, codes, n=3)
        likely = f"; is it one of {[names[codes[name]] for name in close]}?" if close else "."
        raise InputError(f"{said!r} is no gemeente in the wijk- en buurtkaart{likely} Give its name or code.")
    return Gemeente(codes[wanted], names[codes[wanted]])


def _names(raw: Path) -> dict[str, str]:
    """Names of gemeenten by code, of the newest wijk- en buurtkaart under `raw`; empty where there is none."""
    fetched = {raw / path: one.year for path, one in retrievals(raw).items() if one.fetch == BORDERS}
    carried = {path: int(year[1]) for path in raw.glob("*/wijkenbuurten*.gpkg") if (year := _YEAR.search(path.name))}
    maps = {path: year for path, year in {**carried, **fetched}.items() if path.is_file()}
    if not maps:
        return {}
    newest = max(maps, key=lambda path: (maps[path], str(path)))
    path = newest.relative_to(raw).as_posix()
    delivered = BorderDelivery(path=path, vintage=maps[newest], licence="", attribution="", layer="gemeenten")
    return gemeente_names(delivered, raw)


def area_name(gemeente: Gemeente, year: int) -> str:
    """A name for the area file: of the gemeente (or its code) and the year, in plain letters."""
    plain = unicodedata.normalize("NFKD", gemeente.name or gemeente.code).encode("ascii", "ignore").decode()
    return f"{re.sub('[^a-z0-9]+', '-', plain.lower()).strip('-')}-{year}"


def area_draft(gemeente: Gemeente, year: int, name: str, registry: Registry) -> str:
    """The text of an area file for one gemeente and year; `read_area_file` accepts it as it is.

    Raises
    ------
    InputError
        When the registry has no borders of that year, or an area cannot be called so.
    """
    if not _NAME.match(name):
        raise InputError(f"{name!r} is no name for an area: use small letters, digits and hyphens. Give another --to.")
    borders, _ = registry.find(BORDERS)
    if year not in borders.years:
        raise RegistryError(f"--jaar {year}: the registry has no borders of that year; it has {sorted(borders.years)}.")
    lines = [*_head(gemeente, year, name, tuple(_untried(year, registry))), "", "sources:"]
    for part in _PARTS:
        lines += _delivery(part, year, name, registry)
    return "\n".join([*lines, *_other_sources(registry), "", *_tail(), ""])


def _untried(year: int, registry: Registry) -> Iterator[str]:
    for name in dict.fromkeys(part.source for part in _PARTS):
        source, _ = registry.find(name)
        if source.years[_nearest(source, year)].seen == "never_fetched":
            yield name


def _head(gemeente: Gemeente, year: int, name: str, untried: Sequence[str]) -> Iterator[str]:
    called = label(gemeente.name) or gemeente.code
    yield f"# {called}, {year}: a first draft, made from the registry of national sources."
    yield "# `samenhang fetch` gets what has a `fetch`; anything else somebody puts into the raw folder, at its `path`."
    yield "# What follows can be used as it is. What only you know is asked for in the comments."
    if untried:
        yield f"# Nobody has tried these addresses of the registry yet: {', '.join(untried)}."
    yield f"name: {name}"
    yield f"title: {_quoted(f'{called} ({year})')}"
    yield f"year: {year}"
    yield f"gemeenten: [{gemeente.code}]"
    yield "# Whose totals people add up to. Take `squares` if you trust these more, and if they are of the same year."
    yield "population: {total_from: buurten}"


def _delivery(part: _Part, year: int, name: str, registry: Registry) -> Iterator[str]:
    source, _ = registry.find(part.source)
    vintage = _nearest(source, year)
    yield f"  # {part.why}"
    if vintage != year:
        yield f"  # The registry has none of {year}: this is another year, and less exact."
    if source.years[vintage].evidence == "assumed":
        yield "  # The address in the registry is a guess, after the pattern of other years."
    if part == next(one for one in _PARTS if one.role == part.role):
        yield f"  {part.role}:"
    layer = source.layers.get(part.role)
    keys = [
        *part.keys,
        f"path: {name}/{filled(part.file, year=str(vintage))}",
        f"fetch: {part.source}",
        f"vintage: {vintage}",
        f"licence: {source.licence}",
        f"attribution: {_quoted(source.attribution_of(vintage))}",
        *([f"layer: {layer}"] if layer else []),
    ]
    for number, key in enumerate(keys):
        yield f"    {'- ' if not number else '  '}{key}" if part.listed else f"    {key}"


def _quoted(text: str) -> str:
    """A text as YAML reads it back, whatever signs are in it: what is JSON is YAML."""
    return json.dumps(text, ensure_ascii=False)


def _nearest(source: Source, year: int) -> int:
    """The year itself, else the nearest before it, else the nearest after it."""
    return min(source.years, key=lambda known: (known > year, abs(known - year)))


def _other_sources(registry: Registry) -> Iterator[str]:
    """Sources that this draft does not use, as comments."""
    used = {part.source for part in _PARTS}
    yield "  # Benches are taken from the OSM extract of the places, unless you add `benches:`."
    yield "  # A survey goes under `respondents:` (with its `codebook`), what residents told you under `inventory:`."
    yield "  # Borders without figures take a table of these under `figures:`; for a column they lack say `constants:`."
    yield "  # Also in the registry, for `fetch`:"
    for name, source in registry.sources.items():
        if name not in used:
            known = "" if set(source.roles) & set(Sources.model_fields) else " (not for a role of this file yet)"
            yield f"  #   {name}: {source.title}; {min(source.years)}-{max(source.years)}{known}"


def _tail() -> Iterator[str]:
    yield "# Is the list of each kind of place complete? complete: every one is in it. partial: there may be more."
    yield "# not_delivered: nothing is known of this kind. OSM is made by volunteers: nobody promises it is complete."
    yield "# Only when you have compared a kind with a list of your own may you say `complete`."
    yield "place_kinds:"
    yield from (f"  {kind}: partial" for kind in booklet_kinds())
    yield ""
    yield "# Why this is measured, and what will follow. Nothing should be measured that nobody will act on."
    yield "signal:"
    yield '  aanleiding: ""  # what gave the reason, and who asked'
    yield '  opvolging: ""  # who will do what with the result, and when'
    yield '  besproken_met_bewoners: ""  # when and with whom this was talked over'
