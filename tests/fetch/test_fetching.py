"""Files over HTTP from a server that breaks off, says wait, lies and changes; the ledger of what came."""

import hashlib
import json
import re
from dataclasses import replace

import numpy as np
import pytest

from pipelines.errors import FetchError, InputError, ReleaseError, SourceError
from pipelines.release import exclusive
from pipelines.sources.fetch.ledger import NAME, retrievals
from pipelines.sources.fetch.transfer import Manners, onward

PC4 = ("pc4", "cbs-pc4", "town/pc4.gpkg")
PATH = "/cbs-pc4/2024"
PLACE = "town/pc4.gpkg"


@pytest.fixture
def desk(desk):
    """PC4 as a bare GeoPackage."""
    return desk.source("cbs-pc4", member=None)


@pytest.fixture
def published(desk, gpkg):
    """The same, and the file is there."""
    desk.site.files[PATH] = gpkg
    return desk


def _sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def test_a_first_fetch_is_written_down_and_a_second_asks_nothing(desk, site, draw_area, gpkg):
    site.files[PATH] = gpkg
    first = desk.fetch_one(draw_area(PC4))
    assert (first.status, first.bytes, first.error) == ("fetched", len(gpkg), None)
    assert (desk.raw / PLACE).read_bytes() == gpkg
    written = retrievals(desk.raw)[PLACE]
    assert (written.fetch, written.year, written.ground) == ("cbs-pc4", 2024, "")
    assert (written.url, written.final_url) == (site.url + PATH, site.url + PATH)
    assert (written.sha256, written.bytes) == (_sha256(gpkg), len(gpkg))
    assert (written.retrieved, written.content_type) == ("2026-03-02T09:30:00+00:00", "application/octet-stream")
    second = desk.fetch_one(draw_area(PC4))
    assert second.status == "kept"
    assert "2026-03-02" in second.remark
    assert site.count(PATH) == 1
    assert sorted(path.name for path in (desk.raw / "town").iterdir()) == ["pc4.gpkg"]


def test_one_member_is_taken_out_of_a_zip_and_the_zip_goes(desk, site, draw_area, gpkg, zip_of):
    desk = desk.source("cbs-pc4", member="*.gpkg")
    site.files[PATH] = zip_of(readme__txt=b"read me", CBS_PC4__GPKG=gpkg)
    assert desk.fetch_one(draw_area(PC4)).status == "fetched"
    assert (desk.raw / PLACE).read_bytes() == gpkg
    assert retrievals(desk.raw)[PLACE].sha256 == _sha256(gpkg)
    assert [path.name for path in (desk.raw / "town").iterdir()] == ["pc4.gpkg"]


def test_roles_that_share_a_path_are_fetched_once(desk, site, draw_area, gpkg):
    desk = desk.source("cbs-wijkenbuurten", member=None)
    site.files["/cbs-wijkenbuurten/2024"] = gpkg
    map_ = "town/map.gpkg"
    wanted = [(role, "cbs-wijkenbuurten", map_) for role in ("buurten", "wijken", "gemeenten")]
    assert [outcome.order.path for outcome in desk.fetch(draw_area(*wanted))] == [map_]
    assert len(site.asked) == 1


@pytest.mark.parametrize(
    ("headers", "waited"),
    [
        ({"Retry-After": "7"}, 7.0),
        ({"Retry-After": "9999"}, 30.0),
        ({"Retry-After": "Mon, 02 Mar 2026 10:00:12 GMT", "Date": "Mon, 02 Mar 2026 10:00:00 GMT"}, 12.0),
        ({"Retry-After": "soon"}, 1.0),
        ({"Retry-After": "\u00b2"}, 1.0),
        ({}, 1.0),
    ],
)
def test_a_server_that_says_wait_is_waited_for_up_to_a_cap(published, draw_area, reply, headers, waited):
    desk = published
    desk.site.faults[PATH] = [reply(429, b"slow down", headers)]
    assert desk.fetch_one(draw_area(PC4)).status == "fetched"
    assert max(desk.time.slept) == waited


def test_after_an_error_of_the_server_it_waits_ever_longer_and_goes_on(desk, site, draw_area, gpkg, reply):
    site.files[PATH] = gpkg
    site.faults[PATH] = [reply(500), reply(503), reply(502)]
    assert desk.fetch_one(draw_area(PC4)).status == "fetched"
    assert desk.time.slept == [1.0, 2.0, 4.0]


def test_a_server_that_stays_broken_fails_one_file_and_not_the_others(desk, site, draw_area, gpkg, reply):
    desk = desk.source("cbs-pc6", member=None)
    site.forever[PATH] = reply(500, b"oops")
    site.files["/cbs-pc6/2024"] = gpkg
    outcomes = desk.fetch(draw_area(PC4, ("pc6", "cbs-pc6", "town/pc6.gpkg")))
    by_path = {outcome.order.path: outcome for outcome in outcomes}
    assert by_path["town/pc6.gpkg"].status == "fetched"
    failed = by_path[PLACE]
    assert failed.status == "failed"
    assert isinstance(failed.error, FetchError)
    assert "answers 500" in str(failed.error)
    assert "Tried 4 times" in str(failed.error)
    assert site.count(PATH) == 4
    assert set(retrievals(desk.raw)) == {"town/pc6.gpkg"}


def test_what_is_not_there_is_asked_once_and_the_page_is_named(desk, site, draw_area):
    failed = desk.fetch_one(draw_area(PC4))
    assert "answers 404" in str(failed.error)
    assert "correct the registry" in str(failed.error)
    assert site.count(PATH) == 1


def test_a_body_that_breaks_off_is_gone_on_with_from_there(desk, site, draw_area, gpkg):
    site.files[PATH] = gpkg
    whole = site.file
    site.routes[PATH] = lambda asked: _cut(whole(asked), 100_000) if len(site.asked) == 1 else whole(asked)
    outcome = desk.fetch_one(draw_area(PC4))
    assert outcome.status == "resumed"
    assert (desk.raw / PLACE).read_bytes() == gpkg
    first, second = site.asked
    assert "range" not in first.headers
    start = int(re.fullmatch(r"bytes=(\d+)-", second.headers["range"])[1])
    assert 0 < start <= 100_000
    assert second.headers["if-range"].startswith('"')


def _cut(whole, size):
    return type(whole)(whole.status, whole.body, whole.headers, cut=size)


def test_a_server_without_ranges_starts_over(desk, site, draw_area, gpkg):
    site.files[PATH] = gpkg
    site.knows_ranges = False
    site.routes[PATH] = lambda asked: _cut(site.file(asked), 100_000) if len(site.asked) == 1 else site.file(asked)
    outcome = desk.fetch_one(draw_area(PC4))
    assert outcome.status == "fetched"
    assert (desk.raw / PLACE).read_bytes() == gpkg


def test_two_versions_are_never_glued_together(desk, site, draw_area, gpkg):
    newer = gpkg[:200] + gpkg[200:][::-1]
    site.files[PATH] = gpkg

    def renew(asked):
        answer = _cut(site.file(asked), 100_000) if len(site.asked) == 1 else site.file(asked)
        site.files[PATH] = newer
        return answer

    site.routes[PATH] = renew
    assert desk.fetch_one(draw_area(PC4)).status == "fetched"
    assert (desk.raw / PLACE).read_bytes() == newer


@pytest.mark.parametrize("seed", range(5))
def test_wherever_a_line_breaks_and_however_often_the_file_comes_whole(published, draw_area, seed):
    site = published.site
    rng = np.random.default_rng(seed)

    def broken(asked):
        whole = site.file(asked)
        return _cut(whole, min(len(whole.body), int(rng.integers(40_000, 120_000))))

    site.routes[PATH] = broken
    assert published.fetch_one(draw_area(PC4)).status == "resumed"
    assert (published.raw / PLACE).read_bytes() == site.files[PATH]
    assert site.count(PATH) > published.manners.tries
    assert {asked.headers["if-range"] for asked in site.asked[1:]} == {site.file(site.asked[0]).headers["ETag"]}


def test_what_came_before_the_line_broke_waits_for_the_next_fetch(published, draw_area, gpkg, reply):
    desk, site = published, published.site
    site.routes[PATH] = lambda asked: _cut(site.file(asked), 50_000) if len(site.asked) == 1 else reply(503)
    failed = desk.fetch_one(draw_area(PC4))
    assert failed.status == "failed"
    assert "answers 503" in str(failed.error)
    part = desk.raw / "town/pc4.gpkg.part"
    came = part.stat().st_size
    assert 0 < came <= 50_000
    assert part.read_bytes() == gpkg[:came]
    assert not (desk.raw / PLACE).exists()
    del site.routes[PATH]
    site.asked.clear()
    assert desk.fetch_one(draw_area(PC4)).status == "resumed"
    assert site.asked[0].headers["range"] == f"bytes={came}-"
    assert (desk.raw / PLACE).read_bytes() == gpkg
    assert [path.name for path in (desk.raw / "town").iterdir()] == ["pc4.gpkg"]


def test_a_file_that_declares_to_be_too_large_is_not_even_begun(desk, draw_area, gpkg, reply):
    desk = desk.source("cbs-pc4", member=None, size_limit_mb=1)
    desk.site.forever[PATH] = reply(200, gpkg, {"Content-Length": "2000000"}, length=False)
    assert "larger than the 1 MB" in str(desk.fetch_one(draw_area(PC4)).error)
    assert desk.site.count(PATH) == 1


@pytest.mark.parametrize(("start", "total"), [(10, 500_016), (None, 900_000)])
def test_another_part_than_was_asked_is_not_glued_on(published, draw_area, start, total):
    site = published.site

    def lying(asked):
        whole = site.file(asked)
        if "range" not in asked.headers:
            return _cut(whole, 100_000)
        said = int(asked.headers["range"][6:-1]) if start is None else start
        return replace(whole, headers={**whole.headers, "Content-Range": f"bytes {said}-500015/{total}"})

    site.routes[PATH] = lying
    failed = published.fetch_one(draw_area(PC4))
    assert re.search("another part than was asked|broke off after|has no more than", str(failed.error))
    assert not (published.raw / PLACE).exists()


def test_a_line_that_never_brings_more_is_given_up_on(published, draw_area):
    site = published.site
    site.knows_ranges = False
    site.routes[PATH] = lambda asked: _cut(site.file(asked), 100_000)
    failed = published.fetch_one(draw_area(PC4))
    assert "the connection failed" in str(failed.error)
    assert site.count(PATH) <= 3 * published.manners.tries


def test_a_part_that_is_whole_already_or_too_long_does_no_harm(desk, site, draw_area, gpkg):
    site.files[PATH] = gpkg
    part = desk.raw / "town/pc4.gpkg.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(gpkg + b"more")
    tag = f'"{hash(gpkg):x}"'
    (part.parent / "pc4.gpkg.part.json").write_text(json.dumps({"url": site.url + PATH, "version": tag}))
    assert desk.fetch_one(draw_area(PC4)).status == "fetched"
    assert (desk.raw / PLACE).read_bytes() == gpkg


@pytest.mark.parametrize("memory", ["not json", "[]", '{"url": "http://other", "version": "x"}', '{"url": 1}'])
def test_a_part_of_unknown_version_is_not_used(desk, site, draw_area, gpkg, memory):
    site.files[PATH] = gpkg
    part = desk.raw / "town/pc4.gpkg.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(b"SQLite format 3\x00 of something else")
    (part.parent / "pc4.gpkg.part.json").write_text(memory)
    assert desk.fetch_one(draw_area(PC4)).status == "fetched"
    assert "range" not in site.asked[0].headers
    assert (desk.raw / PLACE).read_bytes() == gpkg


@pytest.mark.parametrize(
    ("body", "content_type", "said"),
    [
        (b"<!DOCTYPE html><p>Sorry", "text/html; charset=utf-8", "a web page came"),
        (b"<!DOCTYPE html><p>Sorry", "application/octet-stream", "is not a GeoPackage"),
        (b"PK\x03\x04 a zip", "application/zip", "is not a GeoPackage"),
        (b"", "application/octet-stream", "came empty"),
    ],
)
def test_something_else_than_was_asked_is_refused(desk, draw_area, body, content_type, said):
    desk.site.files[PATH] = body
    desk.site.types[PATH] = content_type
    failed = desk.fetch_one(draw_area(PC4))
    assert said in str(failed.error)
    assert not list((desk.raw / "town").iterdir())
    assert retrievals(desk.raw) == {}


def test_a_zip_with_something_else_in_it_is_refused(desk, site, draw_area, zip_of):
    desk = desk.source("cbs-pc4", member="*.gpkg")
    site.files[PATH] = zip_of(pc4__gpkg=b"<html>")
    assert "is not a GeoPackage" in str(desk.fetch_one(draw_area(PC4)).error)
    assert not list((desk.raw / "town").iterdir())


@pytest.mark.parametrize("declared", [True, False])
def test_a_file_that_is_too_large_is_refused_before_or_while_it_comes(desk, draw_area, gpkg, reply, declared):
    site = desk.site
    desk = desk.source("cbs-pc4", member=None, size_limit_mb=1)
    body = gpkg * 4
    site.forever[PATH] = reply(200, body, {"Content-Type": "application/octet-stream"}, length=declared)
    failed = desk.fetch_one(draw_area(PC4))
    assert "larger than the 1 MB" in str(failed.error)
    assert site.count(PATH) == 1
    assert not list((desk.raw / "town").iterdir())


def test_a_silent_server_is_given_up_on_and_asked_again(desk, site, draw_area, gpkg, reply):
    desk.manners = Manners(requests_per_s=1e9, tries=2, read_timeout_s=0.3)
    site.files[PATH] = gpkg
    site.faults[PATH] = [reply(200, gpkg, {"ETag": '"x"'}, silent_s=1.5)]
    assert desk.fetch_one(draw_area(PC4)).status in {"fetched", "resumed"}
    assert (desk.raw / PLACE).read_bytes() == gpkg
    assert site.count(PATH) == 2


def test_a_changed_edition_is_an_error_and_the_old_file_stays_until_it_is_accepted(desk, site, draw_area, gpkg):
    site.files[PATH] = gpkg
    desk.fetch_one(draw_area(PC4))
    place = desk.raw / PLACE
    place.write_bytes(b"somebody wrote here")
    site.files[PATH] = gpkg[::-1].replace(gpkg[-16:][::-1], b"SQLite format 3\x00", 1)
    failed = desk.fetch_one(draw_area(PC4))
    assert failed.status == "failed"
    for word in (PLACE, "cbs-pc4 of 2024 has changed", "2026-03-02", "--accept-changed"):
        assert word in str(failed.error)
    assert place.read_bytes() == b"somebody wrote here"
    assert retrievals(desk.raw)[PLACE].sha256 == _sha256(gpkg)
    assert [path.name for path in place.parent.iterdir()] == ["pc4.gpkg"]
    taken = desk.fetch_one(draw_area(PC4), accept_changed=True)
    assert (taken.status, taken.remark) == ("fetched", "in place of what was there")
    assert retrievals(desk.raw)[PLACE].sha256 == _sha256(site.files[PATH])
    assert desk.fetch_one(draw_area(PC4)).status == "kept"


def test_a_damaged_file_is_fetched_again_when_its_source_is_as_it_was(desk, site, draw_area, gpkg):
    site.files[PATH] = gpkg
    desk.fetch_one(draw_area(PC4))
    (desk.raw / PLACE).write_bytes(gpkg[:1000])
    assert desk.fetch_one(draw_area(PC4)).status == "fetched"
    assert (desk.raw / PLACE).read_bytes() == gpkg


def test_the_checksum_of_an_edition_holds_for_other_paths_too(desk, site, draw_area, gpkg):
    site.files[PATH] = gpkg
    desk.fetch_one(draw_area(PC4))
    site.files[PATH] = gpkg + b"\x00"
    failed = desk.fetch_one(draw_area(("pc4", "cbs-pc4", "village/pc4.gpkg")))
    assert "has changed at its source" in str(failed.error)
    assert not (desk.raw / "village/pc4.gpkg").exists()


def test_another_year_at_the_same_path_takes_its_place(desk, site, draw_area, gpkg):
    site.files |= {PATH: gpkg, "/cbs-pc4/2023": gpkg + b"2023"}
    desk.fetch_one(draw_area(PC4))
    assert desk.fetch_one(draw_area(PC4, year=2023)).status == "fetched"
    assert (desk.raw / PLACE).read_bytes() == gpkg + b"2023"
    assert retrievals(desk.raw)[PLACE].year == 2023


def test_a_file_that_somebody_put_there_is_never_overwritten(desk, site, draw_area, gpkg):
    place = desk.raw / PLACE
    place.parent.mkdir(parents=True)
    place.write_bytes(gpkg)
    for offline in (False, True):
        assert desk.fetch_one(draw_area(PC4), offline=offline).status == "by_hand"
    assert site.asked == []
    assert retrievals(desk.raw) == {}
    place.write_bytes(b"<html>")
    assert "is not a GeoPackage" in str(desk.fetch_one(draw_area(PC4)).error)
    assert place.read_bytes() == b"<html>"


def test_offline_asks_nothing_and_tells_what_is_missing_or_changed(desk, site, draw_area, gpkg):
    site.files[PATH] = gpkg
    assert desk.fetch_one(draw_area(PC4), offline=True).status == "missing"
    assert not desk.raw.exists()
    assert site.asked == []
    desk.fetch_one(draw_area(PC4))
    assert desk.fetch_one(draw_area(PC4), offline=True).status == "kept"
    (desk.raw / PLACE).write_bytes(b"changed")
    missing = desk.fetch_one(draw_area(PC4), offline=True)
    assert (missing.status, missing.remark) == ("missing", "what lies there is another edition, or was changed")
    assert site.count(PATH) == 1


def test_a_redirect_to_another_server_is_followed_and_written_down(desk, elsewhere, draw_area, gpkg, reply):
    site = desk.site
    elsewhere.files["/cdn/pc4"] = gpkg
    site.forever[PATH] = reply(302, b"", {"Location": f"{elsewhere.url}/cdn/pc4"})
    assert desk.fetch_one(draw_area(PC4)).status == "fetched"
    written = retrievals(desk.raw)[PLACE]
    assert (written.url, written.final_url) == (site.url + PATH, f"{elsewhere.url}/cdn/pc4")


@pytest.mark.parametrize(
    "location", ["file:///etc/passwd", "ftp://127.0.0.1/x", "http://me:secret@127.0.0.1/x", "//[::1/x"]
)
def test_a_redirect_out_of_the_web_or_with_a_password_is_refused(desk, site, draw_area, reply, location):
    site.forever[PATH] = reply(302, b"", {"Location": location})
    failed = desk.fetch_one(draw_area(PC4))
    assert re.search("where we do not go|which is no address", str(failed.error))
    assert "secret" not in str(failed.error)
    assert site.count(PATH) == 1


def test_from_https_no_redirect_or_next_page_leads_back_to_http():
    assert onward("http://a.nl/x", "https://b.nl/y") == "https://b.nl/y"
    assert onward("https://a.nl/x", "/y") == "https://a.nl/y"
    with pytest.raises(FetchError, match="only to https"):
        onward("https://a.nl/x", "http://a.nl/y")


def test_redirects_in_a_circle_come_to_an_end(desk, site, draw_area, reply):
    site.forever[PATH] = reply(302, b"", {"Location": PATH})
    assert "from address to address" in str(desk.fetch_one(draw_area(PC4)).error)
    assert site.count(PATH) < 10


def test_a_server_is_asked_no_more_often_than_agreed(desk, site, draw_area, gpkg, reply):
    desk.manners = Manners(requests_per_s=2.0, tries=3, first_wait_s=0.0)
    site.files[PATH] = gpkg
    site.faults[PATH] = [reply(500), reply(500)]
    assert desk.fetch_one(draw_area(PC4)).status == "fetched"
    assert sum(desk.time.slept) == pytest.approx(1.0)


def test_a_server_that_is_not_there_is_told_in_one_sentence(desk, draw_area):
    desk = desk.source("cbs-pc4", member=None, url="http://127.0.0.1:9/pc4")
    failed = desk.fetch_one(draw_area(PC4))
    assert "127.0.0.1:9/pc4: the connection failed" in str(failed.error)
    assert "Traceback" not in str(failed.error)
    assert len(str(failed.error)) < 300


def test_geofabrik_is_compared_with_the_md5_beside_it(desk, site, draw_area, pbf):
    desk = desk.source("osm-province")
    path = "/osm-province/2024"
    wanted = ("streets", "osm-province/groningen", "town/osm.osm.pbf")
    site.files |= {path: pbf, f"{path}.md5": f"{'0' * 32}  groningen.osm.pbf\n".encode()}
    failed = desk.fetch_one(draw_area(wanted))
    assert "its MD5 is" in str(failed.error)
    assert not list((desk.raw / "town").iterdir())
    site.files[f"{path}.md5"] = f"{hashlib.md5(pbf, usedforsecurity=False).hexdigest()}  groningen.osm.pbf\n".encode()
    assert desk.fetch_one(draw_area(wanted)).status == "fetched"
    assert retrievals(desk.raw)["town/osm.osm.pbf"].note == ""


def test_an_extract_without_md5_is_taken_with_a_note(desk, site, draw_area, pbf):
    desk = desk.source("osm-netherlands")
    site.files["/osm-netherlands/2024"] = pbf
    outcome = desk.fetch_one(draw_area(("streets", "osm-netherlands", "town/osm.osm.pbf")))
    assert outcome.status == "fetched"
    assert "no published checksum" in outcome.remark


@pytest.mark.parametrize(
    ("path", "year", "said"),
    [
        (PLACE, 2015, r"cbs-pc4 of 2015 is not in the registry; it has \[2019, 2020"),
        ("town/pc4.zip", 2024, r"is a \.gpkg file"),
    ],
)
def test_an_order_that_cannot_be_is_bad_input(desk, draw_area, path, year, said):
    with pytest.raises(InputError, match=said):
        desk.fetch(draw_area(("pc4", "cbs-pc4", path), year=year))
    assert desk.site.asked == []


def test_one_path_for_two_sources_is_bad_input(desk, draw_area):
    desk = desk.source("cbs-pc6")
    with pytest.raises(InputError, match=r"town/x\.gpkg: stands for"):
        desk.fetch(draw_area(("pc4", "cbs-pc4", "town/x.gpkg"), ("pc6", "cbs-pc6", "town/x.gpkg")))


@pytest.mark.parametrize("text", ["{", "[]", '{"version": 2, "files": {}}', '{"version": 1, "files": {"a": {}}}'])
def test_a_ledger_that_cannot_be_read_stops_everything(desk, site, draw_area, gpkg, text):
    desk.raw.mkdir()
    (desk.raw / NAME).write_text(text, encoding="utf-8")
    site.files[PATH] = gpkg
    with pytest.raises(SourceError, match="cannot be read as the ledger"):
        retrievals(desk.raw)
    failed = desk.fetch_one(draw_area(PC4))
    assert isinstance(failed.error, SourceError)
    assert (desk.raw / NAME).read_text(encoding="utf-8") == text
    assert site.asked == []


def test_two_fetches_into_one_folder_do_not_mix(desk, draw_area):
    desk.raw.mkdir()
    with exclusive(desk.raw / ".fetch.lock", "another fetch"), pytest.raises(ReleaseError, match="already running"):
        desk.fetch(draw_area(PC4))


def test_what_a_killed_fetch_left_behind_goes(desk, site, draw_area, gpkg):
    left = desk.raw / "town/.fetching/tmp123"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"half")
    site.files[PATH] = gpkg
    desk.fetch_one(draw_area(PC4))
    assert [path.name for path in (desk.raw / "town").iterdir()] == ["pc4.gpkg"]


def test_fetched_files_can_be_read_by_others_of_the_group(desk, site, draw_area, gpkg):
    site.files[PATH] = gpkg
    desk.fetch_one(draw_area(PC4))
    assert (desk.raw / PLACE).stat().st_mode & 0o777 == 0o644
