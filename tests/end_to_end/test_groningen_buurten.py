"""Groningen with the people of its buurten, shared over postcodes, and with the old and the young told apart."""

from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from tests.conftest import run_whole

pytestmark = [pytest.mark.realdata, pytest.mark.slow]


@pytest.fixture(scope="module")
def ask(realdata: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], list[tuple[object, ...]]]:
    run = run_whole("groningen-2017-buurten", realdata, tmp_path_factory.mktemp("buurten"))
    connection = duckdb.connect()
    connection.read_parquet(str(run.published / "indicators.parquet")).create_view("indicators")
    private = run.data / "private" / "groningen-2017-buurten"
    inner = (("people", "persons", "inner_persons"), ("areas", "values", "inner_values"), ("people", "atoms", "atoms"))
    for room, table, view in inner:
        connection.read_parquet(str(private / room / f"{table}.parquet")).create_view(view)
    origins = run.data / "tables" / "people" / "origins" / "groningen-2017-buurten.parquet"
    connection.read_parquet(str(origins)).create_view("origins")
    return lambda query: connection.execute(query).fetchall()


def test_people_are_those_of_the_buurten(ask):
    assert ask("select value from indicators where indicator = 'inhabitants' and population_group = 'all' "
               "and area_type = 'gemeente'") == [(202_515,)]  # fmt: skip
    assert ask("select origin_type, count(*) from origins group by all") == [("pc6", 5_434)]


def test_every_buurt_holds_what_was_counted_there(ask):
    off = ask("""
        select max(abs(value - 5 * round(value / 5))), count(*) from inner_values
        where indicator = 'inhabitants' and population_group = 'all' and area_type = 'buurt'
    """)
    assert off[0][0] < 0.01
    assert off[0][1] == 108


def test_the_old_and_the_young_are_told_with_caution_as_their_ages_are_of_another_year(ask):
    rows = ask("""
        select population_group, value, quality, quality_reason from indicators
        where indicator = 'inhabitants' and area_type = 'gemeente'
    """)
    told = {group: (value, quality, reason) for group, value, quality, reason in rows}
    for group in ("0_4", "5_11", "12_18", "75plus", "80plus"):
        assert told[group][1:] == ("caution", "age_other_vintage")
    assert told["65plus"][2] == ""
    assert told["65plus"][0] > told["75plus"][0] > told["80plus"][0] > 3_000


def test_of_every_band_its_groups_are_a_part(ask):
    assert ask("""
        select count(*) from inner_persons as young join inner_persons as everybody using (atom_id)
        where young.population_group in ('0_4', '5_11', '12_18', '75plus') and everybody.population_group = 'all'
            and young.persons > everybody.persons + 1e-6
    """) == [(0,)]


def test_how_many_old_people_find_no_place_is_told_for_the_rollator_and_between_bounds(ask):
    rows = ask("""
        select profile, value, lower, upper, interval_kind from indicators
        where indicator = 'people_below_min' and population_group = '75plus' and area_type = 'gemeente'
            and threshold_m = ''
    """)
    assert {row[0] for row in rows} == {"referentie", "rollator"}
    for profile, value, lower, upper, kind in rows:
        assert kind == ("joint_90" if upper else "")
        # Of doors nothing was delivered: at worst wheels pass none of them, and that bounds nobody.
        assert (upper is None) == (profile == "rollator")
        # Not every kind of place was delivered: one that nobody told of may be near anybody.
        assert lower is None
        assert 100 < value <= (upper or value) < 12_000
