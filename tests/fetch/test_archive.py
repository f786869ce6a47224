"""Zips that try something."""

import io
import stat
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest

from pipelines.errors import FetchError
from pipelines.sources.fetch.archive import Limits, require_room, unpack_member

LIMITS = Limits(unpacked_bytes=1_000_000, ratio=200.0, members=5)
BODY = np.random.default_rng(2).bytes(2_000)


def _written(folder: Path, *members: tuple[str | zipfile.ZipInfo, bytes], how: int = zipfile.ZIP_DEFLATED) -> Path:
    path = folder / "in.zip"
    with zipfile.ZipFile(path, "w", how) as archive:
        for name, body in members:
            archive.writestr(name, body)
    return path


def _link(name: str) -> zipfile.ZipInfo:
    member = zipfile.ZipInfo(name)
    member.create_system = 3
    member.external_attr = (stat.S_IFLNK | 0o777) << 16
    return member


def test_the_one_member_that_fits_is_written_where_we_say(tmp_path: Path):
    path = _written(tmp_path, ("map/a.gpkg", BODY), ("map/read.txt", b"me"))
    unpack_member(path, "*.GPKG", tmp_path / "out", LIMITS)
    assert (tmp_path / "out").read_bytes() == BODY
    assert sorted(one.name for one in tmp_path.iterdir()) == ["in.zip", "out"]


@pytest.mark.parametrize(
    "name", ["../../evil.gpkg", "/etc/evil.gpkg", "a/../../evil.gpkg", "..\\evil.gpkg", "C:\\evil.gpkg"]
)
def test_an_archive_with_a_path_out_of_its_folder_is_refused_whole(tmp_path: Path, name: str):
    path = _written(tmp_path, ("a.gpkg", BODY), (name, BODY))
    with pytest.raises(FetchError, match="a path out of its folder"):
        unpack_member(path, "a.gpkg", tmp_path / "out", LIMITS)
    assert [one.name for one in tmp_path.iterdir()] == ["in.zip"]


def test_an_archive_with_a_link_is_refused(tmp_path: Path):
    path = _written(tmp_path, (_link("a.gpkg"), b"/etc/passwd"))
    with pytest.raises(FetchError, match="holds a link"):
        unpack_member(path, "*.gpkg", tmp_path / "out", LIMITS)


def test_bombs_are_refused_by_size_by_ratio_and_by_number(tmp_path: Path):
    for members, said in (
        ([("a.gpkg", bytes(2_000_000))], "unpacks to 2 MB, more than the 1 MB"),
        ([("a.gpkg", bytes(900_000))], "times its size"),
        ([(f"{number}.gpkg", b"x") for number in range(6)], "holds 6 files, more than 5"),
    ):
        with pytest.raises(FetchError, match=said):
            unpack_member(_written(tmp_path, *members), "*.gpkg", tmp_path / "out", LIMITS)
        assert not (tmp_path / "out").exists()


def test_a_member_that_declares_less_than_it_holds_is_stopped(tmp_path: Path):
    path = _written(tmp_path, ("a.gpkg", BODY))
    body = bytearray(path.read_bytes())
    at = body.rindex(b"PK\x01\x02") + 24  # the declared size in the central directory
    assert struct.unpack_from("<I", body, at) == (len(BODY),)
    struct.pack_into("<I", body, at, 10)
    path.write_bytes(body)
    with pytest.raises(FetchError, match=r"cannot be unpacked \(Bad CRC"):
        unpack_member(path, "*.gpkg", tmp_path / "out", LIMITS)


@pytest.mark.parametrize(
    ("names", "said"),
    [(("a.txt",), "no file fits"), (("a.gpkg", "b.gpkg"), "more than one file fits"), ((), "no file")],
)
def test_which_member_is_meant_must_be_clear(tmp_path: Path, names: tuple[str, ...], said: str):
    path = _written(tmp_path, *((name, BODY) for name in names))
    with pytest.raises(FetchError, match=f"{said}.*Correct `member`"):
        unpack_member(path, "*.gpkg", tmp_path / "out", LIMITS)


def test_a_damaged_a_cut_and_a_locked_archive_are_told_in_words(tmp_path: Path):
    whole = _written(tmp_path, ("a.gpkg", BODY), how=zipfile.ZIP_STORED).read_bytes()
    damaged = whole.replace(BODY[500:600], bytes(100))
    locked = bytearray(whole)
    for sign, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        locked[locked.index(sign) + offset] |= 1
    for body in (whole[:-30], damaged, bytes(locked), b"", b"PK\x03\x04"):
        (tmp_path / "in.zip").write_bytes(body)
        with pytest.raises(FetchError, match=r"in\.zip: cannot be unpacked"):
            unpack_member(tmp_path / "in.zip", "*.gpkg", tmp_path / "out", LIMITS)


def test_a_zip_within_a_zip_is_not_opened(tmp_path: Path):
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("a.gpkg", BODY)
    path = _written(tmp_path, ("inner.zip", inner.getvalue()))
    with pytest.raises(FetchError, match="no file fits"):
        unpack_member(path, "*.gpkg", tmp_path / "out", LIMITS)


def test_what_the_disk_cannot_hold_is_not_started_on(tmp_path: Path):
    require_room(tmp_path, 1)
    with pytest.raises(FetchError, match="Make room"):
        require_room(tmp_path, 10**18)
