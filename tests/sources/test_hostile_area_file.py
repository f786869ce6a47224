"""Area files that repeat themselves, swell, run, or lead out of the raw folder: one sentence each, at once."""

import os
import time
from pathlib import Path

import pytest

from pipelines.errors import AreaFileError
from pipelines.sources.area_file import SHIPPED, read_area_file
from pipelines.sources.area_yaml import MOST_BYTES, read_yaml

TOWN = (SHIPPED / "voorbeeldstad.yaml").read_text(encoding="utf-8")


def _laid(folder: Path, content: str | bytes) -> Path:
    path = folder / "voorbeeldstad.yaml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def _refusal(path: Path) -> str:
    begun = time.perf_counter()
    with pytest.raises(AreaFileError) as caught:
        read_area_file(path)
    assert time.perf_counter() - begun < 1
    said = str(caught.value)
    assert said.startswith("voorbeeldstad.yaml: "), said
    assert max(map(len, said.splitlines())) < 1_500
    return said


BOMB = "\n".join(
    ["a0: &a0 [lol,lol,lol,lol,lol,lol,lol,lol,lol]"]
    + [f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9)]
)
NAMED = "name: voorbeeldstad\n"
LONG = "x" * 400_000
TEXTS: dict[str, tuple[str | bytes, str]] = {
    "a key twice": (TOWN.replace("year: 2024", "year: 2024\nyear: 2023"), "'year' stands in line 4 already"),
    "a key twice within": ("a:\n  b:\n    - {c: 1, d: 2, c: 3}\n", "line 3: the key 'c' stands in line 3"),
    "a key twice, once quoted": ("year: 1\n'year': 2\n", "line 2: the key 'year' stands in line 1"),
    "aliases of aliases": (BOMB + "\n" + TOWN.replace("title: Voorbeeldstad", "title: *a8"), "with all aliases"),
    "one long text, often": (f"a: &a {LONG}\nb: [*a, *a, *a]\n", "with all aliases"),
    "merged often": (f"a: &a {{k: {LONG}}}\nb: {{<<: [*a, *a, *a]}}\n", "with all aliases"),
    "an alias of itself": ("a: &a [*a]\n", "'a' holds itself"),
    "an alias of nothing": ("a: *b\n", "line 1 is not YAML"),
    "very deep": ("[" * 300_000, "more than 20 deep"),
    "very deep, one to a line": ("\n".join(" " * n + "k:" for n in range(800)), "more than 20 deep"),
    "very large": (NAMED + "#" * MOST_BYTES, "larger than 1 MB"),
    "a tag that runs": ("a: !!python/object/apply:os.system ['true']\n", "the tag 'tag:yaml.org,2002:python"),
    "bytes": ("title: !!binary aGFsbG8=\n", "the tag"),
    "a control character": ("title: a\x07b\n", r"line 1 holds a control character (U+0007)"),
    "a null": ("name: a\ntitle: \x00\n", "line 2 holds a control character (U+0000)"),
    "UTF-16": (TOWN.encode("utf-16"), "is written in UTF-16"),
    "Latin": ("name: a\ntitle: Fryslân\n".encode("latin-1"), "line 2 is not written in UTF-8"),
    "tabs": ("sources:\n\tbuurten: x\n", "line 2 is not YAML (it is indented with a tab"),
    "no blank after a colon": ("name: a\nyear:2024\ntitle: x\n", "line 2 is not YAML (write `key: value`"),
    "an equals sign": ("name: a\nyear = 2024\ntitle: x\n", "line 2 is not YAML (write `key: value`"),
    "a quotation mark left open": ("a: 'x\nb: 2\n", "line 1 is not YAML (a quotation mark opens"),
    "a list left open": ("a: [1,\nb: 2\n", "line 1 is not YAML (a `[` opens"),
    "keys left open": ("a: {b: 1\nc: 2\n", "line 1 is not YAML (a `{` opens"),
    "two colons": ("a: 1\nattribution: bron: x\n", "line 2 is not YAML (it is indented otherwise"),
    "an at sign": ("a: @x\n", "line 1 is not YAML (a text that begins with this character"),
    "a name for two things": ("a: &x 1\nb: &x 2\n", "line 2 is not YAML (the name after its `&`"),
    "two documents": (TOWN + "---\n" + TOWN, "a second document begins"),
    "keys without a name": ("null: 1\n", "line 1: there is no key before the colon"),
    "keys that are lists": ("? [a, b]\n: 1\n", "line 1: a list or keys stand where"),
    "merging a word": ("a:\n  <<: b\n", "`<<` takes over keys"),
    "a list for the whole": ("- a\n- b\n", "holds no keys"),
}


@pytest.mark.parametrize("kind", TEXTS)
def test_what_is_no_plain_yaml_is_told_in_one_sentence(tmp_path: Path, kind: str):
    content, expected = TEXTS[kind]
    said = _refusal(_laid(tmp_path, content))
    assert expected in said
    assert "\n" not in said


VALUES = {
    "31 February": ("events:", "events:\n  - {date: 2024-02-31, nl: a, en: a}", "events.0.date: "),
    "many digits": ("year: 2024", f"year: {'9' * 5000}", "year: "),
    "no number": ("year: 2024", "year: .nan", "year: "),
    "no end": ("gemeenten: [GM9999]", "gemeenten: [GM9999]\nextent: [0, 300000, 1, .inf]", "extent.3: "),
    "no end in words": ("gemeenten: [GM9999]", "gemeenten: [GM9999]\nextent: [0, 300000, 1, inf]", "extent.3: "),
    "out of the country": ("gemeenten: [GM9999]", "gemeenten: [GM9999]\nextent: [0, 1, 2, 1e308]", "within the Neth"),
    "octal": ("year: 2024", "year: 0o3750", "year: "),
    "base sixty": ("year: 2024", "year: 33:44", "year: "),
    "a Dutch date": ("date: 2023-05-13", "date: 13-05-2023", "a date belongs here, written as 2024-05-31"),
    "a date without hyphens": ("date: 2023-05-13", "date: 20230513", "a date belongs here, written as 2024-05-31"),
    "a yes in Dutch": ("synthetic: true", "synthetic: ja", "`true` or `false` belongs here (found 'ja')"),
    "a year BC": ("    vintage: 2024", "    vintage: -5", "sources.buurten.vintage: "),
    "a key of others": ("year: 2024", "year: 2024\nlayer: a", "layer: this key belongs elsewhere"),
    "a list for keys": ("population: {total_from: buurten}", "population: [a]", "population: keys belong here"),
    "keys for a list": ("gemeenten: [GM9999]", "gemeenten: {a: b}", "gemeenten: a list belongs here"),
    "nothing": ("title: Voorbeeldstad", "title:", "title: a text belongs here (found nothing)"),
    "a long key": ("year: 2024", f"year: 2024\n{'k' * 1000}: 1", "this key is not known"),
    "a long value": ("year: 2024", f"year: {LONG}", "year: "),
    "a thousand keys": ("year: 2024", "year: 2024\n" + "".join(f"key{n}: 1\n" for n in range(1000)), "960 more"),
}


@pytest.mark.parametrize("kind", VALUES)
def test_a_value_that_cannot_be_is_told_with_its_key(tmp_path: Path, kind: str):
    old, new, expected = VALUES[kind]
    assert old in TOWN
    assert expected in _refusal(_laid(tmp_path, TOWN.replace(old, new, 1)))


PATHS = (
    "../secret.gpkg", "a/../../b.gpkg", "/etc/passwd", "C:/data.gpkg", "C:data.gpkg", r"a\b.gpkg", r"\\\\host\\share",
    '"a\\0b.gpkg"', '"a\\nb.gpkg"', "a" * 300, '""', ".",
)  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("delivered", ["wijkenbuurten_2024.gpkg", "codeboek.csv", "plekken.csv"])
def test_no_path_leads_out_of_the_raw_folder(tmp_path: Path, path: str, delivered: str):
    old = f"voorbeeldstad/{delivered}"
    assert old in TOWN
    said = _refusal(_laid(tmp_path, TOWN.replace(old, path)))
    assert "path: " in said or "codebook: " in said


def test_a_path_is_told_without_what_says_nothing(tmp_path: Path):
    town = TOWN.replace("voorbeeldstad/cbs_pc4_2024.gpkg", "./voorbeeldstad//cbs_pc4_2024.gpkg")
    pc4 = read_area_file(_laid(tmp_path, town)).sources.pc4
    assert pc4 is not None
    assert pc4.path == "voorbeeldstad/cbs_pc4_2024.gpkg"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("no", "no"), ("nee", "nee"), ("on", "on"), ("0123", "0123"), ("12:30", "12:30"), ("1_000", "1_000"),
        ("2024-01-01", "2024-01-01"), ("'null'", "null"), ("null", None), ("~", None), ("", None), ("0x1F", "0x1F"),
    ],
)  # fmt: skip
def test_a_value_is_the_text_that_stands_there(tmp_path: Path, written: str, read: str | None):
    assert read_yaml(_laid(tmp_path, f"key: {written}\n{written or 'x'}: 1\n" if read else f"key: {written}\n")) == {
        "key": read,
        **({read: "1"} if read else {}),
    }


def test_merged_keys_give_way_to_ones_own(tmp_path: Path):
    text = "a: &a {x: 1, y: 2}\nb: &b {y: 3, z: 4}\nc: {<<: [*a, *b], z: 5}\nd: {<<: *a}\n'<<': 6\n"
    assert read_yaml(_laid(tmp_path, text)) == {
        "a": {"x": "1", "y": "2"},
        "b": {"y": "3", "z": "4"},
        "c": {"x": "1", "y": "2", "z": "5"},
        "d": {"x": "1", "y": "2"},
        "<<": "6",
    }


@pytest.mark.parametrize("kind", ["byte order mark", "CRLF"])
def test_an_area_file_of_windows_is_read(tmp_path: Path, kind: str):
    content = "\ufeff" + TOWN if kind == "byte order mark" else TOWN.replace("\n", "\r\n")
    assert read_area_file(_laid(tmp_path, content)) == read_area_file(SHIPPED / "voorbeeldstad.yaml")


@pytest.mark.parametrize("what", ["a folder", "a pipe", "nothing"])
def test_what_is_no_file_is_told(tmp_path: Path, what: str):
    path = tmp_path / "voorbeeldstad.yaml"
    if what == "a folder":
        path.mkdir()
    elif what == "a pipe":
        os.mkfifo(path)
    with pytest.raises(AreaFileError, match="there is no such file"):
        read_area_file(path)


@pytest.mark.handed
@pytest.mark.parametrize(
    ("name", "expected"),
    [("bomb-title", "aliases"), ("date-feb31", "date"), ("dupkey", "'year' stands in line")],
)
def test_area_files_that_once_were_misread(handed: Path, tmp_path: Path, name: str, expected: str):
    assert expected in _refusal(_laid(tmp_path, (handed / "area-files" / f"{name}.yaml").read_bytes()))
