"""The large example town lists some of its places twice, and tells which: the register finds these."""

import csv
from collections import Counter
from pathlib import Path

import pyarrow.compute as pc
import pytest

from pipelines.example.town import write_town
from pipelines.places.register import build_register
from pipelines.sources.area_file import SHIPPED, read_area_file
from pipelines.sources.cbs import read_municipality
from pipelines.sources.deliveries import Delivered, delivered_places

TOWN = "voorbeeldstad-groot"


@pytest.mark.slow
def test_what_the_town_lists_twice_is_found_and_nearly_nothing_else(tmp_path: Path):
    write_town(tmp_path / TOWN, "groot")
    area = read_area_file(SHIPPED / f"{TOWN}.yaml")
    places, _ = delivered_places(Delivered(area, tmp_path, read_municipality(area, tmp_path)))
    made = build_register(places, area.place_kinds, area.sources.places)
    with (tmp_path / TOWN / "waarheid" / "dubbele_plekken.csv").open(encoding="utf-8-sig") as file:
        twice = {(row["nummer"], row["osm_naam"]) for row in csv.DictReader(file, delimiter=";")}
    merges = made.merges.to_pylist()
    found = [(one["kept_source_id"], one["name"]) for one in merges if one["kept_source"] == f"{TOWN}/plekken.csv"]
    assert len(twice) > 40
    assert twice <= set(found)
    # Invented names come back: one other hall lies by chance within 100 m of one that is called alike.
    assert len(set(found) - twice) <= 1
    # DUO tells of every school that stands in OSM, each once.
    schools = Counter(places.filter(pc.field("place_kind") == "school")["source"].to_pylist())
    duo, osm = schools[f"{TOWN}/duo_vestigingen.csv"], schools[f"{TOWN}/streets.osm.pbf"]
    kept = Counter(made.merges["kept_source"].to_pylist())
    assert duo == osm > 40
    assert kept == {f"{TOWN}/plekken.csv": len(found), f"{TOWN}/duo_vestigingen.csv": duo}
    assert len(made.places) == len(places) - len(merges)
