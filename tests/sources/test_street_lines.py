from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

from pipelines.contracts import conform, violations
from pipelines.errors import SourceError
from pipelines.sources.area_file import SHIPPED, StreetDelivery, read_area_file
from pipelines.sources.cbs import Municipality, read_municipality
from pipelines.sources.contracts import SEGMENTS
from pipelines.sources.street_lines import junction_keys, read_street_lines
from pipelines.sources.vector import Layer

BOX = shapely.box(155_000, 463_000, 156_000, 464_000)
TOWN = Municipality(Layer("a file", np.array([BOX], dtype=object), {}), BOX)


def _delivery(**columns: str) -> StreetDelivery:
    return StreetDelivery(
        format="lines", path="a.gpkg", vintage=2024, licence="CC0-1.0", attribution="nobody", columns=columns
    )


def _write(raw: Path, lines: list[shapely.Geometry], **columns: list[object]) -> None:
    gpd.GeoDataFrame(columns, geometry=lines, crs=28992).to_file(raw / "a.gpkg")


def _line(*points: tuple[float, float]) -> shapely.LineString:
    return shapely.LineString([(155_000 + x, 463_000 + y) for x, y in points])


def test_lines_meet_where_their_ends_round_to_the_same_metre(tmp_path: Path):
    _write(tmp_path, [_line((0, 0), (100.2, 0)), _line((99.9, 0.3), (200, 0))], type=["footway", "steps"])
    table, _ = read_street_lines(_delivery(highway="type"), tmp_path, TOWN)
    assert violations(conform(table, SEGMENTS), SEGMENTS) == ()
    first, second = table.to_pylist()
    assert first["v_key"] == second["u_key"]
    assert first["u_key"] != second["v_key"]
    assert (first["is_steps"], second["is_steps"]) == (False, True)
    assert (first["source_id"], second["source_id"]) == ("1", "2")


def test_named_columns_become_facts_and_the_rest_stays_unknown(tmp_path: Path):
    facts = {"type": ["footway"], "breed": ["1,5"], "helling": [-4.0], "hoogte": [-1.0]}
    _write(tmp_path, [_line((0, 0), (100, 0))], **facts)
    named = _delivery(highway="type", width_m="breed", incline_pct="helling", kerb_height_m="hoogte")
    (row,) = read_street_lines(named, tmp_path, TOWN)[0].to_pylist()
    assert (row["width_m"], row["incline_pct"], row["kerb_height_m"]) == (1.5, -4.0, None)
    assert (row["step_count"], row["surface"], row["foot"]) == (None, "", "")


def test_a_line_of_several_parts_becomes_several_segments_and_points_are_set_aside(tmp_path: Path):
    several = shapely.MultiLineString([_line((0, 0), (10, 0)), _line((20, 0), (30, 0))])
    _write(tmp_path, [several, shapely.Point(155_100, 463_100)], type=["path", "path"])
    table, remarks = read_street_lines(_delivery(highway="type"), tmp_path, TOWN)
    assert table["source_id"].to_pylist() == ["1", "1"]
    assert [(remark.problem, remark.rows) for remark in remarks] == [("no line", 1)]


def test_streets_beyond_the_buffer_are_left_out(tmp_path: Path):
    _write(tmp_path, [_line((0, 0), (10, 0)), _line((5_000, 0), (5_010, 0))], type=["path", "path"])
    assert len(read_street_lines(_delivery(highway="type"), tmp_path, TOWN)[0]) == 1


def test_a_layer_without_lines_or_without_a_named_highway_column_is_refused(tmp_path: Path):
    _write(tmp_path, [BOX], type=["path"])
    with pytest.raises(SourceError, match="holds no lines"):
        read_street_lines(_delivery(highway="type"), tmp_path, TOWN)
    _write(tmp_path, [_line((0, 0), (10, 0))], type=["path"])
    with pytest.raises(SourceError, match=r"which column holds the OSM highway type.*\['type'\]"):
        read_street_lines(_delivery(), tmp_path, TOWN)
    with pytest.raises(SourceError, match="'soort' is missing"):
        read_street_lines(_delivery(highway="soort"), tmp_path, TOWN)


def test_a_junction_has_one_key_wherever_it_lies_in_the_country():
    lines = np.array([_line((0, 0), (0, 1)), _line((0, 1), (0, 0))], dtype=object)
    u_key, v_key = junction_keys(lines)
    assert u_key.tolist() == v_key[::-1].tolist()
    assert len({*u_key, *v_key}) == 2


@pytest.mark.realdata
def test_the_streets_of_groningen_are_those_around_the_municipality(realdata: Path):
    area = read_area_file(SHIPPED / "groningen-2017.yaml")
    municipality = read_municipality(area, realdata)
    table, _ = read_street_lines(area.sources.streets, realdata, municipality)
    lines = shapely.from_wkb(table["geometry"].to_numpy(zero_copy_only=False))
    touching = shapely.intersects(municipality.outline, lines)
    walkable = ~np.isin(table["highway"].to_pylist(), ["platform", "corridor", "construction"])
    assert (touching & walkable).sum() == 13_338
    steps = np.array(table["is_steps"].to_pylist())
    assert (touching & steps).sum() == 64
