"""The network of Groningen, read straight from the delivery: distances to schools known from elsewhere."""

from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyarrow as pa
import pytest
import shapely

from pipelines.arrays import Floats, Geometries, Strings
from pipelines.contracts import violations
from pipelines.geo import geometries_to_rd
from pipelines.reach.attach import attach_origins, attach_places, usable_streets
from pipelines.reach.contracts import ATTACHMENTS, PAIRS
from pipelines.reach.pairs import nearest_network_distance, reach_pairs
from pipelines.sources.contracts import SEGMENTS
from pipelines.sources.street_obstacles import UNKNOWN
from pipelines.streets.contracts import COSTS, EDGES, NODES
from pipelines.streets.costs import edge_costs
from pipelines.streets.graph import build_graph
from pipelines.streets.profiles import read_profiles

pytestmark = pytest.mark.realdata
NOT_WALKED = ("platform", "corridor", "construction")


@dataclass(frozen=True)
class Groningen:
    """Its graph, its PC6 points and its education objects, in RD."""

    nodes: pa.Table
    edges: pa.Table
    homes: pa.Table
    schools: pa.Table
    straight_m: Floats


def layer(folder: Path, name: str) -> tuple[gpd.GeoDataFrame, Geometries]:
    frame = gpd.read_file(f"zip://{folder / 'groningen' / name}.zip")
    shapes: Geometries = frame.geometry.to_numpy()
    return frame, shapes if frame.crs.to_epsg() == 28992 else geometries_to_rd(shapes)


def segments(lines: Geometries, highway: Strings) -> pa.Table:
    ends = [np.round(shapely.get_coordinates(shapely.get_point(lines, end))) for end in (0, -1)]
    keys = [(xy[:, 0] * 10_000_000 + xy[:, 1]).astype(np.int64) for xy in ends]
    known = {
        **{name: [value] * len(lines) for name, value in UNKNOWN.items()},
        "segment_id": np.arange(len(lines)),
        "source_id": np.arange(len(lines)).astype(str),
        "u_key": keys[0],
        "v_key": keys[1],
        "highway": highway,
        "geometry": shapely.to_wkb(lines),
    }
    columns = [pa.array(known[c.name], c.type) for c in SEGMENTS.columns]
    return pa.table(columns, names=list(SEGMENTS.column_names))


@pytest.fixture(scope="module")
def groningen(realdata: Path) -> Groningen:
    frame, lines = layer(realdata, "fietstelweek2016")
    highway = frame["TYPE_WEG"].fillna("").to_numpy().astype(str)
    outline = shapely.union_all(shapely.make_valid(layer(realdata, "buurt2017")[1]))
    walked = shapely.intersects(outline, lines) & ~np.isin(highway, NOT_WALKED)
    nodes, edges = build_graph(segments(lines[walked], highway[walked]))
    homes = gpd.GeoSeries(layer(realdata, "postcode6")[1]).representative_point().to_numpy()
    homes = homes[shapely.contains(outline, homes)]
    schools = layer(realdata, "verblijfsobjecten_onderwijs_RD")[1]
    schools = schools[shapely.contains(outline, schools)]
    _, straight_m = shapely.STRtree(schools).query_nearest(homes, return_distance=True, all_matches=False)
    return Groningen(
        nodes,
        edges,
        pa.table({"origin_id": np.arange(len(homes)), "x_m": shapely.get_x(homes), "y_m": shapely.get_y(homes)}),
        pa.table(
            {
                "place_id": np.arange(len(schools)),
                "geometry": shapely.to_wkb(schools),
                "entrances": pa.nulls(len(schools), pa.binary()),
            }
        ),
        straight_m,
    )


def every_link(edges: pa.Table) -> pa.Table:
    """Costs under which all edges may be walked, steps and all."""
    costs = edge_costs(edges, read_profiles()["referentie"])
    for name in ("forward_m", "backward_m"):
        costs = costs.set_column(costs.column_names.index(name), name, edges["length_m"])
    return costs


def test_the_graph_has_the_known_junctions_and_links(groningen: Groningen) -> None:
    assert (len(groningen.nodes), len(groningen.edges)) == (10_147, 13_338)
    assert violations(groningen.nodes, NODES) == ()
    assert violations(groningen.edges, EDGES) == ()
    assert sum(groningen.edges["length_m"].to_pylist()) == pytest.approx(851_000, rel=0.01)


def test_homes_lie_344_m_from_the_nearest_school_half_again_the_straight_line(groningen: Groningen) -> None:
    assert (len(groningen.homes), len(groningen.schools)) == (5_434, 238)
    costs = every_link(groningen.edges)
    streets = usable_streets(groningen.edges, costs)
    homes = attach_origins(groningen.homes, streets, limit_m=None)
    schools = attach_places(groningen.schools, streets, limit_m=None)
    nearest = nearest_network_distance(homes, schools, groningen.edges, costs, limit_m=20_000.0)
    metres = nearest["metres"].to_numpy(zero_copy_only=False)
    assert nearest["metres"].null_count == 0
    assert np.median(metres) == pytest.approx(344, rel=0.03)
    assert np.median(metres / groningen.straight_m) == pytest.approx(1.52, abs=0.03)
    assert np.all(metres >= groningen.straight_m - 0.01)


def test_cycleways_are_walked_and_steps_stop_wheels(groningen: Groningen) -> None:
    highway = groningen.edges["highway"].to_numpy(zero_copy_only=False)
    for profile in read_profiles().values():
        costs = edge_costs(groningen.edges, profile)
        assert violations(costs, COSTS) == ()
        forbidden = ~costs["forward_m"].is_valid().to_numpy(zero_copy_only=False)
        wheels = profile.name != "referentie"
        assert set(highway[forbidden]) == ({"bridleway", "steps"} if wheels else {"bridleway"})
        assert np.sum(forbidden[highway == "steps"]) == (64 if wheels else 0)
        assert not forbidden[highway == "cycleway"].any()


@pytest.mark.slow
def test_wheels_come_no_nearer_than_the_reference(groningen: Groningen) -> None:
    found = {}
    for profile in read_profiles().values():
        costs = edge_costs(groningen.edges, profile)
        streets = usable_streets(groningen.edges, costs)
        homes, schools = attach_origins(groningen.homes, streets), attach_places(groningen.schools, streets)
        assert violations(homes, ATTACHMENTS) == ()
        pairs = reach_pairs(homes, schools, groningen.edges, costs, profile)
        assert violations(pairs, PAIRS) == ()
        least_s = pairs["metres"].to_numpy() / profile.speed_m_per_s.central
        # A fastest path that takes longer than the search has no seconds: half the streets are guessed to be rough.
        seconds = pairs["seconds"].to_numpy()
        assert np.all(np.isnan(seconds) | (seconds >= least_s - 0.01))
        found[profile.name] = len(pairs)
    assert found["rollator"] <= found["kinderwagen"] <= found["referentie"]
    assert found["rollator"] > 40_000
