"""How the letters of a Shapefile are written: its .dbf may be in any encoding, and often says so wrongly or not at all.

Letters beyond ASCII that can be read as UTF-8 are UTF-8: by chance other text almost never looks like that. Other kinds
of layers say it themselves, and are read as they say unless the area file names another `encoding`.
"""

import codecs
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipelines.arrays import PyObjects
from pipelines.errors import SourceError
from pipelines.sources.remarks import Remark

# Every byte is one letter and comes back as it was: so text passes GDAL untouched, by the one name that GDAL knows.
_BYTES = "ISO-8859-1"
_WINDOWS = "cp1252"
_UTF8 = "utf-8"
_SIGNS = "az AZ 09"
_SHOWN = 3
_HEADER, _DESCRIPTOR, _END_OF_HEADER = 32, 32, 0x0D
_MOST_HEADER = 65_536  # its length stands in two bytes
# What byte 29 of a .dbf says (its "language driver"), for the code pages that are met in the Netherlands.
_LANGUAGE_DRIVERS = {0x01: "cp437", 0x02: "cp850", 0x03: _WINDOWS, 0x57: _WINDOWS, 0x58: _WINDOWS, 0x59: _WINDOWS}


@dataclass(frozen=True)
class Letters:
    """In what GDAL gives text (`read_as`, None where it knows), what it then still is written in, and what to tell."""

    read_as: str | None = None
    written_in: str | None = None
    remarks: tuple[Remark, ...] = ()

    def decoded(self, texts: PyObjects) -> PyObjects:
        """The texts (n,) as they were meant; what is no text stays."""
        if self.written_in is None:
            return texts
        encoding = self.written_in
        return np.array([_text(v.encode(_BYTES), encoding) if isinstance(v, str) else v for v in texts], dtype=object)


def letters_of(path: Path, source: str, configured: str | None) -> Letters:
    """Find the encoding of a layer.

    Raises
    ------
    SourceError
        When a .dbf is not written in the encoding that the area file names, or partly in UTF-8 and partly not.
    """
    table = next((part for part in _siblings(path) if part.suffix.lower() == ".dbf"), None)
    if path.suffix.lower() != ".shp" or table is None:
        return Letters(read_as=configured)
    language, cells = _cells(table)
    strange = [cell for cell in cells if not cell.isascii()]
    if not strange:
        return Letters(read_as=_BYTES)
    if configured:
        _require_written_in(configured, strange, source)
        return Letters(_BYTES, configured, _doubted(source, configured, strange))
    declared = _declared(path) or _LANGUAGE_DRIVERS.get(language)
    encoding = _found(strange, declared, source)
    told = () if declared and _same(declared, encoding) else (_remark(source, declared, encoding, strange),)
    return Letters(_BYTES, encoding, told)


def _found(strange: Sequence[bytes], declared: str | None, source: str) -> str:
    is_utf8 = [_is_written_in(_UTF8, cell) for cell in strange]
    if all(is_utf8):
        return _UTF8
    if any(is_utf8) and declared and _same(declared, _UTF8):
        raise SourceError(
            f"{source}: its text is partly in UTF-8, as it says, and partly not. Name its `encoding` in the area file, "
            "such as `encoding: cp1252`, or export it again as a GeoPackage."
        )
    named = (declared, _WINDOWS, _BYTES)
    return next(one for one in named if one and all(_is_written_in(one, cell) for cell in strange))


def _remark(source: str, declared: str | None, encoding: str, strange: Collection[bytes]) -> Remark:
    said = f"says its text is in {declared}" if declared else "does not say how its text is written"
    action = "mended" if declared else "noted"
    return Remark(source, f"{said}; read as {encoding}", action, 0, _examples(strange, encoding))


def _doubted(source: str, configured: str, strange: Collection[bytes]) -> tuple[Remark, ...]:
    """Tell that all text would be UTF-8 where the area file says it is something else."""
    if _same(configured, _UTF8) or not all(_is_written_in(_UTF8, cell) for cell in strange):
        return ()
    problem = f"looks like text in {_UTF8}; read as {configured} as the area file says"
    return (Remark(source, problem, "noted", 0, _examples(strange, configured)),)


def _examples(strange: Collection[bytes], encoding: str) -> str:
    """Some texts as they are read, by which a person sees whether that is right."""
    return ", ".join(repr(_text(cell, encoding)) for cell in sorted(strange)[:_SHOWN])


def _same(one: str, other: str) -> bool:
    """Whether two names are of one encoding; cp1252 is Latin-1 with more letters, and is called so in files."""
    latin = {codecs.lookup(_BYTES).name, codecs.lookup(_WINDOWS).name}
    names = {codecs.lookup(one).name, codecs.lookup(other).name}
    return len(names) == 1 or names <= latin


def _require_written_in(encoding: str, strange: Sequence[bytes], source: str) -> None:
    wrong = sum(not _is_written_in(encoding, cell) for cell in strange)
    if wrong:
        raise SourceError(
            f"{source}: {wrong} of its {len(strange)} different texts with letters beyond ASCII are not written in "
            f"{encoding}, as the area file says. Correct `encoding` of this source, or leave it out."
        )


def _is_written_in(encoding: str, cell: bytes) -> bool:
    try:
        _text(cell, encoding)
    except UnicodeError:  # of UTF-16 without its mark it is no UnicodeDecodeError
        return False
    return True


def _text(cell: bytes, encoding: str) -> str:
    """Decode a cell; its last letter may be cut off by the width of its column."""
    return codecs.getincrementaldecoder(encoding)().decode(cell, final=False)


def _siblings(path: Path) -> list[Path]:
    """The parts of a Shapefile, beside the .shp and with its name, whatever the capitals of their endings."""
    return [part for part in path.parent.iterdir() if part.stem == path.stem] if path.suffix.lower() == ".shp" else []


def _declared(path: Path) -> str | None:
    """What a .cpg says, as Python calls it; programs write UTF-8, 65001, 88591, ISO 8859-1, 1252, ANSI 1252."""
    parts = [part for part in _siblings(path) if part.suffix.lower() == ".cpg"]
    if not parts:
        return None
    said = parts[0].read_bytes()[:64].decode("ascii", errors="ignore").strip()
    number = re.sub(r"^(ansi|windows|cp|oem)?[ _-]*", "", said.lower())
    known = {"65001": _UTF8, "88591": _BYTES, "885915": "iso8859-15"}
    for name in (known.get(number, said), f"cp{number}", said.replace(" ", "-").replace("8859", "8859-", 1)):
        if _writes_ascii(name):
            found = codecs.lookup(name).name
            # Programs on Windows call their own letters so; in Latin-1 itself the others are none that can be seen.
            return _WINDOWS if _same(found, _BYTES) else found
    return None


def _writes_ascii(name: str) -> bool:
    """Whether an encoding is one of a .dbf: Python also knows `rot13` and `utf-16` by such names."""
    try:
        return _SIGNS.encode(name) == _SIGNS.encode("ascii")
    except (LookupError, ValueError):
        return False


def _cells(path: Path) -> tuple[int, frozenset[bytes]]:
    """The language driver of a .dbf, and the different cells of text in it and the names of its columns."""
    with path.open("rb") as opened:
        header = opened.read(_MOST_HEADER)
    n_rows, start, width = (int.from_bytes(header[a:b], "little") for a, b in ((4, 8), (8, 10), (10, 12)))
    names, columns, at = set[bytes](), list[tuple[int, int]](), 1
    for place in range(_HEADER, start - 1, _DESCRIPTOR):
        if place + _DESCRIPTOR > len(header) or header[place] == _END_OF_HEADER:
            break
        names.add(header[place : place + 11].split(b"\x00", 1)[0])
        if header[place + 11 : place + 12] == b"C":
            columns.append((at, header[place + 16]))
        at += header[place + 16]
    whole = min(n_rows, (path.stat().st_size - start) // width if width else 0)
    if whole <= 0:
        return header[29] if len(header) > _HEADER else 0, frozenset(names)
    rows = np.memmap(path, dtype=np.uint8, mode="r", offset=start, shape=(whole, width))
    cells = names | {cell for begin, size in columns for cell in _different(rows[:, begin : begin + size])}
    return header[29], frozenset(cells)


def _different(column: NDArray[np.uint8]) -> set[bytes]:
    """The different cells of a column (n, width) in which a letter is not ASCII."""
    strange = np.asarray(column[(column > 127).any(axis=1)])  # noqa: PLR2004 - the last letter of ASCII
    return {row.tobytes().rstrip(b" \x00") for row in strange}
