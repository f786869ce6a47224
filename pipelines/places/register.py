"""The register of places: deliveries put together, merged and numbered, and how complete each kind of place is."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.contracts import Contract
from pipelines.errors import AreaFileError
from pipelines.places.contracts import COMPLETENESS, FUNCTIONS, MERGES, REGISTER
from pipelines.places.merging import merge_places, ranks
from pipelines.sources.area_file import PlaceDelivery
from pipelines.sources.place_kinds import ATTRIBUTES, booklet_kinds, place_kinds
from pipelines.sources.remarks import Remark

_SHOWN = 5


@dataclass(frozen=True)
class Register:
    """`places/register`, `places/functions` and `places/merges`, and remarks on what was set aside or merged."""

    places: pa.Table
    functions: pa.Table
    merges: pa.Table
    remarks: tuple[Remark, ...]


def build_register(
    places: pa.Table, named_kinds: Mapping[str, str], deliveries: Sequence[PlaceDelivery] = ()
) -> Register:
    """Make one register of all delivered places.

    What is held once, and further kinds that the area file does not name, are set aside; what several deliveries tell
    of becomes one place; what nobody told is as the typology says. Numbers go by kind, source and id.

    Parameters
    ----------
    places
        `sources/places`, in any order.
    named_kinds
        Of the area file: how complete each kind is that it names.
    deliveries
        Of the area file: which take precedence. A source that is none of these counts as a list.

    Returns
    -------
    Register
        A place that does not count stands in the register only: it has no functions.
    """
    lasting, once = _without_once(places)
    known, unnamed = _with_named_kinds(lasting, named_kinds)
    kept, merges = merge_places(known, ranks(places["source"].to_pylist(), deliveries))
    by_kind = [("place_kind", "ascending"), ("source", "ascending"), ("source_id", "ascending")]
    rows = _judged(kept.sort_by(by_kind), {one.path for one in deliveries if one.format == "osm"})
    ids = {(row["source"], row["source_id"]): row["place_id"] for row in rows}
    reported = [{"place_id": ids[one["kept_source"], one["kept_source_id"]], **one} for one in merges]
    remarks = (*once, *unnamed, *_merge_remarks(reported), *_not_counted_remarks(rows))
    return Register(_table(rows, REGISTER), _functions(rows), _table(reported, MERGES), remarks)


def _without_once(places: pa.Table) -> tuple[pa.Table, tuple[Remark, ...]]:
    is_once = pc.equal(places["regularity"], "once")
    aside = places.filter(is_once).select(["source", "source_id"]).to_pylist()
    return places.filter(pc.invert(is_once)), _remarks(aside, "held once: no place to meet", "set_aside")


def _with_named_kinds(places: pa.Table, named_kinds: Mapping[str, str]) -> tuple[pa.Table, tuple[Remark, ...]]:
    """Keep of each place the functions that the area file names, the first as its kind; set aside who has none."""
    columns = (places[name].to_pylist() for name in ("place_kind", "functions"))
    functions = [list(dict.fromkeys([kind, *others])) for kind, others in zip(*columns, strict=True)]
    named = [[kind for kind in of_place if kind in named_kinds] for of_place in functions]
    remarks: list[Remark] = []
    for kind in sorted({kind for of_place in functions for kind in of_place} - set(named_kinds)):
        for is_kept, action in ((False, "set_aside"), (True, "not counted as such")):
            rows = [row for row, of_place in enumerate(functions) if kind in of_place and bool(named[row]) is is_kept]
            told = places.take(pa.array(rows, pa.int64())).select(["source", "source_id"]).to_pylist()
            remarks += _remarks(told, f"kind {kind} is not named in place_kinds", action)
    kinds = pa.array([of_place[0] if of_place else "" for of_place in named], pa.string())
    others = pa.array([of_place[1:] for of_place in named], pa.list_(pa.string()))
    changed = places.set_column(places.column_names.index("place_kind"), "place_kind", kinds)
    changed = changed.set_column(places.column_names.index("functions"), "functions", others)
    return changed.filter(pc.not_equal(changed["place_kind"], "")), tuple(remarks)


def _judged(places: pa.Table, extracts: Collection[str]) -> list[dict[str, Any]]:
    """Number the places, fill what nobody told, and tell of each whether it counts."""
    kinds = place_kinds()
    rows = []
    for number, row in enumerate(places.to_pylist()):
        kind = kinds[row["place_kind"]]
        told = {name: row[name] for name in ATTRIBUTES if row[name] != "unknown"}
        attributes = kind.defaults.model_dump() | told
        reason = ""
        if attributes["same_purpose"] == "no":
            reason = "other_purpose"
        elif kind.counts_only_when_listed and row["source"] in extracts:
            reason = "public_room_unknown"
        functions = list(dict.fromkeys([row["place_kind"], *row["functions"]]))
        judged = {"functions": functions, "counts": not reason, "reason_not_counted": reason}
        rows.append({**row, **attributes, "place_id": number, **judged})
    return rows


def _functions(rows: Iterable[Mapping[str, Any]]) -> pa.Table:
    booklet = frozenset(booklet_kinds())
    counted = [(row["place_id"], kind) for row in rows if row["counts"] for kind in sorted(row["functions"])]
    return _table(
        [{"place_id": n, "place_kind": kind, "is_booklet": kind in booklet} for n, kind in counted], FUNCTIONS
    )


def _table(rows: Sequence[Mapping[str, Any]], contract: Contract) -> pa.Table:
    return pa.Table.from_pylist(list(rows), schema=contract.schema)


def _merge_remarks(merges: Iterable[Mapping[str, Any]]) -> Iterator[Remark]:
    by_source: dict[str, list[Mapping[str, Any]]] = {}
    for one in merges:
        by_source.setdefault(one["kept_source"], []).append(one)
    for source, merged in sorted(by_source.items()):
        yield from _remarks(merged, f"place that {source} tells of", "merged")


def _not_counted_remarks(rows: Iterable[Mapping[str, Any]]) -> Iterator[Remark]:
    words = {
        "other_purpose": "place where people come for different things",
        "public_room_unknown": "place of which nobody tells whether it has a room for all",
    }
    told = list(rows)
    for reason, problem in words.items():
        yield from _remarks([row for row in told if row["reason_not_counted"] == reason], problem, "not counted")


def _remarks(rows: Sequence[Mapping[str, Any]], problem: str, action: str) -> tuple[Remark, ...]:
    """Give one remark for each source of `rows`, with the first ids as examples."""
    ids: dict[str, list[str]] = {}
    for row in rows:
        ids.setdefault(row["source"], []).append(row["source_id"])
    return tuple(
        Remark(source, problem, action, len(found), ", ".join(sorted(found)[:_SHOWN]))
        for source, found in sorted(ids.items())
    )


def completeness(functions: pa.Table, named_kinds: Mapping[str, str]) -> pa.Table:
    """Say of each kind of place whether its delivered list is complete, and how many places that count it holds.

    Parameters
    ----------
    functions
        `places/functions`.
    named_kinds
        Of the area file: `complete`, `partial` or `not_delivered` by kind.

    Raises
    ------
    AreaFileError
        When a kind that the area file calls not delivered was delivered all the same.
    """
    counts = Counter(functions["place_kind"].to_pylist())
    for kind, delivered in named_kinds.items():
        if delivered == "not_delivered" and counts[kind]:
            raise AreaFileError(
                f"place_kinds: {kind} is called not_delivered, but the deliveries hold {counts[kind]}. "
                "Call it partial, or complete when none is missing."
            )
    booklet = booklet_kinds()
    rows = [
        {"place_kind": kind, "delivered": named_kinds[kind], "places": counts[kind], "is_booklet": kind in booklet}
        for kind in sorted(named_kinds)
    ]
    return _table(rows, COMPLETENESS)
