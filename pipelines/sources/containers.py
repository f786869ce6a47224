"""Open what a layer comes in: a file by itself, or one in a zip file, in a folder, made on any computer.

Only the layer that is asked for is unpacked, into a folder that is gone afterwards; files beside which GDAL would write
are read from there too. Whether a file may be read at all is for `guard` and `zip_files` to say.
"""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pyogrio

from pipelines.errors import SourceError
from pipelines.sources.delivery import Delivery
from pipelines.sources.guard import glob_safe, require_layer_file
from pipelines.sources.layer_files import LayerFile, layer_names
from pipelines.sources.texts import label
from pipelines.sources.wholeness import is_cut_short
from pipelines.sources.zip_files import PARTS_OF_SHAPES, ZippedLayer, layers_in, opened_zip, unpacked

Wanted = tuple[str | None, str | None]


@contextmanager
def opened(path: Path, delivery: Delivery, default_layer: str | None = None) -> Iterator[LayerFile]:
    """Open the layer that a delivery names, which lies at `path`.

    Raises
    ------
    SourceError
        When the file is damaged or not to be trusted, or holds no such layer, or several of which none is named.
    """
    require_layer_file(path, delivery.path)
    with tempfile.TemporaryDirectory(prefix="samenhang-") as folder:
        if path.suffix.lower() == ".zip":
            yield _zipped(path, delivery, default_layer, Path(folder))
        else:
            plain = _apart(path, delivery.path, Path(folder))
            layer = _chosen(layer_names(plain, delivery.path), (delivery.layer, default_layer), delivery.path)
            # A GeoParquet file is its layer, and has no name for it.
            source = delivery.path if plain.suffix.lower() == ".parquet" else f"{delivery.path}:{label(layer)}"
            yield LayerFile(plain, source, layer, delivery.encoding)


def _zipped(path: Path, delivery: Delivery, default_layer: str | None, folder: Path) -> LayerFile:
    """The wanted layer of a zip file: among those that are files in it, then among the layers of that file."""
    wanted, shown = (delivery.layer, default_layer), delivery.path
    with opened_zip(path, shown) as archive:
        layers = layers_in(archive, shown)
        one = layers[0] if len(layers) == 1 else _named(layers, wanted, shown)
        plain = _with_room(lambda: unpacked(archive, one, folder), shown)
    inside = f"{shown}: {label(one.parts[one.ending].filename)}"
    require_layer_file(plain, inside)
    if one.ending == ".shp":
        _require_whole_shapes(plain, inside)
    names = layer_names(plain, inside)
    if len(names) == 1:
        return LayerFile(plain, shown, names[0], delivery.encoding)
    layer = _chosen(names, wanted, shown)
    return LayerFile(plain, f"{shown}:{label(layer)}", layer, delivery.encoding)


def _named(layers: Sequence[ZippedLayer], wanted: Wanted, shown: str) -> ZippedLayer:
    stem = _chosen([layer.stem for layer in layers], wanted, shown)
    return next(layer for layer in layers if layer.stem == stem)


def _chosen(names: Sequence[str], wanted: Wanted, shown: str) -> str:
    """The layer that the area file names, else the usual one, else the only one."""
    named, usual = wanted
    chosen = named or (usual if usual in names else None)
    if chosen is None and len(names) == 1:
        return names[0]
    if chosen is None or chosen not in names:
        asked = f"layer {named!r} is not in it" if named else "it has several layers"
        raise SourceError(
            f"{shown}: {asked}; there are {[label(name) for name in names]}. Name one under `layer` in the area file."
        )
    return chosen


def _with_room(unpack: Callable[[], Path], shown: str) -> Path:
    try:
        return unpack()
    except OSError as error:
        raise SourceError(
            f"{shown}: cannot be unpacked in {tempfile.gettempdir()} ({error.strerror or type(error).__name__}). Make "
            "room there, name another folder in TMPDIR, or unpack it yourself and deliver what is in it."
        ) from error


def _apart(path: Path, shown: str, folder: Path) -> Path:
    """A file that can be read where it lies, or a link to it in a folder where GDAL may write beside it."""
    ending = path.suffix.lower()
    beside = {part.suffix.lower(): part for part in path.parent.glob(f"{glob_safe(path.stem)}.*") if part.is_file()}
    # To pyogrio a path is an address: what stands after `!` lies in an archive, and a newline is none.
    is_clear = "!" not in str(path) and str(path).isprintable()
    if is_clear and ending != ".gml" and not (ending == ".shp" and ".shx" not in beside):
        if ending == ".shp":
            _require_whole_shapes(path, shown)
        return path
    parts = PARTS_OF_SHAPES if ending == ".shp" else {ending, ".xsd"}
    stem = path.stem.replace("!", "_")
    for kind in parts & set(beside):
        (folder / f"{stem}{kind}").symlink_to(beside[kind].absolute())
    apart = folder / f"{stem}{ending}"
    if ending == ".shp":
        _require_whole_shapes(apart, shown)
    return apart


def _require_whole_shapes(path: Path, shown: str) -> None:
    """Refuse a Shapefile without its table, or cut short; an index that is missing is made anew beside it."""
    beside = {part.suffix.lower(): part for part in path.parent.glob(f"{glob_safe(path.stem)}.*")}
    if ".dbf" not in beside:
        raise SourceError(
            f"{shown}: lacks the .dbf that belongs to it, which holds its columns. Deliver all parts of the Shapefile "
            "(.shp, .shx, .dbf and .prj) together, in one zip file."
        )
    for part in (path, beside[".dbf"]):  # GDAL reads what is left, and says nothing of what is not
        if is_cut_short(part):
            raise SourceError(f"{shown}: its {part.suffix} is cut short: download or copy it again.")
    if ".shx" not in beside:
        pyogrio.set_gdal_config_options({"SHAPE_RESTORE_SHX": True})
        try:
            layer_names(path, shown)
        finally:
            pyogrio.set_gdal_config_options({"SHAPE_RESTORE_SHX": None})
