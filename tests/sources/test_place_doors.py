"""What tags and cells say of the doors of places and of the floor behind them."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from pipelines.contracts import conform, violations
from pipelines.errors import SourceError
from pipelines.sources.area_file import SHIPPED, PlaceDelivery, read_area_file
from pipelines.sources.cbs import Municipality, read_municipality
from pipelines.sources.contracts import PLACES
from pipelines.sources.osm_places import read_osm_places
from pipelines.sources.place_doors import Door, TaggedDoor, tagged_door, tagged_levels
from pipelines.sources.place_lists import read_place_csv, read_place_layer
from pipelines.sources.vector import Layer

Extract = Callable[..., Path]
Facts = tuple[list[str], list[int | None], list[float | None], list[float | None]]
SQUARE = [
    "n1 x4.3700000 y52.0000000", "n2 x4.3710000 y52.0000000", "n3 x4.3710000 y52.0010000", "n4 x4.3700000 y52.0010000",
]  # fmt: skip
RING = "Nn1,n2,n3,n4,n1"
SQUARE_M2 = 68.7 * 111.3
BOX = shapely.box(155_000, 463_000, 156_000, 464_000)
TOWN = Municipality(Layer("a file", np.array([BOX], dtype=object), {}), BOX)
COMMON = {"vintage": 2024, "licence": "CC0-1.0", "attribution": "nobody", "kind": "buurtcentrum"}


def read(path: Path) -> tuple[dict[str, Any], dict[str, tuple[int, str]]]:
    """Give the only place, and what was remarked of what."""
    table, remarks = read_osm_places(path, "small")
    assert violations(table, PLACES) == ()
    return table.to_pylist()[0], {remark.problem: (remark.rows, remark.examples) for remark in remarks}


def facts(row: dict[str, Any]) -> Facts:
    return row["door_wheelchair"], row["door_step_count"], row["door_kerb_height_m"], row["door_width_m"]


@pytest.mark.parametrize(
    ("tags", "door"),
    [
        ({}, Door()),
        ({"wheelchair": "Yes"}, Door("yes")),
        ({"wheelchair": "designated"}, Door("yes")),
        ({"wheelchair": "limited", "step_count": "1"}, Door("limited", 1)),
        ({"step_count": "3", "ramp:wheelchair": "yes"}, Door("", 0)),
        ({"step_count": "3", "ramp": "yes"}, Door("", 3)),
        ({"kerb": "lowered"}, Door(kerb_height_m=0.03)),
        ({"kerb": "lowered", "kerb:height": "1 cm"}, Door(kerb_height_m=0.01)),
        ({"kerb": "yes"}, Door()),
        ({"step:height": "0.15"}, Door(kerb_height_m=0.15)),
        ({"step:height": "0.15", "step_count": "2"}, Door("", 2)),
        ({"door:width": "90 cm", "width": "4"}, Door(width_m=0.9)),
        ({"entrance:width": "0,85"}, Door(width_m=0.85)),
        ({"width": "4"}, Door()),
    ],
)
def test_the_tags_of_a_place_tell_of_its_door(tags: dict[str, str], door: Door) -> None:
    found = tagged_door(tags)
    assert (found.door, found.unread) == (door, ())


def test_width_is_that_of_the_door_on_an_entrance_only() -> None:
    assert tagged_door({"width": "1.1"}, is_entrance=True).door.width_m == 1.1
    assert tagged_door({"width": "1.1", "door:width": "0.9"}, is_entrance=True).door.width_m == 0.9


@pytest.mark.parametrize(
    ("tags", "unread"),
    [
        ({"wheelchair": "perhaps"}, ("wheelchair",)),
        ({"step_count": "-2"}, ("step_count",)),
        ({"step_count": "2.5"}, ("step_count",)),
        ({"kerb:height": "-0.05"}, ("kerb_height_m",)),
        ({"kerb:height": "12"}, ("kerb_height_m",)),
        ({"kerb": "purple"}, ("kerb_height_m",)),
        ({"door:width": "NaN"}, ("width_m",)),
        ({"door:width": "0"}, ("width_m",)),
        ({"door:width": "90"}, ("width_m",)),
    ],
)
def test_a_tag_that_cannot_be_read_is_no_fact_and_is_named(tags: dict[str, str], unread: tuple[str, ...]) -> None:
    assert tagged_door(tags) == TaggedDoor(Door(), unread)


@given(
    tags=st.dictionaries(
        st.sampled_from(["wheelchair", "step_count", "kerb", "kerb:height", "step:height", "door:width", "width"]),
        st.text(max_size=8) | st.floats().map(str) | st.integers().map(str),
    ),
    is_entrance=st.booleans(),
)
def test_no_text_in_a_tag_breaks_the_reading_of_a_door(*, tags: dict[str, str], is_entrance: bool) -> None:
    door = tagged_door(tags, is_entrance=is_entrance).door
    assert door.wheelchair in ("", "yes", "limited", "no")
    assert door.step_count is None or 0 <= door.step_count <= 99
    assert door.kerb_height_m is None or 0 <= door.kerb_height_m <= 1
    assert door.width_m is None or 0 < door.width_m <= 20


def test_each_entrance_has_its_own_facts_and_the_rest_of_the_place(extract: Extract) -> None:
    nodes = [
        f"{SQUARE[0]} Tentrance=main,step_count=2,width=0.8",
        SQUARE[1],
        f"{SQUARE[2]} Tentrance=yes,wheelchair=yes,kerb=flush",
        SQUARE[3],
    ]
    row, remarks = read(extract(*nodes, f"w8 Tamenity=school,wheelchair=limited,door:width=1.2 {RING}"))
    assert remarks == {}
    points = shapely.get_coordinates(shapely.from_wkb(row["entrances"]))
    found = dict(zip(points[:, 0] > points[:, 0].mean(), zip(*facts(row), strict=True), strict=True))
    assert found == {False: ("limited", 2, None, 0.8), True: ("yes", None, 0.0, 1.2)}


def test_a_place_without_mapped_entrances_has_one_door(extract: Extract) -> None:
    row, _ = read(extract("n5 x4.37 y52.0 Tamenity=cafe,wheelchair=no,step_count=1"))
    assert facts(row) == (["no"], [1], [None], [None])
    row, _ = read(extract("n5 x4.37 y52.0 Tamenity=cafe"))
    assert facts(row) == ([""], [None], [None], [None])


def test_what_cannot_be_read_of_places_and_their_entrances_is_counted(extract: Extract) -> None:
    nodes = [f"{SQUARE[0]} Tentrance=main,width=-1,wheelchair=maybe", *SQUARE[1:]]
    place = f"w8 Tamenity=school,wheelchair=soms,building=yes,building:levels=hoog {RING}"
    row, remarks = read(extract(*nodes, place, "n20 x4.37 y52.1 Tentrance=yes,width=-1"))
    assert facts(row) == ([""], [None], [None], [None])
    assert row["floor_area_m2"] == pytest.approx(SQUARE_M2, rel=0.01)
    assert remarks == {
        "wheelchair of a door cannot be read": (2, "way/8, node/1"),
        "width_m of a door cannot be read": (1, "node/1"),
        "building:levels cannot be read": (1, "way/8"),
    }


@pytest.mark.parametrize(
    ("tags", "floors"),
    [
        ("building=yes", 1),
        ("building=school,building:levels=3", 3),
        ("building=yes,building:levels=1.5", 1.5),
        ("building=no,building:levels=3", 0),
        ("building:levels=3", 0),
    ],
)
def test_floor_area_is_outline_times_levels_of_a_building(extract: Extract, tags: str, floors: float) -> None:
    row, _ = read(extract(*SQUARE, f"w8 Tamenity=school,{tags} {RING}"))
    assert row["floor_area_m2"] == (pytest.approx(floors * SQUARE_M2, rel=0.01) if floors else None)


def test_the_floor_of_a_point_is_never_guessed(extract: Extract) -> None:
    row, _ = read(extract("n5 x4.37 y52.0 Tamenity=cafe,building=yes,building:levels=2"))
    assert row["floor_area_m2"] is None


@pytest.mark.parametrize("text", ["0", "-1", "NaN", "inf", "101", "two"])
def test_levels_that_cannot_be_are_read_as_one_floor(text: str) -> None:
    assert tagged_levels({"building": "yes", "building:levels": text}) == (1.0, False)


def _list(raw: Path, columns: dict[str, str], *rows: str) -> PlaceDelivery:
    (raw / "plekken.csv").write_text("\n".join(["nr;x;y;rol;drempel;treden;breed;vloer", *rows]), encoding="utf-8")
    return PlaceDelivery(format="csv", path="plekken.csv", columns={"x": "x", "y": "y"} | columns, **COMMON)


ALL = {
    "wheelchair": "rol", "door_kerb": "drempel", "door_steps": "treden", "door_width": "breed", "floor_area": "vloer",
}  # fmt: skip


def test_a_list_may_say_in_dutch_whether_one_can_come_in(tmp_path: Path) -> None:
    rows = [
        "1;155100;463100;ja;0,02;0;0,90;1.250,5",
        "2;155100;463100;Nee;;3;;80",
        "3;155100;463100;beperkt;2 cm;;90 cm;",
        "4;155100;463100;onbekend;;;;",
    ]
    table, remarks = read_place_csv(_list(tmp_path, ALL, *rows), tmp_path, TOWN)
    assert [remark.action for remark in remarks] == ["read", "listed"]
    assert violations(conform(table, PLACES), PLACES) == ()
    assert [facts(row) for row in table.to_pylist()] == [
        (["yes"], [0], [0.02], [0.9]),
        (["no"], [3], [None], [None]),
        (["limited"], [None], [0.02], [0.9]),
        ([""], [None], [None], [None]),
    ]
    assert table["floor_area_m2"].to_pylist() == [1250.5, 80.0, None, None]


def test_what_a_list_says_that_cannot_be_is_counted_and_unknown(tmp_path: Path) -> None:
    rows = [
        "1;155100;463100;soms;-0,02;-1;-0,9;-80",
        "2;155100;463100;ja;NaN;1,5;NaN;NaN",
        "3;155100;463100;misschien;9;1e9;90;999999",
    ]
    table, remarks = read_place_csv(_list(tmp_path, ALL, *rows), tmp_path, TOWN)
    assert table["door_wheelchair"].to_pylist() == [[""], ["yes"], [""]]
    for column in ("door_step_count", "door_kerb_height_m", "door_width_m"):
        assert table[column].to_pylist() == [[None]] * 3
    assert table["floor_area_m2"].to_pylist() == [None] * 3
    assert {remark.problem.split()[0]: (remark.rows, remark.action) for remark in remarks[2:]} == {
        "wheelchair": (2, "read as unknown"),
        "door_steps": (3, "read as unknown"),
        "door_kerb": (3, "read as unknown"),
        "door_width": (3, "read as unknown"),
        "floor_area": (3, "read as unknown"),
    }
    assert remarks[2].examples == "misschien, soms"


def test_a_layer_may_have_its_facts_as_numbers(tmp_path: Path) -> None:
    facts_of = {"rol": [1, 0], "treden": [2.0, np.nan], "vloer": [100, 7], "breed": [0.95, np.nan]}
    gpd.GeoDataFrame(facts_of, geometry=[BOX, BOX.centroid], crs=28992).to_file(tmp_path / "a.gpkg")
    columns = {"wheelchair": "rol", "door_steps": "treden", "floor_area": "vloer", "door_width": "breed"}
    delivery = PlaceDelivery(format="layer", path="a.gpkg", columns=columns, **COMMON)
    table, remarks = read_place_layer(delivery, tmp_path, TOWN)
    assert remarks == ()
    assert [facts(row) for row in table.to_pylist()] == [
        (["yes"], [2], [None], [0.95]),
        (["no"], [None], [None], [None]),
    ]
    assert table["floor_area_m2"].to_pylist() == [100.0, 7.0]


def test_a_column_of_doors_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="'rolstoel' is missing"):
        read_place_csv(_list(tmp_path, {"wheelchair": "rolstoel"}, "1;155100;463100;;;;;"), tmp_path, TOWN)


def test_a_fact_of_places_that_there_is_not_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"columns names \['weelchair'\]"):
        _list(tmp_path, {"weelchair": "rol"})


@pytest.mark.realdata
def test_the_schools_of_groningen_have_the_floor_area_of_the_bag(realdata: Path) -> None:
    area = read_area_file(SHIPPED / "groningen-2017.yaml")
    table, remarks = read_place_layer(area.sources.places[0], realdata, read_municipality(area, realdata))
    floors_m2 = np.array(table["floor_area_m2"].to_pylist(), dtype=np.float64)
    assert remarks == ()
    assert (len(floors_m2), floors_m2.min(), np.median(floors_m2), floors_m2.max()) == (242, 39, 2_069, 74_565)


@pytest.mark.realdata
def test_some_doors_and_floors_of_delft_are_known(realdata: Path) -> None:
    table, _ = read_osm_places(realdata / "delft-campus" / "tudelft.osm.pbf", "tudelft")
    assert violations(table, PLACES) == ()
    said = Counter(word for of_place in table["door_wheelchair"].to_pylist() for word in of_place)
    assert said == {"": 79, "yes": 21, "no": 2, "limited": 2}
    assert len(table) - table["floor_area_m2"].null_count == 4
