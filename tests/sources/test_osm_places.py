"""The readers of places and benches on extracts of a few nodes, written here as OPL, and on the one of Delft."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import shapely

from pipelines.contracts import violations
from pipelines.errors import SourceError
from pipelines.sources.contracts import BENCHES, PLACES
from pipelines.sources.osm_benches import read_osm_benches
from pipelines.sources.osm_places import read_osm_places
from pipelines.sources.place_kinds import booklet_kinds

Extract = Callable[..., Path]
SQUARE = [
    "n1 x4.3700000 y52.0000000", "n2 x4.3710000 y52.0000000", "n3 x4.3710000 y52.0010000", "n4 x4.3700000 y52.0010000",
]  # fmt: skip
RING = "Nn1,n2,n3,n4,n1"


def places(path: Path) -> list[dict[str, Any]]:
    table, _ = read_osm_places(path, "town/small.osm.pbf")
    assert violations(table, PLACES) == ()
    return list(table.to_pylist())


@pytest.mark.parametrize(
    ("tag", "kind"),
    [
        ("shop=supermarket", "winkel"),
        ("amenity=marketplace", "winkel"),
        ("amenity=school", "school"),
        ("amenity=community_centre", "buurtcentrum"),
        ("amenity=library", "bibliotheek"),
        ("amenity=place_of_worship", "gebedshuis"),
        ("social_facility=nursing_home,amenity=social_facility", "zorgcentrum"),
        ("amenity=social_facility", "buurtcentrum"),
        ("garden:type=community,leisure=garden", "buurttuin"),
        ("leisure=playground", "speelplek"),
        ("amenity=pub", "horeca"),
        ("leisure=pitch", "sport"),
    ],
)
def test_a_tag_gives_the_kind_of_the_booklet(extract: Extract, tag: str, kind: str) -> None:
    row = places(extract(f"n5 x4.37 y52.0 T{tag},name=De%20%Hoek"))[0]
    assert (row["place_kind"], row["source"], row["source_id"]) == (kind, "town/small.osm.pbf", "node/5")
    assert row["name"] == "De Hoek"


@pytest.mark.parametrize(
    "tag", ["amenity=parking", "shop=vacant", "amenity=university", "leisure=park", "amenity=bench"]
)
def test_what_is_no_place_to_meet_is_left_out(extract: Extract, tag: str) -> None:
    assert places(extract(f"n5 x4.37 y52.0 T{tag}")) == []


def test_a_place_of_two_kinds_counts_as_the_first(extract: Extract) -> None:
    assert places(extract("n5 x4.37 y52.0 Tamenity=cafe,shop=bakery"))[0]["place_kind"] == "winkel"


def test_one_of_several_values_is_enough(extract: Extract) -> None:
    assert places(extract("n5 x4.37 y52.0 Tamenity=nightclub;bar"))[0]["place_kind"] == "horeca"


def test_a_closed_way_is_one_polygon_with_its_entrances(extract: Extract) -> None:
    nodes = [f"{SQUARE[0]} Tentrance=main", f"{SQUARE[1]} Tentrance=emergency", f"{SQUARE[2]} Tentrance=yes", SQUARE[3]]
    rows = places(extract(*nodes, f"w8 Tamenity=school {RING}"))
    assert [row["source_id"] for row in rows] == ["way/8"]
    polygon, doors = shapely.from_wkb(rows[0]["geometry"]), shapely.from_wkb(rows[0]["entrances"])
    assert polygon.geom_type == "Polygon"
    assert polygon.area == pytest.approx(68.7 * 111.3, rel=0.01)
    assert len(doors.geoms) == 2
    assert shapely.distance(polygon.exterior, doors) < 0.01


def test_a_place_without_mapped_entrances_has_none(extract: Extract) -> None:
    nodes = [f"{SQUARE[0]} Tentrance=no", *SQUARE[1:]]
    assert places(extract(*nodes, f"w8 Tamenity=school {RING}"))[0]["entrances"] is None


def test_a_multipolygon_keeps_its_hole(extract: Extract) -> None:
    hole = ["n11 x4.3703 y52.0003", "n12 x4.3706 y52.0003", "n13 x4.3706 y52.0006"]
    path = extract(
        *SQUARE, *hole, f"w1 {RING}", "w2 Nn11,n12,n13,n11", "r3 Ttype=multipolygon,amenity=school Mw1@outer,w2@inner"
    )
    row = places(path)[0]
    assert row["source_id"] == "relation/3"
    assert len(shapely.from_wkb(row["geometry"]).interiors) == 1


def test_a_private_place_is_set_aside_with_its_id(extract: Extract) -> None:
    table, remarks = read_osm_places(extract(*SQUARE, f"w8 Tleisure=playground,access=private {RING}"), "small")
    assert len(table) == 0
    assert [(remark.action, remark.rows, remark.examples) for remark in remarks] == [("set_aside", 1, "way/8")]


@pytest.mark.parametrize(
    ("tags", "counts"),
    [
        ("access=customers", 1), ("access=no,foot=yes", 1), ("access=private,foot=permissive", 1),
        ("access=no", 0), ("access=Private", 0), ("access=employees", 0), ("access=staff", 0),
    ],
)  # fmt: skip
def test_a_place_or_bench_counts_where_everybody_may_come_on_foot(extract: Extract, tags: str, counts: int) -> None:
    path = extract(f"n5 x4.37 y52.0 Tamenity=bench,{tags}", f"n6 x4.37 y52.0 Tamenity=cafe,{tags}")
    assert [len(read(path, "small")[0]) for read in (read_osm_places, read_osm_benches)] == [counts, counts]


def test_an_outline_that_does_not_close_is_set_aside(extract: Extract) -> None:
    table, remarks = read_osm_places(extract(*SQUARE, "w8 Tleisure=pitch Nn1,n2,n3"), "small")
    assert len(table) == 0
    assert "does not close" in remarks[0].problem


def test_an_extract_without_places_gives_an_empty_table(extract: Extract) -> None:
    assert places(extract(*SQUARE)) == []


def test_a_place_outside_the_netherlands_is_an_error(extract: Extract) -> None:
    with pytest.raises(SourceError, match="outside the Netherlands"):
        places(extract("n5 x0 y0 Tamenity=cafe"))


def test_only_places_near_the_municipality_are_kept(extract: Extract) -> None:
    path = extract("n5 x4.37 y52.0 Tamenity=cafe", "n6 x4.47 y52.0 Tamenity=cafe")
    home = shapely.from_wkb(places(path)[0]["geometry"])
    table, _ = read_osm_places(path, "small", home.buffer(100))
    assert table["source_id"].to_pylist() == ["node/5"]


def test_a_bench_is_a_point_and_one_drawn_as_a_line_stands_at_its_middle(extract: Extract) -> None:
    path = extract(*SQUARE, "n5 x4.37 y52.0 Tamenity=bench", "w8 Tamenity=bench Nn1,n2")
    table, remarks = read_osm_benches(path, "small")
    assert violations(table, BENCHES) == ()
    assert table["source_id"].to_pylist() == ["node/5", "way/8"]
    x_m = table["x_m"].to_pylist()
    assert x_m[1] - x_m[0] == pytest.approx(68.7 / 2, rel=0.02)
    assert remarks == ()


def test_a_private_bench_is_set_aside(extract: Extract) -> None:
    table, remarks = read_osm_benches(extract("n5 x4.37 y52.0 Tamenity=bench,access=private"), "small")
    assert len(table) == 0
    assert remarks[0].rows == 1


@pytest.mark.realdata
def test_delft_has_its_playgrounds_places_and_benches(realdata: Path) -> None:
    path = realdata / "delft-campus" / "tudelft.osm.pbf"
    table, _ = read_osm_places(path, "tudelft")
    assert violations(table, PLACES) == ()
    kinds = Counter(
        (kind, source_id.split("/")[0])
        for kind, source_id in zip(table["place_kind"].to_pylist(), table["source_id"].to_pylist(), strict=True)
    )
    assert (kinds["speelplek", "way"], kinds["speelplek", "node"]) == (14, 5)
    assert {kind for kind, _ in kinds} == {*booklet_kinds(), "bibliotheek", "gebedshuis"}
    assert len(read_osm_benches(path, "tudelft")[0]) == 74
