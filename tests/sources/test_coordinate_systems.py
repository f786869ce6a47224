"""Which coordinate system a layer is in, whatever its file calls it."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pyproj
import pytest
import shapely

from pipelines import geo
from pipelines.errors import SourceError
from pipelines.sources.coordinate_systems import box_in, box_in_rd, system_of, to_rd
from pipelines.sources.delivery import Delivery
from pipelines.sources.vector import read_layer

SQUARE = shapely.box(155_000, 463_000, 156_000, 464_000)
PARAMETERS = (
    'PARAMETER["latitude_of_origin",52.15616055555555],PARAMETER["central_meridian",5.38763888888889],'
    'PARAMETER["scale_factor",0.9999079],PARAMETER["false_easting",155000],PARAMETER["false_northing",463000],'
    'UNIT["Meter",1]]'
)


def _projected(
    name: str, datum: str, projection: str, shift: str = "", spheroid: str = "6377397.155,299.1528128"
) -> str:
    geographic = (
        f'GEOGCS["{name}",DATUM["{datum}",SPHEROID["Bessel 1841",{spheroid}]{shift}],'
        'PRIMEM["Greenwich",0],UNIT["Degree",0.0174532925199433]]'
    )
    return f'PROJCS["{name}",{geographic},PROJECTION["{projection}"],{PARAMETERS}'


def _degrees(datum: str, spheroid: str) -> str:
    return f'GEOGCS["x",DATUM["{datum}",SPHEROID[{spheroid}]],PRIMEM["Greenwich",0],UNIT["Degree",0.0174532925199433]]'


OLD_RD = {
    "a datum that is unknown": _projected("unnamed", "unknown", "Oblique_Stereographic"),
    "ArcView's": _projected("Double_Stereographic", "D_unknown", "Double_Stereographic"),
    "Esri's": _projected("RD_New", "D_Amersfoort", "Double_Stereographic"),
    "with an old shift of three numbers": _projected(
        "Rijksdriehoekstelsel", "unknown", "Oblique_Stereographic", ",TOWGS84[565.04,49.91,465.84,0,0,0,0]"
    ),
    "with seven numbers": _projected(
        "Amersfoort / RD New",
        "Amersfoort",
        "Oblique_Stereographic",
        ",TOWGS84[565.417,50.3319,465.552,-0.398957,0.343988,-1.8774,4.0725]",
    ),
    "with heights": "EPSG:7415",
    "as PROJ says it": (
        "+proj=sterea +lat_0=52.15616055555555 +lon_0=5.38763888888889 +k=0.9999079 +x_0=155000 +y_0=463000 "
        "+ellps=bessel +units=m +no_defs"
    ),
}


@pytest.mark.parametrize("how", OLD_RD)
def test_rd_is_rd_whatever_its_datum_is_called(how: str):
    system = system_of("a file", OLD_RD[how], None)
    assert (system.is_rd, system.name) == (True, "EPSG:28992")
    assert to_rd(np.array([SQUARE], dtype=object), system)[0].equals(SQUARE)


def test_rd_under_another_name_is_told():
    (remark,) = system_of("a file", OLD_RD["a datum that is unknown"], None).remarks
    assert remark.problem == "RD under another name (unnamed), known by its parameters"
    assert system_of("a file", "EPSG:28992", None).remarks == ()


@pytest.mark.parametrize(
    "crs",
    [
        _degrees("unknown", '"WGS84",6378137,298.257223563'),
        _projected("unnamed", "unknown", "Oblique_Stereographic").replace("155000", "0"),
        _projected("unnamed", "Unknown_based_on_WGS84_ellipsoid", "Oblique_Stereographic", spheroid="6378137,298.257"),
        'LOCAL_CS["Undefined Cartesian SRS",UNIT["metre",1]]',
        _degrees("Not specified (based on Bessel 1841 ellipsoid)", '"Bessel 1841",6377397.155,299.1528128'),
        "EPSG:5709",
    ],
    ids=["degrees on no datum", "a shifted RD", "WGS 84 by its shape alone", "of its own", "not specified", "heights"],
)
def test_a_system_whose_datum_is_not_known_is_refused(crs: str):
    with pytest.raises(SourceError, match=r"^a file: its coordinate system .* does not say on which datum .*Set `crs`"):
        system_of("a file", crs, None)


@pytest.mark.parametrize(
    ("datum", "spheroid"),
    [
        ("D_European", '"International 1924",6378388,297'),
        ("Rijksdriehoek", '"Bessel 1841",6377397.155,299.1528128'),
        ("D_Sphere", '"Sphere",6371000,0'),
    ],
)
def test_a_datum_from_which_no_step_to_wgs84_is_known_is_refused(datum: str, spheroid: str):
    with pytest.raises(SourceError, match=r"does not say on which datum .*Set `crs`"):
        system_of("a file", _degrees(datum, spheroid), None)


@pytest.mark.parametrize("code", [4326, 4258, 4937, 4289, 25831, 25832, 3857, 3035, 28991])
def test_every_system_of_the_country_comes_out_in_rd(code: int):
    point = shapely.Point(155_000, 463_000)
    there = gpd.GeoSeries([point], crs=28992).to_crs(pyproj.CRS(code).to_2d() if code == 4937 else code)
    system = system_of("a file", f"EPSG:{code}", None)
    assert to_rd(np.asarray(there.array, dtype=object), system)[0].distance(point) < 0.5


def test_a_system_that_says_itself_how_to_come_to_wgs84_is_known():
    shifted = OLD_RD["with an old shift of three numbers"].replace("155000", "0")
    assert not system_of("a file", shifted, None).is_rd


def test_the_area_file_goes_before_the_file_and_that_is_told():
    system = system_of("a file", "EPSG:4326", "EPSG:28992")
    assert system.is_rd
    assert [remark.problem for remark in system.remarks] == [
        "declares EPSG:4326, read as EPSG:28992 as the area file says"
    ]
    assert system_of("a file", OLD_RD["Esri's"], "EPSG:28992").remarks == ()
    assert system_of("a file", None, "EPSG:28992").remarks == ()


@pytest.mark.parametrize("code", [28992, 4326, 3857, 25832])
def test_a_box_in_another_system_holds_all_of_the_box_in_rd(code: int):
    bounds = (20_000.0, 320_000.0, 270_000.0, 600_000.0)
    system = system_of("a file", f"EPSG:{code}", None)
    box = box_in(bounds, system)
    assert box is not None
    random = np.random.default_rng(1)
    inside = shapely.points(random.uniform(bounds[0], bounds[2], 500), random.uniform(bounds[1], bounds[3], 500))
    there = gpd.GeoSeries(inside, crs=28992).to_crs(code)
    assert shapely.covers(shapely.box(*box), there.array).all()
    back = box_in_rd(box, system)
    assert back is not None
    assert shapely.covers(shapely.box(*back), shapely.box(*bounds))


def test_bounds_that_are_no_numbers_give_no_box():
    assert box_in_rd((np.nan, 0.0, 1.0, 1.0), system_of("a file", "EPSG:28992", None)) is None
    assert box_in_rd((155_000.0, 463_000.0, 156_000.0, 464_000.0), system_of("a file", "EPSG:4326", None)) is None


def test_degrees_north_first_in_gml_are_turned_the_right_way(tmp_path: Path):
    lon, lat = geo.to_wgs84(np.array([155_000.0]), np.array([463_000.0]))
    (tmp_path / "a.gml").write_text(
        '<?xml version="1.0"?><gml:FeatureCollection xmlns:gml="http://www.opengis.net/gml" xmlns:a="urn:a">'
        '<gml:featureMember><a:plek><a:naam>x</a:naam><a:geom><gml:Point srsName="urn:ogc:def:crs:EPSG::4326">'
        f"<gml:pos>{lat[0]} {lon[0]}</gml:pos></gml:Point></a:geom></a:plek>"
        "</gml:featureMember></gml:FeatureCollection>",
        encoding="utf-8",
    )
    layer = read_layer(Delivery(path="a.gml", vintage=2024, licence="CC0-1.0", attribution="nobody"), tmp_path)
    assert layer.geometry[0].distance(shapely.Point(155_000, 463_000)) < 0.5
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.gml"]
