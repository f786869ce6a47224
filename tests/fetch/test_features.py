"""OGC API Features in pages: put together whole, and never in circles."""

import json

import numpy as np
import pytest
import shapely

from pipelines.geo import to_rd, to_wgs84
from pipelines.sources.area_file import AddressDelivery
from pipelines.sources.fetch.ledger import retrievals
from pipelines.sources.vector import read_layer

PATH = "/bag-verblijfsobjecten/2024"
PLACE = "town/bag.geojson"
BAG = ("addresses", "bag-verblijfsobjecten", PLACE)


@pytest.fixture
def desk(desk):
    return desk.source("bag-verblijfsobjecten", size_limit_mb=1)


def _fetched(desk):
    return json.loads((desk.raw / PLACE).read_text(encoding="utf-8"))["features"]


def _failure(desk, area):
    outcome = desk.fetch_one(area)
    assert outcome.status == "failed"
    assert not (desk.raw / PLACE).exists()
    assert retrievals(desk.raw) == {}
    return str(outcome.error)


def test_pages_are_put_together_in_order_and_can_be_read(desk, draw_area, collection, dwellings):
    collection(PATH, dwellings(1, 2), dwellings(3, 4), dwellings(5), numberMatched=5)
    assert desk.fetch_one(draw_area(BAG)).status == "fetched"
    assert [feature["id"] for feature in _fetched(desk)] == [f"vbo-{number}" for number in range(1, 6)]
    delivery = AddressDelivery(path=PLACE, vintage=2024, licence="PDDL-1.0", attribution="")
    layer = read_layer(delivery, desk.raw, default_layer="verblijfsobject")
    assert layer.column("identificatie").tolist() == [f"{number:016}" for number in range(1, 6)]
    assert shapely.get_x(layer.geometry[:1])[0] == pytest.approx(to_rd(6.55001, 53.21)[0], abs=1)


def test_only_the_area_and_what_lies_near_is_asked_for(desk, site, draw_area, collection, dwellings):
    collection(PATH, dwellings(1))
    desk.fetch_one(draw_area(BAG))
    west, south, east, north = (float(edge) for edge in site.asked[0].query["bbox"][0].split(","))
    # The grid of RD is a little askew to that of degrees: the box holds all four corners, and hardly more.
    longitude, latitude = to_wgs84(
        np.array([228_700, 228_700, 233_300, 233_300.0]), np.array([578_700, 583_300.0, 578_700, 583_300])
    )
    assert west <= longitude.min() + 1e-6
    assert east >= longitude.max() - 1e-6
    assert south <= latitude.min() + 1e-6
    assert north >= latitude.max() - 1e-6
    assert east - west < 0.072
    assert north - south < 0.043
    assert retrievals(desk.raw)[PLACE].ground == "GM0014 extent 230000 580000 232000 582000"
    assert desk.fetch_one(draw_area(BAG)).status == "kept"


def test_another_gemeente_at_the_same_path_is_fetched_anew(desk, draw_area, collection, dwellings):
    collection(PATH, dwellings(1))
    desk.fetch_one(draw_area(BAG))
    collection(PATH, dwellings(7))
    assert desk.fetch_one(draw_area(BAG, gemeenten=("GM0037",))).status == "fetched"
    assert [feature["id"] for feature in _fetched(desk)] == ["vbo-7"]


def test_the_same_collection_gives_the_same_bytes(desk, draw_area, collection, dwellings):
    collection(PATH, dwellings(1, 2), dwellings(3))
    desk.fetch_one(draw_area(BAG))
    (desk.raw / PLACE).unlink()
    assert desk.fetch_one(draw_area(BAG)).status == "fetched"


def test_a_whole_country_is_asked_for_without_a_box(desk, site, draw_area, collection, dwellings):
    desk = desk.source("pdok-gemeenten")
    collection("/pdok-gemeenten/2024", dwellings(1))
    assert desk.fetch_one(draw_area(("gemeenten", "pdok-gemeenten", PLACE))).status == "fetched"
    assert "bbox" not in site.asked[0].query


@pytest.mark.parametrize("repeated", [(1, 2), (2, 3)])
def test_a_page_that_repeats_is_an_error(desk, draw_area, collection, dwellings, repeated):
    collection(PATH, dwellings(1, 2), dwellings(*repeated), dwellings(9))
    assert "a page repeats" in _failure(desk, draw_area(BAG))


def _page(site, rows, following):
    links = [{"rel": "next", "href": f"{site.url}{PATH}{following}"}] if following else []
    return {"type": "FeatureCollection", "features": rows, "links": links}


def test_links_that_lead_in_a_circle_are_an_error(desk, site, draw_area, dwellings, reply):
    def page(asked):
        number = int(asked.query.get("cursor", ["0"])[0])
        rows = dwellings(len(site.asked))  # always new rows, but the third page leads back to the second
        return reply(200, json.dumps(_page(site, rows, f"?cursor={min(number + 1, 2)}")).encode())

    site.routes[PATH] = page
    assert "lead in a circle" in _failure(desk, draw_area(BAG))
    assert len(site.asked) < 5


@pytest.mark.parametrize("rows_per_page", [0, 50])
def test_links_without_end_come_to_an_end(desk, draw_area, dwellings, reply, rows_per_page):
    site = desk.site

    def page(_asked):
        first = len(site.asked) * rows_per_page
        rows = dwellings(*range(first, first + rows_per_page))
        return reply(200, json.dumps(_page(site, rows, f"?cursor={len(site.asked)}")).encode())

    site.routes[PATH] = page
    said = "more came than the 1 MB" if rows_per_page else "an empty page that leads on"
    assert said in _failure(desk, draw_area(BAG))
    assert len(site.asked) < 200


@pytest.mark.parametrize(
    "wrong",
    [
        ({"numberMatched": 9}, "counts 9 features, and 3 came"),
        ({"numberMatched": 1}, "counts 1 features, and 2 came"),
        ({"numberReturned": 7}, "says it has 7 features, and 2 came"),
    ],
)
def test_counts_that_do_not_agree_are_an_error(desk, draw_area, collection, dwellings, wrong):
    counts, said = wrong
    collection(PATH, dwellings(1, 2), dwellings(3), **counts)
    assert said in _failure(desk, draw_area(BAG))


def test_a_next_page_on_another_server_is_not_asked(desk, elsewhere, draw_area, dwellings, reply):
    site = desk.site
    body = {"features": dwellings(1), "links": [{"rel": "next", "href": f"{elsewhere.url}/x"}]}
    site.forever[PATH] = reply(200, json.dumps(body).encode())
    assert "is no server of the registry" in _failure(desk, draw_area(BAG))
    assert elsewhere.asked == []


@pytest.mark.parametrize(
    "page",
    [
        (b"<html>", "text/html", "a web page came"),
        (b'{"features": [', "application/json", "is no JSON, or broke off"),
        (b"[1, 2]", "application/json", "no JSON object"),
        (b'{"type": "Exception"}', "application/json", "has no list 'features'"),
        (b'{"features": [{"geometry": null}]}', "application/json", "a row has no 'id'"),
        (b'{"features": []}', "application/json", "has no features here"),
        (b'{"features": [{"id": 1, "geometry": NaN}]}', "application/json", "is no JSON"),
        (b'{"features": [{"id": 1}], "links": [{"rel": "next", "href": "//[::1"}]}', "", "which is no address"),
        (b"[" * 100_000, "application/json", "is no JSON"),
    ],
)
def test_what_is_no_page_is_told_in_words(desk, draw_area, reply, page):
    body, content_type, said = page
    desk.site.forever[PATH] = reply(200, body, {"Content-Type": content_type})
    assert said in _failure(desk, draw_area(BAG))


def test_odd_facts_on_a_page_do_no_harm(desk, draw_area, collection, dwellings):
    rows = dwellings(1)
    rows[0]["properties"]["straat"] = "Súdwest \ud800"
    collection(PATH, rows, numberMatched="many", links_of_theirs=[None])
    assert desk.fetch_one(draw_area(BAG)).status == "fetched"
    assert _fetched(desk)[0]["properties"]["straat"] == "Súdwest \ud800"


def test_another_coordinate_system_is_refused(desk, draw_area, dwellings, reply):
    rd = "<http://www.opengis.net/def/crs/EPSG/0/28992>"
    desk.site.forever[PATH] = reply(200, json.dumps({"features": dwellings(1)}).encode(), {"Content-Crs": rd})
    assert "answers in http://www.opengis.net/def/crs/EPSG/0/28992" in _failure(desk, draw_area(BAG))


def test_a_page_that_fails_is_asked_again_and_the_others_are_not(desk, draw_area, collection, dwellings, reply):
    site = desk.site
    collection(PATH, dwellings(1), dwellings(2), dwellings(3))
    whole = site.routes[PATH]
    site.routes[PATH] = lambda asked: reply(429) if len(site.asked) == 2 else whole(asked)
    assert desk.fetch_one(draw_area(BAG)).status == "fetched"
    assert [asked.query.get("cursor", ["0"])[0] for asked in site.asked] == ["0", "1", "1", "2"]
    assert len(_fetched(desk)) == 3
