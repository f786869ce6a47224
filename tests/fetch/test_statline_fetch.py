"""StatLine tables in pages, as one Parquet file."""

import pyarrow.parquet as pq
import pytest

from pipelines.sources.fetch.ledger import retrievals
from pipelines.sources.fetch.orders import by_hand

# No role of an area file reads StatLine here yet; any that is a plain delivery will do.
PLACE = "town/kerncijfers.parquet"
KEY_FIGURES = ("inventory", "statline-kerncijfers", PLACE)
SAFETY = ("inventory", "statline-veiligheidsmonitor", PLACE)
PATH = "/statline-kerncijfers/202485984NED"
SAFETY_PATH = "/statline-veiligheidsmonitor/202385146NED"
MEASURES = [
    {"Identifier": "T001036", "Title": "Aantal inwoners", "Unit": "aantal"},
    {"Identifier": "M000114", "Title": "Gemiddelde woningwaarde", "Unit": "x 1 000 euro"},
    {"Identifier": "GM000C", "Title": "Gemeentenaam", "Unit": None},
]
REGIONS = [
    {"Identifier": "GM0014", "Title": "Groningen"},
    {"Identifier": "BU00140000", "Title": "Binnenstad-Noord"},
]
OBSERVATIONS = [
    {"Id": 0, "Measure": "GM000C", "ValueAttribute": "None", "Value": None, "StringValue": "Groningen "},
    {"Id": 1, "Measure": "T001036", "ValueAttribute": "None", "Value": 238147, "StringValue": None},
    {"Id": 2, "Measure": "M000114", "ValueAttribute": "None", "Value": 296.5, "StringValue": None},
    {"Id": 3, "Measure": "M000114", "ValueAttribute": "Confidential", "Value": None, "StringValue": None},
]


def _observations():
    regions = ["GM0014    ", "GM0014    ", "GM0014    ", "BU00140000"]
    return [{**row, "WijkenEnBuurten": region} for row, region in zip(OBSERVATIONS, regions, strict=True)]


@pytest.fixture
def desk(desk):
    return desk.source("statline-kerncijfers").source("statline-veiligheidsmonitor")


@pytest.fixture
def key_figures(table):
    def publish(**changes):
        parts = {
            "Dimensions": [{"Identifier": "WijkenEnBuurten", "Kind": "GeoDimension"}],
            "MeasureCodes": MEASURES,
            "WijkenEnBuurtenCodes": REGIONS,
            "Observations": _observations(),
            **changes,
        }
        table(PATH, rows_per_page=2, **parts)

    return publish


def test_a_table_becomes_one_row_per_figure_with_its_words(desk, draw_area, key_figures):
    key_figures()
    assert desk.fetch_one(draw_area(KEY_FIGURES)).status == "fetched"
    assert pq.read_table(desk.raw / PLACE).to_pylist() == [
        {
            "measure_code": code,
            "measure_title": title,
            "unit": unit,
            "region_code": region,
            "region_title": place,
            "period": "2024",
            "value": value,
            "value_attribute": attribute,
        }
        for code, title, unit, region, place, value, attribute in [
            ("T001036", "Aantal inwoners", "aantal", "GM0014", "Groningen", 238147.0, "None"),
            ("M000114", "Gemiddelde woningwaarde", "x 1 000 euro", "GM0014", "Groningen", 296.5, "None"),
            (
                "M000114",
                "Gemiddelde woningwaarde",
                "x 1 000 euro",
                "BU00140000",
                "Binnenstad-Noord",
                None,
                "Confidential",
            ),
        ]
    ]
    assert retrievals(desk.raw)[PLACE].ground.startswith("GM0014")


def test_only_the_regions_of_the_gemeenten_are_asked_for_and_pages_followed(desk, site, draw_area, key_figures):
    key_figures()
    desk.fetch_one(draw_area(KEY_FIGURES, gemeenten=("GM0014", "GM0037")))
    asked = [one for one in site.asked if one.path.endswith("/Observations")]
    (wanted,) = asked[0].query["$filter"]
    assert wanted == " or ".join(
        f"startswith(WijkenEnBuurten,'{kind}{number}')" for number in ("0014", "0037") for kind in ("GM", "WK", "BU")
    )
    assert [one.query.get("$skip") for one in asked] == [None, ["2"]]
    (codes,) = [one for one in site.asked if one.path.endswith("/WijkenEnBuurtenCodes")]
    assert codes.query["$filter"][0].startswith("startswith(Identifier,'GM0014') or ")


def test_periods_and_further_dimensions_have_a_column_of_codes(desk, draw_area, table):
    dimensions = [
        {"Identifier": "Marges", "Kind": "Dimension"},
        {"Identifier": "RegioS", "Kind": "GeoDimension"},
        {"Identifier": "Perioden", "Kind": "TimeDimension"},
    ]
    row = {"Id": 1, "Measure": "D1", "RegioS": "GM0014", "Perioden": "2023JJ00", "Marges": "MW00000 ", "Value": 6.3}
    measures = [{"Identifier": "D1", "Title": "Schaalscore sociale cohesie", "Unit": "schaalscore 0-10"}]
    parts = {"Dimensions": dimensions, "MeasureCodes": measures, "RegioSCodes": REGIONS, "Observations": [row]}
    table(SAFETY_PATH, **parts)
    assert desk.fetch_one(draw_area(SAFETY, year=2023)).status == "fetched"
    (found,) = pq.read_table(desk.raw / PLACE).to_pylist()
    assert (found["period"], found["Marges"], found["value"]) == ("2023JJ00", "MW00000", 6.3)
    assert list(found)[-1] == "Marges"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"Observations": [*_observations(), _observations()[1]]}, "row '1' came before: a page repeats"),
        ({"MeasureCodes": MEASURES[1:]}, "code 'T001036' is not in its list of codes"),
        ({"WijkenEnBuurtenCodes": REGIONS[:1]}, "code 'BU00140000' is not in its list"),
        ({"Observations": []}, "holds nothing of ['GM0014']"),
        ({"Observations": _observations()[:1]}, "holds nothing of ['GM0014']"),
        ({"Dimensions": [{"Identifier": "RegioS", "Kind": "GeoDimension"}]}, "has no dimension 'WijkenEnBuurten'"),
        ({"Observations": [{**_observations()[1], "Value": "12"}]}, "a value is no number"),
        ({"Observations": [{**_observations()[1], "Value": 10**400}]}, "a value is no number"),
        ({"MeasureCodes": [{**measure, "Title": "\ud800"} for measure in MEASURES]}, "text that is no Unicode"),
        ({"Observations": [{**_observations()[1], "Measure": None}]}, "lacks ['Measure']"),
    ],
)
def test_a_table_that_is_not_whole_is_an_error(desk, draw_area, key_figures, changes, said):
    key_figures(**changes)
    failed = desk.fetch_one(draw_area(KEY_FIGURES))
    assert said in str(failed.error)
    assert not (desk.raw / PLACE).exists()


def test_an_endless_next_link_is_an_error(desk, site, draw_area, key_figures, reply):
    key_figures()
    whole = site.routes[f"{PATH}/Observations"]
    circle = f'{{"value": [], "@odata.nextLink": "{site.url}{PATH}/Observations?$skip=2"}}'.encode()
    site.routes[f"{PATH}/Observations"] = lambda asked: reply(200, circle) if "$skip" in asked.query else whole(asked)
    assert "an empty page that leads on" in str(desk.fetch_one(draw_area(KEY_FIGURES)).error)


def test_who_carries_files_by_hand_is_told_the_whole_address(desk, site, draw_area):
    outcome = desk.fetch_one(draw_area(KEY_FIGURES), offline=True)
    (told,) = by_hand([outcome.order])
    assert told.startswith(f"{PLACE}: get {site.url}{PATH}/Observations?$filter=startswith%28WijkenEnBuurten")
