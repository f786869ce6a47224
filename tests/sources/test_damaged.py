"""Packed files of which some bytes came over wrong: refused in words, or read where the damage touches nothing."""

import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import openpyxl
import pytest

from pipelines.errors import SourceError
from pipelines.sources.tables import read_table
from pipelines.sources.zip_files import layers_in, opened_zip, unpacked

RANDOM_BYTES = 8


def _zipped(path: Path) -> Path:
    shapes = np.random.default_rng(1).integers(0, 20, 20_000).astype(np.uint8).tobytes()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.shp", b"\x00\x00\x27\x0a" + shapes)
    return path


def _unpack(path: Path) -> None:
    with opened_zip(path, "damaged") as archive:
        (layer,) = layers_in(archive, "damaged")
        unpacked(archive, layer, path.parent)


def _workbook(path: Path) -> Path:
    book = openpyxl.Workbook()
    for row in np.random.default_rng(1).random((300, 6)).tolist():
        book.active.append([str(cell) for cell in row])
    book.save(path)
    return path


PACKED: dict[str, tuple[Callable[[Path], Path], Callable[[Path], object]]] = {
    ".zip": (_zipped, _unpack),
    ".xlsx": (_workbook, lambda path: read_table(path, "damaged")),
}


@pytest.mark.parametrize("ending", PACKED)
def test_damage_anywhere_is_told_in_words(tmp_path: Path, ending: str):
    make, read = PACKED[ending]
    whole = make(tmp_path / f"whole{ending}").read_bytes()
    random, told = np.random.default_rng(2), list[str]()
    for place in random.integers(40, len(whole) - 300, 80).tolist():
        damaged = tmp_path / f"damaged{ending}"
        damaged.write_bytes(whole[:place] + random.bytes(RANDOM_BYTES) + whole[place + RANDOM_BYTES :])
        try:
            read(damaged)
        except SourceError as error:
            told.append(str(error))
    assert len(told) > 60
    assert all(sentence.startswith("damaged") for sentence in told)
