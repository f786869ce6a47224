"""Exports of OSM as JSON, as tagged things: answers of Overpass, and GeoJSON of overpass-turbo, QuickOSM or osmium.

Both hold the tags of the map, so they are read by the same mapping as an extract. Streets are not read from them: in
GeoJSON the junctions are lost. What the two look like stands in `osm_answer` and `osm_geojson`.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import shapely
from pydantic import ValidationError

from pipelines.errors import SourceError
from pipelines.sources.osm_answer import Answer, things_of_answer
from pipelines.sources.osm_file import unfinished, unpacked
from pipelines.sources.osm_geojson import Collection, things_of_collection
from pipelines.sources.osm_shapes import OsmThing
from pipelines.sources.wholeness import advice

_SHOWN_LETTERS = 100


def read_export(path: Path, name: str) -> tuple[OsmThing, ...]:
    """Read an answer of Overpass, or GeoJSON that tells of each feature which object of OSM it is.

    Parameters
    ----------
    path
        The JSON file.
    name
        What to call it in errors and remarks.

    Returns
    -------
    tuple
        Its tagged things, each once. Ways and relations of which only a centre or a box was asked lie in the middle of
        it; doors are those of its nodes that lie on a corner of an outline.

    Raises
    ------
    SourceError
        When it is no complete JSON, neither of the two, empty, not finished by Overpass, in another coordinate system
        than WGS 84, or a feature has no id of OSM.
    """
    try:
        content = json.loads(unpacked(path, name))
        things = _things(content if isinstance(content, dict) else {}, name)
    except ValidationError as error:
        problem = error.errors()[0]
        where = ".".join(str(part) for part in problem["loc"])[:_SHOWN_LETTERS]
        raise SourceError(f"{name}: {where}: {problem['msg'][:_SHOWN_LETTERS]}. Export it again.") from error
    except (ValueError, RecursionError) as error:
        raise SourceError(
            f"{name}: is no JSON ({str(error)[:_SHOWN_LETTERS]}). {advice(path, 'Export or download it again.')}"
        ) from error
    if not things:
        raise SourceError(
            f"{name}: holds nothing at all: Overpass found nothing, or its answer was cut off. Ask again, or leave "
            "this source out of the area file."
        )
    found: dict[str, OsmThing] = {}
    for thing in things:
        found[thing.source_id] = thing if thing.has_outline else found.get(thing.source_id, thing)
    return tuple(_with_ring_nodes(found.values()))


def _things(content: dict[str, object], name: str) -> tuple[OsmThing, ...]:
    if "elements" in content:
        answer = Answer.model_validate(content)
        if "error" in answer.remark.lower():
            raise unfinished(name, answer.remark)
        return tuple(things_of_answer(answer))
    if "features" in content:
        return tuple(things_of_collection(Collection.model_validate(content), name))
    raise SourceError(
        f"{name}: is JSON, but no answer of Overpass and no GeoJSON. Export from overpass-turbo as GeoJSON, or deliver "
        "an extract as .osm.pbf."
    )


def _with_ring_nodes(things: Iterable[OsmThing]) -> Iterator[OsmThing]:
    """Find the nodes on the outlines by where they lie: GeoJSON has no other way to tell."""
    every = list(things)
    node_at = {thing.at: thing.node for thing in every if thing.at and thing.node is not None}
    for thing in every:
        outer = shapely.get_exterior_ring(shapely.get_parts(np.array([thing.shape], dtype=np.object_)))
        corners = [(int(x), int(y)) for x, y in shapely.get_coordinates(outer)]
        yield replace(thing, ring_nodes=tuple(node_at[corner] for corner in corners if corner in node_at))
