from pathlib import Path

import pytest
import yaml

from pipelines.errors import AreaFileError
from pipelines.sources.area_file import SHIPPED, find_area_files, read_area_file
from pipelines.sources.delivery import Delivery

GRONINGEN = yaml.safe_load((SHIPPED / "groningen-2017.yaml").read_text(encoding="utf-8"))


def _written(folder: Path, content: object, name: str = "town.yaml") -> Path:
    path = folder / name
    path.write_text(content if isinstance(content, str) else yaml.safe_dump(content), encoding="utf-8")
    return path


@pytest.mark.parametrize("path", sorted(SHIPPED.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_shipped_area_file_is_sound_and_named_like_its_file(path: Path):
    assert read_area_file(path).name == path.stem


def test_a_misspelled_key_is_named_with_the_likely_one(tmp_path: Path):
    wrong = {**GRONINGEN, "h3_resolutie": 10}
    with pytest.raises(AreaFileError, match=r"town\.yaml: h3_resolutie: .*did you mean 'h3_resolution'"):
        read_area_file(_written(tmp_path, wrong))


def test_all_mistakes_are_listed_at_once(tmp_path: Path):
    wrong = {key: value for key, value in GRONINGEN.items() if key != "title"}
    wrong |= {"year": "soon", "h3_resolution": 15, "sources": {**GRONINGEN["sources"], "squares": {"path": "x"}}}
    with pytest.raises(AreaFileError) as caught:
        read_area_file(_written(tmp_path, wrong))
    message = str(caught.value)
    for place in ("title: this key is missing", "year:", "h3_resolution:", "sources.squares.vintage"):
        assert place in message


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"place_kinds": {"winkel": "complete"}}, "say of 'school'"),
        ({"place_kinds": {**GRONINGEN["place_kinds"], "kerk": "complete"}}, "'kerk' is no kind.*gebedshuis"),
        ({"profiles": ["rollator", "raket"]}, "'raket' is no profile"),
        (
            {
                "population": {"total_from": "pc6"},
                "sources": {k: v for k, v in GRONINGEN["sources"].items() if k != "pc6"},
            },
            "does not deliver",
        ),
        (
            {
                "extent": [233_000, 581_000, 234_000, 582_000],
                "sources": {k: v for k, v in GRONINGEN["sources"].items() if k not in {"buurten", "pc4", "pc6"}},
                "population": {"total_from": "squares"},
            },
            "sources: deliver buurten, pc4 or pc6",
        ),
        ({"name": "../escape"}, "name"),
        ({"gemeenten": []}, "gemeenten"),
    ],
)
def test_a_contradiction_is_explained(tmp_path: Path, change: dict[str, object], expected: str):
    with pytest.raises(AreaFileError, match=expected):
        read_area_file(_written(tmp_path, {**GRONINGEN, **change}))


@pytest.mark.parametrize(
    ("content", "expected"), [("- a\n- b\n", "holds no keys"), ("a: [1", "is not YAML"), ("", "holds no keys")]
)
def test_what_is_no_area_file_is_refused(tmp_path: Path, content: str, expected: str):
    with pytest.raises(AreaFileError, match=expected):
        read_area_file(_written(tmp_path, content))


def test_a_path_that_does_not_exist_is_named(tmp_path: Path):
    with pytest.raises(AreaFileError, match=r"nowhere\.yaml.*Check the path"):
        read_area_file(tmp_path / "nowhere.yaml")


def test_two_area_files_of_one_name_are_refused(tmp_path: Path):
    one, other = tmp_path / "one", tmp_path / "other"
    for folder in (one, other):
        folder.mkdir()
        _written(folder, GRONINGEN)
    assert list(find_area_files(one)) == ["town"]
    with pytest.raises(AreaFileError, match="'town' exists already"):
        find_area_files(one, other)


@pytest.mark.parametrize("encoding", ["nonsense", "rot13", "zip", "utf-8\x00", ""])
def test_an_encoding_that_writes_no_text_is_refused(encoding: str):
    with pytest.raises(ValueError, match="is no encoding of text"):
        Delivery(path="a.csv", vintage=2024, licence="CC0-1.0", attribution="nobody", encoding=encoding)


def test_an_encoding_is_known_by_any_of_its_names():
    terms = {"path": "a.csv", "vintage": 2024, "licence": "CC0-1.0", "attribution": "nobody"}
    assert Delivery(**terms, encoding="UTF8").encoding == Delivery(**terms, encoding="utf-8").encoding == "utf-8"


def test_codes_in_an_area_file_are_written_in_full_or_refused(tmp_path: Path):
    happened = {"date": "2024-05-31", "buurt": "bu 0014 0000", "nl": "Feest", "en": "Party"}
    found = read_area_file(_written(tmp_path, {**GRONINGEN, "gemeenten": ["gm0014"], "events": [happened]}))
    assert (found.gemeenten, found.events[0].buurt) == (("GM0014",), "BU00140000")
    for wrong in ("GM14", "Groningen", "", "BU00140000"):
        with pytest.raises(AreaFileError, match=r"gemeenten\.0: is no code of a gemeente; write one such as GM0014"):
            read_area_file(_written(tmp_path, {**GRONINGEN, "gemeenten": [wrong]}))
    with pytest.raises(AreaFileError, match=r"events\.0\.buurt: is no code of a buurt"):
        read_area_file(_written(tmp_path, {**GRONINGEN, "events": [{**happened, "buurt": "Centrum"}]}))
