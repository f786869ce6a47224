"""`samenhang route`: the way from a home to a place, asked of the tables of a run."""

import sys

import duckdb
import pytest

from assets import cli

AREA = "voorbeeldstad"


@pytest.fixture
def ask(example_run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Run the command on the tables of the example run; gives exit code, output and errors."""

    def call(*words: object) -> tuple[int, str, str]:
        monkeypatch.setenv("SAMENHANG_DATA", str(example_run.data))
        monkeypatch.setattr(sys, "argv", ["samenhang", "route", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capsys.readouterr()
        return ended.value.code or 0, said.out, said.err

    return call


@pytest.fixture
def pair(example_run) -> tuple[str, int, float]:
    """A home that no other stands on, a place a rollator reaches from it, and the metres of the pair."""
    tables = example_run.data / "tables"
    connection = duckdb.connect()
    for room, name in (("reach", "pairs"), ("people", "origins")):
        connection.read_parquet(str(tables / room / name / f"{AREA}.parquet")).create_view(name)
    x_m, y_m, place_id, metres = connection.execute(
        """
        with alone as (select x_m, y_m, min(origin_id) as origin_id from origins group by all having count(*) = 1)
        select x_m, y_m, place_id, metres from pairs join alone using (origin_id)
        where profile = 'rollator' and bound = 'central' and metres between 300 and 400
        order by origin_id, place_id limit 1
        """
    ).fetchone()
    return f"{x_m},{y_m}", place_id, metres


def test_a_route_has_the_metres_of_its_pair_and_says_what_is_on_it(ask, pair: tuple[str, int, float]):
    start, place, metres = pair
    code, said, complained = ask(AREA, start, place)
    assert (code, complained) == (0, "")
    assert said.startswith(f"{metres:.0f} m, ")
    assert "rollator, central bound" in said
    assert "stretches without a seat" in said
    assert "LINESTRING" in said


def test_a_route_that_is_not_there_is_said_calmly(ask, example_run, pair: tuple[str, int, float]):
    connection = duckdb.connect()
    for name in ("attachments", "pairs"):
        connection.read_parquet(str(example_run.data / f"tables/reach/{name}/{AREA}.parquet")).create_view(name)
    (shut,) = connection.execute(
        "select point_id from attachments where point_type = 'place' and profile = 'rollator' "
        "group by point_id having bool_and(door = 'no') order by point_id limit 1"
    ).fetchone()
    code, said, _ = ask(AREA, pair[0], shut)
    assert (code, said) == (0, "No way within 5 km for rollator, central bound.\n")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("155000", 1), "'155000' is no point. Write easting and northing as X,Y in metres (RD)."),
        (("nan,450000", 1), "'nan,450000' is no point."),
        (("1,2", 1), "no home lies within 5 km of 1,2."),
        (("155000,463000", 99_999), "there is no place 99999"),
        (("155000,463000", 1, "--profile", "kinderwagen_peuter"), "did not ask for profile 'kinderwagen_peuter'"),
        (("155000,463000", 1, "--profile", "fiets"), "['fiets'] are not known"),
    ],
)
def test_a_wrong_question_says_what_is_wrong(ask, words: tuple[object, ...], expected: str):
    code, said, complained = ask(AREA, *words)
    assert (code, said) == (2, "")
    assert expected in complained
