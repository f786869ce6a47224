"""Files of OSM of every kind: recognised whatever they are called, whole or refused in a sentence, and put in order."""

import bz2
import gzip
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import osmium
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.contracts import violations
from pipelines.errors import InputError, SourceError
from pipelines.sources.contracts import ADDRESSES, BENCHES, PLACES, SEGMENTS
from pipelines.sources.osm_addresses import read_osm_addresses
from pipelines.sources.osm_benches import read_osm_benches
from pipelines.sources.osm_places import read_osm_places
from pipelines.sources.osm_streets import read_osm_segments

READERS = (read_osm_segments, read_osm_places, read_osm_benches, read_osm_addresses)
NODES = [f'<node id="{n}" version="1" lat="52.0" lon="{4.37 + n / 1000:.4f}"/>' for n in (1, 2, 3)]
CAFE = '<node id="8" version="1" lat="52.0" lon="4.37"><tag k="amenity" v="cafe"/></node>'
SEAT = '<node id="9" version="1" lat="52.0" lon="4.371"><tag k="amenity" v="bench"/></node>'
HOME = '<node id="10" version="1" lat="52.0" lon="4.372"><tag k="addr:housenumber" v="7"/></node>'
PATH = '<way id="7" version="1"><nd ref="1"/><nd ref="2"/><nd ref="3"/><tag k="highway" v="path"/></way>'
THINGS = [*NODES, CAFE, SEAT, HOME, PATH]


def xml(*things: str, root: str = '<osm version="0.6">') -> bytes:
    end = root[1:].split(maxsplit=1)[0].rstrip(">")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{root}{"".join(things)}</{end}>'.encode()


def put(folder: Path, content: bytes, name: str = "small.osm") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def tables(path: Path) -> list[list[dict[str, object]]]:
    return [read(path, "small")[0].to_pylist() for read in READERS]


def converted(path: Path, ending: str) -> Path:
    target = path.with_name(f"converted.{ending}")
    with osmium.SimpleWriter(str(target), overwrite=True) as writer:
        for thing in osmium.FileProcessor(str(path)):
            writer.add(thing)
    return target


def written(path: Path, ending: str) -> bytes:
    return converted(path, ending).read_bytes()


PACK: dict[str, Callable[[bytes], bytes]] = {
    ".osm": lambda content: content,
    ".osm.gz": gzip.compress,
    ".osm.bz2": bz2.compress,
    ".OSM.GZ": gzip.compress,
    ".xml": lambda content: b"\xef\xbb\xbf" + content,
}


@pytest.mark.parametrize("ending", PACK)
def test_xml_is_read_packed_or_not(tmp_path: Path, ending: str) -> None:
    plain = put(tmp_path, xml(*THINGS))
    packed = put(tmp_path, PACK[ending](xml(*THINGS)), f"packed{ending}")
    assert tables(packed) == tables(plain)
    assert [len(table) for table in tables(packed)] == [1, 1, 1, 1]


@pytest.mark.parametrize("ending", ["osm.pbf", "opl"])
def test_pbf_and_opl_are_read_as_xml_is(tmp_path: Path, ending: str) -> None:
    plain = put(tmp_path, xml(*THINGS))
    assert tables(converted(plain, ending)) == tables(plain)


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress])
def test_a_packed_file_of_several_streams_is_read_whole(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    content = xml(*THINGS)
    path = put(tmp_path, pack(content[:300]) + pack(content[300:]), "small.osm.packed")
    assert tables(path) == tables(put(tmp_path, content))


@pytest.mark.parametrize(
    ("name", "kind"), [("town.osm.pbf", "XML"), ("town.opl", "XML"), ("town.osm", "PBF"), ("town.osm.gz", "PBF")]
)
def test_a_file_that_is_something_else_than_its_name_says_is_read_for_what_it_is_and_told(
    tmp_path: Path, name: str, kind: str
) -> None:
    path = put(tmp_path, xml(*THINGS))
    if kind == "PBF":
        path = converted(path, "osm.pbf")
    path = path.rename(tmp_path / name)
    table, (remark,) = read_osm_places(path, name)
    assert len(table) == 1
    assert (remark.action, remark.problem.split(",")[0].split(" and")[0]) == ("noted", f"is OSM {kind} inside")


@pytest.mark.parametrize(
    "order", [[6, 0, 1, 2, 3, 4, 5], [6, 5, 4, 3, 2, 1, 0], [0, 1, 2, 6, 3, 4, 5], [2, 1, 0, 6, 5, 4, 3]]
)
@pytest.mark.parametrize("ending", ["osm", "osm.pbf"])
def test_a_file_that_is_not_in_order_gives_the_same_as_one_that_is(
    tmp_path: Path, order: list[int], ending: str
) -> None:
    unsorted = put(tmp_path, xml(*(THINGS[number] for number in order)), "unsorted.osm")
    if ending != "osm":
        unsorted = converted(unsorted, ending)
    assert tables(unsorted) == tables(put(tmp_path, xml(*THINGS)))


def test_a_file_too_large_to_be_sorted_here_is_refused_with_how_to_sort_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unsorted = converted(put(tmp_path, xml(*reversed(THINGS))), "osm.pbf")
    monkeypatch.setattr("pipelines.sources.osm_order._MOST_SORTED_BYTES", 100)
    with pytest.raises(SourceError, match=r"^small: is not in order .*osmium sort FILE -o SORTED\.osm\.pbf\.$"):
        read_osm_segments(unsorted, "small")


def test_what_is_there_twice_counts_once_and_of_several_versions_the_newest_counts(tmp_path: Path) -> None:
    newer = CAFE.replace('version="1"', 'version="2"').replace("cafe", "library")
    path = put(tmp_path, xml(CAFE, newer, *NODES, PATH, *NODES, PATH))
    table, remarks = read_osm_places(path, "small")
    assert table["place_kind"].to_pylist() == ["bibliotheek"]
    assert [(remark.problem, remark.action, remark.rows) for remark in remarks] == [
        ("older or repeated version of an object", "set_aside", 5)
    ]
    assert len(read_osm_segments(path, "small")[0]) == 1


def test_of_a_history_the_newest_version_counts_even_where_it_has_lost_its_tags(tmp_path: Path) -> None:
    history = tmp_path / "small.osh.pbf"
    versions = ["n8 v1 dV x4.37 y52 Tamenity=cafe", "n8 v2 dV x4.37 y52", "n9 v1 dV x4.37 y52 Tamenity=pub", "n9 v2 dD"]
    with osmium.SimpleWriter(str(history)) as writer:
        for thing in osmium.FileProcessor(osmium.io.FileBuffer("\n".join(versions).encode(), "opl")):
            writer.add(thing)
    assert len(read_osm_places(history, "small")[0]) == 0


def test_what_was_deleted_does_not_count_and_is_told(tmp_path: Path) -> None:
    hidden = CAFE.replace('id="8"', 'id="11" visible="false"')
    dropped = CAFE.replace("<node", "<node action='delete'").replace('id="8"', 'id="12"')
    table, remarks = read_osm_places(put(tmp_path, xml(*THINGS[:-1], hidden, dropped, PATH)), "small")
    assert table["source_id"].to_pylist() == ["node/8"]
    assert [(remark.problem[-9:], remark.rows) for remark in remarks] == [("(deleted)", 2)]
    path = put(tmp_path, xml(*NODES, PATH.replace("<way", '<way action="delete"')))
    with pytest.raises(SourceError, match="holds no streets"):
        read_osm_segments(path, "small")


def test_what_was_drawn_in_josm_and_has_no_number_yet_is_read(tmp_path: Path) -> None:
    drawn = [thing.replace('id="', 'id="-').replace('ref="', 'ref="-') for thing in THINGS]
    path = put(tmp_path, xml(*reversed(drawn)).replace(b' version="1"', b' action="modify"'))
    assert [len(table) for table in tables(path)] == [1, 1, 1, 1]
    table, _ = read_osm_segments(path, "small")
    assert min(*table["u_key"].to_pylist(), *table["v_key"].to_pylist()) > 0


def test_ways_that_hold_their_geometry_beside_whole_nodes_are_read(tmp_path: Path) -> None:
    inline = [thing.replace("<nd ref=", "<nd lat='9' lon='9' ref=") for thing in THINGS]
    assert inline != list(THINGS)
    assert tables(put(tmp_path, xml(*inline))) == tables(put(tmp_path, xml(*THINGS)))


def test_notes_of_overpass_and_changesets_are_passed_over(tmp_path: Path) -> None:
    beside = '<note>OSM</note><meta osm_base="2025-01-01T00:00:00Z"/>'
    after = '<changeset id="3"><tag k="amenity" v="cafe"/></changeset>'
    assert tables(put(tmp_path, xml(beside, *THINGS, after))) == tables(put(tmp_path, xml(*THINGS)))


BOMB = '<!DOCTYPE osm [<!ENTITY a "aaaa">' + "".join(
    f'<!ENTITY {b} "{f"&{a};" * 99}">' for a, b in zip("abcdefg", "bcdefgh", strict=True)
)
REFUSED = {
    "empty": (b"", "empty, cut short or another format"),
    "blank": (b" \n" * 99, "empty, cut short or another format"),
    "zip": (b"PK\x03\x04" + bytes(99), "another format"),
    "text": (b"dit is geen kaart", "another format"),
    "changes": (xml(f"<create>{CAFE}</create>", root='<osmChange version="0.6">'), "holds changes to a map"),
    "page": (b"<!DOCTYPE html><html><body>504</body></html>", "begins with <html>"),
    "another root": (xml(root='<gpx version="1.1">'), "begins with <gpx>"),
    "cut": (xml(*THINGS)[:-40], "was cut short"),
    "cut gzip": (gzip.compress(xml(*THINGS))[:-9], r"cannot be unpacked.*complete file"),
    "cut bzip2": (bz2.compress(xml(*THINGS))[:-9], r"cannot be unpacked.*complete file"),
    "damaged gzip": (
        gzip.compress(xml(*THINGS))[:60] + b"oeps" + gzip.compress(xml(*THINGS))[64:],
        "cannot be unpacked",
    ),
    "gzip of nothing": (gzip.compress(b""), "empty, cut short"),
    "entities": (xml(CAFE).replace(b"<osm", f"{BOMB}]><osm".encode()).replace(b"cafe", b"&h;"), "entities are not"),
    "gzip bomb": (gzip.compress(xml(" " * (90 * 2**20)), 1), "unpacks to over"),
    "bzip2 bomb": (bz2.compress(xml(" " * (90 * 2**20)), 1), "unpacks to over"),
    "no version": (xml(CAFE, root="<osm>"), "cannot be read as OSM XML"),
    "a word for a number": (xml(CAFE.replace("52.0", "noord")), "cannot be read as OSM XML"),
    "a word for an id": (xml(CAFE.replace('"8"', '"acht"')), "cannot be read as OSM XML"),
    "centres": (xml('<way id="7"><center lat="52" lon="4.37"/><tag k="amenity" v="cafe"/></way>'), "ways and no nodes"),
    "geometry in ways": (xml('<way id="7"><nd ref="1" lat="52.0" lon="4.37"/></way>'), "ways and no nodes"),
    "centres beside nodes": (
        xml(CAFE, '<way id="7"><center lat="52" lon="4.37"/></way>'),
        "shapes of ways within the ways",
    ),
    "geometry in ways beside nodes": (
        xml(CAFE, '<way id="7"><nd ref="1" lat="52.0" lon="4.37"/></way>'),
        "shapes of ways within the ways",
    ),
    "unfinished": (
        xml(*THINGS, '<remark> runtime error: Query timed out in "query" at line 3 </remark>'),
        "Overpass did not finish this answer .*Query timed out",
    ),
    "damaged opl": (b"n1 x4 ynoord\n", "cannot be read as OSM OPL"),
}


@pytest.mark.parametrize("what", REFUSED)
@pytest.mark.parametrize("read", READERS)
def test_what_is_no_whole_map_is_refused_in_a_sentence(tmp_path: Path, what: str, read: Callable[..., object]) -> None:
    content, words = REFUSED[what]
    started = time.process_time()
    with pytest.raises(SourceError, match=f"^small: .*{words}") as told:
        read(put(tmp_path, content, "small.osm"), "small")
    assert time.process_time() - started < 5
    assert str(told.value).endswith(".")


def test_a_whole_file_with_a_fault_is_not_called_cut_short(tmp_path: Path) -> None:
    for what in ("no version", "a word for a number", "entities"):
        with pytest.raises(SourceError, match="damaged, or its maker wrote it another way"):
            read_osm_places(put(tmp_path, REFUSED[what][0]), "small")


def test_text_that_is_no_utf_8_is_refused(tmp_path: Path) -> None:
    whole = converted(put(tmp_path, xml(CAFE)), "opl").read_bytes()
    path = put(tmp_path, whole.replace(b"cafe", b"caf\xe9"), "small.opl")
    with pytest.raises(SourceError, match=r"small: .*UTF-8|small: cannot be read"):
        read_osm_places(path, "small")


@pytest.mark.parametrize("content", [b'{"elements": []}', b'{"type": "FeatureCollection", "features": []}'])
def test_json_holds_neither_streets_nor_addresses(tmp_path: Path, content: bytes) -> None:
    for read in (read_osm_segments, read_osm_addresses):
        with pytest.raises(SourceError, match="is JSON, of which places and benches are read"):
            read(put(tmp_path, content, "small.json"), "small")


@pytest.mark.parametrize("ending", [".osm", ".osm.gz", ".osm.bz2", ".opl", ".osm.pbf"])
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_file_with_a_changed_byte_or_a_lost_end_is_refused_or_keeps_its_contract(
    tmp_path: Path, ending: str, draw: st.DataObject
) -> None:
    plain = put(tmp_path, xml(*THINGS))
    whole = PACK[ending](xml(*THINGS)) if ending in PACK else written(plain, ending.removeprefix("."))
    content = bytearray(whole[: draw.draw(st.integers(len(whole) // 2, len(whole)))])
    content[draw.draw(st.integers(0, len(content) - 1))] ^= draw.draw(st.integers(0, 255))
    for read, contract in zip(READERS, (SEGMENTS, PLACES, BENCHES, ADDRESSES), strict=True):
        try:
            table, _ = read(put(tmp_path, bytes(content), f"changed{ending}"), "small", year=2024)
        except InputError:
            continue
        assert violations(table, contract) == ()


@pytest.mark.slow
@pytest.mark.realdata
def test_delft_gives_the_same_tables_from_every_kind_of_file(realdata: Path, tmp_path: Path) -> None:
    delft = realdata / "delft-campus" / "tudelft.osm.pbf"
    content = written(shutil.copy(delft, tmp_path / "delft.osm.pbf"), "osm")
    plain = put(tmp_path, content, "delft.osm")
    packed = (
        put(tmp_path, gzip.compress(content, 1), "delft.osm.gz"),
        put(tmp_path, bz2.compress(content, 1), "delft.osm.bz2"),
    )
    for read in READERS:
        expected, told = read(delft, "delft")
        for path in (plain, *packed):
            table, remarks = read(path, "delft")
            assert table.equals(expected)
            assert remarks == told
