"""Everything in which the counts of people and the list of homes contradict each other, before they are shared out.

Levels of units are compared in pairs (`levels`), ages and households with the people of their own unit (`sums`), and
people with the homes they live in (`housing`). What follows is for `sources/contradictions`.
"""

import pyarrow as pa
import shapely

from pipelines.people.atoms import build_atoms
from pipelines.people.doubts import Doubt, Peopled
from pipelines.people.housing import doubts_about_homes
from pipelines.people.intervals import homes_of, year_of_totals
from pipelines.people.levels import doubts_between_levels, known_homes
from pipelines.people.origins import Deliveries, find_points, origins_table, polygons_of
from pipelines.people.priors import likely_persons
from pipelines.people.sums import doubts_within_units


def peopled_of(deliveries: Deliveries, h3_resolution: int, *, has_register: bool = True) -> Peopled:
    """Lay out where people may live, of what is delivered, without writing anything.

    Parameters
    ----------
    deliveries
        The tables of `sources/` that origins are made of.
    h3_resolution
        Resolution of the cells, 9-11.
    has_register
        Whether the addresses are those of a register, in which every dwelling stands.
    """
    points = find_points(deliveries, h3_resolution)
    priors = likely_persons(points, deliveries.people_counts, deliveries.unit_type)
    origins, atoms = origins_table(points, h3_resolution), build_atoms(points, priors, deliveries)
    return Peopled(
        origins,
        atoms,
        deliveries.people_counts,
        deliveries.areas,
        deliveries.squares,
        has_register,
        is_cut=deliveries.extent is not None and "buurt" in set(deliveries.areas["area_type"].to_pylist()),
    )


def find_doubts(peopled: Peopled, total_type: str) -> tuple[Doubt, ...]:
    """Find every contradiction, of any size.

    Parameters
    ----------
    peopled
        Where people may live, and what was counted.
    total_type
        The units whose counts are the totals of the area.

    Returns
    -------
    tuple of Doubt
        Empty when one population fits everything that was counted.
    """
    homes = homes_of(peopled.atoms, peopled.areas, total_type, year_of_totals(peopled.people_counts, total_type))
    within = tuple(doubts_within_units(peopled.people_counts, homes))
    if peopled.is_cut:
        return within
    whole = _whole_squares(peopled)
    about_homes = tuple(doubts_about_homes(peopled, homes, whole))
    # Where homes are missing it is these that are wrong, and not every level of counts that they are laid over.
    is_missing = any(doubt.contradiction.verdict == "refused" for doubt in about_homes)
    known = known_homes(peopled, are_all=peopled.has_register and not is_missing)
    return (*doubts_between_levels(peopled, homes, known, whole), *within, *about_homes)


def _whole_squares(peopled: Peopled) -> set[str]:
    """The squares that lie wholly within the buurten of the area."""
    outline = shapely.union_all(polygons_of(peopled.areas, "buurt").geometry)
    shapely.prepare(outline)
    x_m, y_m, size_m = (peopled.squares[name].to_numpy() for name in ("x_m", "y_m", "size_m"))
    half_m = size_m / 2
    inside = shapely.covers(outline, shapely.box(x_m - half_m, y_m - half_m, x_m + half_m, y_m + half_m))
    return set(peopled.squares["square_code"].filter(pa.array(inside)).to_pylist())
