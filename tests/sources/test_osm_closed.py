"""What is closed, gone or to come in OSM: neither walked, nor counted, nor an obstacle; and always told."""

from collections.abc import Callable
from pathlib import Path

import osmium
import pytest
import shapely

from pipelines.sources.osm_addresses import read_osm_addresses
from pipelines.sources.osm_benches import read_osm_benches
from pipelines.sources.osm_closed import why_closed
from pipelines.sources.osm_dates import years
from pipelines.sources.osm_places import read_osm_places
from pipelines.sources.osm_streets import read_osm_segments

Extract = Callable[..., Path]
ROW = [f"n{number} x{4.37 + number / 1000:.7f} y52.0000000" for number in range(1, 6)]
SQUARE = [
    "n1 x4.3700000 y52.0000000", "n2 x4.3710000 y52.0000000", "n3 x4.3710000 y52.0010000", "n4 x4.3700000 y52.0010000",
]  # fmt: skip
RING = "Nn1,n2,n3,n4,n1"
YEAR = 2024
CLOSED = [
    ("disused=yes", "disused"),
    ("abandoned=yes", "abandoned"),
    ("abandoned=building", "abandoned"),
    ("construction=yes", "construction"),
    ("proposed=yes", "proposed"),
    ("planned=yes", "planned"),
    ("demolished=yes", "demolished"),
    ("demolished=2019", "demolished"),
    ("razed=yes", "razed"),
    ("removed=Yes", "removed"),
    ("ruins=yes", "ruins"),
    ("vacant=yes", "vacant"),
    ("building=construction", "building=construction"),
    ("operational_status=closed", "operational_status"),
    ("opening_hours=closed", "opening_hours"),
    ("opening_hours=off", "opening_hours"),
    ("opening_hours=24/7%20%closed", "opening_hours"),
    ("opening_hours=Mo-Su%20%off", "opening_hours"),
    ("opening_hours=closed%20%%22%verbouwing%22%", "opening_hours"),
    ("opening_hours=%22%verbouwing%22%%20%closed", "opening_hours"),
    ("opening_hours=Mo-Su%20%00:00-24:00%20%off;%20%PH%20%off", "opening_hours"),
    ("end_date=2023", "end_date"),
    ("end_date=2015-07-01", "end_date"),
    ("end_date=2019-05", "end_date"),
    ("end_date=before%20%2024", "end_date"),
    ("end_date=~2015", "end_date"),
    ("start_date=2025", "start_date"),
    ("opening_date=2026-09-01", "opening_date"),
]
OPEN = [
    "disused=no",
    "abandoned=no",
    "construction=no",
    "construction=minor",
    "construction=widening",
    "construction=hearing_aids",
    "proposed=cycleway",
    "abandoned=rail",
    "disused:shop=butcher",
    "abandoned:railway=rail",
    "opening_hours=Mo%20%off",
    "opening_hours=Mo-Fr%20%09:00-17:00;%20%PH%20%off",
    "opening_hours=24/7",
    "end_date=2024",
    "end_date=2024-01-01",
    "end_date=2031-01-01",
    "end_date=before%20%2024-06",
    "end_date=after%20%2010",
    "start_date=2024-12-31",
    "start_date=1970s",
    "start_date=before%20%2030",
]


@pytest.mark.parametrize(("tag", "reason"), CLOSED)
def test_what_is_closed_is_neither_a_place_nor_a_bench_nor_a_way_in_nor_walked(
    extract: Extract, tag: str, reason: str
) -> None:
    nodes = [f"{SQUARE[0]} Tentrance=yes,{tag}", *SQUARE[1:], f"n8 x4.37 y52.0 Tamenity=bench,{tag}"]
    things = [f"n9 x4.37 y52.0 Tamenity=cafe,{tag}", f"w7 Tamenity=school {RING}", f"w8 Tamenity=library,{tag} {RING}"]
    path = extract(*nodes, *things, f"w9 Thighway=footway,{tag} Nn1,n2", "w10 Thighway=footway Nn2,n3")
    places, told = read_osm_places(path, "small", year=YEAR)
    assert (places["source_id"].to_pylist(), places["entrances"].to_pylist()) == (["way/7"], [None])
    ends = f"({reason})"
    assert [(r.problem.endswith(ends), r.action, r.examples) for r in told] == [(True, "set_aside", "node/9, way/8")]
    benches, told = read_osm_benches(path, "small", year=YEAR)
    assert (len(benches), [(r.problem.endswith(ends), r.examples) for r in told]) == (0, [(True, "node/8")])
    streets, told = read_osm_segments(path, "small", year=YEAR)
    assert streets["source_id"].to_pylist() == ["10"]
    assert [(r.problem.endswith(ends), r.action, r.examples.split(", ")[-1]) for r in told] == [
        (True, "set_aside", "9")
    ]


@pytest.mark.parametrize("tag", OPEN)
def test_what_may_be_open_counts(extract: Extract, tag: str) -> None:
    path = extract(*ROW, f"n9 x4.37 y52.0 Tamenity=cafe,{tag}", f"w1 Thighway=footway,{tag} Nn1,n2")
    assert [read(path, "small", year=YEAR)[1] for read in (read_osm_places, read_osm_segments)] == [(), ()]
    assert len(read_osm_places(path, "small", year=YEAR)[0]) == 1


def test_a_date_that_might_close_and_cannot_be_read_is_told(extract: Extract) -> None:
    path = extract(
        *ROW, "n9 x4.37 y52.0 Tamenity=cafe,end_date=onbekend", "w1 Thighway=path,opening_date=straks Nn1,n2"
    )
    for read, key in ((read_osm_places, "end_date"), (read_osm_segments, "opening_date")):
        table, remarks = read(path, "small", year=YEAR)
        assert (len(table), [remark.problem for remark in remarks]) == (1, [f"{key} cannot be read"])


def test_without_a_year_no_date_closes_anything(extract: Extract) -> None:
    assert len(read_osm_places(extract("n9 x4.37 y52.0 Tamenity=cafe,end_date=1990"), "small")[0]) == 1


@pytest.mark.parametrize("tags", ["highway=construction,construction=footway", "highway=footway,construction=path"])
def test_a_path_that_is_being_laid_is_not_walked(extract: Extract, tags: str) -> None:
    table, (remark,) = read_osm_segments(extract(*ROW, f"w1 T{tags} Nn1,n2", "w2 Thighway=path Nn2,n3"), "small")
    assert table["source_id"].to_pylist() == ["2"]
    assert (remark.rows, remark.examples) == (1, "1")


def test_a_gate_that_was_removed_is_no_obstacle_and_one_out_of_use_still_stands_there(extract: Extract) -> None:
    for tag, obstacles in (("removed=yes", 0), ("end_date=2020", 0), ("disused=yes", 1)):
        nodes = [ROW[0], f"{ROW[1]} Tbarrier=gate,{tag}", ROW[2]]
        table, _ = read_osm_segments(extract(*nodes, "w1 Thighway=path Nn1,n2,n3"), "small", year=YEAR)
        lengths = shapely.length(shapely.from_wkb(table["geometry"].to_numpy()))
        assert (lengths == 0).sum() == obstacles


def test_homes_that_were_pulled_down_or_are_being_built_are_none_and_an_empty_one_is(extract: Extract) -> None:
    things = [f"n{n} x4.37 y52.0 Taddr:housenumber={n}{tag}" for n, tag in enumerate(
        ("", ",demolished=yes", ",building=construction", ",vacant=yes", ",end_date=2001"), start=1
    )]  # fmt: skip
    table, remarks = read_osm_addresses(extract(*things), "small", year=YEAR)
    assert table["address_id"].to_pylist() == ["node/1", "node/4"]
    assert sum(remark.rows for remark in remarks) == 3


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2019", (2019, 2019)),
        ("2019-05", (2019, 2019)),
        ("2019-05-12", (2019, 2019)),
        ("2019-05-12T10:00:00Z", (2019, 2019)),
        ("31-12-2019", (2019, 2019)),
        ("1-2-2019", (2019, 2019)),
        ("~2015", (2015, 2015)),
        ("1970s", (1970, 1979)),
        ("late 1970s", (1970, 1979)),
        ("C19", (1801, 1900)),
        ("mid C14", (1301, 1400)),
        ("before 2020", (None, 2019)),
        ("before 2020-03", (None, 2020)),
        ("before 1910s", (None, 1909)),
        ("after 2020", (2021, None)),
        ("2010..2012", (2010, 2012)),
        ("2010..", (2010, None)),
        ("2019-05..2021-06-30", (2019, 2021)),
        ("", (None, None)),
        ("0000", (None, None)),
        ("soon", (None, None)),
        ("20191", (None, None)),
        ("2019?", (None, None)),
    ],
)
def test_a_date_is_read_as_the_years_that_it_may_mean(text: str, expected: tuple[int | None, int | None]) -> None:
    assert years(text) == expected


@pytest.mark.realdata
def test_on_delft_one_path_is_closed_beside_what_calls_itself_under_construction(realdata: Path) -> None:
    path = str(realdata / "delft-campus" / "tudelft.osm.pbf")
    keys = osmium.filter.KeyFilter("highway", "amenity", "shop", "leisure", "entrance")
    closed = [
        f"{thing.type_str()}{thing.id}"
        for thing in osmium.FileProcessor(path).with_filter(keys)
        if why_closed(dict(thing.tags), 2025) and thing.tags.get("highway") not in {"construction", "proposed"}
    ]
    assert closed == ["w946528361"]
