"""Public seats from OSM (`amenity=bench`). Municipal lists of benches have a reader of their own, `bench_lists`."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import shapely

from pipelines.contracts import conform
from pipelines.sources.contracts import BENCHES
from pipelines.sources.osm import remarks_on, rows_near, shapes_to_rd
from pipelines.sources.osm_closed import closed_groups, why_closed
from pipelines.sources.osm_shapes import is_public
from pipelines.sources.osm_things import read_things
from pipelines.sources.remarks import Remark


def read_osm_benches(
    path: Path, name: str, outline: shapely.Geometry | None = None, year: int | None = None
) -> tuple[pa.Table, tuple[Remark, ...]]:
    """Read the public seats (`amenity=bench`) of an OSM extract; one mapped as a line stands at its middle.

    Parameters
    ----------
    path
        The OSM file, see `read_things`.
    name
        What to call it in errors and remarks.
    outline
        The municipality in RD: only benches within 1,300 m of it are kept. None keeps all.
    year
        In which the extract was made, see `why_gone`; None: dates are not looked at.

    Returns
    -------
    tuple
        `sources/benches` with ids such as `node/12`, and remarks on benches that are private, closed or
        without nodes.

    Raises
    ------
    SourceError
        When the file is missing, cut short, nothing of OSM, lies outside the Netherlands or more than 5 km from
        the municipality.
    """
    things, told = read_things(path, name, ("amenity",), _is_seat, areas=False)
    reasons = [why_closed(thing.tags, year, visible=thing.visible) for thing in things]
    there = [thing for thing, reason in zip(things, reasons, strict=True) if not reason]
    whole = [bench for bench in there if bench.shape is not None]
    seats = [bench for bench in whole if is_public(bench)]
    middles = shapes_to_rd(np.array([shapely.centroid(bench.shape) for bench in seats], dtype=np.object_), name)
    table = pa.table(
        {
            "source_id": pa.array([bench.source_id for bench in seats], type=pa.string()),
            "x_m": pa.array(shapely.get_x(middles), type=pa.float64()),
            "y_m": pa.array(shapely.get_y(middles), type=pa.float64()),
        }
    )
    closed = [(reason, thing.source_id) for thing, reason in zip(things, reasons, strict=True) if reason]
    problems = [
        ("bench that is not public", "set_aside", [bench.source_id for bench in whole if not is_public(bench)]),
        (
            "bench without nodes in the extract",
            "set_aside",
            [bench.source_id for bench in there if bench.shape is None],
        ),
        *closed_groups("bench", closed),
    ]
    near = table.take(pa.array(rows_near(middles, outline, name)))
    return conform(near, BENCHES).cast(BENCHES.schema), told + remarks_on(name, problems)


def _is_seat(tags: Mapping[str, str]) -> bool:
    return tags.get("amenity") == "bench"
