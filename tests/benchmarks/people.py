"""Measures how people are shared over homes: `python -m tests.benchmarks.people`.

Squares whose count is hidden are told from buurten and what is known of homes, and compared with what was counted
there; beside it plain areal weighting, by tobler. Then the seconds and memory of Groningen and of a million
addresses. Every row is made in a process of its own. Writes a table to standard output and to `data/bench/people.json`.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from pipelines.arrays import Ints, Strings
from pipelines.people.atoms import build_atoms
from pipelines.people.origins import Deliveries, find_points, square_boxes
from pipelines.people.persons import share_persons
from pipelines.people.priors import likely_persons
from pipelines.sources.contracts import ADDRESSES, AREAS, CROSSWALK, PEOPLE_COUNTS, SQUARES
from tests.benchmarks.measuring import peak_mb, timed
from tests.benchmarks.networks import real_deliveries

ROOT = Path(__file__).parents[2]
HIDDEN_SHARE = 0.2


def delivered(area: str, raw: Path) -> Deliveries:
    """What a shipped area delivers of people, its buurten as totals, and squares beside them."""
    from pipelines.sources.area_file import SHIPPED, Population, read_area_file
    from pipelines.sources.cbs import read_municipality, read_statistics
    from pipelines.sources.deliveries import Delivered, delivered_addresses

    known = read_area_file(SHIPPED / f"{area}.yaml").model_copy(update={"population": Population(total_from="buurten")})
    municipality = read_municipality(known, raw)
    found = read_statistics(known, raw, municipality)
    addresses = delivered_addresses(Delivered(known, raw, municipality))[0]
    return Deliveries(
        found.areas, addresses, found.squares, found.people_counts, CROSSWALK.schema.empty_table(), "buurt"
    )


def shared(deliveries: Deliveries) -> tuple[pa.Table, pa.Table]:
    """Atoms, and the persons in each."""
    points = find_points(deliveries, 10)
    priors = likely_persons(points, deliveries.people_counts, deliveries.unit_type)
    atoms = build_atoms(points, priors, deliveries)
    return atoms, share_persons(atoms, deliveries.people_counts, deliveries.areas, deliveries.unit_type)[0]


def hidden_squares(deliveries: Deliveries, seed: int = 1) -> tuple[Deliveries, dict[str, float]]:
    """The same deliveries with a fifth of the counted squares masked, and what had been counted there."""
    counts = deliveries.people_counts
    everybody = (pc.field("unit_type") == "square") & (pc.field("population_group") == "all")
    inside = set(counts.filter(everybody & pc.field("persons").is_valid())["unit_code"].to_pylist()) & _codes_inside(
        deliveries
    )
    codes = np.array(sorted(inside))
    chosen = codes[np.random.default_rng(seed).random(len(codes)) < HIDDEN_SHARE].tolist()
    truth = counts.filter(everybody & pc.is_in(pc.field("unit_code"), pa.array(chosen)))
    is_hidden = pc.and_(pc.equal(counts["unit_type"], "square"), pc.is_in(counts["unit_code"], pa.array(chosen)))
    unknown = {"persons": None, "lowest": 0.0, "highest": None, "reason_missing": "masked"}
    for name, value in unknown.items():
        place = counts.schema.get_field_index(name)
        scalar = pa.scalar(value, counts.schema.field(name).type)
        counts = counts.set_column(place, counts.schema.field(name), pc.if_else(is_hidden, scalar, counts[name]))
    found = dict(zip(truth["unit_code"].to_pylist(), truth["persons"].to_pylist(), strict=True))
    return replace(deliveries, people_counts=counts), found


def _codes_inside(deliveries: Deliveries) -> set[str]:
    squares = deliveries.squares.filter(pc.field("size_m") == 100)
    buurten = shapely.from_wkb(
        deliveries.areas.filter(pc.field("area_type") == "buurt")["geometry"].to_numpy(zero_copy_only=False)
    )
    outline = shapely.union_all(buurten)
    shapely.prepare(outline)
    inside = shapely.contains_xy(outline, squares["x_m"].to_numpy(), squares["y_m"].to_numpy())
    return set(np.array(squares["square_code"].to_pylist())[inside].tolist())


def predicted(deliveries: Deliveries, wanted: Mapping[str, float]) -> dict[str, float]:
    """Persons that sharing gives each wanted square."""
    atoms, persons = shared(deliveries)
    everybody = persons.filter(pc.field("population_group") == "all").join(
        atoms.select(["atom_id", "square_code"]), "atom_id"
    )
    sums = everybody.group_by("square_code").aggregate([("persons", "sum")])
    found = dict(zip(sums["square_code"].to_pylist(), sums["persons_sum"].to_pylist(), strict=True))
    return {code: found.get(code) or 0.0 for code in wanted}


def buurt_frame(deliveries: Deliveries):
    """The buurten with their inhabitants."""
    import geopandas as gpd

    rows = deliveries.areas.filter(pc.field("area_type") == "buurt")
    counts = deliveries.people_counts.filter(
        (pc.field("unit_type") == "buurt") & (pc.field("population_group") == "all")
    )
    persons = dict(zip(counts["unit_code"].to_pylist(), counts["persons"].to_pylist(), strict=True))
    known = [persons.get(code) or 0.0 for code in rows["area_code"].to_pylist()]
    geometry = shapely.from_wkb(rows["geometry"].to_numpy(zero_copy_only=False))
    return gpd.GeoDataFrame({"persons": known}, geometry=geometry, crs="EPSG:28992")


def square_frame(deliveries: Deliveries, wanted: Mapping[str, float]):
    """The wanted squares."""
    import geopandas as gpd

    rows = deliveries.squares.filter(
        (pc.field("size_m") == 100) & pc.is_in(pc.field("square_code"), pa.array(list(wanted)))
    )
    boxes = square_boxes(rows["x_m"].to_numpy(), rows["y_m"].to_numpy())
    return gpd.GeoDataFrame({"code": rows["square_code"].to_pylist()}, geometry=boxes, crs="EPSG:28992")


def errors(found: Mapping[str, float], truth: Mapping[str, float]) -> dict[str, float]:
    """Root of the mean square error, mean absolute error and bias, in persons per hidden square."""
    off = np.array([found[code] - persons for code, persons in truth.items()])
    return {"rmse": float(np.sqrt(np.mean(off**2))), "mae": float(np.abs(off).mean()), "bias": float(off.mean())}


def areal_weighting(deliveries: Deliveries, wanted: Mapping[str, float]) -> dict[str, float]:
    """Persons of a buurt spread evenly over its surface: what each wanted square gets."""
    buurten, squares = buurt_frame(deliveries), square_frame(deliveries, wanted)
    square, buurt = shapely.STRtree(buurten.geometry.values).query(squares.geometry.values, predicate="intersects")
    common = shapely.area(shapely.intersection(squares.geometry.values[square], buurten.geometry.values[buurt]))
    weights = common / buurten.area.to_numpy()[buurt] * buurten["persons"].to_numpy()[buurt]
    return dict(
        zip(squares["code"], np.bincount(square, weights=weights, minlength=len(squares)).tolist(), strict=True)
    )


def _tobler(deliveries: Deliveries, wanted: Mapping[str, float]) -> dict[str, float]:
    from tobler.area_weighted import area_interpolate

    squares = square_frame(deliveries, wanted)
    found = area_interpolate(buurt_frame(deliveries), squares, extensive_variables=["persons"], allocate_total=False)
    return dict(zip(squares["code"], found["persons"].tolist(), strict=True))


def generated(n_addresses: int) -> Deliveries:
    """Buurten of 1 km2 in which addresses stand in random clusters; counts as CBS rounds and masks them."""
    random = np.random.default_rng(1)
    side = int(np.ceil(np.sqrt(n_addresses / 2_000)))
    origin = np.array([100_000.0, 400_000.0])
    centres = random.uniform(0, 1_000 * side, (n_addresses // 100, 2))
    xy = (
        np.clip(np.repeat(centres, 100, axis=0) + random.normal(0, 120, (n_addresses, 2)), 0, 1_000 * side - 0.01)
        + origin
    )
    persons = random.poisson(2.1, n_addresses)
    old = random.binomial(persons, 0.2)
    buurt = (np.floor((xy - origin) / 1_000).astype(int) @ [side, 1]).astype(int)
    pc6 = np.unique(np.floor((xy - origin) / 130).astype(int) @ [10_000, 1], return_inverse=True)[1]
    square = [f"E{e:04d}N{n:04d}" for e, n in np.floor(xy / 100).astype(int).tolist()]
    west, south = (start.ravel() * 1_000 for start in np.meshgrid(np.arange(side), np.arange(side), indexing="ij"))
    boxes = shapely.box(west + origin[0], south + origin[1], west + origin[0] + 1_000, south + origin[1] + 1_000)
    areas = [
        {"area_type": "buurt", "area_code": f"BU{n:06}", "area_name": "", "parent_code": "WK1",
         "publish_geometry": True, "share_inside": 1.0, "geometry": box.wkb}
        for n, box in enumerate(boxes)
    ]  # fmt: skip
    labels = {
        "buurt": np.array([f"BU{n:06}" for n in buurt.tolist()]),
        "pc6": np.array([f"{1000 + n // 676}{chr(65 + n // 26 % 26)}{chr(65 + n % 26)}" for n in pc6.tolist()]),
        "square": np.array(square),
    }
    counts = [
        _counted(kind, codes, group, number)
        for kind, codes in labels.items()
        for group, number in (("all", persons), ("65plus", old))
    ]
    addresses = pa.table(
        {
            "address_id": pa.array(np.char.zfill(np.arange(n_addresses).astype(str), 16).tolist()),
            "pc6": pa.array(labels["pc6"].tolist()),
            "x_m": xy[:, 0],
            "y_m": xy[:, 1],
        }
    )
    whole = [
        addresses[name] if name in addresses.column_names else _blank(ADDRESSES.schema.field(name), n_addresses)
        for name in ADDRESSES.schema.names
    ]
    table = pa.table(whole, schema=ADDRESSES.schema)
    none = (SQUARES.schema.empty_table(), pa.concat_tables(counts), CROSSWALK.schema.empty_table())
    return Deliveries(pa.Table.from_pylist(areas, schema=AREAS.schema), table, *none, "buurt")


def _blank(field: pa.Field, n: int) -> pa.Array:
    kinds = {"string": "", "bool": False}
    value = kinds.get(str(field.type))
    return pa.array([value] * n, field.type)


def _counted(kind: str, codes: Strings, group: str, persons: Ints) -> pa.Table:
    """Counts per unit, rounded to five; masked under five but for buurten."""
    unique, row = np.unique(codes, return_inverse=True)
    true = np.bincount(row, weights=persons)
    rounded = np.floor(true / 5 + 0.5) * 5
    hidden = (true < 5) & (kind != "buurt")
    columns = {
        "unit_type": [kind] * len(unique),
        "unit_code": unique.tolist(),
        "population_group": [group] * len(unique),
        "persons": pa.array(rounded, pa.float64(), mask=hidden),
        "lowest": np.where(hidden, 0, np.maximum(rounded - 2, 0)),
        "highest": np.where(hidden, 4, rounded + 2),
        "reason_missing": np.where(hidden, "masked", "").tolist(),
        "vintage": [2024] * len(unique),
        "basis": ["count"] * len(unique),
    }
    arrays = [
        pa.array(columns[c.name], c.type) if not isinstance(columns[c.name], pa.Array) else columns[c.name]
        for c in PEOPLE_COUNTS.columns
    ]
    return pa.table(arrays, schema=PEOPLE_COUNTS.schema)


def _hidden_row(
    area: str, raw: Path, engine: Callable[[Deliveries, Mapping[str, float]], dict[str, float]]
) -> dict[str, object]:
    hidden, truth = hidden_squares(delivered(area, raw))
    found, cpu_s, wall_s = timed(lambda: engine(hidden, truth))
    return {"n": len(truth), "cpu_s": cpu_s, "wall_s": wall_s, **errors(found, truth)}


ENGINES = {"ours": predicted, "tobler": _tobler}


def _raw(area: str, folder: Path) -> Path:
    if area != "voorbeeldstad":
        return real_deliveries()
    from pipelines.example.town import write_town

    write_town(folder / area, "klein")
    return folder


def _task(words: list[str], folder: Path) -> dict[str, object]:
    case, area, engine = words
    if case == "hidden squares":
        row = _hidden_row(area, _raw(area, folder), ENGINES[engine])
    else:
        deliveries = generated(int(area)) if area.isdigit() else delivered(area, _raw(area, folder))
        (atoms, persons), cpu_s, wall_s = timed(lambda: shared(deliveries))
        kept = pc.sum(persons.filter(pc.field("population_group") == "all")["persons"]).as_py()
        row = {"n": len(atoms), "cpu_s": cpu_s, "wall_s": wall_s, "persons": kept}
    return {"case": case, "area": area, "engine": engine, **row, "peak_mb": peak_mb()}


CASES = (
    ("hidden squares", "groningen-2017", "ours"), ("hidden squares", "groningen-2017", "tobler"),
    ("hidden squares", "voorbeeldstad", "ours"), ("hidden squares", "voorbeeldstad", "tobler"),
    ("sharing people", "groningen-2017", "ours"), ("sharing people", "1000000", "ours"),
)  # fmt: skip


def main() -> None:
    """Measure every case in a process of its own, or the one that is named."""
    if len(sys.argv) > 1:
        with tempfile.TemporaryDirectory() as scratch:
            sys.stdout.write(json.dumps(_task(sys.argv[1:], Path(scratch))) + "\n")
        return
    rows = []
    for words in CASES:
        command = [sys.executable, "-m", "tests.benchmarks.people", *words]
        ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        if ran.returncode:
            raise RuntimeError(f"benchmark {words} failed:\n{ran.stderr[-2000:]}")
        rows.append(json.loads(ran.stdout.splitlines()[-1]))
        told = " ".join(f"{name} {value:,.2f}" for name, value in rows[-1].items() if isinstance(value, float | int))
        sys.stdout.write(f"{words[0]:16} {words[1]:16} {words[2]:8} {told}\n")
        sys.stdout.flush()
    out = ROOT / "data" / "bench" / "people.json"
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
