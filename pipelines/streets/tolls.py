"""What each rule of a profile asks of every stretch of street, in one of three bounds for what is not known.

Optimistic: what is not known passes at no cost. Central: it is guessed (`unknowns.yaml`), and a guess never forbids
what the worst admissible value would let pass. Pessimistic: unknown kerbs at crossings, ramps, numbers of steps
and gates forbid; an unknown surface, width, slope or sidewalk costs the worst that still lets the profile pass. Adding
the tolls up is for `costs`.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipelines.sources.osm_words import CARRIAGEWAYS, EXPLICIT_RIGHTS, REFUSALS
from pipelines.streets.profiles import Profile
from pipelines.streets.unknowns import Bound, Unknowns

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

# A right to walk is law, not a matter of profile. `customers` may go in, not through. `use_sidepath`: the
# path alongside is compulsory. `destination` is open to whoever lives or visits there.
NO_RIGHT = REFUSALS
NEVER_WALKED = ("motorway", "motorway_link", "construction", "proposed", "abandoned", "razed", "raceway", "escape")
# Closed to walkers unless a right says otherwise. Cycleways are not here: Dutch law lets walkers use them
# where there is no footway (RVV 1990, article 4).
WALKED_BY_RIGHT = ("trunk", "trunk_link", "busway", "bus_guideway", "bridleway", "platform", "corridor")
# Of these, platforms and corridors lie behind gates or indoors, with opening hours nobody delivers: not known.
PERHAPS_OPEN = ("platform", "corridor")
# Roads that are hard to cross without lights, zebra or island: method book, section 3.3.
BUSY_ROADS = CARRIAGEWAYS[: CARRIAGEWAYS.index("secondary_link") + 1]
# Roads on which somebody without a sidewalk walks beside cars.
SHARED_ROADS = (*CARRIAGEWAYS, "living_street")
# Heights are read as decimals of a metre: 0.03 must not exceed 0.03 through its binary form.
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Toll:
    """What one rule asks of every edge: factors on time (infinite: forbidden) and seconds, of shape (n,)."""

    forward: Floats
    backward: Floats
    added_s: Floats


@dataclass(frozen=True)
class Case:
    """Edges, who walks them, and how what is not known is taken."""

    edges: pa.Table
    profile: Profile
    bound: Bound
    unknowns: Unknowns

    def choose(self, optimistic: Floats | float, central: Floats | float, pessimistic: Floats | float) -> Floats:
        """Give the value of this bound for every edge; shape (n,)."""
        chosen = {"optimistic": optimistic, "central": central, "pessimistic": pessimistic}[self.bound]
        return np.broadcast_to(np.asarray(chosen, dtype=np.float64), (len(self.edges),))

    def numbers(self, column: str) -> Floats:
        """Read numbers, NaN where unknown."""
        values: Floats = self.edges[column].cast(pa.float64()).to_numpy()
        return values

    def among(self, column: str, values: Iterable[str]) -> Mask:
        """Tell which edges have one of these words; shape (n,)."""
        mask: Mask = pc.is_in(self.edges[column], pa.array(list(values), pa.string())).to_numpy()
        return mask

    def flags(self, column: str) -> Mask:
        """Read a column of yes and no; shape (n,)."""
        mask: Mask = self.edges[column].to_numpy()
        return mask


def tolls(case: Case) -> Mapping[str, Toll]:
    """Every rule by its name, in the order in which a barrier is named."""
    rules: Mapping[str, Callable[[Case], Toll]] = {
        "highway": _highway,
        "access": _access,
        "steps": _steps,
        "kerb": _kerb,
        "barrier": _barrier,
        "width": _width,
        "surface": _roughness,
        "road": _road,
        "incline": _incline,
        "crossing": _crossing,
        "oneway": _oneway,
    }
    return {name: rule(case) for name, rule in rules.items()}


def is_kerb_unknown(edges: pa.Table) -> Mask:
    """Tell where a kerb may have to be taken whose height nobody knows: at crossings, and where one is mapped."""
    bears = pc.or_(edges["is_crossing"], edges["has_kerb"])
    unknown: Mask = pc.and_(bears, pc.is_null(edges["kerb_height_m"])).to_numpy()
    return unknown


def _toll(factor: Floats, added_s: Floats | None = None) -> Toll:
    return Toll(factor, factor, np.zeros(len(factor)) if added_s is None else added_s)


def _free(case: Case) -> Toll:
    return _toll(np.ones(len(case.edges)))


def _forbidding(forbidden: Mask) -> Toll:
    return _toll(np.where(forbidden, np.inf, 1.0))


def _factor(value: tuple[float, float, float] | None) -> float:
    return np.inf if value is None else value[1]


def _worst(factors: Iterable[float]) -> float:
    """Find the highest factor that still lets pass; 1 where there is none."""
    return max((factor for factor in factors if np.isfinite(factor)), default=1.0)


def _looked_up(column: pa.ChunkedArray, values: Mapping[str, float], default: float) -> Floats:
    """Find the value of each text in the column; `default` if it is not named."""
    names = pa.array(list(values), pa.string())
    position = pc.fill_null(pc.index_in(column, value_set=names), len(values)).to_numpy()
    found: Floats = np.array([*values.values(), default])[position]
    return found


def _highway(case: Case) -> Toll:
    closed = case.among("highway", WALKED_BY_RIGHT) & ~case.among("foot", EXPLICIT_RIGHTS)
    if case.bound == "optimistic":
        closed &= ~case.among("highway", PERHAPS_OPEN)
    return _forbidding(case.among("highway", NEVER_WALKED) | closed)


def _access(case: Case) -> Toll:
    forbidden = case.among("foot", NO_RIGHT)
    if case.bound == "pessimistic":
        forbidden = forbidden | (case.among("barrier", case.unknowns.may_be_locked) & case.among("foot", ("",)))
    return _forbidding(forbidden)


def _steps(case: Case) -> Toll:
    """Charge flights; one with a ramp for this profile is none, unless nobody knows for whom the ramp is."""
    rule = case.profile.steps
    flight = case.flags("is_steps") | case.among("highway", ("steps",))
    opening = ("yes", "unknown") if case.bound == "optimistic" else ("yes",)
    flight &= ~case.among("ramp_wheelchair", opening)
    if rule.stroller_ramp:
        flight &= ~case.among("ramp_stroller", opening)
    count = case.numbers("step_count")
    guess = case.unknowns.step_count.of(case.edges["highway"])
    # A flight has at least one step, whatever was counted.
    count = np.maximum(np.where(np.isnan(count), case.choose(1.0, guess, guess), count), 1.0)
    added_s = np.where(flight, rule.once_s.central + rule.each_s.central * count, 0.0)
    if rule.at_most is None:
        return _toll(np.ones(len(flight)), added_s)
    forbidden = flight & (count > rule.at_most.central)
    uncounted = flight & np.isnan(case.numbers("step_count"))
    forbidden |= uncounted & (case.bound != "optimistic")
    return _toll(np.where(forbidden, np.inf, 1.0), np.where(forbidden, 0.0, added_s))


def _kerb(case: Case) -> Toll:
    rule = case.profile.kerb
    if rule is None:
        return _free(case)
    guesses = case.unknowns.kerb_m
    kind = np.where(case.flags("has_kerb"), "kerb", "crossing")
    guess = np.minimum(guesses.of(pa.chunked_array([pa.array(kind)])), rule.limit_m.central)
    height_m = np.nan_to_num(case.numbers("kerb_height_m"))
    height_m = np.where(is_kerb_unknown(case.edges), case.choose(0.0, guess, np.inf), height_m) - _ROUNDING
    factor = np.where(height_m > rule.limit_m.central, np.inf, 1.0)
    return _toll(factor, np.where(height_m > rule.free_m.central, rule.penalty_s.central, 0.0))


def _barrier(case: Case) -> Toll:
    rule = case.profile.barriers
    if rule is None:
        return _free(case)
    added_s = _looked_up(case.edges["barrier"], {n: _factor(v) for n, v in rule.values.items()}, default=0.0)
    return _toll(np.where(np.isinf(added_s), np.inf, 1.0), np.where(np.isinf(added_s), 0.0, added_s))


def _width(case: Case) -> Toll:
    rule = case.profile.width
    if rule is None:
        return _free(case)

    def by_band(width_m: Floats) -> Floats:
        factor = np.ones(len(width_m))
        for band in rule.bands:
            factor = np.where(width_m + _ROUNDING < band.below_m[1], _factor(band.factor), factor)
        return factor

    width_m = case.numbers("width_m")
    worst = _worst(_factor(band.factor) for band in rule.bands)
    guess = np.minimum(by_band(case.unknowns.width_m.of(case.edges["highway"])), worst)
    return _toll(np.where(np.isnan(width_m), case.choose(1.0, guess, worst), by_band(width_m)))


def _roughness(case: Case) -> Toll:
    """Charge for surface and smoothness, the worse of what is known: both describe the same bumps."""
    surfaces, smoothnesses = case.profile.surface, case.profile.smoothness
    if surfaces is None:
        return _free(case)
    by_surface = {name: _factor(value) for name, value in surfaces.values.items()}
    by_smoothness = {name: _factor(v) for name, v in smoothnesses.values.items()} if smoothnesses else {}
    known = np.fmax(
        _looked_up(case.edges["surface"], by_surface, np.nan),
        _looked_up(case.edges["smoothness"], by_smoothness, np.nan),
    )
    worst = _worst([*by_surface.values(), *by_smoothness.values()])
    is_track = case.among("tracktype", case.unknowns.track_surface.by)
    guess = np.where(
        is_track,
        _looked_up(case.unknowns.track_surface.of(case.edges["tracktype"]), by_surface, 1.0),
        _looked_up(case.unknowns.surface.of(case.edges["highway"]), by_surface, 1.0),
    )
    return _toll(np.where(np.isnan(known), case.choose(1.0, np.minimum(guess, worst), worst), known))


def _road(case: Case) -> Toll:
    """Charge for walking beside cars on a road without a sidewalk; one drawn as a way of its own is a sidewalk."""
    rule = case.profile.road
    if rule is None:
        return _free(case)
    factors = [_factor(band.factor) for band in rule.bands]

    def by_band(speed_kmh: Floats) -> Floats:
        factor = np.ones(len(speed_kmh))
        for band, of_band in zip(rule.bands, factors, strict=True):
            factor = np.where(speed_kmh >= band.from_kmh[1], of_band, factor)
        return factor

    speed_kmh = case.numbers("maxspeed_kmh")
    guessed = by_band(case.unknowns.maxspeed_kmh.of(case.edges["highway"]))
    beside_cars = np.where(np.isnan(speed_kmh), case.choose(min(factors), guessed, max(factors)), by_band(speed_kmh))
    worst = _worst(factors)
    without = pc.equal(case.unknowns.sidewalk.of(case.edges["highway"]), "no").to_numpy()
    # Of a road of which nothing is known, the speed does not forbid either.
    guess = np.where(without, np.minimum(np.where(np.isnan(speed_kmh), guessed, beside_cars), worst), 1.0)
    factor = np.where(case.among("sidewalk", ("",)), case.choose(1.0, guess, worst), 1.0)
    factor = np.where(case.among("sidewalk", ("no",)), beside_cars, factor)
    return _toll(np.where(case.among("highway", SHARED_ROADS), factor, 1.0))


def _incline(case: Case) -> Toll:
    rule = case.profile.incline
    if rule is None:
        return _free(case)
    uphill, downhill = np.ones(len(case.edges)), np.ones(len(case.edges))
    known_pct = case.numbers("incline_pct")
    guess_pct = case.unknowns.incline_pct.of(case.edges["highway"])
    may_slope = np.isnan(known_pct) & case.flags("may_slope")
    # The country is flat: what no tag calls a slope is level in every bound.
    slope_pct = np.where(may_slope, guess_pct, np.nan_to_num(known_pct))
    for band in rule.bands:
        steeper = np.abs(slope_pct) - _ROUNDING > band.above_pct[1]
        uphill = np.where(steeper, _factor(band.uphill), uphill)
        downhill = np.where(steeper, _factor(band.downhill), downhill)
    worst = _worst(_factor(side) for band in rule.bands for side in (band.uphill, band.downhill))
    both_ways = np.minimum(np.maximum(uphill, downhill), worst)
    unknown = case.choose(1.0, both_ways, worst)
    forward = np.where(slope_pct > 0, uphill, downhill)
    backward = np.where(slope_pct > 0, downhill, uphill)
    none = np.zeros(len(case.edges))
    return Toll(np.where(may_slope, unknown, forward), np.where(may_slope, unknown, backward), none)


def _crossing(case: Case) -> Toll:
    """Charge for crossing a carriageway: handling kerbs, waiting at lights, or for a gap on a busy road."""
    rule = case.profile.crossing
    if rule is None:
        return _free(case)
    busy = case.among("crossed_highway", BUSY_ROADS)
    gap_s = np.where(busy, rule.difficult_s.central, 0.0)
    perhaps_busy = busy | case.among("crossed_highway", ("",))
    longest_gap_s = np.where(perhaps_busy, rule.difficult_s.central, 0.0)
    wait_s: Mapping[str, Floats] = {
        "signals": np.full(len(busy), rule.signals_s.central),
        "none": case.choose(gap_s, gap_s, longest_gap_s),
    }
    guess = case.unknowns.crossing.of(case.edges["crossed_highway"])
    guessed_s = np.select([pc.equal(guess, aid).to_numpy() for aid in wait_s], list(wait_s.values()), 0.0)
    worst_s = np.maximum(longest_gap_s, rule.signals_s.central)
    unknown_s = case.choose(0.0, np.minimum(guessed_s, worst_s), worst_s)
    known_s = np.select([case.among("crossing", (aid,)) for aid in wait_s], list(wait_s.values()), 0.0)
    added_s = np.where(case.among("crossing", ("",)), unknown_s, known_s) + rule.handling_s.central
    return _toll(np.ones(len(busy)), np.where(case.flags("is_crossing"), added_s, 0.0))


def _oneway(case: Case) -> Toll:
    against = np.where(case.flags("oneway_foot"), np.inf, 1.0)
    return Toll(np.ones(len(against)), against, np.zeros(len(against)))
