from pathlib import Path

import pytest
import yaml
from pydantic import BaseModel, ValidationError

from pipelines.errors import InputError
from pipelines.sources.area_file import PROFILES
from pipelines.sources.osm_words import SMOOTHNESSES, SURFACES
from pipelines.streets.profiles import SHIPPED, Sourced, read_profiles


def test_the_shipped_profiles_are_those_an_area_file_may_name() -> None:
    assert tuple(read_profiles()) == PROFILES


def test_central_budgets_are_those_of_the_method() -> None:
    profiles = read_profiles()
    rollator, stroller, reference = (profiles[name] for name in ("rollator", "kinderwagen", "referentie"))
    assert rollator.budget_m is not None
    assert stroller.budget_s is not None
    assert reference.budget_s is not None
    assert rollator.budget_m.central == 500
    assert stroller.budget_s.central == 667
    assert reference.budget_s.central == 600
    assert stroller.budget_s.central * stroller.speed_m_per_s.central == pytest.approx(800, abs=1)
    assert [p.speed_m_per_s.central for p in (rollator, stroller, reference)] == [0.75, 1.20, 1.33]
    toddler = profiles["kinderwagen_peuter"]
    assert toddler.budget_s is not None
    assert (toddler.budget_s.central, toddler.speed_m_per_s.central) == (900, 0.88)


def test_a_rollator_user_alone_must_sit_down_after_100_m_at_most() -> None:
    legs = {name: profile.rest_leg_m for name, profile in read_profiles().items()}
    assert legs["rollator"] is not None
    assert (legs["rollator"].value, legs["rollator"].unit) == ((50, 100, 150), "m")
    assert [name for name, leg in legs.items() if leg is not None] == ["rollator"]


def test_every_word_that_is_read_is_judged_by_everyone_on_wheels() -> None:
    for profile in read_profiles().values():
        if profile.name != "referentie":
            assert profile.surface is not None
            assert set(profile.surface.values) == set(SURFACES)
            assert profile.smoothness is not None
            assert set(profile.smoothness.values) == set(SMOOTHNESSES)


def sourced(model: object) -> list[Sourced]:
    own = [model] if isinstance(model, Sourced) else []
    parts = [getattr(model, name) for name in type(model).model_fields] if isinstance(model, BaseModel) else []
    return own + [found for part in parts for found in sourced(part)]


def test_every_figure_has_a_unit_a_source_and_a_certainty() -> None:
    figures = [figure for profile in read_profiles().values() for figure in sourced(profile)]
    assert len(figures) > 20
    assert all(figure.unit and figure.source and figure.certainty for figure in figures)


def test_a_profile_cannot_be_changed() -> None:
    rollator = read_profiles()["rollator"]
    with pytest.raises(ValidationError):
        rollator.name = "fiets"  # type: ignore[misc]


def changed(folder: Path, path: str, value: object) -> Path:
    """Write the shipped file with one entry of the rollator changed."""
    content = yaml.safe_load(SHIPPED.read_text(encoding="utf-8"))
    entry = content["rollator"]
    *parents, last = path.split(".")
    for key in parents:
        entry = entry[key]
    entry[last] = value
    file = folder / "profiles.yaml"
    file.write_text(yaml.safe_dump(content), encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("path", "value", "word"),
    [
        ("speed_m_per_s.value", [0.9, 0.75, 0.6], "ascending"),
        ("speed_m_per_s.value", [0.0, 0.75, 0.9], "moves"),
        ("speed_m_per_s.value", [0.5, float("nan"), 0.9], "finite"),
        ("budget_s", {"value": [1, 2, 3], "unit": "s", "source": "x", "certainty": "low"}, "either"),
        ("budget_m", None, "either"),
        ("rest_leg_m.value", [150, 100, 50], "ascending"),
        ("speed_m_per_s.certainty", "sure", "certainty"),
        ("surface.values", {"sett": [0.5, 1.0, 1.5]}, "1 or more"),
        ("road.bands", [{"from_kmh": [30, 50, 60], "factor": None}], "begins at 0"),
        ("pace", 3, "rollator.pace"),
    ],
)
def test_a_wrong_figure_is_an_error_that_names_its_place(tmp_path: Path, path: str, value: object, word: str) -> None:
    with pytest.raises(InputError, match=word) as raised:
        read_profiles(changed(tmp_path, path, value))
    assert "profiles.yaml: rollator" in str(raised.value)


def test_metres_between_seats_go_with_a_budget_in_metres() -> None:
    rollator = read_profiles()["rollator"]
    timed = {**rollator.model_dump(), "budget_m": None, "budget_s": read_profiles()["kinderwagen"].budget_s}
    with pytest.raises(ValidationError, match="rest_leg_m"):
        type(rollator).model_validate(timed)


@pytest.mark.parametrize("text", ["", "- rollator", "rollator: 3", "rollator: [", "\x00"])
def test_a_file_that_holds_no_profiles_is_an_error(tmp_path: Path, text: str) -> None:
    file = tmp_path / "profiles.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=r"profiles\.yaml"):
        read_profiles(file)


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"profiles\.yaml"):
        read_profiles(tmp_path / "profiles.yaml")
