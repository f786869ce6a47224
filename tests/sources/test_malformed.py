"""Malformed deliveries, at least four of every reader: each an error that says what, where and how to mend it, or a
remark that counts the rows set aside; never a traceback."""

import copy
import json
import re
import shutil
import zipfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import openpyxl
import osmium
import pandas as pd
import pyreadstat
import pytest
import shapely
import shapely.affinity

from pipelines import check, geo
from pipelines.errors import InputError
from pipelines.sources import deliveries
from pipelines.sources.area_file import AreaFile
from pipelines.sources.cbs import read_municipality, read_statistics
from pipelines.sources.place_kinds import booklet_kinds
from pipelines.sources.remarks import Remark

WEST, EAST = shapely.box(155_000, 463_000, 155_500, 464_000), shapely.box(155_500, 463_000, 156_000, 464_000)
AGES = {f"percentage_personen_{band}": [20, 20] for band in (
    "0_tot_15_jaar", "15_tot_25_jaar", "25_tot_45_jaar", "45_tot_65_jaar", "65_jaar_en_ouder")}  # fmt: skip
COUNTS = {name.replace("percentage_personen", "aantal_inwoners"): [2, 2] for name in AGES}
DOORS = [shapely.Point(155_100 + 80 * n, 463_100 + 80 * n) for n in range(10)]
PLACES = pd.DataFrame(
    {
        "nr": [f"P{n}" for n in range(10)],
        "naam": [f"Plek {n}" for n in range(10)],
        "soort": ["Buurthuis"] * 10,
        "x": [door.x for door in DOORS],
        "y": [door.y for door in DOORS],
    }
)
ANSWERS = pd.DataFrame(
    {
        "respondent": [f"r{n}" for n in range(60)],
        "buurtcode": ["BU99990101", "BU99990102"] * 30,
        "gewicht": [1.0] * 60,
        **{f"v{item}": [float((n * item + n // 7) % 5 + 1) for n in range(60)] for item in (1, 2, 3)},
    }
)
CODEBOOK = "item;schaal;tekst_nl;tekst_en;laagste;hoogste;omgekeerd;weet_niet\n" + "".join(
    f"v{n};;Vraag {n};Question {n};1;5;nee;9\n" for n in (1, 2, 3)
)
INVENTORY = "nummer;datum;buurtcode;onderwerp;gezegd_door;citaat;toestemming\n" + "".join(
    f"I{n};2024-05-0{n};BU99990101;bank;bewoner;Een bank graag.;ja\n" for n in (1, 2, 3)
)
CROSSWALK = "PC6;Huisnummer;Buurt2024;Wijk2024;Gemeente2024\n" + "".join(
    f"1000A{letter};{n};99990101;999901;9999\n" for letter in "AB" for n in (1, 2, 3)
)
DUO = "VESTIGINGSCODE;VESTIGINGSNAAM;HUISNUMMER-TOEVOEGING;POSTCODE;GEMEENTENUMMER\n" + "".join(
    f"01A{n}00;School {n};{n};1000 AA;9999\n" for n in (1, 2)
)
OBSERVATIONS = [
    {"Id": n, "Measure": "T1", "ValueAttribute": "None", "Value": 12.0, "WijkenEnBuurten": code}
    for n, code in enumerate(("GM9999    ", "WK999901  ", "BU99990101"))
]
PC4_AGES = "postcode;leeftijd;inwoners\n" + "".join(f"1000;{low}-{low + 4};1\n" for low in range(0, 50, 5))
COMMON = {"vintage": 2024, "licence": "CC0-1.0", "attribution": "nobody"}


def listed(path: str, form: str = "csv", **more: Any) -> dict[str, Any]:
    columns = {"id": "nr", "name": "naam", "kind": "soort"} | ({"x": "x", "y": "y"} if form == "csv" else {})
    return {"format": form, "path": path, "columns": columns, "kinds": {"Buurthuis": "buurtcentrum"}, **COMMON, **more}


AREA: dict[str, Any] = {
    "name": "gehucht", "title": "Gehucht", "year": 2024, "gemeenten": ["GM9999"],
    "population": {"total_from": "buurten"},
    "sources": {
        **{role: {"path": f"{role}.gpkg", **COMMON} for role in ("buurten", "pc4", "pc6", "squares", "addresses")},
        "pc4_ages": {"path": "leeftijden.csv", **COMMON},
        "crosswalk": {"path": "pc6hnr.csv", **COMMON},
        "statline": [{"path": "kerncijfers.json", "table": "85984NED", **COMMON}],
        "streets": {"format": "osm", "path": "a.osm.pbf", **COMMON},
        "places": [
            {"format": "osm", "path": "a.osm.pbf", **COMMON},
            {"format": "duo", "path": "duo.csv", **COMMON},
            *(listed(f"plekken.{ending}") for ending in ("csv", "xlsx")),
            *(listed(f"plekken.{ending}", "layer") for ending in ("geojson", "gpkg", "zip")),
        ],
        "benches": [{"format": "osm", "path": "a.osm.pbf", **COMMON}],
        "respondents": {"path": "enquete.csv", "codebook": "codeboek.csv", **COMMON},
        "inventory": {"path": "inventaris.csv", **COMMON},
    },
    "place_kinds": dict.fromkeys(booklet_kinds(), "partial"),
}  # fmt: skip


@dataclass
class Hamlet:
    """Sound deliveries of a small area, to be broken: the raw folder, and the area file as a mapping."""

    raw: Path
    area: dict[str, Any] = field(default_factory=lambda: copy.deepcopy(AREA))

    def rewrite(self, name: str, old: str, new: str, count: int = 1) -> None:
        text = (self.raw / name).read_text(encoding="utf-8")
        assert old in text
        (self.raw / name).write_text(text.replace(old, new, count), encoding="utf-8")

    def write(self, name: str, content: bytes) -> None:
        (self.raw / name).write_bytes(content)

    def cut(self, name: str, share: float = 0.5) -> None:
        content = (self.raw / name).read_bytes()
        self.write(name, content[: int(len(content) * share)])

    def remake(self, name: str, change: Callable[[gpd.GeoDataFrame], gpd.GeoDataFrame]) -> None:
        frame = change(gpd.read_file(self.raw / name))
        (self.raw / name).unlink()
        if name.endswith(".zip"):
            _zipped(self.raw / name, frame)
        else:
            frame.to_file(self.raw / name)

    def say(self, **keys: Any) -> None:
        """Change keys of the delivery of each role."""
        for role, changed in keys.items():
            delivery = self.area["sources"][role]
            (delivery[0] if isinstance(delivery, list) else delivery).update(changed)

    def only(self, path: str) -> None:
        """Leave the list or layer of places at `path`, and none other."""
        self.area["sources"]["places"] = [one for one in AREA["sources"]["places"] if one["path"] == path]

    def answers(self, ending: str, **columns: Any) -> None:
        """Deliver the answers in a file of another kind, with other columns."""
        frame = ANSWERS.assign(**columns)
        path = self.raw / f"enquete.{ending}"
        if ending == "sav":
            pyreadstat.write_sav(frame, str(path))
        elif ending == "xlsx":
            frame.to_excel(path, index=False)
        elif ending == "parquet":
            frame.to_parquet(path)
        else:
            frame.to_csv(path, sep=";", index=False)
        self.say(respondents={"path": path.name})

    @property
    def file(self) -> AreaFile:
        return AreaFile.model_validate(self.area)


def _zipped(path: Path, frame: gpd.GeoDataFrame, without: str = "") -> None:
    bare = path.parent / "bare"
    bare.mkdir()
    frame.to_file(bare / "plekken.shp")
    with zipfile.ZipFile(path, "w") as packed:
        for part in sorted(bare.iterdir()):
            if part.suffix != without:
                packed.write(part, part.name)
    shutil.rmtree(bare)


def _osm(path: Path, tags: str = "surface=asphalt", east_m: float = 0.0, bench: str = "amenity=bench") -> None:
    points = [(155_100.0 + 50 * n + east_m, 463_200.0) for n in range(8)]
    lon, lat = geo.to_wgs84(*map(pd.Series, zip(*points, strict=True)))
    nodes = [f"n{n} x{x:.7f} y{y:.7f}" for n, (x, y) in enumerate(zip(lon, lat, strict=True), start=1)]
    nodes[6] += f" T{bench}" if bench else ""
    nodes[7] += " Tamenity=cafe,name=Caf"
    lines = [*nodes, f"w1 Thighway=footway,{tags} Nn1,n2,n3,n4,n5,n6"]
    with osmium.SimpleWriter(str(path), overwrite=True) as writer:
        for thing in osmium.FileProcessor(osmium.io.FileBuffer("\n".join(lines).encode(), "opl")):
            writer.add(thing)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    raw = tmp_path_factory.mktemp("sound")
    buurten = {
        "buurtcode": ["BU99990101", "BU99990102"], "buurtnaam": ["West", "Oost"], "wijkcode": ["WK999901"] * 2,
        "wijknaam": ["Wijk"] * 2, "gemeentecode": ["GM9999"] * 2, "gemeentenaam": ["Gehucht"] * 2,
        "water": ["NEE"] * 2, "aantal_inwoners": [10, 10], **AGES,
    }  # fmt: skip
    halves = [WEST, EAST]
    gpd.GeoDataFrame(buurten, geometry=halves, crs=28992).to_file(raw / "buurten.gpkg", layer="buurten")
    counts = {"aantal_inwoners": [10, 10], **COUNTS}
    gpd.GeoDataFrame({"postcode": [1000, 1001], **counts}, geometry=halves, crs=28992).to_file(raw / "pc4.gpkg")
    pc6 = {"postcode6": ["1000AA", "1001AB"], **counts}
    gpd.GeoDataFrame(pc6, geometry=halves, crs=28992).to_file(raw / "pc6.gpkg")
    squares = [shapely.box(155_000 + 100 * n, 463_000, 155_100 + 100 * n, 463_100) for n in range(2)]
    codes = {"crs28992res100m": ["E1550N4630", "E1551N4630"], **counts}
    gpd.GeoDataFrame(codes, geometry=squares, crs=28992).to_file(raw / "squares.gpkg")
    bag = {
        "identificatie": [f"99990100000000{n:02d}" for n in range(10)],
        "gebruiksdoel": ["onderwijsfunctie"] * 3 + ["woonfunctie"] * 7,
        "status": ["Verblijfsobject in gebruik"] * 10, "postcode": ["1000AA"] * 5 + ["1001AB"] * 5,
        "huisnummer": list(range(10)), "huisletter": [None] * 10, "toevoeging": [None] * 10,
    }  # fmt: skip
    gpd.GeoDataFrame(bag, geometry=DOORS, crs=28992).to_file(raw / "addresses.gpkg", layer="verblijfsobject")
    drawn = gpd.GeoDataFrame(PLACES[["nr", "naam", "soort"]], geometry=DOORS, crs=28992)
    drawn.to_file(raw / "plekken.gpkg")
    drawn.to_crs(4326).to_file(raw / "plekken.geojson")
    _zipped(raw / "plekken.zip", drawn)
    PLACES.to_excel(raw / "plekken.xlsx", index=False)
    PLACES.to_csv(raw / "plekken.csv", sep=";", index=False)
    ANSWERS.to_csv(raw / "enquete.csv", sep=";", index=False)
    texts = {
        "codeboek.csv": CODEBOOK, "inventaris.csv": INVENTORY, "pc6hnr.csv": CROSSWALK, "duo.csv": DUO,
        "leeftijden.csv": PC4_AGES, "kerncijfers.json": json.dumps({"value": OBSERVATIONS}),
    }  # fmt: skip
    for name, text in texts.items():
        (raw / name).write_text(text, encoding="utf-8")
    _osm(raw / "a.osm.pbf")
    return raw


@pytest.fixture
def hamlet(sound: Path, tmp_path: Path) -> Hamlet:
    return Hamlet(Path(shutil.copytree(sound, tmp_path / "raw")))


def remarks_of(hamlet: Hamlet) -> tuple[Remark, ...]:
    """Everything that the readers set aside or mended."""
    area, raw = hamlet.file, hamlet.raw
    town = read_municipality(area, raw)
    delivered = deliveries.Delivered(area, raw, town)
    found = [*(town.buurten.remarks if town.buurten else ()), *read_statistics(area, raw, town).remarks]
    for read in (
        deliveries.delivered_addresses,
        deliveries.delivered_segments,
        deliveries.delivered_places,
        deliveries.delivered_benches,
    ):
        found += read(delivered)[1]
    for of_area in (deliveries.delivered_crosswalk, deliveries.delivered_context, deliveries.delivered_inventory):
        found += of_area(area, raw)[1]
    return (*found, *deliveries.delivered_survey(area, raw).remarks)


def moved(east_m: float, north_m: float = 0.0) -> Callable[[gpd.GeoDataFrame], gpd.GeoDataFrame]:
    return lambda frame: frame.set_geometry(frame.geometry.translate(east_m, north_m))


def swapped(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return frame.set_geometry(shapely.transform(frame.geometry.to_numpy(), lambda xy: xy[:, ::-1]), crs=frame.crs)


def without(column: str) -> Callable[[gpd.GeoDataFrame], gpd.GeoDataFrame]:
    return lambda frame: frame.drop(columns=column)


def twice(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return pd.concat([frame, frame], ignore_index=True)


def first_gone(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return frame.set_geometry([None, *frame.geometry[1:]], crs=frame.crs)


def bow_tie(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    x, y = 155_000, 463_000
    torn = shapely.Polygon([(x, y), (x + 500, y + 1_000), (x + 500, y), (x, y + 1_000)])
    return frame.set_geometry([torn, *frame.geometry[1:]], crs=frame.crs)


def sheet(hamlet: Hamlet, name: str, rows: list[list[object]], *titles: str) -> None:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    for title in titles:
        book.create_sheet(title)
    book.save(hamlet.raw / name)


# ruff: noqa: E501 - in these tables a row to a line reads best
# fmt: off
Break = Callable[[Hamlet], object]
# Reader, what is wrong, how it is broken, and what the error (or, after `#`, the remark) must say.
LAYERS: dict[str, tuple[str, str]] = {
    "area polygons": ("buurten.gpkg", "buurtcode"),
    "PC4": ("pc4.gpkg", "postcode"),
    "PC6": ("pc6.gpkg", "postcode6"),
    "squares": ("squares.gpkg", "crs28992res100m"),
    "BAG addresses": ("addresses.gpkg", "identificatie"),
    "place list GeoPackage": ("plekken.gpkg", "nr"),
    "place list GeoJSON": ("plekken.geojson", "nr"),
    "place list Shapefile": ("plekken.zip", "nr"),
}


def _of_layer(reader: str, name: str, column: str) -> list[tuple[str, str, Break, str]]:
    # What is read first says where the area is: when that is moved, it is all others that lie elsewhere.
    elsewhere = [(reader, "of another town", lambda h: h.remake(name, lambda f: moved(60_000)(f.to_crs(28992)).to_crs(f.crs)), rf"{name}.*lies \d+ km from the area .*(set `crs`|deliver the right file)")]
    # A postcode in several rows is one area of several parts.
    repeated = [(reader, "every row twice", lambda h: h.remake(name, twice), rf"{name}.*{column}.*(twice|repeats)")]
    return [
        *(elsewhere if reader != "area polygons" else []),
        *(repeated if not reader.startswith("PC") else []),
        (reader, "cut short", lambda h: h.cut(name), rf"{name}.*(cut short|complete zip).*([Dd]ownload or copy)"),
        (reader, "a page instead", lambda h: h.write(name, b"<html>Not found</html>" * 99), rf"{name}.*([Dd]ownload or copy)"),
        # Postcodes without figures go by several names: the error gives one of them.
        (reader, "a column gone", lambda h: h.remake(name, without(column)), rf"{name}.*column '({column}|PC4)' .*is missing.*columns"),
        (reader, "axes swapped", lambda h: h.remake(name, swapped), rf"{name}.*(axes may be swapped|outside)"),
        (reader, "no rows", lambda h: h.remake(name, lambda f: f.iloc[:0]), rf"{name}.*(empty).*Deliver it again"),
        (reader, "a row without a place", lambda h: h.remake(name, first_gone), rf"#{name}.*no geometry.*set_aside 1" if reader != "area polygons" else rf"{name}.*BU99990101 has no geometry in the Netherlands and 10 inhabitants"),
    ]


def _of_answers(ending: str) -> list[tuple[str, str, Break, str]]:
    reader, name = f"respondents {ending.upper()}", f"enquete.{ending}"
    broken = ["1"] * 59 + ["x"]
    return [
        (reader, "cut short", lambda h: (h.answers(ending), h.cut(name, 0.3)), f"{name}.*(cut short|save it again|cells|answers|no number)"),
        (reader, "a word for a weight", lambda h: h.answers(ending, gewicht=broken), f"{name}: column 'gewicht' is no number in 1 rows"),
        (reader, "one id twice", lambda h: h.answers(ending, respondent=["r1"] * 60), f"{name}.*(59|60).*respondent|{name}.*repeat"),
        (reader, "an answer outside", lambda h: h.answers(ending, v1=[7.0] * 60), f"{name}: .*item 'v1': 60 outside 1 to 5.*codebook"),
        (reader, "codes of no buurt", lambda h: h.answers(ending, buurtcode=["Oost"] * 60), f"{name}: column 'buurtcode' holds 60 .*BU0014"),
        (reader, "another kind inside", lambda h: (h.answers(ending), h.write(name, b"\x00\x01\x02" * 99)), f"{name}: is no "),
        (reader, "no buurt", lambda h: h.answers(ending, buurtcode=["", "BU99990101"] * 30), f"#{name}.*without a buurt.*set_aside 30"),
    ]


def _observed(h: Hamlet, **changed: Any) -> None:
    h.write("kerncijfers.json", json.dumps({"value": [{**row, **changed} for row in OBSERVATIONS]}).encode())


ROWS: list[tuple[str, str, Break, str]] = [
    *(row for reader, (name, column) in LAYERS.items() for row in _of_layer(reader, name, column)),
    *(row for ending in ("csv", "xlsx", "sav", "parquet") for row in _of_answers(ending)),
    ("area polygons", "a torn polygon", lambda h: h.remake("buurten.gpkg", bow_tie), r"buurten.*row 1 \(buurtcode BU\d+\) is an invalid polygon.*Mend"),
    ("area polygons", "another gemeente", lambda h: h.area.update(gemeenten=["GM0014"]), r"buurten.*\['GM0014'\].*GM9999.*Correct"),
    ("area polygons", "a year without names", lambda h: h.say(buurten={"vintage": 1995}), r"buurten.*1995.*vintage"),
    ("squares", "codes that are none", lambda h: h.remake("squares.gpkg", lambda f: f.assign(crs28992res100m=["x", "y"])), "no square of CBS.*E2334N5820.*columns"),
    ("BAG addresses", "no dwelling", lambda h: h.remake("addresses.gpkg", lambda f: f.assign(gebruiksdoel="winkelfunctie")), "no dwelling in use.*Deliver the BAG"),
    ("BAG addresses", "not in use", lambda h: h.remake("addresses.gpkg", lambda f: f.assign(status=["x", *f["status"][1:]], gebruiksdoel="woonfunctie")), "#addresses.*dwelling not in use set_aside 1"),
    ("PC4 ages", "a column gone", lambda h: h.rewrite("leeftijden.csv", "inwoners", "mensen"), r"leeftijden\.csv: columns \['inwoners'\] are missing.*columns"),
    ("PC4 ages", "ages in words", lambda h: h.rewrite("leeftijden.csv", "5-9", "jong"), r"leeftijden\.csv: \['jong'\] are no age groups\. Write"),
    ("PC4 ages", "a cell too many", lambda h: h.rewrite("leeftijden.csv", "5-9;1", "5-9;1;7"), r"leeftijden\.csv: line 3 has 4 cells"),
    ("PC4 ages", "no rows", lambda h: h.write("leeftijden.csv", b"postcode;leeftijd;inwoners\n"), r"leeftijden\.csv: holds no rows"),
    ("PC4 ages", "UTF-16", lambda h: h.write("leeftijden.csv", PC4_AGES.encode("utf-16")), r"leeftijden\.csv: is no plain text .*Save it"),
    ("crosswalk", "a column gone", lambda h: h.rewrite("pc6hnr.csv", "Buurt2024", "B"), r"pc6hnr\.csv: which column holds the buurt\?.*columns"),
    ("crosswalk", "of another year", lambda h: h.rewrite("pc6hnr.csv", "Buurt2024", "Buurt2019"), r"pc6hnr\.csv: column 'Buurt2019' is of 2019.*vintage"),
    ("crosswalk", "a cell too few", lambda h: h.rewrite("pc6hnr.csv", ";2;99990101", ";99990101"), r"pc6hnr\.csv: is no CSV .*Expected 5 columns.*download"),
    ("crosswalk", "of another gemeente", lambda h: h.rewrite("pc6hnr.csv", ";9999\n", ";14\n", 99), r"pc6hnr\.csv: column 'Gemeente2024' holds none of .*GM9999"),
    ("crosswalk", "no number", lambda h: h.rewrite("pc6hnr.csv", "AA;1;", "AA;bis;"), r"#pc6hnr\.csv.*no house number set_aside 1"),
    ("crosswalk", "two buurten", lambda h: h.rewrite("pc6hnr.csv", "AA;2;99990101", "AA;1;99990102"), r"#pc6hnr\.csv.*in several buurten set_aside 1"),
    ("crosswalk", "no such file", lambda h: (h.raw / "pc6hnr.csv").unlink(), r"pc6hnr\.csv: there is no such file"),
    ("StatLine", "cut short", lambda h: h.cut("kerncijfers.json"), r"kerncijfers\.json: is no JSON .*download"),
    ("StatLine", "a column gone", lambda h: h.rewrite("kerncijfers.json", "Measure", "M", 9), r"kerncijfers\.json: \['Measure'\] are missing"),
    ("StatLine", "of another gemeente", lambda h: _observed(h, WijkenEnBuurten="GM0014"), r"kerncijfers\.json: holds nothing on \['GM9999'\]"),
    ("StatLine", "a word for a figure", lambda h: _observed(h, Value="veel"), r"kerncijfers\.json: row 1: 'Value' is no number"),
    ("StatLine", "figures twice", lambda h: _observed(h, WijkenEnBuurten="GM9999"), r"kerncijfers\.json: 2 figures .*twice.*Fetch"),
    ("StatLine", "an unknown reason", lambda h: _observed(h, Value=None, ValueAttribute="Weg"), r"#kerncijfers\.json.*not known here read as not delivered 3"),
    ("OSM streets", "cut short", lambda h: h.cut("a.osm.pbf"), r"a\.osm\.pbf: (cannot be read as OSM PBF|holds no streets)"),
    ("OSM streets", "of another town", lambda h: _osm(h.raw / "a.osm.pbf", east_m=60_000), r"a\.osm\.pbf: lies \d+ km from the area"),
    ("OSM streets", "XML", lambda h: h.write("a.osm.pbf", b"<osm/>"), r"a\.osm\.pbf: cannot be read as OSM XML .*download"),
    ("OSM streets", "a width in words", lambda h: _osm(h.raw / "a.osm.pbf", "width=breed"), r"#a\.osm\.pbf: width.* cannot be read read as unknown 1"),
    ("OSM streets", "no such file", lambda h: (h.raw / "a.osm.pbf").unlink(), r"a\.osm\.pbf: there is no such file"),
    *(("OSM places", what, lambda h, b=b: (h.say(streets={"path": "b.osm.pbf"}, benches={"path": "b.osm.pbf"}), shutil.copy(h.raw / "a.osm.pbf", h.raw / "b.osm.pbf"), b(h)), words) for what, b, words in (("cut short", lambda h: h.write("a.osm.pbf", (h.raw / "a.osm.pbf").read_bytes()[:-20]), r"a\.osm\.pbf: cannot be read as OSM PBF"), ("of another town", lambda h: _osm(h.raw / "a.osm.pbf", east_m=60_000), r"a\.osm\.pbf: lies \d+ km from the area"), ("XML", lambda h: h.write("a.osm.pbf", b"<osm/>"), r"a\.osm\.pbf: cannot be read as OSM XML .*download"), ("outside the country", lambda h: _osm(h.raw / "a.osm.pbf", east_m=900_000), r"a\.osm\.pbf: .*outside the Netherlands"))),
    *(("OSM benches", what, lambda h, b=b: (h.say(benches={"path": "b.osm.pbf"}), b(h)), words) for what, b, words in (("cut short", lambda h: h.write("b.osm.pbf", (h.raw / "a.osm.pbf").read_bytes()[:-20]), r"b\.osm\.pbf: cannot be read as OSM PBF"), ("of another town", lambda h: _osm(h.raw / "b.osm.pbf", east_m=60_000), r"b\.osm\.pbf: lies \d+ km from the area"), ("XML", lambda h: h.write("b.osm.pbf", b"<osm/>"), r"b\.osm\.pbf: cannot be read as OSM XML .*download"), ("no such file", lambda h: (h.raw / "b.osm.pbf").unlink(missing_ok=True), r"b\.osm\.pbf: there is no such file"))),
    ("DUO", "a column gone", lambda h: h.rewrite("duo.csv", "POSTCODE", "PLAATS"), r"duo\.csv: column 'POSTCODE' is missing.*columns"),
    ("DUO", "of another gemeente", lambda h: h.rewrite("duo.csv", ";9999\n", ";0014\n", 9), r"duo\.csv: holds no school in the area \(GM9999\)"),
    ("DUO", "nothing found", lambda h: h.rewrite("duo.csv", "1000 AA", "9711 AA", 9), r"duo\.csv: none of its 2 schools .*9711AA 1.*Deliver a BAG"),
    ("DUO", "one code twice", lambda h: h.rewrite("duo.csv", "01A200", "01A100"), r"duo\.csv: column 'VESTIGINGSCODE' repeats"),
    ("DUO", "a number unknown", lambda h: h.rewrite("duo.csv", ";2;", ";999;"), r"#duo\.csv: .*not in the BAG set_aside 1"),
    ("DUO", "no number", lambda h: h.rewrite("duo.csv", ";2;", ";;"), r"#duo\.csv: school without a postcode or house number set_aside 1"),
    ("place list CSV", "no coordinate", lambda h: h.rewrite("plekken.csv", "155100.0", "hier"), r"plekken\.csv: line 2, column 'x': 'hier' is no number .*Write RD"),
    ("place list CSV", "a cell too few", lambda h: h.rewrite("plekken.csv", "P1;", ""), r"plekken\.csv: line 3 has 4 cells, the first line 5"),
    ("place list CSV", "a quote too many", lambda h: h.rewrite("plekken.csv", "Plek 9", '"Plek 9'), r"plekken\.csv: line 11 is no CSV .*quotation"),
    ("place list CSV", "one name twice", lambda h: h.rewrite("plekken.csv", "naam", "nr"), r"plekken\.csv: column 2 has the name of an earlier one"),
    ("place list CSV", "axes swapped", lambda h: h.rewrite("plekken.csv", ";x;y", ";y;x"), r"plekken\.csv: line 2 lies outside the Netherlands .*swapped"),
    ("place list CSV", "a kind unknown", lambda h: h.rewrite("plekken.csv", "Buurthuis", "Hangplek"), r"#plekken\.csv: kind of place not mapped set_aside 1"),
    ("place list XLSX", "cut short", lambda h: h.cut("plekken.xlsx"), r"plekken\.xlsx: is no XLSX .*cut short: download or copy"),
    ("place list XLSX", "two sheets", lambda h: sheet(h, "plekken.xlsx", [["nr"], ["1"]], "Uitleg"), r"plekken\.xlsx: which sheet\? .*Uitleg.*`layer`"),
    ("place list XLSX", "a first line alone", lambda h: sheet(h, "plekken.xlsx", [["nr", "naam"]]), r"plekken\.xlsx: holds no rows"),
    ("place list XLSX", "a column gone", lambda h: sheet(h, "plekken.xlsx", [["nr", "naam", "x", "y"], ["1", "a", 155_100, 463_100]]), r"plekken\.xlsx: column 'soort' is missing"),
    ("place list XLSX", "a word for a place", lambda h: sheet(h, "plekken.xlsx", [list(PLACES.columns), ["1", "a", "Buurthuis", "hier", 1]]), r"plekken\.xlsx: line 2, column 'x': 'hier'"),
    ("place list XLSX", "a kind unknown", lambda h: sheet(h, "plekken.xlsx", [list(PLACES.columns), ["1", "a", "b", 155_100, 463_100], ["2", "a", "Buurthuis", 155_100, 463_100]]), r"#plekken\.xlsx: kind of place not mapped set_aside 1"),
    ("place list Shapefile", "no system", lambda h: _zipped(h.raw / "plekken.zip", gpd.GeoDataFrame(PLACES, geometry=DOORS, crs=28992), ".prj"), r"plekken\.zip: declares no coordinate system.*\.prj.*crs: EPSG:28992"),
    ("place list Shapefile", "half of it", lambda h: _zipped(h.raw / "plekken.zip", gpd.GeoDataFrame(PLACES, geometry=DOORS, crs=28992), ".shp"), r"plekken\.zip: holds no layer"),
    ("codebook", "a column gone", lambda h: h.rewrite("codeboek.csv", "omgekeerd", "o"), r"codeboek\.csv: columns \['omgekeerd'\] are missing.*Write them"),
    ("codebook", "neither yes nor no", lambda h: h.rewrite("codeboek.csv", ";nee;", ";misschien;"), r"codeboek\.csv: item 'v1': omgekeerd is 'misschien'\. Write"),
    ("codebook", "no span", lambda h: h.rewrite("codeboek.csv", ";1;5;", ";5;1;"), r"codeboek\.csv: item 'v1': laagste '5' and hoogste '1' span"),
    ("codebook", "one item twice", lambda h: h.rewrite("codeboek.csv", "v2;", "v1;"), r"codeboek\.csv: items \['v1'\] stand there more than once"),
    ("codebook", "an answer that is none", lambda h: h.rewrite("codeboek.csv", ";nee;9", ";nee;3"), r"codeboek\.csv: item 'v1': weet_niet '3' .*Use codes"),
    ("inventory", "consent unclear", lambda h: h.rewrite("inventaris.csv", ";ja", ";misschien"), r"inventaris\.csv: consent is neither ja nor nee in 1"),
    ("inventory", "no day", lambda h: h.rewrite("inventaris.csv", "2024-05-01", "mei"), r"inventaris\.csv: column 'datum' holds no date .*Write days"),
    ("inventory", "no buurt code", lambda h: h.rewrite("inventaris.csv", "BU99990101", "West"), r"inventaris\.csv: .*1 values that are no code of a buurt\. Write"),
    ("inventory", "one number twice", lambda h: h.rewrite("inventaris.csv", "I2;", "I1;"), r"inventaris\.csv: 1 records have the number of another"),
    ("inventory", "without consent", lambda h: h.rewrite("inventaris.csv", ";ja", ";nee"), r"#inventaris\.csv: record without consent .*set_aside 1"),
]
# fmt: on
READERS = (
    "area polygons",
    "PC4",
    "PC6",
    "squares",
    "PC4 ages",
    "crosswalk",
    "StatLine",
    "BAG addresses",
    "OSM places",
    "OSM streets",
    "OSM benches",
    "DUO",
    "place list CSV",
    "place list XLSX",
    "place list GeoJSON",
    "place list GeoPackage",
    "place list Shapefile",
    "respondents CSV",
    "respondents XLSX",
    "respondents SAV",
    "respondents PARQUET",
    "codebook",
    "inventory",
)  # fmt: skip


def test_the_deliveries_are_sound_before_they_are_broken(hamlet: Hamlet):
    assert check.verdict(hamlet.file, hamlet.raw).problems == ()
    assert [
        remark for remark in remarks_of(hamlet) if remark.action == "set_aside" and "dwelling" not in remark.problem
    ] == []


def test_of_every_reader_at_least_four_malformed_inputs_are_tried():
    assert all(Counter(row[0] for row in ROWS)[reader] >= 4 for reader in READERS)
    assert {row[0] for row in ROWS} == set(READERS)


@pytest.mark.parametrize(("reader", "what", "breaks", "words"), ROWS, ids=[f"{row[0]}: {row[1]}" for row in ROWS])
def test_what_is_malformed_is_told_and_ends_in_no_traceback(
    hamlet: Hamlet, reader: str, what: str, breaks: Break, words: str
):
    breaks(hamlet)
    if words.startswith("#"):
        assert check.verdict(hamlet.file, hamlet.raw).problems == ()
        said = [f"{one.source}: {one.problem} {one.action} {one.rows}" for one in remarks_of(hamlet)]
    else:
        said = list(check.verdict(hamlet.file, hamlet.raw).problems)
        with pytest.raises(InputError):
            remarks_of(hamlet)
        assert all(sentence.endswith((".", "?")) for sentence in said), said
    assert [sentence for sentence in said if _fits(words.removeprefix("#"), sentence)], (reader, what, said)


def _fits(words: str, sentence: str) -> bool:
    return re.search(words, sentence, re.DOTALL) is not None
