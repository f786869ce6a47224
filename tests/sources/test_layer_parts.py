"""Rows near the area, read by where they lie: what lies elsewhere costs nothing and refuses nothing."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.errors import SourceError
from pipelines.sources import vector
from pipelines.sources.delivery import Delivery
from pipelines.sources.layers import Layer
from pipelines.sources.mending import mended
from pipelines.sources.vector import Near, read_layer, read_near

HERE = shapely.box(155_000, 463_000, 156_000, 464_000)
FAR = shapely.box(215_000, 463_000, 216_000, 464_000)
BOW_TIE = shapely.Polygon([(0, 0), (1_000, 1_000), (1_000, 0), (0, 1_000)])
# Touches itself in one point: repair changes nothing of its area.
TOUCHES = shapely.Polygon([(0, 0), (1_000, 0), (1_000, 1_000), (500, 0), (0, 1_000)])
AROUND = Near(HERE, 1_300.0)


def _at(shape: shapely.Geometry, place: shapely.Polygon) -> shapely.Geometry:
    x, y, *_ = place.bounds
    return shapely.affinity.translate(shape, x, y)


def _write(raw: Path, geometry: list[shapely.Geometry | None], crs: int = 28992, name: str = "a.gpkg") -> Delivery:
    codes = [f"BU{row:08d}" for row in range(len(geometry))]
    gpd.GeoDataFrame({"buurtcode": codes}, geometry=geometry, crs=crs).to_file(raw / name)
    return Delivery(path=name, vintage=2024, licence="CC0-1.0", attribution="nobody")


def _told(layer: Layer) -> dict[str, int]:
    return {remark.problem: remark.rows for remark in layer.remarks}


@pytest.mark.parametrize("name", ["a.gpkg", "a.geojson", "a.shp"])
def test_one_bad_row_sixty_kilometres_away_refuses_nothing(tmp_path: Path, name: str):
    delivery = _write(tmp_path, [HERE, FAR, _at(BOW_TIE, FAR)], name=name)
    layer = read_near(delivery, tmp_path, AROUND)
    assert layer.column("buurtcode").tolist() == ["BU00000000"]
    assert _told(layer) == {"2 of 3 rows are not near the area": 1}
    with pytest.raises(SourceError, match=r"row 3 \(buurtcode BU00000002\) is an invalid polygon"):
        read_layer(delivery, tmp_path)


@pytest.mark.parametrize("name", ["a.gpkg", "a.shp"])
def test_one_bad_row_near_the_area_is_refused_with_its_row_and_code(tmp_path: Path, name: str):
    delivery = _write(tmp_path, [FAR, HERE, _at(BOW_TIE, HERE)], name=name)
    with pytest.raises(SourceError, match=r"row 3 \(buurtcode BU00000002\) is an invalid polygon and repair"):
        read_near(delivery, tmp_path, AROUND)


@pytest.mark.parametrize(("n_invalid", "refused"), [(1, False), (4, False), (5, True)])
def test_a_share_of_broken_rows_counts_from_a_few_rows_up(tmp_path: Path, n_invalid: int, *, refused: bool):
    delivery = _write(tmp_path, [_at(TOUCHES, HERE)] * n_invalid + [HERE] * 14 + [FAR] * 10_000)
    if refused:
        with pytest.raises(SourceError, match="5 of 19 polygons are invalid, more than 1 %"):
            read_near(delivery, tmp_path, AROUND)
        return
    layer = read_near(delivery, tmp_path, AROUND)
    assert shapely.is_valid(layer.geometry).all()
    assert shapely.area(layer.geometry[0]) == pytest.approx(TOUCHES.area)
    assert _told(layer)["invalid polygon"] == n_invalid


def test_what_our_step_to_rd_breaks_is_mended_in_any_number_of_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def step(geometry: np.ndarray, _system: object) -> np.ndarray:
        return np.array([_at(TOUCHES, HERE)] * len(geometry), dtype=object)

    monkeypatch.setattr(vector, "to_rd", step)
    degrees = gpd.GeoSeries([HERE], crs=28992).to_crs(4326)[0]
    layer = read_layer(_write(tmp_path, [degrees] * 30, 4326), tmp_path)
    assert _told(layer) == {"in EPSG:4326": 30, "polygon made invalid by the step to RD": 30}
    assert shapely.is_valid(layer.geometry).all()


def test_a_sliver_that_rounding_crosses_is_mended(tmp_path: Path):
    """Four corners in degrees, two of them half a nanodegree from the line between the others."""
    rng = np.random.default_rng(4)
    corners = np.column_stack((5.38 + rng.random((400, 4)) * 1e-9, 52.15 + rng.random((400, 4)) * 1e-9))
    drawn = [shapely.Polygon(list(zip(row[:4], row[4:], strict=True))) for row in corners]
    valid = [polygon for polygon in drawn if polygon.is_valid]
    assert valid
    layer = read_layer(_write(tmp_path, valid, 4326), tmp_path)
    assert shapely.is_valid(layer.geometry).all()
    assert len(layer.geometry) == len(valid)


def test_repair_keeps_polygons_and_drops_the_lines_beside_them():
    spiked = shapely.Polygon([(0, 0), (9, 0), (9, 9), (9, 20), (9, 9), (0, 9)])
    assert shapely.make_valid(spiked).geom_type == "GeometryCollection"
    layer = mended(Layer("a file", np.array([spiked], dtype=object), {}))
    assert (layer.geometry[0].geom_type, layer.geometry[0].area) == ("Polygon", 81.0)


def test_a_polygon_without_area_is_refused():
    flat = shapely.Polygon([(0, 0), (9, 9), (0, 0)])
    with pytest.raises(SourceError, match="a file: row 1 is an invalid polygon"):
        mended(Layer("a file", np.array([flat], dtype=object), {}))


@pytest.mark.parametrize(
    ("odd", "words"),
    [
        (shapely.Point(0, 0), "coordinates lie outside the Netherlands"),
        (shapely.box(-68.3, 12.1, -68.2, 12.2), "coordinates lie outside the Netherlands"),
        (shapely.Polygon(), "no geometry"),
        (None, "no geometry"),
    ],
    ids=["null island", "an island overseas", "empty", "none"],
)
@pytest.mark.parametrize("name", ["a.gpkg", "a.geojson"])
def test_a_row_that_lies_nowhere_is_set_aside_and_kept_at_hand(
    tmp_path: Path, name: str, odd: shapely.Geometry | None, words: str
):
    degrees = gpd.GeoSeries([HERE, HERE, HERE], crs=28992).to_crs(4326)
    layer = read_near(_write(tmp_path, [*degrees, odd], 4326, name), tmp_path, AROUND)
    assert len(layer.geometry) == 3
    assert _told(layer)[words] == 1
    assert layer.without_geometry["buurtcode"].tolist() == ["BU00000003"]


def test_half_of_the_rows_elsewhere_is_a_false_system(tmp_path: Path):
    delivery = _write(tmp_path, [HERE, HERE, shapely.Point(0, 0), shapely.Point(0, 0)])
    with pytest.raises(SourceError, match=r"lie outside the Netherlands \(near 0\.0, 0\.0\)"):
        read_near(delivery, tmp_path, AROUND)


def test_a_layer_of_which_nothing_is_near_says_where_it_lies(tmp_path: Path):
    with pytest.raises(SourceError, match=r"lies 59 km from the area \(first point"):
        read_near(_write(tmp_path, [FAR]), tmp_path, AROUND)
    near_by = shapely.affinity.translate(HERE, 4_000)
    with pytest.raises(SourceError, match="nothing in it lies within 1,300 m of the area; the nearest is 3"):
        read_near(_write(tmp_path, [near_by, FAR]), tmp_path, AROUND, may_be_none=False)
    assert len(read_near(_write(tmp_path, [near_by, FAR]), tmp_path, AROUND).geometry) == 0


@pytest.mark.parametrize("crs", [28992, 4326, 25831])
def test_of_a_large_layer_only_what_is_near_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, crs: int):
    rows = [
        shapely.box(x, y, x + 900, y + 900)
        for x in range(100_000, 200_000, 5_000)
        for y in range(420_000, 500_000, 5_000)
    ]
    there = gpd.GeoSeries([HERE, *rows], crs=28992).to_crs(crs)
    read = vector.read_rows
    sizes = list[int]()

    def counted(*arguments: object) -> object:
        found = read(*arguments)
        sizes.append(len(found.geometry))
        return found

    monkeypatch.setattr(vector, "read_rows", counted)
    layer = read_near(_write(tmp_path, list(there), crs), tmp_path, AROUND)
    assert layer.column("buurtcode")[0] == "BU00000000"
    assert sizes == [len(layer.geometry)]
    assert len(layer.geometry) < 10


def test_curves_are_drawn_with_straight_lines(tmp_path: Path):
    (tmp_path / "a.gml").write_text(
        '<gml:FeatureCollection xmlns:gml="http://www.opengis.net/gml/3.2" xmlns:a="urn:a"><gml:featureMember><a:p>'
        '<a:g><gml:Polygon srsName="EPSG:28992"><gml:exterior><gml:Ring><gml:curveMember><gml:Curve><gml:segments>'
        "<gml:Circle><gml:posList>155000 463500 155500 464000 156000 463500</gml:posList></gml:Circle></gml:segments>"
        "</gml:Curve></gml:curveMember></gml:Ring></gml:exterior></gml:Polygon></a:g></a:p></gml:featureMember>"
        "</gml:FeatureCollection>",
        encoding="utf-8",
    )
    delivery = Delivery(path="a.gml", vintage=2024, licence="CC0-1.0", attribution="nobody")
    (circle,) = read_layer(delivery, tmp_path).geometry
    assert circle.area == pytest.approx(np.pi * 500**2, rel=0.01)


@given(st.lists(st.tuples(st.floats(150_000, 160_000), st.floats(458_000, 468_000)), min_size=1, max_size=30))
@settings(max_examples=15, deadline=None)
def test_the_part_that_is_read_is_what_the_whole_has_near(
    tmp_path_factory: pytest.TempPathFactory, points: list[tuple[float, float]]
):
    raw = tmp_path_factory.mktemp("raw")
    degrees = gpd.GeoSeries(shapely.points([(155_500, 463_500), *points]), crs=28992).to_crs(4326)
    delivery = _write(raw, list(degrees), 4326)
    whole = read_layer(delivery, raw)
    near = shapely.distance(whole.geometry, HERE) <= AROUND.buffer_m
    part = read_near(delivery, raw, AROUND)
    assert part.column("buurtcode").tolist() == whole.column("buurtcode")[near].tolist()
    assert part.rows.tolist() == whole.rows[near].tolist()
