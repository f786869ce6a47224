"""Put the objects of an OSM file in order: nodes, ways, relations, each once, by number.

Ways know where their nodes lie only where these stand before them. Editors and scripts write files otherwise; what
osmium, Osmosis and the download services write declares its order and is read as it stands.
"""

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import osmium

from pipelines.sources.osm_file import Deleted, OsmFile, OutOfOrderError, in_plain_words
from pipelines.sources.remarks import Remark

_OBJECTS = osmium.osm.osm_entity_bits.OBJECT
# Sorting holds all objects in memory, some ten times what they take as PBF.
_MOST_SORTED_BYTES = 256 * 2**20
# Beyond every number that OSM has given out (2^34 by 2025): here lie the objects that JOSM counts down from -1.
_BEYOND_IDS = 2**40
# With this ending the file keeps which objects were deleted.
_SORTED = "sorted.osh.pbf"


class _InOrder(osmium.SimpleHandler):
    """Writes each object that it is handed, those below 0 under a number of their own, and counts them."""

    def __init__(self, writer: osmium.SimpleWriter, deleted: Deleted) -> None:
        super().__init__()
        self.n_objects = 0
        self._writer, self._deleted = writer, deleted

    def node(self, node: osmium.osm.Node) -> None:
        self.n_objects += 1
        self._writer.add_node(node.replace(**self._own("n", node)))

    def way(self, way: osmium.osm.Way) -> None:
        self.n_objects += 1
        self._writer.add_way(way.replace(nodes=[numbered(node.ref) for node in way.nodes], **self._own("w", way)))

    def relation(self, relation: osmium.osm.Relation) -> None:
        self.n_objects += 1
        members = [(member.type, numbered(member.ref), member.role) for member in relation.members]
        self._writer.add_relation(relation.replace(members=members, **self._own("r", relation)))

    def _own(self, letter: str, thing: osmium.osm.Node | osmium.osm.Way | osmium.osm.Relation) -> dict[str, object]:
        return {"id": numbered(thing.id), "visible": thing.visible and (letter, thing.id) not in self._deleted}


def numbered(number: int) -> int:
    """Give an object that has no number yet (JOSM counts those down from -1) one beyond all others."""
    return number if number >= 0 else _BEYOND_IDS - number


def put_in_order(opened: OsmFile) -> OsmFile:
    """Sort the objects of a file, keep the newest version of each, and number those that have no number yet.

    Raises
    ------
    SourceError
        When the file cannot be read, or is too large to be sorted in memory.
    """
    if opened.content is None and opened.path.stat().st_size > _MOST_SORTED_BYTES:
        raise OutOfOrderError(opened.name)
    merged = osmium.MergeInputReader()
    with in_plain_words(opened), TemporaryDirectory() as folder:
        path = Path(folder) / _SORTED
        if opened.content is None:
            merged.add_file(str(opened.path))
        else:
            merged.add_buffer(opened.content, opened.format)
        with osmium.SimpleWriter(str(path)) as writer:
            writing = _InOrder(writer, opened.deleted)
            merged.apply(writing)
        content = path.read_bytes()
        n_older = sum(1 for _ in osmium.FileProcessor(opened.source(), _OBJECTS)) - writing.n_objects
    older = (Remark(opened.name, "older or repeated version of an object", "set_aside", n_older),) if n_older else ()
    return replace(opened, kind="PBF", content=content, is_in_order=True, remarks=opened.remarks + older)
