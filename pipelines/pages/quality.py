"""The page `kwaliteit.html`: how good each survey is, under the headings of the European Statistical System.

What a delivery does not tell is said to be unknown. Here nothing is reckoned: figures come from `out/survey_quality`.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.findings.catalogue import catalogue
from pipelines.pages.colophon import Colophon
from pipelines.pages.dispersion import group_name
from pipelines.pages.figures import PublishedTables, in_unit
from pipelines.pages.rendering import asset_text, render
from pipelines.pages.words import Word, dutch_number, words
from pipelines.sources.area_file import AreaFile
from pipelines.sources.instrument import Instrument, instruments

Row = Mapping[str, Any]
_UNRELIABLE = 0.7
_ENDS = ("target", "achieved")
_SCALE_FIGURES = ("alpha", "ordinal_alpha", "omega")


@dataclass(frozen=True)
class Scale:
    """How well one scale measures: figures, whether they are too low, whether it did the same before and in every way.

    `unanswered` is the share who left the item open that most left open.
    """

    title: str
    figures: tuple[str, ...]
    is_unreliable: bool
    same: str
    same_in_ways: str
    unanswered: str
    n_class: str


@dataclass(frozen=True)
class Reached:
    """One category of a margin: the share of people it has, and the share of weight it got."""

    name: str
    target: str
    achieved: str


@dataclass(frozen=True)
class Response:
    """The share who answered ('' with why it is unknown), and of whom nobody did ('' where somebody of all did)."""

    rate: str
    unknown: Word | None
    unheard: str


@dataclass(frozen=True)
class Sampling:
    """How a sample was drawn: by chance or not, in how many strata, how many of one unit, and what its weights cost."""

    by_chance: bool
    strata: int
    per_unit: str
    cost: str
    trimmed: str


@dataclass(frozen=True)
class Part:
    """A stratum or a way of answering, and its rate or share; '' where none is told."""

    name: str
    figure: str


@dataclass(frozen=True)
class Report:
    """All that is told of how good one wave is; '' stands for what is not told."""

    wave: int
    instruments: tuple[Instrument, ...]
    sampling: Sampling | None
    placed: str
    unheard: str
    response: Response | None
    strata: tuple[Part, ...]
    modes: tuple[Part, ...]
    scales: tuple[Scale, ...]
    reached: tuple[Reached, ...]
    years: int
    versions_before: int
    moved: str


def quality_page(tables: PublishedTables, quality: pa.Table, area: AreaFile, colophon: Colophon) -> str:
    """The page as HTML text; it needs no script.

    Parameters
    ----------
    tables
        The published tables.
    quality
        `out/survey_quality`.
    area
        The area file.
    colophon
        Sources, licences and release.
    """
    names = _names(tables)
    waves = sorted(set(quality["wave"].to_pylist()), reverse=True)
    year = colophon.published_on.year
    return render(
        "quality.html",
        styles=(asset_text("page.css"), asset_text("index.css")),
        area=area,
        colophon=colophon,
        reports=[report_of(quality.filter(pc.field("wave") == wave), names, year) for wave in waves],
    )


def report_of(quality: pa.Table, names: Mapping[str, str], year: int) -> Report:
    """Gather what is told of one wave.

    Parameters
    ----------
    quality
        Rows of `out/survey_quality` of that wave.
    names
        Of areas by their code: strata are often called after these.
    year
        In which the release went out.
    """
    wave = quality["wave"][0].as_py()
    revised = _values(quality, "revision")
    coverage = _values(quality, "coverage")
    return Report(
        wave,
        tuple(_asked(quality)),
        _sampling(quality),
        _share(coverage.get("share_placed")),
        _share(coverage.get("share_in_unheard_buurten")),
        response_of(quality),
        _parts(quality, "response", "rate", lambda row: names.get(row["name"], row["name"])),
        _parts(quality, "mode", "share", lambda row: row["mode"]),
        scales(quality),
        reached(quality),
        year - wave,
        int(revised.get("versions_before") or 0),
        _share(revised.get("share_moved")),
    )


def _names(tables: PublishedTables) -> Mapping[str, str]:
    kinds = ("pc4", "buurt", "wijk", "gemeente")
    columns = (tables.areas[kind].select(["area_code", "area_name"]).to_pylist() for kind in kinds)
    return {row["area_code"]: row["area_name"] for rows in columns for row in rows}


def _values(quality: pa.Table, subject: str) -> Mapping[str, float | None]:
    """Values of one subject that are of everybody, by statistic."""
    own = quality.filter((pc.field("subject") == subject) & (pc.field("name") == "") & (pc.field("mode") == ""))
    return dict(zip(own["statistic"].to_pylist(), own["value"].to_pylist(), strict=True))


def _share(value: float | None) -> str:
    return "" if value is None else in_unit(value, "share")


def _asked(quality: pa.Table) -> Iterator[Instrument]:
    """Instruments of which a scale is told."""
    told = set(quality.filter(pc.field("subject") == "scale")["name"].to_pylist())
    return (one for one in instruments().values() if told & set(one.measures))


def _sampling(quality: pa.Table) -> Sampling | None:
    own = quality.filter((pc.field("subject") == "sampling") & (pc.field("statistic") == "drawn"))
    if not len(own):
        return None
    figures, weights = _values(quality, "sampling"), _values(quality, "weights")
    return Sampling(
        own["word"][0].as_py() == "probability",
        int(figures.get("strata") or 1),
        dutch_number(figures.get("respondents_per_unit") or 1.0, 1),
        "" if weights.get("deff") is None else dutch_number(weights["deff"] or 0.0, 2),
        "" if not weights.get("trimmed") else dutch_number(weights["trimmed"] or 0.0),
    )


def _parts(quality: pa.Table, subject: str, statistic: str, name: Callable[[Row], str]) -> tuple[Part, ...]:
    """Parts of a sample that have a name, by that name."""
    own = quality.filter((pc.field("subject") == subject) & (pc.field("statistic") == statistic)).to_pylist()
    named = (Part(name(row), _share(row["value"])) for row in own if row["name"] or row["mode"])
    return tuple(sorted(named, key=lambda part: part.name.casefold()))


def scales(quality: pa.Table) -> tuple[Scale, ...]:
    """How well every scale of one wave measures, of all respondents together."""
    own = quality.filter((pc.field("subject") == "scale") & (pc.field("mode") == "")).to_pylist()
    found = {(row["name"], row["statistic"]): row for row in own}
    tests = quality.filter((pc.field("subject") == "invariance") & (pc.field("statistic") == "verdict")).to_pylist()
    verdicts = {row["name"]: words().invariance[row["word"]] for row in tests}
    left_open = {row["name"]: row["value"] for row in _of_everybody(quality, "item", "share_unanswered")}
    made = []
    for name in dict.fromkeys(row["name"] for row in own):
        alpha = found[name, "alpha"]
        figures = tuple(_figure_text(found.get((name, statistic))) for statistic in _SCALE_FIGURES)
        low = alpha["value"] is not None and alpha["value"] < _UNRELIABLE
        title = catalogue()[name].nl if name in catalogue() else name
        before, ways = (verdicts.get(f"{name}/{between}") for between in ("waves", "modes"))
        same, in_ways = before.nl if before else "", (ways.short or ways.nl) if ways else ""
        open_ = max((share for item, share in left_open.items() if item.startswith(f"{name}/")), default=None)
        made.append(Scale(title, figures, low, same, in_ways, _share(open_), words().n_classes[alpha["n_class"]].nl))
    return tuple(made)


def _of_everybody(quality: pa.Table, subject: str, statistic: str) -> list[Row]:
    """Rows of one statistic, of all ways of answering together, that have a value."""
    own = (pc.field("subject") == subject) & (pc.field("statistic") == statistic) & (pc.field("mode") == "")
    rows: list[Row] = quality.filter(own & pc.field("value").is_valid()).to_pylist()
    return rows


def _figure_text(row: Mapping[str, float | None] | None) -> str:
    if row is None or row["value"] is None:
        return "\N{EN DASH}"
    ends = f" ({_number(row['lower'])} tot {_number(row['upper'])})" if row["lower"] is not None else ""
    return f"{_number(row['value'])}{ends}"


def _number(value: float | None) -> str:
    return "" if value is None else dutch_number(value, 2)


def reached(quality: pa.Table) -> tuple[Reached, ...]:
    """What margins one wave was weighed to, and how nearly they were reached."""
    own = quality.filter(pc.field("subject") == "margin").to_pylist()
    shares = {(row["name"], row["statistic"]): row["value"] for row in own}
    names = dict.fromkeys(row["name"] for row in own)
    return tuple(
        Reached(group_name(*name.split("/", 1)), *(in_unit(shares[name, end], "share") for end in _ENDS))
        for name in names
    )


def response_of(quality: pa.Table) -> Response | None:
    """Which part answered of those asked, of one wave; None where nothing is told of it."""
    own = quality.filter((pc.field("subject") == "response") & (pc.field("name") == "")).to_pylist()
    rows = {row["statistic"]: row for row in own}
    if "rate" not in rows:
        return None
    rate, unheard = rows["rate"], rows.get("share_unheard", {}).get("value")
    return Response(
        "" if rate["value"] is None else in_unit(rate["value"], "share"),
        words().response_unknown.get(rate["word"]),
        in_unit(unheard, "share") if unheard else "",
    )
