"""How near sharing comes to squares whose count it was not told: nearer than people spread evenly over their buurt."""

from pathlib import Path

import pytest

from tests.benchmarks.people import areal_weighting, delivered, errors, hidden_squares, predicted


def _compared(area: str, raw: Path) -> tuple[dict[str, float], dict[str, float], int]:
    hidden, truth = hidden_squares(delivered(area, raw))
    return errors(predicted(hidden, truth), truth), errors(areal_weighting(hidden, truth), truth), len(truth)


@pytest.mark.slow
@pytest.mark.realdata
def test_in_groningen_hidden_squares_are_told_from_buurten_and_postcodes(realdata):
    ours, plain, n = _compared("groningen-2017", realdata)
    assert n > 600
    assert ours["rmse"] < 0.85 * plain["rmse"]
    assert ours["mae"] < 0.8 * plain["mae"]
    assert abs(ours["bias"]) < 2


def test_in_the_example_town_hidden_squares_are_told_from_buurten_and_addresses(example_raw):
    ours, plain, n = _compared("voorbeeldstad", example_raw)
    assert n > 40
    assert ours["rmse"] < 0.5 * plain["rmse"]
    assert ours["mae"] < 0.5 * plain["mae"]
