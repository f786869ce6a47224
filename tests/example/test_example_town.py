"""The folder as a whole: the same bytes for one seed, the sizes asked for, and a safe replacement."""

import hashlib
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from pipelines.errors import InputError
from pipelines.example.plan import SIZES
from pipelines.example.town import Town, build_town, write_town
from pipelines.sources.area_file import SHIPPED, read_area_file
from pipelines.sources.check import problems

FILES = {
    "bag.gpkg", "cbs_pc4_2024.gpkg", "cbs_pc6_2024.gpkg", "cbs_vk100_2024.gpkg", "codeboek.csv", "enquete.csv",
    "inventaris.csv", "plekken.csv", "duo_vestigingen.csv", "streets.osm.pbf", "wijkenbuurten_2024.gpkg",
    "marges.csv", "steekproef.csv", "enquete_2022.csv", "marges_2022.csv", "steekproef_2022.csv",
    "waarheid/gebiedsgemiddelden_2022.csv", "waarheid/dubbele_plekken.csv", "waarheid/gebiedsgemiddelden.csv",
    "waarheid/inwoners_per_adres.parquet",
}  # fmt: skip
WRITE = (
    "import sys, pathlib; from pipelines.example.town import write_town; write_town(pathlib.Path(sys.argv[1]), {!r})"
)


def digests(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def write_in_other_process(folder: Path, size: str) -> None:
    root = Path(__file__).parents[2]
    environment = {**os.environ, "PYTHONHASHSEED": "5", "PYTHONPATH": str(root), "TZ": "Asia/Tokyo"}
    subprocess.run([sys.executable, "-c", WRITE.format(size), str(folder)], check=True, env=environment)


def test_another_process_on_another_day_writes_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    write_in_other_process(tmp_path / "town", "klein")
    assert set(digests(folder)) == FILES
    assert digests(tmp_path / "town") == digests(folder)


def test_another_seed_gives_another_town(folder: Path, tmp_path: Path) -> None:
    write_town(tmp_path / "town", "klein", seed=21)
    other, ours = digests(tmp_path / "town"), digests(folder)
    assert {name for name in ours if ours[name] == other[name]} <= {
        "codeboek.csv", "inventaris.csv", "waarheid/dubbele_plekken.csv",
    }  # fmt: skip


def test_klein_is_written_within_ten_seconds(tmp_path: Path) -> None:
    start = time.perf_counter()
    write_town(tmp_path / "town", "klein")
    assert time.perf_counter() - start < 10


def test_an_earlier_town_is_replaced_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    write_town(tmp_path / "town", "klein", seed=1)
    first = digests(tmp_path / "town")
    (tmp_path / ".town.part").mkdir()
    write_town(tmp_path / "town", "klein", seed=2)
    assert digests(tmp_path / "town") != first
    assert [path.name for path in tmp_path.iterdir()] == ["town"]


def test_a_folder_with_other_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "holiday.jpg").write_bytes(b"not ours")
    with pytest.raises(InputError, match="no example town"):
        write_town(tmp_path, "klein")
    assert [path.name for path in tmp_path.iterdir()] == ["holiday.jpg"]


def test_an_unknown_size_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"'reusachtig'.*groot.*klein"):
        write_town(tmp_path / "town", "reusachtig")  # type: ignore[arg-type]
    assert not list(tmp_path.iterdir())


def test_the_readers_of_the_project_find_nothing_wrong(example_raw: Path) -> None:
    area = read_area_file(SHIPPED / "voorbeeldstad.yaml")
    assert area.synthetic
    assert problems(area, example_raw) == ()


def test_both_area_files_describe_the_same_deliveries_in_their_own_folder() -> None:
    texts = [(SHIPPED / f"{name}.yaml").read_text() for name in ("voorbeeldstad", "voorbeeldstad-groot")]
    paths = [[line.strip() for line in text.splitlines() if "path:" in line] for text in texts]
    assert [path.replace("voorbeeldstad/", "voorbeeldstad-groot/") for path in paths[0]] == paths[1]


@pytest.mark.parametrize(("size", "inhabitants", "tolerance"), [("klein", 20_000, 0.05), ("groot", 100_000, 0.05)])
def test_the_town_has_the_inhabitants_asked_for(size: str, inhabitants: int, tolerance: float) -> None:
    town = build_town(size, 20)  # type: ignore[arg-type]
    census = town.census
    buurt = census.parcels.buurt[census.objects.parcel[census.people.address]]
    count = int((buurt < town.streets.plan.size.buurten).sum())
    assert abs(count - inhabitants) < tolerance * inhabitants


def test_groot_has_buurten_with_few_respondents_and_one_with_none() -> None:
    town = build_town("groot", 20)
    fieldwork = town.fieldwork
    asked = np.bincount(fieldwork.adults.buurt[fieldwork.sample.adult], minlength=60)
    assert SIZES["groot"].buurten == 60
    assert abs(int(asked.sum()) - 2_500) < 20
    assert (asked == 0).sum() == 1
    assert ((asked > 0) & (asked < 30)).sum() >= 6
    assert (asked >= 30).sum() >= 40


def test_klein_has_twelve_buurten_three_wijken_and_one_neighbour(klein: Town) -> None:
    codes = klein.census.codes
    assert len(set(codes.buurt)) == 13
    assert len(set(codes.wijk[:-1])) == 3
    assert sorted(set(codes.gemeente)) == ["GM9998", "GM9999"]


@pytest.mark.parametrize("seed", [0, 1, 2, 3])
def test_every_seed_gives_a_town(seed: int) -> None:
    town = build_town("klein", seed)
    assert len(town.census.people.age) > 15_000
    assert len(set(town.census.objects.identification)) == len(town.census.objects.identification)


@pytest.mark.slow
def test_groot_is_read_whole_and_is_the_same_twice(tmp_path: Path) -> None:
    start = time.perf_counter()
    write_town(tmp_path / "voorbeeldstad-groot", "groot")
    assert time.perf_counter() - start < 60
    assert problems(read_area_file(SHIPPED / "voorbeeldstad-groot.yaml"), tmp_path) == ()
    write_in_other_process(tmp_path / "again", "groot")
    assert digests(tmp_path / "again") == digests(tmp_path / "voorbeeldstad-groot")
