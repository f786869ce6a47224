"""CBS deliveries in the words of this project: areas, squares, and how many people live in each.

Each product has its own reader (`cbs_areas`, `cbs_postcodes`, `cbs_squares`); `cbs_dialects` knows their columns and
`cbs_counts` what a figure can stand for. Allocating people to homes belongs to `people/`.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.errors import SourceError
from pipelines.sources.area_file import AreaFile
from pipelines.sources.attempts import read_all
from pipelines.sources.cbs_areas import LEVELS, extent_of, read_municipality, read_neighbourhoods
from pipelines.sources.cbs_counts import numbers, signed_numbers
from pipelines.sources.cbs_dialects import mapping_of
from pipelines.sources.cbs_figures import product_of
from pipelines.sources.cbs_postcodes import read_ages, read_postcodes
from pipelines.sources.cbs_squares import read_squares, square_centres
from pipelines.sources.cbs_tables import BUFFER_M, Municipality, Statistics
from pipelines.sources.contracts import MOST_PEOPLE, UNIT_TYPE_OF
from pipelines.sources.delivery import BorderDelivery, Delivery, FigureDelivery
from pipelines.sources.remarks import Remark
from pipelines.sources.shown_texts import readable
from pipelines.sources.texts import NAME

__all__ = [
    "BUFFER_M",
    "Municipality",
    "Statistics",
    "columns_known",
    "extent_of",
    "numbers",
    "read_municipality",
    "read_statistics",
    "signed_numbers",
    "source_mapping",
    "square_centres",
]

_PRODUCT = dict.fromkeys(LEVELS, "neighbourhoods") | {
    name: name for name in ("pc4", "pc4_ages", "pc6", "squares", "squares_500")
}


def read_statistics(area: AreaFile, raw: Path, municipality: Municipality) -> Statistics:
    """Read every delivered area layer and the squares.

    Returns
    -------
    Statistics
        `areas` (polygons of gemeente, wijk, buurt, pc4, pc6), `people_counts` (persons and households per unit and
        group with the least and most there can be; null with a reason), `squares` within 1,300 m of the municipality.
        Remarks tell the columns that are not used and borders of different years.

    Raises
    ------
    SourceError
        What every reader that fails said, a line each.
    """
    names = LEVELS if area.sources.buurten else ()
    levels = [partial(read_neighbourhoods, area, raw, municipality, level) for level in names]
    postcodes = [partial(read_postcodes, area, raw, municipality, level) for level in ("pc4", "pc6")]
    squares = [partial(read_squares, area, raw, municipality, role) for role in ("squares", "squares_500")]
    parts = read_all((*levels, *postcodes, *squares, partial(read_ages, area, raw)))
    people_counts = pa.concat_tables([part.people_counts for part in parts])
    _require_people(area, people_counts)
    require_possible(area, people_counts)
    areas, text_remarks = _with_shown_names(area, pa.concat_tables([part.areas for part in parts]))
    return Statistics(
        areas=areas,
        people_counts=people_counts,
        squares=pa.concat_tables([part.squares for part in parts]),
        remarks=(*(remark for part in parts for remark in part.remarks), *text_remarks, *vintage_remarks(area)),
    )


def _with_shown_names(area: AreaFile, areas: pa.Table) -> tuple[pa.Table, tuple[Remark, ...]]:
    """Give every area a name that can be shown: its code where nothing of the delivered one can."""
    paths = {UNIT_TYPE_OF[role]: delivery.path for role, _, delivery in _borders(area) if role in UNIT_TYPE_OF}
    sources = [paths.get(kind, paths.get("buurt", "")) for kind in areas["area_type"].to_pylist()]
    shown, remarks = readable(areas, {"area_name": NAME}, sources)
    is_empty = pc.equal(pc.utf8_trim_whitespace(shown["area_name"]), "")
    names = pc.if_else(is_empty, shown["area_code"], shown["area_name"])
    place = shown.schema.get_field_index("area_name")
    return shown.set_column(place, shown.schema.field(place), names), remarks


def _require_people(area: AreaFile, people_counts: pa.Table) -> None:
    """Refuse a delivery for the total that counts nobody: everything about people would be unknown."""
    role = area.population.total_from
    is_total = pc.and_(
        pc.equal(people_counts["unit_type"], UNIT_TYPE_OF[role]), pc.equal(people_counts["population_group"], "all")
    )
    if not (pc.sum(people_counts.filter(is_total)["persons"]).as_py() or 0) > 0:
        path = area.sources.of(role)[-1].path
        raise SourceError(
            f"{path}: counts no inhabitants near the area, so nothing can be said about people. Choose "
            "another delivery as population.total_from in the area file, or deliver this one with its figures."
        )


def require_possible(area: AreaFile, people_counts: pa.Table) -> None:
    """Refuse counts of more people than there are in the country: a wrong column, or a broken cell.

    Raises
    ------
    SourceError
        By delivery, how many cells of which groups.
    """
    impossible = people_counts.filter(pc.fill_null(pc.greater(people_counts["highest"], MOST_PEOPLE), fill_value=False))
    paths = _counting_paths(area)
    wrong = []
    for unit_type in sorted(set(impossible["unit_type"].to_pylist())):
        own = impossible.filter(pc.field("unit_type") == unit_type)
        groups = sorted(set(own["population_group"].to_pylist()))
        wrong.append(
            f"{paths[unit_type]}: counts over {MOST_PEOPLE:,} people in {len(own)} cells ({', '.join(groups)}), more "
            "than live in the Netherlands. Correct these, or name the right column under `columns` in the area file."
        )
    if wrong:
        raise SourceError("\n".join(wrong))


def _counting_paths(area: AreaFile) -> dict[str, str]:
    """The file that counts people, by type of unit: the figures beside borders, and ages of PC4 delivered apart."""
    parts = {UNIT_TYPE_OF.get(role, "pc4"): area.sources.of(role) for role, _, _ in _borders(area)}
    return {unit_type: every[-1].path for unit_type, every in parts.items()}


def vintage_remarks(area: AreaFile) -> tuple[Remark, ...]:
    """Borders of another year than the buurten they are laid over, and figures of another year than their borders."""
    return (*_unlike_borders(area), *_unlike_figures(area))


def _unlike_figures(area: AreaFile) -> Iterator[Remark]:
    for one in (area.sources.pc4, area.sources.pc6, area.sources.squares, area.sources.squares_500):
        if one is not None and one.figures and one.figures.vintage != one.vintage:
            problem = f"figures of {one.figures.vintage} beside borders of {one.vintage}"
            yield Remark(one.figures.path, problem, "noted", 0)


def _unlike_borders(area: AreaFile) -> tuple[Remark, ...]:
    buurten = area.sources.buurten
    others = (area.sources.pc4, area.sources.pc6)
    return tuple(
        Remark(other.path, f"borders of {other.vintage} beside buurten of {buurten.vintage}", "noted", 0)
        for other in others
        if buurten is not None and other is not None and other.vintage != buurten.vintage
    )


def _borders(area: AreaFile) -> Iterator[tuple[str, str, Delivery]]:
    for role, product in _PRODUCT.items():
        delivery: Delivery | None = getattr(area.sources, role)
        if delivery is not None:
            yield role, product, delivery


def _deliveries(area: AreaFile) -> Iterator[tuple[str, str, Delivery]]:
    """Every delivery of CBS figures or borders: what it is of, its product, and itself."""
    for role, product, delivery in _borders(area):
        yield role, product, delivery
        if isinstance(delivery, BorderDelivery) and delivery.figures:
            yield f"figures of {role}", product_of(role), delivery.figures


def columns_known(role: str, delivery: Delivery) -> Iterator[str]:
    """How sure we are of the columns of a CBS delivery, and why; nothing of other deliveries."""
    if role in _PRODUCT:
        product = product_of(role) if isinstance(delivery, FigureDelivery) else _PRODUCT[role]
        mapping = mapping_of(product, delivery.vintage)
        yield f"{mapping['status'].replace('_', ' ')}: {mapping['evidence']}"
    if delivery.columns:
        yield "named in the area file: " + ", ".join(f"{key} is {name!r}" for key, name in delivery.columns.items())


def source_mapping(area: AreaFile) -> dict[str, dict[str, str]]:
    """How sure we are of the columns of each CBS delivery, by its path: `status` and `evidence`."""
    return {delivery.path: dict(mapping_of(product, delivery.vintage)) for _, product, delivery in _deliveries(area)}
