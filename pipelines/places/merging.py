"""Places that several deliveries tell of, made one: the kept place stands in the delivery that takes precedence.

Each merged place matches the kept one itself, so that no chain of neighbours becomes one place; two places that a
delivery tells apart are never made one through a third. What may be one is told by `pairing`, what is taken over by
`filling`.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any

import numpy as np
import pyarrow as pa
import shapely

from pipelines.places.filling import filled
from pipelines.places.names import ALIKE, likeness, plain_name
from pipelines.places.pairing import RULES, Candidates, Match, matches
from pipelines.sources.area_file import PlaceDelivery
from pipelines.sources.contracts import PLACES
from pipelines.sources.place_kinds import known_kinds

# A municipality's own lists and layers win over registers, and these over OpenStreetMap.
_PRECEDENCE: Mapping[str, int] = {"csv": 0, "layer": 0, "duo": 1, "osm": 2}
MERGED_SOURCES = pa.field("merged_sources", pa.list_(pa.string()))


def ranks(sources: Sequence[str], deliveries: Sequence[PlaceDelivery]) -> dict[str, int]:
    """Number deliveries by precedence, from 0: lists, registers, OSM; then their order in the area file."""
    told = {one.path: (_PRECEDENCE[one.format], number) for number, one in enumerate(deliveries)}
    ordered = sorted(set(sources), key=lambda source: (*told.get(source, (0, len(told))), source))
    return dict(zip(ordered, count(), strict=False))


def merge_places(places: pa.Table, rank_of: Mapping[str, int]) -> tuple[pa.Table, list[dict[str, Any]]]:
    """Merge the places that are one.

    Parameters
    ----------
    places
        `sources/places`, in any order; with `merged_sources` where it was merged before.
    rank_of
        From `ranks`.

    Returns
    -------
    tuple
        The kept places, with `merged_sources` (`source:source_id` of each that was merged into it), by precedence,
        outlines before points, and id; and one row for each merged place, as in `places/merges` without `place_id`.
    """
    kept, report = _ordered(places, rank_of), []
    # A place that takes over a name may by that name match another: again, until nothing matches.
    while found := _chosen(kept, rank_of):
        report += _reported(kept, found)
        kept = _ordered(_put_together(kept, found), rank_of)
    return kept, report


def _ordered(places: pa.Table, rank_of: Mapping[str, int]) -> pa.Table:
    if MERGED_SOURCES.name not in places.column_names:
        places = places.append_column(MERGED_SOURCES, pa.array([[]] * len(places), MERGED_SOURCES.type))
    rank = pa.array([rank_of[source] for source in places["source"].to_pylist()], pa.int64())
    # Of a place drawn twice in one delivery the outline is kept, as it has the entrances.
    outlined = shapely.get_dimensions(shapely.from_wkb(places["geometry"].to_numpy()))
    keys = [("rank", "ascending"), ("dimension", "descending"), ("source_id", "ascending")]
    ordered = places.append_column("rank", rank).append_column("dimension", pa.array(outlined)).sort_by(keys)
    return ordered.drop_columns(["rank", "dimension"]).combine_chunks()


def _chosen(places: pa.Table, rank_of: Mapping[str, int]) -> list[Match]:
    """Choose, of all that match, those to merge: each place into one, and into none that has been merged itself."""
    candidates = _candidates(places, rank_of)
    rank = candidates.rank.tolist()
    earlier = places[MERGED_SOURCES.name].to_pylist()
    told_of = {row: _ranks_of(ids, rank_of) for row, ids in enumerate(earlier) if ids}
    found = list(matches(candidates))
    at_spot = {frozenset(match[:2]) for match in found if match.rule == RULES.index("same_place")}
    members: dict[int, list[int]] = {}
    chosen: dict[int, Match] = {}
    for match in found:
        kept, other, group = match.kept, match.other, members.get(match.kept, [])
        if kept in chosen or other in chosen or other in members or other in told_of:
            continue
        # A delivery that tells two places apart is believed, unless it drew one place twice.
        rivals = [row for row in group if rank[row] == rank[other] != rank[kept]]
        is_apart = rank[other] != rank[kept] and rank[other] in told_of.get(kept, ())
        is_apart |= any(frozenset((row, other)) not in at_spot for row in rivals)
        if not is_apart and _one_name([candidates.names[row] for row in group], candidates.names[other]):
            chosen[other] = match
            members[kept] = [*group, other]
    return list(chosen.values())


def _candidates(places: pa.Table, rank_of: Mapping[str, int]) -> Candidates:
    bit = {kind: 1 << number for number, kind in enumerate(known_kinds())}
    kinds = zip(places["place_kind"].to_pylist(), places["functions"].to_pylist(), strict=True)
    return Candidates(
        geometry=np.asarray(shapely.from_wkb(places["geometry"].to_numpy()), dtype=np.object_),
        rank=np.array([rank_of[source] for source in places["source"].to_pylist()], dtype=np.int64),
        kinds=np.array([sum(bit[one] for one in {kind, *others}) for kind, others in kinds], dtype=np.int64),
        names=np.array([plain_name(name) for name in places["name"].to_pylist()], dtype=np.object_),
    )


def _ranks_of(merged: Sequence[str], rank_of: Mapping[str, int]) -> set[int]:
    return {rank for source, rank in rank_of.items() if any(one.startswith(f"{source}:") for one in merged)}


def _one_name(names: Sequence[str], other: str) -> bool:
    """Tell whether a name is that of all who have one."""
    named = [name for name in names if name and other]
    return bool((likeness(named, [other] * len(named)) >= ALIKE).all()) if named else True


def _reported(places: pa.Table, found: Sequence[Match]) -> list[dict[str, Any]]:
    merged = places.take([match.other for match in found]).select(["source", "source_id", "place_kind", "name"])
    kept = places.take([match.kept for match in found]).select(["source", "source_id"])
    return [
        one
        | {
            "kept_source": into["source"],
            "kept_source_id": into["source_id"],
            "distance_m": round(match.metres, 1),
            "name_similarity": None if np.isnan(match.likeness) else round(match.likeness, 1),
            "rule": RULES[match.rule],
        }
        for one, into, match in zip(merged.to_pylist(), kept.to_pylist(), found, strict=True)
    ]


def _put_together(places: pa.Table, found: Sequence[Match]) -> pa.Table:
    """Fill the kept places from those merged into them, in the order of merging, and leave these out."""
    into: dict[int, list[int]] = defaultdict(list)
    for match in found:
        into[match.kept].append(match.other)
    involved = [*into, *(match.other for match in found)]
    rows = dict(zip(involved, places.take(involved).to_pylist(), strict=True))
    changed = [filled(rows[kept], [rows[other] for other in others]) for kept, others in into.items()]
    is_alone = np.ones(len(places), dtype=np.bool_)
    is_alone[involved] = False
    schema = PLACES.schema.append(MERGED_SOURCES)
    alone = places.filter(pa.array(is_alone)).select(schema.names).cast(schema)
    return pa.concat_tables([alone, pa.Table.from_pylist(changed, schema=schema)])
