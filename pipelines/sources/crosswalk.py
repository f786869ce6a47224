"""Which buurt an address lies in: the table of CBS of postcode, house number and buurt (`pc6hnr<year>0801_gwb.csv`).

Here the country's table is cut to the area and its codes are written in full. The file has eight million rows, so that
it is read in blocks of which only the rows of the area are kept.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from pipelines.errors import SourceError
from pipelines.sources.codes import BUURT, GEMEENTE, PC6, CodeKind, code_of
from pipelines.sources.contracts import CROSSWALK
from pipelines.sources.delivery import Delivery
from pipelines.sources.remarks import Remark
from pipelines.sources.vector import find

# CBS names the year in the columns of areas: Buurt2017, Gem2017, and since 2018 Gemeente2018.
_HEADERS: Mapping[str, re.Pattern[str]] = {
    "pc6": re.compile(r"pc6|postcode", re.IGNORECASE),
    "house_number": re.compile(r"huisnummer|huisnr", re.IGNORECASE),
    "buurt": re.compile(r"buurt(?:code)?_?([0-9]{4})?", re.IGNORECASE),
    "gemeente": re.compile(r"gem(?:eente)?(?:code)?_?([0-9]{4})?", re.IGNORECASE),
}
_NUMBER = r"^[1-9][0-9]{0,4}$"
_MOST_ROWS = 20_000_000
_LONGEST_HEADER = 10_000
_SHOWN = 5


def read_crosswalk(delivery: Delivery, raw: Path, gemeenten: tuple[str, ...]) -> tuple[pa.Table, tuple[Remark, ...]]:
    """Read the buurt of every postcode and house number of the area.

    Parameters
    ----------
    delivery
        A CSV (or CSV.gz) with `;` or `,`; `columns` may rename `pc6`, `house_number`, `buurt` and `gemeente`.
    raw
        The raw folder.
    gemeenten
        Codes such as GM0014: rows of others are left out.

    Returns
    -------
    tuple
        `sources/crosswalk`; and remarks on how many rows were read, on rows that cannot be read, and on addresses that
        stand in two buurten: neither of these is kept.

    Raises
    ------
    SourceError
        When the file is damaged, a column is missing or of another year than `vintage`, or no row is of the area.
    """
    path = find(raw, delivery.path)
    if not gemeenten:
        raise SourceError(f"{delivery.path}: of which gemeenten? Name them under `gemeenten` in the area file.")
    delimiter, header = _header(path, delivery.path)
    names = _names(header, delivery)
    wanted = pa.array(gemeenten, pa.string())
    read, parts = zip(*_of_area(_blocks(path, delivery.path, delimiter, names), wanted), strict=True)
    kept = pa.concat_tables(parts)
    if not len(kept):
        raise SourceError(
            f"{delivery.path}: column {names['gemeente']!r} holds none of {list(gemeenten)}. Deliver the table of a "
            "year in which these gemeenten exist, or correct `gemeenten` in the area file."
        )
    table, remarks = _one_buurt_each(*_sound(kept, delivery.path), delivery.path)
    return table, (Remark(delivery.path, f"rows, of which {len(kept):,} of the area", "read", sum(read)), *remarks)


def _header(path: Path, name: str) -> tuple[str, list[str]]:
    try:
        with pa.input_stream(path) as opened:
            first = opened.read(_LONGEST_HEADER).partition(b"\n")[0].decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(
            f"{name}: is no CSV that can be read ({type(error).__name__}). Unpack it, or download it again."
        ) from error
    delimiter = ";" if ";" in first else ","
    return delimiter, [cell.strip().strip('"') for cell in first.rstrip("\r").split(delimiter)]


def _names(header: list[str], delivery: Delivery) -> dict[str, str]:
    if unknown := sorted(set(delivery.columns) - set(_HEADERS)):
        raise SourceError(f"{delivery.path}: `columns` names {unknown}; this table knows {sorted(_HEADERS)}.")
    found = {ours: _column(header, ours, delivery) for ours in _HEADERS}
    for ours, column in found.items():
        match = _HEADERS[ours].fullmatch(column)
        year = match[1] if match and match.re.groups else None
        if year and int(year) != delivery.vintage:
            raise SourceError(
                f"{delivery.path}: column {column!r} is of {year}, and `vintage` in the area file says "
                f"{delivery.vintage}. Deliver the table of {delivery.vintage}, or correct `vintage`."
            )
    return found


def _column(header: list[str], ours: str, delivery: Delivery) -> str:
    named = delivery.columns.get(ours)
    fitting = [cell for cell in header if (cell == named if named else _HEADERS[ours].fullmatch(cell))]
    if len(fitting) != 1:
        raise SourceError(
            f"{delivery.path}: which column holds the {ours}? Its first line has {header[:10]}. Name it under "
            f"`columns: {{{ours}: ...}}` of sources.crosswalk in the area file."
        )
    return fitting[0]


def _blocks(path: Path, name: str, delimiter: str, names: Mapping[str, str]) -> Iterator[pa.RecordBatch]:
    """Yield the four columns, block by block, as text under our names."""
    columns = list(names.values())
    read_rows = 0
    try:
        reader = csv.open_csv(
            path,
            parse_options=csv.ParseOptions(delimiter=delimiter),
            convert_options=csv.ConvertOptions(
                include_columns=columns, column_types=dict.fromkeys(columns, pa.string()), strings_can_be_null=False
            ),
        )
        for block in reader:
            read_rows += len(block)
            if read_rows > _MOST_ROWS:
                raise SourceError(f"{name}: has over {_MOST_ROWS:,} rows. Is this the right file?")
            yield pa.RecordBatch.from_arrays([pc.utf8_trim_whitespace(column) for column in block], list(names))
    except (pa.ArrowInvalid, pa.ArrowKeyError, OSError) as error:
        raise SourceError(
            f"{name}: is no CSV that can be read after row {read_rows:,} ({str(error).splitlines()[0][:150]}). Look "
            "at that row, or download it again."
        ) from error


def _of_area(blocks: Iterator[pa.RecordBatch], wanted: pa.Array) -> Iterator[tuple[int, pa.Table]]:
    """Yield how many rows a block has, and those of the area."""
    yield 0, pa.table({ours: pa.array([], pa.string()) for ours in _HEADERS})
    for block in blocks:
        of_area = block.filter(pc.is_in(_in_full(block["gemeente"], GEMEENTE), wanted))
        yield len(block), pa.Table.from_batches([of_area])


def _in_full(texts: pa.Array | pa.ChunkedArray, kind: CodeKind) -> pa.Array:
    """Codes in full; null where a text is none. Each text is read once, as few stand in millions of rows."""
    whole = texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts
    encoded = whole.dictionary_encode()
    return pa.array([code_of(text, kind) or None for text in encoded.dictionary.to_pylist()], pa.string()).take(
        encoded.indices
    )


def _sound(rows: pa.Table, name: str) -> tuple[pa.Table, tuple[Remark, ...]]:
    """Keep the rows that can be read, each once, with their codes in full."""
    pc6, buurt, gemeente = (
        _in_full(rows[name], kind) for name, kind in (("pc6", PC6), ("buurt", BUURT), ("gemeente", GEMEENTE))
    )
    nested = pc.equal(pc.utf8_slice_codeunits(buurt, 2, 6), pc.utf8_slice_codeunits(gemeente, 2, 6))
    tests = (
        ("no postcode of six positions", pc.is_valid(pc6)),
        ("no house number", pc.match_substring_regex(rows["house_number"], _NUMBER)),
        ("no code of a buurt", pc.is_valid(buurt)),
        ("a buurt of another gemeente", pc.fill_null(nested, fill_value=False)),
    )
    remarks = []
    sound = pa.chunked_array([pa.repeat(pa.scalar(value=True), len(rows))])
    for problem, passes in tests:
        wrong = pc.sum(pc.and_(sound, pc.invert(passes))).as_py() or 0
        if wrong:
            remarks.append(Remark(name, f"row of the area with {problem}", "set_aside", wrong))
        sound = pc.and_(sound, passes)
    kept = pa.table({"pc6": pc6, "house_number": rows["house_number"], "buurt_code": buurt}).filter(sound)
    if not len(kept):
        raise SourceError(f"{name}: no row of the area can be read ({remarks[0].problem}). Download it again.")
    numbers = kept["house_number"].cast(pa.int32())
    return pa.table([kept["pc6"], numbers, kept["buurt_code"]], schema=CROSSWALK.schema), tuple(remarks)


def _one_buurt_each(rows: pa.Table, remarks: tuple[Remark, ...], name: str) -> tuple[pa.Table, tuple[Remark, ...]]:
    """Leave out the addresses that stand in several buurten; of none of these can be said which is right."""
    distinct = rows.group_by(list(rows.column_names)).aggregate([])
    address = list(CROSSWALK.key)
    counted = distinct.group_by(address).aggregate([("buurt_code", "count"), ("buurt_code", "min")])
    one = pc.equal(counted["buurt_code_count"], 1)
    torn = counted.filter(pc.invert(one)).sort_by([(column, "ascending") for column in address])
    if len(torn):
        shown = ", ".join(f"{row['pc6']} {row['house_number']}" for row in torn.slice(0, _SHOWN).to_pylist())
        remarks = (*remarks, Remark(name, "address in several buurten", "set_aside", len(torn), shown))
    kept = counted.filter(one).rename_columns([*address, "count", "buurt_code"]).select(CROSSWALK.column_names)
    return kept.sort_by([(column, "ascending") for column in address]).combine_chunks(), remarks
