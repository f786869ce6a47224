"""Zip files of layers: which parts count, whether they are safe to unpack, and one layer unpacked.

A Mac puts a shadow beside every part (`__MACOSX/`, `._x`) and Windows its own files; nobody delivered those. Nothing is
unpacked before the list of parts was looked at.
"""

import re
import shutil
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from pipelines.errors import SourceError

_MIB = 2**20
_MOST_UNPACKED_BYTES = 3072 * _MIB
_MOST_PARTS = 1_000
# Coordinates and codes shrink to a fifth, a table of blanks to a fiftieth; zeros alone to a thousandth.
_MOST_SHRINKING = 200
_SHRINKING_FROM_BYTES = 64 * _MIB
_LAYERS = frozenset({".shp", ".gpkg", ".geojson", ".fgb", ".gml", ".parquet"})
# A .json beside a layer tells of it; alone it is one.
_LAYERS_IF_ALONE = frozenset({".json"})
PARTS_OF_SHAPES = frozenset({".shp", ".shx", ".dbf", ".prj", ".cpg"})
_SHADOWS = frozenset({"__macosx", "thumbs.db", "desktop.ini"})
_FAULTS = (zipfile.BadZipFile, zlib.error, EOFError, ValueError)


@dataclass(frozen=True)
class ZippedLayer:
    """A layer in a zip file: its parts by their ending (one, or those of a Shapefile)."""

    stem: str
    ending: str
    parts: dict[str, zipfile.ZipInfo]


@contextmanager
def opened_zip(path: Path, name: str) -> Iterator[zipfile.ZipFile]:
    """Open a zip file whose list of parts is sound.

    Raises
    ------
    SourceError
        When it is no whole zip file, packed in an unusual way, locked, a bomb, reaches outside itself, or a part turns
        out damaged.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            _require_safe_parts(archive.infolist(), name)
            yield archive
    except NotImplementedError as error:
        # Windows packs large files as Deflate64, which is whole and no more than unusual.
        raise SourceError(
            f"{name}: is packed in a way that is not read ({error}). Unpack it, and deliver what is in it, or pack it "
            "again as an ordinary zip file."
        ) from error
    except _FAULTS as error:
        raise SourceError(f"{name}: is no complete zip file ({error}). Download or copy it again.") from error


def layers_in(archive: zipfile.ZipFile, name: str) -> list[ZippedLayer]:
    """The layers in a zip file, in whatever folder they lie.

    Raises
    ------
    SourceError
        When there is none.
    """
    parts = [part for part in archive.infolist() if not part.is_dir() and not _is_shadow(part)]
    found = [part for part in parts if _ending(part) in _LAYERS]
    found = found or [part for part in parts if _ending(part) in _LAYERS_IF_ALONE]
    if not found:
        endings = sorted({_ending(part) for part in parts})
        raise SourceError(
            f"{name}: holds no layer but {endings[:10]}. Deliver a zip file with a GeoPackage, or with a Shapefile "
            "(.shp, .shx, .dbf and .prj)."
        )
    layers = [_layer(part, parts) for part in found]
    names = Counter(layer.stem for layer in layers)
    return [replace(one, stem=_with_folder(one)) if names[one.stem] > 1 else one for one in layers]


def unpacked(archive: zipfile.ZipFile, layer: ZippedLayer, folder: Path) -> Path:
    """Unpack the parts of one layer into a folder, under its own name; gives the part that is opened."""
    for ending, part in layer.parts.items():
        with archive.open(part) as packed, (folder / f"layer{ending}").open("wb") as plain:
            shutil.copyfileobj(packed, plain, _MIB)
    return folder / f"layer{layer.ending}"


def _with_folder(layer: ZippedLayer) -> str:
    """The name of a layer that is one of several of that name: of each year a folder, or one of each kind."""
    return _where(layer.parts[layer.ending]).as_posix()


def _layer(part: zipfile.ZipInfo, parts: Sequence[zipfile.ZipInfo]) -> ZippedLayer:
    where, ending = _where(part), _ending(part)
    if ending != ".shp":
        return ZippedLayer(where.stem, ending, {ending: part})
    beside = [one for one in parts if _bare(one) == _bare(part)]
    return ZippedLayer(where.stem, ending, {_ending(one): one for one in beside if _ending(one) in PARTS_OF_SHAPES})


def _bare(part: zipfile.ZipInfo) -> str:
    """The place of a part without its ending and its capitals, in which the parts of a Shapefile may differ."""
    return _where(part).with_suffix("").as_posix().lower()


def _where(part: zipfile.ZipInfo) -> PurePosixPath:
    """The place of a part; zip files that Windows made may write it with backslashes."""
    return PurePosixPath(part.filename.replace("\\", "/"))


def _ending(part: zipfile.ZipInfo) -> str:
    return _where(part).suffix.lower()


def _is_shadow(part: zipfile.ZipInfo) -> bool:
    where = _where(part)
    return where.name.startswith(".") or any(folder.lower() in _SHADOWS for folder in where.parts)


def _require_safe_parts(parts: Sequence[zipfile.ZipInfo], name: str) -> None:
    n_bytes, n_packed = sum(part.file_size for part in parts), sum(part.compress_size for part in parts)
    outside = [part.filename for part in parts if _reaches_outside(part)]
    if outside:
        raise SourceError(
            f"{name}: its part {outside[0]!r} would be put outside the folder it is unpacked in. Do not use this file; "
            "ask its maker for one without such paths."
        )
    is_bomb = n_bytes > _SHRINKING_FROM_BYTES and n_bytes > _MOST_SHRINKING * max(n_packed, 1)
    if n_bytes > _MOST_UNPACKED_BYTES or len(parts) > _MOST_PARTS or is_bomb:
        raise SourceError(
            f"{name}: unpacks to {n_bytes // _MIB:,} MiB in {len(parts):,} parts from {n_packed // _MIB:,} MiB, which "
            "is no plain layer. Deliver the part for this area, or check that it is the right file."
        )
    if any(part.flag_bits & 1 for part in parts):
        raise SourceError(f"{name}: is locked with a password. Deliver it without one.")


def _reaches_outside(part: zipfile.ZipInfo) -> bool:
    where = _where(part)
    return where.is_absolute() or ".." in where.parts or bool(re.match(r"[A-Za-z]:", part.filename))
