"""Homes beside a square that hangs together with nothing: they belong to the street behind it."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import osmium
import pyarrow as pa
import pytest
import shapely

from pipelines.geo import to_wgs84
from pipelines.reach.attach import attach_origins, attach_places, usable_streets
from pipelines.reach.pairs import reach_pairs
from pipelines.sources.osm_streets import read_osm_segments
from pipelines.streets.costs import costs_of
from pipelines.streets.graph import build_graph
from pipelines.streets.profiles import read_profiles
from pipelines.streets.unknowns import BOUNDS

MIDDLE = (85_000.0, 447_000.0)
CORNERS = 24
PROFILES = read_profiles()


def _circle(radius_m: float) -> np.ndarray:
    angle = 2 * np.pi * np.arange(CORNERS) / CORNERS
    return np.column_stack([MIDDLE[0] + radius_m * np.cos(angle), MIDDLE[1] + radius_m * np.sin(angle)])


def _node(number: int, point: np.ndarray) -> str:
    longitude, latitude = to_wgs84(point[:1], point[1:])
    return f"n{number} x{longitude[0]:.7f} y{latitude[0]:.7f}"


@pytest.fixture
def island(tmp_path: Path) -> Path:
    """A round square of 24 stubs that joins no street, and a street of 2 km that passes it 12 m away."""
    ring, ends = range(1, CORNERS + 1), range(101, CORNERS + 101)
    street = np.array([[84_000.0, 447_038.0], [86_000.0, 447_038.0]])
    points = zip((*ring, *ends, 201, 202), [*_circle(25.0), *_circle(26.0), *street], strict=True)
    ways = [
        f"w1 Thighway=pedestrian,area=yes N{','.join(f'n{node}' for node in (*ring, 1))}",
        *(f"w{10 + stub} Thighway=footway Nn{a},n{b}" for stub, (a, b) in enumerate(zip(ring, ends, strict=True))),
        "w99 Thighway=residential Nn201,n202",
    ]
    text = "\n".join([*(_node(number, point) for number, point in points), *ways])
    path = tmp_path / "isle.osm.pbf"
    with osmium.SimpleWriter(str(path)) as writer:
        for thing in osmium.FileProcessor(osmium.io.FileBuffer(text.encode(), "opl")):
            writer.add(thing)
    return path


@pytest.fixture
def handed_island(handed: Path, tmp_path: Path) -> Path:
    path = tmp_path / "handed.osm.pbf"
    with osmium.SimpleWriter(str(path)) as writer:
        for thing in osmium.FileProcessor(str(handed / "streets" / "isle.opl")):
            writer.add(thing)
    return path


def _metres(path: Path, home: tuple[float, float], place: tuple[float, float]) -> Mapping[str, float]:
    """Metres from a home to a place, by bound, for the reference walker."""
    walker = {"referentie": PROFILES["referentie"]}
    table, _ = read_osm_segments(path, path.name)
    _, edges = build_graph(table)
    costs = costs_of(edges, walker)
    central = costs.filter(pa.compute.field("bound") == "central")
    streets = usable_streets(edges, central)
    origin = pa.table({"origin_id": [0], "x_m": [home[0]], "y_m": [home[1]]})
    register = pa.table({"place_id": [0], "geometry": [shapely.to_wkb(shapely.Point(place))]})
    register = register.append_column("entrances", pa.nulls(1, pa.binary()))
    pairs = reach_pairs(
        attach_origins(origin, streets), attach_places(register, streets), edges, costs, PROFILES["referentie"]
    )
    return dict(zip(pairs["bound"].to_pylist(), pairs["metres"].to_pylist(), strict=True))


def test_a_home_on_an_island_of_lines_of_sight_walks_by_the_street_behind_it(island: Path) -> None:
    found = _metres(island, (85_000.0, 447_030.0), (85_030.0, 447_040.0))
    # 8 m to the street, 30 m along it, 2 m from it.
    assert found == {bound: pytest.approx(40, abs=0.1) for bound in BOUNDS}


@pytest.mark.handed
def test_the_home_that_reached_nothing_reaches_its_place_in_about_forty_metres(handed_island: Path) -> None:
    found = _metres(handed_island, (85_000.0, 447_030.0), (85_030.0, 447_040.0))
    assert found == {bound: pytest.approx(40, abs=1) for bound in BOUNDS}
