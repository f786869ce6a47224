"""Groningen, from real deliveries to published tables."""

import json
from collections.abc import Callable

import duckdb
import pyarrow.parquet as pq
import pytest

pytestmark = [pytest.mark.realdata, pytest.mark.slow]
DELIVERED = {"school", "horeca"}


@pytest.fixture(scope="module")
def ask(groningen_run) -> Callable[[str], list[tuple[object, ...]]]:
    connection = duckdb.connect()
    published = groningen_run.published
    for path in [*sorted((published / "tables").glob("*.parquet")), published / "indicators.parquet"]:
        connection.read_parquet(str(path)).create_view(path.stem)
    connection.read_parquet(str(groningen_run.data / "private/groningen-2017/people/persons.parquet")).create_view(
        "persons"
    )
    connection.read_parquet(str(groningen_run.data / "private/groningen-2017/protection/persons.parquet")).create_view(
        "rounded"
    )
    connection.read_parquet(str(groningen_run.data / "private/groningen-2017/areas/values.parquet")).create_view(
        "inner_values"
    )
    connection.read_parquet(str(groningen_run.data / "tables/people/origins/groningen-2017.parquet")).create_view(
        "origins"
    )
    connection.read_parquet(str(groningen_run.data / "private/groningen-2017/people/atoms.parquet")).create_view(
        "atoms"
    )
    connection.read_parquet(str(groningen_run.data / "tables/reach/attachments/groningen-2017.parquet")).create_view(
        "attachments"
    )
    return lambda query: connection.execute(query).fetchall()


def test_it_has_the_areas_of_2017(ask):
    counted = [ask(f"select count(*) from {name}")[0][0] for name in ("pc4", "pc6", "buurt", "wijk", "gemeente")]
    assert counted == [34, 5_434, 108, 15, 1]


def test_people_over_origins_are_those_of_the_squares_inside(ask):
    inside = "from persons join origins using (origin_id) where not is_beyond and population_group = 'all'"
    assert ask(f"select sum(persons) {inside}")[0][0] == pytest.approx(197_795)
    assert ask("select count(*) from origins where origin_type = 'square' and not is_beyond") == [(3_356,)]
    # Beyond the border squares are reckoned with, and in no area.
    assert ask("select count(*) from origins where is_beyond") == [(85,)]
    assert ask("select count(*) from atoms join origins using (origin_id) where is_beyond and buurt_code <> ''") == [
        (0,)
    ]


def test_the_weights_of_every_square_sum_to_one_in_both_trees(ask):
    assert ask(
        "select count(*) from (select sum(weight) as whole, sum(weight) filter (where buurt_code <> '') as in_buurten "
        "from atoms join origins using (origin_id) where not is_beyond group by origin_id) "
        "where abs(whole - 1) > 1e-9 or abs(in_buurten - 1) > 1e-9"
    ) == [(0,)]


def test_rounded_people_add_up_in_every_tree_to_those_of_the_squares(ask):
    query = """
        select area_type, sum(value) from inner_values
        where indicator = 'inhabitants' and population_group = 'all' group by area_type
    """
    sums = dict(ask(query))
    for tree in ("buurt", "wijk", "gemeente"):
        assert sums[tree] == pytest.approx(197_795, abs=0.05)
    (outside,) = ask(
        "select sum(persons) from rounded as persons join atoms using (atom_id) "
        "join origins on atoms.origin_id = origins.origin_id "
        "where pc4 = '' and not is_beyond and population_group = 'all'"
    )[0]
    assert sums["pc4"] + (outside or 0) == pytest.approx(197_795, abs=0.05)
    assert sums["pc4"] > 197_000


def test_hidden_people_and_ages_stay_unknown(ask):
    hidden = "select count(distinct origin_id) from persons join origins using (origin_id) where not is_beyond"
    (masked,) = ask(f"{hidden} and population_group = 'all' and reason_missing = 'masked'")[0]
    (ages,) = ask(f"{hidden} and population_group = '65plus' and reason_missing = 'ages_unknown'")[0]
    assert masked == 213
    assert ages == 171


def test_kinds_that_were_not_delivered_are_unknown_and_never_zero(ask):
    kinds = {
        kind: (values, reasons)
        for kind, values, reasons in ask(
            "select place_kind, count(value), list(distinct reason_missing) from indicators "
            "where indicator in ('dist_nearest_place', 'n_places_reach') and place_kind <> '' group by place_kind"
        )
    }
    assert set(kinds) == DELIVERED | {"winkel", "buurtcentrum", "speelplek", "sport"}
    for kind, (values, reasons) in kinds.items():
        if kind in DELIVERED:
            assert values > 0
        else:
            assert (values, [r for r in reasons if r != "no_residents"]) == (0, ["unknown_place_kinds"])


def test_kinds_within_reach_run_from_what_is_found_to_what_could_be(ask):
    assert ask(
        "select min(lower), max(lower), min(upper), max(upper) from indicators where indicator = 'n_types_reach'"
    ) == [(0, 2, 4, 6)]
    # What was found lies within what may be, and every such row says that there may be more.
    assert ask(
        "select count(*) from indicators where indicator = 'n_types_reach' and value is not null "
        "and not (value between lower and upper and quality_reason = 'unknown_place_kinds')"
    ) == [(0,)]


def test_for_whom_nothing_was_found_is_told_while_kinds_are_unknown_and_that_there_may_be_fewer(ask):
    rows = ask(
        "select profile, value, lower, quality_reason, reason_missing from indicators where threshold_m = '' "
        "and indicator = 'people_below_min' and population_group = 'all' and area_type = 'gemeente'"
    )
    found = {profile: value for profile, value, *_ in rows}
    assert set(found) == {"referentie", "kinderwagen", "rollator"}
    assert 10_000 < found["referentie"] <= found["rollator"] < 120_000
    assert {(lower, missing) for _, _, lower, _, missing in rows} == {(None, "")}


def test_where_nearly_everybody_may_be_without_a_place_no_bound_is_told(ask):
    rows = ask(
        "select profile, upper, quality_reason from indicators where threshold_m = '' "
        "and indicator = 'people_below_min' and population_group = 'all' and area_type = 'gemeente'"
    )
    told = {profile: (upper, reason) for profile, upper, reason in rows}
    # Who needs no even door is stopped by none. Of doors nothing was delivered: at worst wheels pass none of them.
    assert 10_000 < told["referentie"][0] < 100_000
    assert told["referentie"][1] == "unknown_place_kinds"
    assert told["rollator"] == told["kinderwagen"] == (None, "lists_too_incomplete")


def test_almost_every_home_hangs_on_a_street(ask):
    rows = dict(
        ask(
            "select profile, avg((edge_id is not null)::int) from attachments join origins on point_id = origin_id "
            "where point_type = 'origin' and origin_type = 'square' group by profile"
        )
    )
    assert min(rows.values()) > 0.98


def test_the_map_names_what_is_unknown(groningen_run):
    for page in ("kaart.html", "index.html"):
        text = (groningen_run.published / page).read_text(encoding="utf-8")
        assert "onbekend, niet afwezig" in text
        for kind in ("winkels", "buurtcentra", "speelplekken"):
            assert kind in text.lower()


def test_licences_and_attributions_of_all_sources_are_published(groningen_run):
    package = json.loads((groningen_run.published / "datapackage.json").read_text())
    assert {"CC-BY-4.0", "ODbL-1.0", "PDDL-1.0"} == {licence["name"] for licence in package["licenses"]}
    page = (groningen_run.published / "index.html").read_text(encoding="utf-8")
    for source in package["sources"]:
        assert source["attribution"].split(";")[0] in page


def test_reprojection_and_repair_are_recorded(groningen_run):
    record = json.loads((groningen_run.published / "run.json").read_text())
    actions = {(one["source"], one["action"]): one["rows"] for one in record["rejected"]}
    assert actions["groningen/postcode6.zip", "repaired"] == 5
    assert actions["groningen/buurt2017.zip", "reprojected"] == 108


def test_postcode_polygons_are_published_as_their_licence_allows(groningen_run):
    table = pq.read_table(groningen_run.published / "tables" / "pc6.parquet", columns=["geometry"])
    geo = json.loads(table.schema.metadata[b"geo"])
    assert set(geo["columns"]["geometry"]["geometry_types"]) <= {"Polygon", "MultiPolygon"}
