"""The example town with one delivery mutated: which files there are, what is read beside each, and what is counted."""

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import shapely

from pipelines.sources.area_file import SHIPPED
from pipelines.sources.area_yaml import Content, read_yaml
from pipelines.sources.check import Readings
from tests.mutations.byte_changes import Change
from tests.mutations.layer_changes import LAYERS
from tests.mutations.list_changes import LISTS
from tests.mutations.osm_changes import OSM

TOWN = "voorbeeldstad"
AREA_FILE = SHIPPED / f"{TOWN}.yaml"
TERMS = {"vintage": "2024", "licence": "CC0-1.0", "attribution": "Voorbeeldstad, verzonnen gegevens"}


@dataclass(frozen=True)
class Target:
    """A delivered file: what may happen to it beside damage to its bytes, and the roles that are read with it."""

    name: str
    changes: Mapping[str, Change]
    roles: tuple[str, ...]


_PEOPLE = ("wijken", "gemeenten", "pc4", "pc6", "squares", "addresses")
_PLACES = ("places", "addresses")
_SURVEY = ("respondents", "respondents_before")
_FURTHER = ("crosswalk", "statline", "benches")
# Buurten and streets are read with every one: without them there is no area.
TARGETS = (
    Target("wijkenbuurten_2024.gpkg", LAYERS, _PEOPLE),
    Target("bag.gpkg", LAYERS, _PEOPLE),
    Target("cbs_pc4_2024.gpkg", LAYERS, _PEOPLE),
    Target("cbs_pc6_2024.gpkg", LAYERS, _PEOPLE),
    Target("cbs_vk100_2024.gpkg", LAYERS, _PEOPLE),
    Target("streets.osm.pbf", OSM, _PLACES),
    Target("duo_vestigingen.csv", LISTS, _PLACES),
    Target("plekken.csv", LISTS, _PLACES),
    Target("enquete.csv", LISTS, _SURVEY),
    Target("enquete_2022.csv", LISTS, _SURVEY),
    Target("codeboek.csv", LISTS, _SURVEY),
    Target("steekproef.csv", LISTS, _SURVEY),
    Target("marges.csv", LISTS, _SURVEY),
    Target("inventaris.csv", LISTS, ("inventory",)),
    Target("pc6hnr.csv", LISTS, _FURTHER),
    Target("cijfers.csv", LISTS, _FURTHER),
    Target("cijfers.json", {}, _FURTHER),
    Target("banken.csv", LISTS, _FURTHER),
)
_ROWS_TOLD = ("addresses", "crosswalk", "segments", "benches", "inventory")
_EVERYBODY = pc.field("population_group") == "all"
# Of a table the columns that part it, the column that is added up or counted, and how.
_GROUPED = {
    "areas": (["area_type"], "area_code", "count"),
    "people_counts": (["unit_type"], "persons", "sum"),
    "respondents": (["wave"], "respondent_id", "count"),
    "answers": (["wave"], "answer", "count"),
    "places": (["source", "place_kind"], "source_id", "count"),
    "context": (["table_id"], "measure_code", "count"),
}


def area_content(roles: tuple[str, ...]) -> dict[str, Content]:
    """The area file of the town with these roles, buurten and streets, and further deliveries of our own."""
    content = read_yaml(AREA_FILE)
    assert isinstance(content, dict)
    sources = {**content["sources"], **_further()}
    kept = {role: told for role, told in sources.items() if role in {"buurten", "streets", *roles}}
    kinds = content["place_kinds"] if "places" in roles else dict.fromkeys(content["place_kinds"], "not_delivered")
    benches = "complete" if {"places", "benches"} & set(roles) else "not_delivered"
    return {**content, "sources": kept, "place_kinds": kinds, "benches": benches}


def _further() -> dict[str, Content]:
    """Deliveries that the town does not have."""
    tables = {"csv": "85984NED", "json": "85985NED"}
    seats = {"format": "csv", "columns": {"x": "x", "y": "y", "id": "nr"}}
    return {
        "crosswalk": {**TERMS, "path": f"{TOWN}/pc6hnr.csv"},
        "statline": [{**TERMS, "path": f"{TOWN}/cijfers.{end}", "table": table} for end, table in tables.items()],
        "benches": [{**TERMS, "path": f"{TOWN}/banken.csv", **seats}],
    }


def write_further(raw: Path) -> None:
    """Write the deliveries that the town does not have."""
    regions = ["GM9999", "WK999901", "BU99990101", "BU99990102"]
    doors = (f"{9901 + n % 3}AA;{n};9999010{1 + n % 4};999901;9999" for n in range(1, 120))
    figures = (f"{region};2024JJ00;{1000 + n};{n}.5" for n, region in enumerate(regions))
    seats = (f"{n};{150_374 + 10 * n};{450_182 + 5 * n}" for n in range(40))
    lists = {
        "pc6hnr.csv": ("PC6;Huisnummer;Buurt2024;Wijk2024;Gemeente2024", *doors),
        "cijfers.csv": ("RegioS;Perioden;AantalInwoners_1;Dichtheid_2", *figures),
        "banken.csv": ("nr;x;y", *seats),
    }
    for name, lines in lists.items():
        (raw / TOWN / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    cell = {"Measure": "T1", "ValueAttribute": "None"}
    cells = [{**cell, "WijkenEnBuurten": region, "Value": float(n)} for n, region in enumerate(regions)]
    (raw / TOWN / "cijfers.json").write_text(json.dumps({"value": cells}), encoding="utf-8")


def lay(raw: Path, folder: Path, target: str) -> Path:
    """Lay the town's files in another folder, the target as a copy of its own; give where that lies."""
    (folder / TOWN).mkdir(parents=True, exist_ok=True)
    for path in (raw / TOWN).iterdir():
        if path.is_file():
            (shutil.copy if path.name == target else os.link)(path, folder / TOWN / path.name)
    return folder / TOWN / target


def counts(read: Readings) -> dict[str, float]:
    """What a reader of the published figures would see change: rows, people, answers, kilometres, places by kind."""
    parts = [vars(part) for part in (read.statistics, read.survey) if part is not None]
    tables = dict(read.tables) | {k: v for part in parts for k, v in part.items() if isinstance(v, pa.Table)}
    found = {name: float(len(table)) for name, table in tables.items() if name in _ROWS_TOLD}
    for name, (parting, *summed) in _GROUPED.items():
        if name in tables:
            groups = tables[name].filter(_EVERYBODY) if name == "people_counts" else tables[name]
            rows = groups.group_by(parting).aggregate([tuple(summed)]).to_pylist()
            found |= {f"{name} {_of(row, parting)}": row["_".join(summed)] or 0 for row in rows}
    if "segments" in tables:
        found["km"] = float(shapely.length(shapely.from_wkb(tables["segments"]["geometry"].to_numpy())).sum() / 1_000)
    return found


def _of(row: Mapping[str, object], parting: list[str]) -> str:
    """What a row of counts is of; a file that became one of another kind keeps its name."""
    return " ".join(str(row[one]).split(".", 1)[0] for one in parting)
