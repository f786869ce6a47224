"""`samenhang init` and `samenhang fetch`, as a program of its own, against a mirror on this machine."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import pytest
import shapely
import yaml

from assets import cli
from pipelines.sources.fetch.ledger import retrievals
from pipelines.sources.fetch.registry import SHIPPED

COMMAND = (sys.executable, "-c", "from assets.cli import main; main()")
ROOT = Path(__file__).parents[2]
AREA = "gm0014-2024"
FILES = (
    "wijkenbuurten_2024.gpkg", "pc4_2024.gpkg", "pc6_2024.gpkg", "squares_100m_2024.gpkg", "pc6hnr_2024.csv",
    "bag_2024.geojson",
)  # fmt: skip
LAST = ("osm_2024.osm.pbf", "duo_2024.csv")


@pytest.fixture
def mirror(site, tmp_path):
    """A registry with the sources of the shipped one, all of them on the site."""
    registry = yaml.safe_load(SHIPPED.read_text(encoding="utf-8"))
    for name, source in registry["sources"].items():
        source["url"] = f"{site.url}/{name}/{{year}}{{table}}"
        for edition in source["years"].values():
            edition.pop("url", None)
    path = tmp_path / "mirror.yaml"
    path.write_text(yaml.safe_dump(registry), encoding="utf-8")
    return path


@pytest.fixture
def buurtkaart(tmp_path):
    """One buurt of Groningen, as a GeoPackage with the columns of 2024."""
    path = tmp_path / "map.gpkg"
    ages = ("0_tot_15_jaar", "15_tot_25_jaar", "25_tot_45_jaar", "45_tot_65_jaar", "65_jaar_en_ouder")
    names = {
        "buurtcode": ["BU00140000"], "buurtnaam": ["Noord"], "wijkcode": ["WK001400"], "gemeentecode": ["GM0014"],
        "water": ["NEE"], "aantal_inwoners": [100], **{f"percentage_personen_{band}": [20] for band in ages},
    }  # fmt: skip
    box = [shapely.box(233_000, 581_000, 234_000, 582_000)]
    gpd.GeoDataFrame(names, geometry=box, crs="EPSG:28992").to_file(path, layer="buurten", driver="GPKG")
    more = {"gemeentecode": ["GM0014"], "gemeentenaam": ["Groningen"]}
    gpd.GeoDataFrame(more, geometry=box, crs="EPSG:28992").to_file(path, layer="gemeenten", driver="GPKG", mode="a")
    return path.read_bytes()


@pytest.fixture
def zips(gpkg, zip_of, buurtkaart):
    """What CBS publishes: zips with a GeoPackage or a list in them."""
    squares = {f"/{name}/2024": zip_of(map__gpkg=gpkg) for name in ("cbs-pc4", "cbs-pc6", "cbs-squares-100m")}
    numbers = b"PC6;Huisnummer;Buurt2024;Wijk2024;Gemeente2024\n9711AA;1;140000;1400;14\n"
    lists = {"/cbs-pc6-huisnummer-buurt/2024": zip_of(pc6hnr__csv=numbers)}
    return {"/cbs-wijkenbuurten/2024": zip_of(WijkBuurtkaart__gpkg=buurtkaart, leesmij__txt=b"x"), **squares, **lists}


@pytest.fixture
def published(site, pbf, zips, collection, dwellings):
    """Everything that a draft of 2024 names."""
    schools = b"VESTIGINGSCODE;VESTIGINGSNAAM;HUISNUMMER-TOEVOEGING;POSTCODE\n01AB00;De Brug;1;9711 AA\n"
    site.files |= {**zips, "/osm-netherlands/2024": pbf, "/duo-basisonderwijs/2024": schools}
    collection("/bag-verblijfsobjecten/2024", dwellings(1, 2), dwellings(3))
    return site


@pytest.fixture
def environment(tmp_path):
    """Nothing of ours but the data folder; a `.netrc` that nobody should look into."""
    (tmp_path / ".netrc").write_text("default login me password secret\n", encoding="utf-8")
    (tmp_path / ".netrc").chmod(0o600)
    kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    return {
        **kept,
        "HOME": str(tmp_path),
        "PYTHONPATH": str(ROOT),
        "SAMENHANG_DATA": str(tmp_path / "data"),
        "NO_PROXY": "*",
    }


@pytest.fixture
def here(environment, monkeypatch, capsys, tmp_path):
    """The command line in this process, which starts at once."""
    for name in ("SAMENHANG_RAW", "SAMENHANG_OUT"):
        monkeypatch.delenv(name, raising=False)
    for name in ("HOME", "SAMENHANG_DATA", "NO_PROXY"):
        monkeypatch.setenv(name, environment[name])
    monkeypatch.chdir(tmp_path)

    def call(*words):
        monkeypatch.setattr(sys, "argv", ["samenhang", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capsys.readouterr()
        return subprocess.CompletedProcess(words, ended.value.code or 0, said.out, said.err)

    return call


@pytest.fixture
def samenhang(environment, tmp_path):
    """The command line as a program of its own."""

    def call(*words):
        ended = subprocess.run(
            [*COMMAND, *map(str, words)], env=environment, cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert "Traceback" not in ended.stderr
        return ended

    return call


def test_from_a_code_to_deliveries_and_offline_after_that(here, samenhang, published, mirror, tmp_path):
    written = here("init", "GM0014", "--jaar", 2024)
    area_file = tmp_path / "data/areas" / f"{AREA}.yaml"
    assert (written.returncode, written.stderr) == (0, "")
    assert str(area_file) in written.stdout

    before = here("fetch", AREA, "--offline")
    assert before.returncode == 2
    assert before.stderr.count(": get https://") == 8
    assert "geodata.cbs.nl" in before.stderr
    assert "take *.gpkg out of the zip" in before.stderr

    first = samenhang("fetch", AREA, "--registry", mirror)
    assert (first.returncode, first.stderr) == (0, "")
    lines = first.stdout.strip().split("\n")
    assert [line.split()[0] for line in lines] == ["fetched"] * 8
    raw = tmp_path / "data/raw"
    assert {path.name for path in (raw / AREA).iterdir()} == {*FILES, *LAST}
    assert set(retrievals(raw)) == {f"{AREA}/{name}" for name in (*FILES, *LAST)}
    assert not any("authorization" in asked.headers for asked in published.asked)
    assert {asked.headers["user-agent"] for asked in published.asked} == {"samenhang (open data for municipalities)"}

    published.asked.clear()
    again = here("fetch", AREA, "--offline")
    assert (again.returncode, again.stderr) == (0, "")
    assert all(line.startswith("kept") and "verified" in line for line in again.stdout.strip().split("\n"))
    assert published.asked == []

    by_name = here("init", "groningen", "--jaar", 2023)
    assert "groningen-2023.yaml" in by_name.stdout


def test_several_failures_are_all_told_at_the_end(here, published, mirror, reply):
    here("init", "GM0014", "--jaar", 2024)
    published.forever["/cbs-pc4/2024"] = reply(404)
    published.forever["/cbs-squares-100m/2024"] = reply(200, b"<html>", {"Content-Type": "text/html"})
    ended = here("fetch", AREA, "--registry", mirror)
    assert ended.returncode == 1
    assert "answers 404" in ended.stderr
    assert "a web page came" in ended.stderr
    said = [line.split()[:2] for line in ended.stdout.strip().split("\n")]
    assert ["failed", f"{AREA}/pc4_2024.gpkg"] in said
    assert ["fetched", f"{AREA}/pc6_2024.gpkg:"] in said


def test_features_in_an_area_need_its_buurten_first(here, published, mirror, reply):
    here("init", "GM0014", "--jaar", 2024)
    published.forever["/cbs-wijkenbuurten/2024"] = reply(404)
    ended = here("fetch", AREA, "--registry", mirror)
    assert ended.returncode == 2
    assert f"{AREA}/wijkenbuurten_2024.gpkg: there is no such file" in ended.stderr


@pytest.mark.parametrize("stop", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.slow)])
def test_a_fetch_that_is_interrupted_goes_on_where_it_was(here, environment, published, mirror, stop):
    raw = Path(environment["SAMENHANG_DATA"]) / "raw"
    here("init", "GM0014", "--jaar", 2024)
    site = published
    body = site.files["/osm-netherlands/2024"] * 30
    site.files["/osm-netherlands/2024"] = body
    site.routes["/osm-netherlands/2024"] = lambda asked: replace(site.file(asked), silent_s=30)
    running = subprocess.Popen(
        [*COMMAND, "fetch", AREA, "--registry", str(mirror)],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    part = raw / AREA / "osm_2024.osm.pbf.part"
    until = time.monotonic() + 60
    while not (part.exists() and part.stat().st_size > 100_000):
        assert time.monotonic() < until
        assert running.poll() is None
        time.sleep(0.05)
    running.send_signal(stop)
    _, told = running.communicate(timeout=30)
    assert running.returncode == 130
    assert b"Interrupted" in told
    assert b"Traceback" not in told
    came = part.stat().st_size
    assert part.read_bytes() == body[:came]
    assert set(retrievals(raw)) == {f"{AREA}/{name}" for name in FILES}
    assert not (raw / AREA / ".fetching").exists()

    del site.routes["/osm-netherlands/2024"]
    ended = here("fetch", AREA, "--registry", mirror)
    assert ended.returncode == 0, ended.stderr
    assert "resumed" in ended.stdout
    assert (raw / AREA / "osm_2024.osm.pbf").read_bytes() == body
    assert f"bytes={came}-" in {asked.headers.get("range") for asked in site.asked}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("init", "GM0014", "--jaar", "1999"), "has no borders of that year"),
        (("init", "Groningen", "--jaar", "2024"), "Give the code"),
        (("init", "GM0014", "--jaar", "2024", "--to", "Mijn Stad.yaml"), "is no name for an area"),
        (("init", "GM0014", "--jaar", "2024", "--to", "mirror.yaml"), "exists already and is left as it is"),
        (
            ("init", "GM0014", "--jaar", "2024", "--to", "voorbeeldstad.yaml"),
            "an area named 'voorbeeldstad' exists already",
        ),
        (("fetch", "voorbeeldstad"), "no delivery in its area file has a `fetch`"),
        (("fetch", "voorbeeldstad", "--registry", "absent.yaml"), "cannot be read as a registry"),
        (("fetch", "nergens"), "there is no area 'nergens'"),
    ],
)
def test_bad_input_is_told_and_ends_with_2(here, mirror, words, said):
    before = mirror.read_bytes()
    ended = here(*words)
    assert ended.returncode == 2
    assert said in ended.stderr
    assert mirror.read_bytes() == before
