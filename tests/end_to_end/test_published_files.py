"""What a release of the example town holds, opened as analysts open it."""

import json
from collections.abc import Callable
from pathlib import Path

import duckdb
import geopandas as gpd
import numpy as np
import pyarrow.parquet as pq
import pytest

from pipelines.findings.catalogue import catalogue
from pipelines.sources.instrument import instruments

SPATIAL = ("h3", "pc6", "pc4", "buurt", "wijk", "gemeente", "places")
PLAIN = ("reach", "survey_changes", "survey_dispersion", "survey_quality")
FILES = [f"tables/{name}.parquet" for name in (*SPATIAL, *PLAIN)] + [
    "indicators.parquet", "samenhang.duckdb", "datapackage.json", "run.json", "index.html", "kaart.html",
    "bescherming.html", "enquete.html", "kwaliteit.html", "methode.html", "sdc_audit.json", "SHA256SUMS",
]  # fmt: skip


@pytest.fixture(scope="module")
def published(example_run) -> Path:
    return example_run.published


@pytest.fixture(scope="module")
def ask(published: Path) -> Callable[[str], list[tuple[object, ...]]]:
    """Ask DuckDB about the published files, named by their stems."""
    connection = duckdb.connect()
    for path in [*sorted((published / "tables").glob("*.parquet")), published / "indicators.parquet"]:
        connection.read_parquet(str(path)).create_view(path.stem)
    return lambda query: connection.execute(query).fetchall()


def test_a_release_holds_exactly_the_promised_files(published: Path):
    found = sorted(str(path.relative_to(published)) for path in published.rglob("*") if path.is_file())
    assert found == sorted(FILES)


@pytest.mark.parametrize("name", SPATIAL)
def test_geopandas_reads_every_spatial_table_as_geoparquet_in_rd(published: Path, name: str):
    frame = gpd.read_parquet(published / "tables" / f"{name}.parquet")
    assert frame.crs.to_epsg() == 28992
    assert len(frame)
    assert frame.geometry.is_valid.all()
    metadata = json.loads(pq.read_schema(published / "tables" / f"{name}.parquet").metadata[b"geo"])
    assert metadata["version"] == "1.1.0"
    assert "covering" in metadata["columns"]["geometry"]


def test_a_reader_may_ask_for_a_part_of_the_town_only(published: Path):
    path = published / "tables" / "pc6.parquet"
    whole = gpd.read_parquet(path)
    west, south, east, north = whole.total_bounds
    part = gpd.read_parquet(path, bbox=(west, south, (west + east) / 2, (south + north) / 2))
    assert 0 < len(part) < len(whole)


def test_the_database_holds_the_same_tables(published: Path):
    with duckdb.connect(str(published / "samenhang.duckdb"), read_only=True) as connection:
        tables = {name for (name,) in connection.execute("select table_name from duckdb_tables()").fetchall()}
        assert tables == {*SPATIAL, *PLAIN, "indicators"}
        for name in tables:
            path = (
                published / "indicators.parquet" if name == "indicators" else published / "tables" / f"{name}.parquet"
            )
            (count,) = connection.execute(f"select count(*) from {name}").fetchone()
            assert count == pq.read_metadata(path).num_rows


def test_the_database_is_in_a_storage_version_that_duckdb_1_4_opens(published: Path):
    with duckdb.connect() as connection:
        connection.execute(f"attach '{published / 'samenhang.duckdb'}' as published (read_only)")
        query = "select tags['storage_version'] from duckdb_databases() where database_name = 'published'"
        assert "v1.4.0" in connection.execute(query).fetchone()[0]


def test_areas_are_those_of_the_town(ask):
    counts = {name: ask(f"select count(*) from {name}")[0][0] for name in SPATIAL}
    assert (counts["buurt"], counts["wijk"], counts["gemeente"], counts["pc4"]) == (12, 3, 1, 3)
    assert counts["pc6"] > 300
    assert counts["h3"] > 100


def test_only_larger_areas_carry_numbers_of_persons(ask):
    small = "from indicators where area_type in ('h3', 'pc6')"
    assert {unit for (unit,) in ask(f"select distinct unit {small} and value is not null")} == {
        "m", "n", "kinds", "share",
    }  # fmt: skip
    told = "select distinct indicator, population_group, count_class, reason_missing"
    rows = ask(f"{told} {small} and unit in ('persons', 'households')")
    assert {(indicator, group) for indicator, group, _, _ in rows} == {
        ("inhabitants", "65plus"), ("households", "hh_single"), ("households", "hh_children"),
    }  # fmt: skip
    assert {(one, reason) for *_, one, reason in rows} == {
        ("<10", "too_few_people"), ("10-49", "only_as_class"), ("50+", "only_as_class"),
    }  # fmt: skip
    for name in ("h3", "pc6"):
        columns = {column: kind for column, kind, *_ in ask(f"describe {name}")}
        of_people = {name: kind for name, kind in columns.items() if name.startswith(("inhabitants", "people", "m1_"))}
        assert of_people == {"inhabitants_65plus_class": "VARCHAR"}
        assert {word for (word,) in ask(f"select distinct inhabitants_65plus_class from {name}")} <= {
            "", "<10", "10-49", "50+",
        }  # fmt: skip


def test_children_add_up_to_their_parents_in_both_trees(example_run):
    path = example_run.data / "private/voorbeeldstad/protection/counts.parquet"
    rows = duckdb.sql(
        f"select population_group, level, profile, area_type, sum(rounded) from '{path}' group by all"
    ).fetchall()
    for group, level, profile in {row[:3] for row in rows}:
        sums = {row[3]: row[4] for row in rows if row[:3] == (group, level, profile)}
        assert sums["buurt"] == sums["wijk"] == sums["gemeente"] == sums["pc4"]
        if not level:
            assert sums["pc6"] == sums["pc4"]


def test_the_audit_goes_out_and_holds_no_true_number(example_run, published: Path):
    text = (published / "sdc_audit.json").read_text(encoding="utf-8")
    audit = json.loads(text)
    assert audit["people"]["status"] == "passed"
    assert {cell[5] for cell in audit["people"]["cells"]} <= {"<10", 10.0}
    assert all(0 <= cell[8] <= cell[9] <= 15 for cell in audit["people"]["cells"])
    assert set(audit["survey"]) >= {"m1_contact"}
    assert all(row["is_wide"] for one in audit["survey"].values() for row in one["cells"])
    assert len(audit["inputs"]) >= 10
    assert audit["released"] == []
    key = (example_run.data / "protection.key").read_text().strip()
    assert key not in text
    path = example_run.data / "private/voorbeeldstad/protection/counts.parquet"
    (fractions,) = duckdb.sql(f'select list(distinct "true") from \'{path}\' where "true" % 1 > 0.001').fetchall()[0]
    unmistakable = [str(number) for number in fractions if len(str(number)) > 8]
    assert len(unmistakable) > 100
    assert not [number for number in unmistakable if number in text]


def test_every_published_number_of_persons_is_a_multiple_of_five_from_ten_up(ask):
    query = """
        select number from (
            select unnest([value, lower, upper]) as number from indicators where unit = 'persons'
        ) where number is not null and (number < 10 or number % 5 <> 0)
    """
    assert ask(query) == []


def test_every_missing_value_has_a_reason_and_no_other_value_has_one(ask):
    assert ask("select count(*) from indicators where (value is null) <> (reason_missing <> '')") == [(0,)]


def test_bounds_enclose_their_value(ask):
    assert ask("select count(*) from indicators where value < lower or value > upper or lower > upper") == [(0,)]


def test_what_is_published_stands_in_the_catalogue_and_the_other_way_round(ask):
    found = {}
    for indicator, unit, area_type in ask("select distinct indicator, unit, area_type from indicators"):
        found.setdefault(indicator, (unit, set()))[1].add(area_type)
    # The town asks the questions of the own set only.
    presets = {name for one in instruments().values() if not one.is_official for name in one.measures}
    expected = {name: (entry.unit, set(entry.area_types)) for name, entry in catalogue().items() if name not in presets}
    assert found == expected


def test_the_wide_tables_hold_the_values_of_the_tidy_one(ask):
    wide = dict(ask("select area_code, dist_nearest_place_school_rollator from buurt"))
    tidy = dict(
        ask(
            "select area_code, value from indicators where area_type = 'buurt' and indicator = 'dist_nearest_place' "
            "and place_kind = 'school' and profile = 'rollator'"
        )
    )
    assert wide == tidy
    assert len(set(wide.values())) > 5


def test_from_the_same_doors_a_rollator_never_finds_a_shorter_way(example_run):
    tables = example_run.data / "tables" / "reach"
    connection = duckdb.connect()
    for name in ("pairs", "attachments"):
        connection.read_parquet(str(tables / name / "voorbeeldstad.parquet")).create_view(name)
    longer, equal, shorter = connection.execute(
        """
        with doors as (
            select profile, point_type, point_id, list(edge_id order by edge_id) as edges from attachments group by all
        ),
        same as (
            select mine.point_type, mine.point_id
            from doors as mine join doors as other using (point_type, point_id, edges)
            where mine.profile = 'rollator' and other.profile = 'referentie'
        )
        select
            count(*) filter (where mine.metres > other.metres + 0.01),
            count(*) filter (where abs(mine.metres - other.metres) <= 0.01),
            count(*) filter (where mine.metres < other.metres - 0.01)
        from pairs as mine
        join pairs as other using (origin_id, place_id, bound)
        semi join (select point_id from same where point_type = 'origin') as home on mine.origin_id = home.point_id
        semi join (select point_id from same where point_type = 'place') as place on mine.place_id = place.point_id
        where mine.profile = 'rollator' and other.profile = 'referentie'
        """
    ).fetchone()
    assert shorter == 0
    assert longer > 1_000
    assert equal > 1_000


def test_fewer_people_come_to_a_place_with_a_rollator(ask):
    rollator, reference = (
        ask(f"select sum(n_places_reach_500m_{who}) from h3")[0][0] for who in ("rollator", "referentie")
    )
    assert rollator < 0.95 * reference


def test_reach_names_cells_and_places_that_exist(ask):
    assert ask("select count(*) from reach anti join h3 on reach.cell = h3.area_code") == [(0,)]
    assert ask("select count(*) from reach anti join places using (place_id)") == [(0,)]
    shares = {share for (share,) in ask("select distinct share_of_homes from reach")}
    assert shares <= {round(tenth / 10, 1) for tenth in range(11)}


def test_the_survey_scale_is_published_with_its_interval_where_thirty_answered(ask):
    rows = ask(
        "select area_type, value, lower, upper, n_class, reason_missing from indicators where indicator = 'm1_contact'"
    )
    assert {row[0] for row in rows} == {"pc4", "buurt", "wijk", "gemeente"}
    for _, value, lower, upper, n_class, reason in rows:
        if reason:
            assert (value, lower, upper) == (None, None, None)
            assert (n_class, reason) in {("", "withheld"), ("10-29", "too_few_respondents")}
        else:
            assert lower <= value <= upper
            assert n_class in {"10-29", "30-99", "100+"}
    assert {row[5] for row in rows} >= {"", "withheld"}


def test_no_verdict_on_a_change_contradicts_the_interval_beside_it(ask):
    rows = ask("select verdict, lower, upper, margin, level from survey_changes where verdict <> ''")
    assert len(rows) > 100
    # One level for all changes of a release.
    assert len({level for *_, level in rows}) == 1
    for verdict, lower, upper, margin, _ in rows:
        assert lower < upper
        apart, small = lower > 0 or upper < 0, -margin <= lower and upper <= margin
        assert verdict == {(1, 0): "changed", (1, 1): "slightly", (0, 1): "same", (0, 0): "unknown"}[apart, small]


def test_no_interval_of_chance_has_zero_width(ask):
    zero = (
        "select interval_kind, count(*) from indicators where interval_kind <> 'bounds' and lower = upper group by all"
    )
    assert ask(zero) == []


def test_the_parts_of_what_is_not_known_lie_within_the_whole(ask):
    told = ask(
        "select count(*) from indicators where interval_kind in ('joint_90', 'bounds') and ("
        "lower > value or upper < value or lower_people < lower or upper_people > upper or lower_streets < lower "
        "or upper_streets > upper or lower_places < lower or upper_places > upper or lower < lowest or upper > highest)"
    )
    assert told == [(0,)]


def test_people_are_told_at_other_distances_and_of_farther_ones_no_more_find_nothing(ask):
    rows = ask(
        "select profile, threshold_m, value from indicators where indicator = 'people_below_min' "
        "and area_type = 'gemeente' and population_group = 'all' and threshold_m in ('300', '500', '800')"
    )
    found = {(profile, int(threshold)): value or 0 for profile, threshold, value in rows}
    assert len(found) >= 9
    for profile in {profile for profile, _ in found}:
        assert found[profile, 300] >= found[profile, 500] >= found[profile, 800]


def test_how_much_a_model_heard_of_an_area_is_published_to_a_tenth(ask):
    rows = ask(
        "select shrinkage, interval_kind, area_type from indicators "
        "where indicator = 'm1_contact' and value is not null"
    )
    assert {(kind, area_type) for _, kind, area_type in rows} >= {("model_95", "buurt"), ("ci_95", "gemeente")}
    for shrinkage, kind, _ in rows:
        assert (shrinkage is not None) == (kind == "model_95")
        assert shrinkage is None or shrinkage in {round(tenth / 10, 1) for tenth in range(11)}


def test_every_survey_figure_tells_what_its_design_cost_and_how_many_it_counts_as(ask):
    told = "from indicators where indicator = 'm1_contact' and value is not null"
    assert ask(f"select bool_and(design_effect between 0.3 and 4), bool_and(effective_class <> '') {told}") == [
        (True, True)
    ]
    others = "from indicators where n_class = ''"
    assert ask(f"select count(design_effect), count(*) filter (effective_class <> '') {others}") == [(0, 0)]


def test_spread_and_gaps_stand_beside_means_that_are_told_with_intervals_of_some_width(ask):
    rows = ask(
        "select statistic, count(distinct area_type), min(upper - lower) > 0, bool_and(value between lower and upper) "
        "from survey_dispersion where value is not null group by all order by all"
    )
    assert rows == [("gap", 2, True, True), ("lowest_third", 4, True, True), ("sd", 4, True, True)]
    assert ask(
        "select count(*) from survey_dispersion anti join (from indicators where value is not null) "
        "using (area_type, area_code, indicator) where survey_dispersion.value is not null"
    ) == [(0,)]
    assert ask("select bool_and(n_class in ('30-99', '100+')) from survey_dispersion where value is not null") == [
        (True,)
    ]


def test_gaps_of_an_area_are_told_of_all_groups_or_withheld_of_all(ask):
    rows = ask(
        "select count(distinct reason_missing = 'withheld') from survey_dispersion where statistic = 'gap' "
        "group by area_code, indicator, feature"
    )
    assert set(rows) == {(1,)}


def test_nothing_that_residents_said_is_told_of_a_postcode_of_six_or_a_cell(ask):
    survey = [name for name, entry in catalogue().items() if "survey" in entry.sources]
    asked = ", ".join(f"'{name}'" for name in survey)
    assert (
        ask(f"select distinct area_type from indicators where indicator in ({asked}) and area_type in ('h3', 'pc6')")
        == []
    )
    for name in ("h3", "pc6"):
        columns = {column for column, *_ in ask(f"describe {name}")}
        assert not [column for column in columns if column.startswith(tuple(survey))]


def test_published_intervals_of_the_scale_mostly_hold_the_truth(example_run, ask):
    truths = {}
    for line in (
        (example_run.raw / "voorbeeldstad" / "waarheid" / "gebiedsgemiddelden.csv").read_text().splitlines()[1:]
    ):
        area_type, code, scale, mean, _ = line.split(",")
        truths[area_type, code, scale] = float(mean)
    rows = ask(
        "select area_type, area_code, indicator, lower, upper from indicators where unit = '0-10' and value is not null"
    )
    held = [
        lower - 0.05 <= truths[kind, code, name] <= upper + 0.05
        for kind, code, name, lower, upper in rows
        if (kind, code, name) in truths
    ]
    assert len(held) > 70
    assert np.mean(held) >= 0.9


def test_the_package_describes_every_table_and_source(published: Path, example_run):
    package = json.loads((published / "datapackage.json").read_text())
    assert package["schema_version"] == "1.0"
    assert package["synthetic"] is True
    assert {resource["path"] for resource in package["resources"]} == {f for f in FILES if f.endswith(".parquet")}
    for resource in package["resources"]:
        assert [f["name"] for f in resource["schema"]["fields"]] == pq.read_schema(published / resource["path"]).names
        if resource["name"] in {*PLAIN, "indicators"}:
            assert all(field["description"] for field in resource["schema"]["fields"])
    for source in package["sources"]:
        assert (example_run.raw / source["path"]).exists()
        assert len(source["sha256"]) == 64
        assert source["licence"] == "CC0-1.0"
    sure = {source["path"].rpartition("/")[2]: source.get("mapping", {}).get("status") for source in package["sources"]}
    assert sure["cbs_vk100_2024.gpkg"] == "from_documentation"
    assert sure["streets.osm.pbf"] is None


def test_the_run_says_what_went_in_what_it_cost_and_what_was_checked(published: Path):
    record = json.loads((published / "run.json").read_text())
    assert record["status"] == "published"
    assert {len(one["sha256"]) for one in record["inputs"]} == {64}
    read = [one["path"].rpartition("/")[2] for one in record["inputs"]]
    assert {"enquete.csv", "enquete_2022.csv", "codeboek.csv", "steekproef.csv", "marges_2022.csv"} <= set(read)
    assert record["parameters"]["area_file"]["name"] == "voorbeeldstad"
    assert record["parameters"]["profiles"]["rollator"]["budget_m"]["value"][1] == 500
    assert {"duckdb", "h3", "numba"} <= set(record["versions"])
    assert all(one["seconds"] >= 0 and one["peak_mb"] > 0 for one in record["steps"])
    assert all(check["passed"] for check in record["checks"])
    assert len(record["checks"]) >= 25
    told = {"read", "set_aside", "repaired", "reprojected", "listed", "merged", "relaxed", "noted", "mended"}
    assert {rejected["action"] for rejected in record["rejected"]} <= told
    of_quotes = [rejected for rejected in record["rejected"] if rejected["source"].endswith("inventaris.csv")]
    assert {rejected["examples"] for rejected in of_quotes} == {""}


def test_every_value_can_be_traced_to_the_deliveries_it_rests_on(published: Path):
    package = json.loads((published / "datapackage.json").read_text())
    known = {source["path"]: source for source in package["sources"]}
    indicators = set(pq.read_table(published / "indicators.parquet")["indicator"].to_pylist())
    assert indicators <= set(package["indicators"])
    for indicator in indicators:
        rests_on = package["indicators"][indicator]["sources"]
        assert rests_on
        assert all(known[path]["sha256"] and known[path]["licence"] and known[path]["vintage"] for path in rests_on)
    assert package["indicators"]["m1_contact"]["sources"] == [
        f"voorbeeldstad/{name}.csv" for name in ("enquete", "steekproef", "marges")
    ]
    assert package["indicators"]["data_coverage"]["sources"] == ["voorbeeldstad/streets.osm.pbf"]
    assert "voorbeeldstad/bag.gpkg" in package["indicators"]["inhabitants"]["sources"]
    (buurten,) = (one for one in package["resources"] if one["name"] == "buurt")
    told = {field["name"]: field.get("sources") for field in buurten["schema"]["fields"]}
    assert told["dist_nearest_place_rollator"] == package["indicators"]["dist_nearest_place"]["sources"]


def test_columns_that_were_not_read_stand_in_the_record_and_count_as_no_rows_set_aside(published: Path):
    record = json.loads((published / "run.json").read_text())
    listed = [one for one in record["rejected"] if one["action"] == "listed" and "cbs_vk100_2024" in one["source"]]
    assert [one["examples"] for one in listed] == [
        "aantal_woningen, gemiddelde_huishoudensgrootte",
        "hh_children, hh_single, households",
    ]
    package = json.loads((published / "datapackage.json").read_text())
    (source,) = (one for one in package["sources"] if "cbs_vk100_2024" in one["path"])
    assert source["rows_set_aside"] == 0


def test_the_record_of_the_run_is_kept_beside_dagsters_state(example_run, published: Path):
    record = json.loads((published / "run.json").read_text())
    release, area = record["release"], record["area"]
    kept = json.loads((example_run.data / "dagster" / "runs" / area / release / "run.json").read_text())
    assert kept["status"] == "published"
    assert published.resolve().name == release


def test_a_change_is_told_only_where_both_waves_may_be_told_and_without_ranks(ask):
    told = "from survey_changes where reason_missing = ''"
    assert ask(f"select count(*) {told}")[0][0] > 50
    assert ask(f"select count(*) {told} and (change is null or lower > change or change > upper)") == [(0,)]
    assert ask("select count(*) from survey_changes where reason_missing <> '' and change is not null") == [(0,)]
    hidden = "select area_type, area_code, indicator from indicators where reason_missing = 'withheld'"
    assert ask(f"select count(*) {told} and (area_type, area_code, indicator) in ({hidden})") == [(0,)]
    assert {name for name, *_ in ask("describe survey_changes")}.isdisjoint({"rank", "score", "position"})


def test_the_buurt_that_rose_is_found_and_the_others_are_not_called_better(ask, example_run):
    flagged = ask(
        "select area_code, change, lower from survey_changes where area_type = 'buurt' "
        "and indicator = 'm1_contact' and verdict = 'changed'"
    )
    assert [code for code, *_ in flagged] == ["BU99990202"]
    truths = []
    for ending in ("", "_2022"):
        path = example_run.raw / "voorbeeldstad" / "waarheid" / f"gebiedsgemiddelden{ending}.csv"
        rows = [line.split(",") for line in path.read_text().splitlines()]
        truths += [float(row[3]) for row in rows if row[1:3] == ["BU99990202", "m1_contact"]]
    assert flagged[0][2] < truths[0] - truths[1] < flagged[0][1] + (flagged[0][1] - flagged[0][2])


def test_items_tell_nothing_of_what_was_answered_to_them(ask):
    assert ask("select distinct statistic from survey_quality where subject = 'item' order by 1") == [
        ("item_rest",), ("share_unanswered",),
    ]  # fmt: skip
    assert ask("select min(value) > 0.6 from survey_quality where statistic = 'alpha' and mode = ''") == [(True,)]
