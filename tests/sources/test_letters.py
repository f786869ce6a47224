"""How the letters of a Shapefile are written, whatever it says of them."""

from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from pipelines.errors import SourceError
from pipelines.sources.delivery import Delivery
from pipelines.sources.layers import Layer
from pipelines.sources.vector import read_layer

NAME = "Súdwest-Fryslân"
POINT = shapely.Point(155_000, 463_000)


def _delivery(**more: str) -> Delivery:
    return Delivery(path="a.shp", vintage=2024, licence="CC0-1.0", attribution="nobody", **more)


def _written(
    raw: Path, encoding: str, names: tuple[str, ...] = (NAME,), *, cpg: str | None = None, driver: int = 0
) -> None:
    """A Shapefile with `names` in `encoding`, whatever its .cpg and its language driver say."""
    frame = gpd.GeoDataFrame({"naam": ["x" * 40] * len(names)}, geometry=[POINT] * len(names), crs=28992)
    frame.to_file(raw / "a.shp")
    table = bytearray((raw / "a.dbf").read_bytes())
    table[29] = driver
    at = 0
    for name in names:
        at = table.index(b"x" * 40, at)
        table[at : at + 40] = name.encode(encoding)[:40].ljust(40)
    (raw / "a.dbf").write_bytes(bytes(table))
    (raw / "a.cpg").unlink(missing_ok=True)
    if cpg is not None:
        (raw / "a.cpg").write_text(cpg)


def _read(raw: Path, **more: str) -> Layer:
    return read_layer(_delivery(**more), raw)


@pytest.mark.parametrize("driver", [0, 0x57])
def test_utf_8_without_a_cpg_is_utf_8_and_told(tmp_path: Path, driver: int):
    _written(tmp_path, "utf-8", driver=driver)
    layer = _read(tmp_path)
    assert layer.column("naam").tolist() == [NAME]
    assert len(layer.remarks) == 1
    assert layer.remarks[0].problem.endswith("read as utf-8")


@pytest.mark.parametrize(
    ("encoding", "cpg", "driver"),
    [
        ("utf-8", "UTF-8", 0),
        ("utf-8", "65001", 0),
        ("latin-1", "ISO-8859-1", 0),
        ("latin-1", "88591", 0),
        ("latin-1", "ISO 88591", 0),
        ("cp1252", "1252", 0),
        ("cp1252", "ANSI 1252", 0),
        ("cp1252", None, 0x57),
        ("cp850", None, 0x02),
        ("cp850", "850", 0),
        ("latin-1", "ISO-8859-1\r\n", 0x57),
    ],
)
def test_what_a_shapefile_says_of_its_letters_holds(tmp_path: Path, encoding: str, cpg: str | None, driver: int):
    _written(tmp_path, encoding, cpg=cpg, driver=driver)
    layer = _read(tmp_path)
    assert layer.column("naam").tolist() == [NAME]
    assert layer.remarks == ()


@pytest.mark.parametrize("name", [NAME, "Café “De Zwaan” €"])
def test_letters_of_windows_that_nothing_is_said_of_are_read_as_such(tmp_path: Path, name: str):
    _written(tmp_path, "cp1252", (name,))
    layer = _read(tmp_path)
    assert layer.column("naam").tolist() == [name]
    assert layer.remarks[0].problem == "does not say how its text is written; read as cp1252"


@pytest.mark.parametrize(("encoding", "cpg"), [("cp1252", "UTF-8"), ("utf-8", "ISO-8859-1"), ("utf-8", "1252")])
def test_a_cpg_that_says_it_wrongly_is_mended_and_told(tmp_path: Path, encoding: str, cpg: str):
    _written(tmp_path, encoding, cpg=cpg)
    layer = _read(tmp_path)
    assert layer.column("naam").tolist() == [NAME]
    assert [remark.action for remark in layer.remarks] == ["mended"]


def test_text_that_is_partly_in_utf_8_is_refused(tmp_path: Path):
    _written(tmp_path, "utf-8", (NAME, NAME), cpg="UTF-8")
    table = (tmp_path / "a.dbf").read_bytes()
    (tmp_path / "a.dbf").write_bytes(
        table[::-1].replace(NAME.encode()[::-1], NAME.encode("latin-1")[::-1] + b"  ", 1)[::-1]
    )
    with pytest.raises(SourceError, match=r"a\.shp.*partly in UTF-8.*encoding: cp1252"):
        _read(tmp_path)


def test_the_area_file_goes_before_what_is_found(tmp_path: Path):
    _written(tmp_path, "cp850", cpg="UTF-8")
    assert _read(tmp_path, encoding="cp850").column("naam").tolist() == [NAME]
    for wrong in ("utf-8", "utf-16", "utf-7"):
        with pytest.raises(
            SourceError, match=rf"1 of its 1 different texts .* are not written in {wrong}, as the area"
        ):
            _read(tmp_path, encoding=wrong)


def test_a_letter_cut_by_the_width_of_its_column_costs_no_other_letter(tmp_path: Path):
    _written(tmp_path, "utf-8", ("a" * 39 + "é", NAME))
    assert _read(tmp_path).column("naam").tolist() == ["a" * 39, NAME]


def test_a_table_in_ascii_needs_no_word(tmp_path: Path):
    _written(tmp_path, "ascii", ("Oost",))
    layer = _read(tmp_path)
    assert layer.column("naam").tolist() == ["Oost"]
    assert layer.remarks == ()


def test_a_geojson_that_is_not_in_utf_8_is_refused_with_what_to_name(tmp_path: Path):
    content = (
        '{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"naam":"' + NAME + '"},'
        '"geometry":{"type":"Point","coordinates":[5.387,52.155]}}]}'
    )
    (tmp_path / "a.geojson").write_bytes(content.encode("latin-1"))
    delivery = Delivery(path="a.geojson", vintage=2024, licence="CC0-1.0", attribution="nobody")
    with pytest.raises(SourceError, match=r"a\.geojson.*not written in utf-8.*encoding: cp1252"):
        read_layer(delivery, tmp_path)
    named = delivery.model_copy(update={"encoding": "latin-1"})
    assert read_layer(named, tmp_path).column("naam").tolist() == [NAME]


@pytest.mark.parametrize("cpg", ["ISO-8859-1", "88591", "latin1"])
def test_latin_1_is_what_programs_call_the_letters_of_windows(tmp_path: Path, cpg: str):
    _written(tmp_path, "cp1252", ("“De Zwaan” €",), cpg=cpg)
    layer = _read(tmp_path)
    assert layer.column("naam").tolist() == ["“De Zwaan” €"]
    assert layer.remarks == ()


@pytest.mark.parametrize("cpg", ["rot13", "UTF-16", "base64", "klingon"])
def test_a_cpg_that_names_no_letters_of_a_table_says_nothing(tmp_path: Path, cpg: str):
    _written(tmp_path, "cp1252", cpg=cpg)
    layer = _read(tmp_path)
    assert layer.column("naam").tolist() == [NAME]
    assert layer.remarks[0].problem == "does not say how its text is written; read as cp1252"


def test_letters_that_had_to_be_guessed_are_shown_as_they_are_read(tmp_path: Path):
    _written(tmp_path, "cp850")
    assert _read(tmp_path).remarks[0].examples == "'S£dwest-Fryslƒn'"


def test_text_in_utf_8_that_the_area_file_calls_otherwise_is_told(tmp_path: Path):
    _written(tmp_path, "utf-8")
    remark = _read(tmp_path, encoding="cp1252").remarks[0]
    assert remark.problem == "looks like text in utf-8; read as cp1252 as the area file says"
    assert remark.examples == "'SÃºdwest-FryslÃ¢n'"
