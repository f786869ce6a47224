from pathlib import Path

import pytest
import yaml

from pipelines.errors import InputError
from pipelines.sources.osm_words import CROSSING_AIDS, HIGHWAYS, SIDEWALKS, SURFACES, TRACKTYPES
from pipelines.streets.unknowns import SHIPPED_UNKNOWNS, Guess, read_unknowns


def test_every_guess_has_a_source_and_a_certainty() -> None:
    unknowns = read_unknowns()
    guesses = [getattr(unknowns, name) for name in type(unknowns).model_fields if name != "may_be_locked"]
    assert all(isinstance(guess, Guess) and guess.source and guess.certainty for guess in guesses)


def test_guesses_are_words_that_the_rules_know() -> None:
    unknowns = read_unknowns()
    surfaces = {*unknowns.surface.by.values(), *unknowns.track_surface.by.values(), unknowns.surface.otherwise}
    assert surfaces <= set(SURFACES)
    assert set(unknowns.track_surface.by) == set(TRACKTYPES)
    assert {*unknowns.sidewalk.by.values(), unknowns.sidewalk.otherwise} <= set(SIDEWALKS)
    assert unknowns.crossing.otherwise in CROSSING_AIDS
    by_highway = (unknowns.surface, unknowns.width_m, unknowns.sidewalk, unknowns.maxspeed_kmh)
    assert all(set(guess.by) <= set(HIGHWAYS) for guess in by_highway)


@pytest.mark.parametrize(
    ("key", "value", "word"),
    [
        ("width_m", {"by": {}, "otherwise": -1, "source": "x", "certainty": "low"}, "width_m.otherwise"),
        ("surface", {"by": {}, "otherwise": "sett", "source": "x", "certainty": "sure"}, "surface.certainty"),
        ("weather", 3, "weather"),
    ],
)
def test_a_wrong_guess_is_an_error_that_names_its_place(tmp_path: Path, key: str, value: object, word: str) -> None:
    content = {**yaml.safe_load(SHIPPED_UNKNOWNS.read_text(encoding="utf-8")), key: value}
    file = tmp_path / "unknowns.yaml"
    file.write_text(yaml.safe_dump(content), encoding="utf-8")
    with pytest.raises(InputError, match=word):
        read_unknowns(file)


@pytest.mark.parametrize("text", ["", "- a", "surface: [", "\x00"])
def test_a_file_that_holds_no_guesses_is_an_error(tmp_path: Path, text: str) -> None:
    file = tmp_path / "unknowns.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=r"unknowns\.yaml"):
        read_unknowns(file)
    with pytest.raises(InputError, match="none"):
        read_unknowns(tmp_path / "none.yaml")
