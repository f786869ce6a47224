"""What every rule of a profile asks of every stretch of street, in one of three bounds for what is not known.

The rules on who may and can pass at all stand in `rights`; here are those on what it costs.

Optimistic: what is not known passes at no cost. Central: it is guessed (`unknowns.yaml`), and a guess never forbids
what the worst admissible value would let pass. Pessimistic: unknown kerbs at crossings, ramps, numbers of steps,
gates and gaps in barriers forbid; an unknown surface, width, slope or sidewalk costs the worst that still lets the
profile pass. Adding the tolls up is for `costs`.
"""

from collections.abc import Callable, Iterable, Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.arrays import Flags, Floats
from pipelines.sources.osm_words import CARRIAGEWAYS
from pipelines.streets import rights
from pipelines.streets.case import Case, Toll, free, looked_up, toll

# Roads that are hard to cross without lights, zebra or island: method book, section 3.3.
BUSY_ROADS = CARRIAGEWAYS[: CARRIAGEWAYS.index("secondary_link") + 1]
# Roads on which somebody without a sidewalk walks beside cars.
SHARED_ROADS = (*CARRIAGEWAYS, "living_street")
# What a sign for wheels may contradict.
_SAID_OTHERWISE = ("steps", "kerb", "barrier", "width", "surface", "incline")
# Heights are read as decimals of a metre: 0.03 must not exceed 0.03 through its binary form.
_ROUNDING = 1e-9


def tolls(case: Case) -> Mapping[str, Toll]:
    """Every rule by its name, in the order in which a barrier is named.

    What wheels are said to pass stops them in the optimistic bound neither by steps or kerbs, nor by what stands
    there or by its surface; rights and traffic do.
    """
    rules: Mapping[str, Callable[[Case], Toll]] = {
        "highway": rights.highway,
        "access": rights.access,
        "footing": rights.footing,
        "wheels": rights.wheels,
        "steps": _steps,
        "kerb": _kerb,
        "barrier": rights.barrier,
        "width": _width,
        "surface": _roughness,
        "road": _road,
        "incline": _incline,
        "crossing": _crossing,
        "oneway": _oneway,
    }
    asked = {name: rule(case) for name, rule in rules.items()}
    return asked | {name: rights.opened_to_wheels(case, asked[name]) for name in _SAID_OTHERWISE}


def is_kerb_unknown(edges: pa.Table) -> Flags:
    """Tell where a kerb may have to be taken whose height nobody knows: at crossings, and where one is mapped."""
    bears = pc.or_(edges["is_crossing"], edges["has_kerb"])
    unknown: Flags = pc.and_(bears, pc.is_null(edges["kerb_height_m"])).to_numpy()
    return unknown


def _factor(value: tuple[float, float, float] | None) -> float:
    return np.inf if value is None else value[1]


def _worst(factors: Iterable[float]) -> float:
    """Find the highest factor that still lets pass; 1 where there is none."""
    return max((factor for factor in factors if np.isfinite(factor)), default=1.0)


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
        return toll(np.ones(len(flight)), added_s)
    forbidden = flight & (count > rule.at_most.central)
    uncounted = flight & np.isnan(case.numbers("step_count"))
    forbidden |= uncounted & (case.bound != "optimistic")
    return toll(np.where(forbidden, np.inf, 1.0), np.where(forbidden, 0.0, added_s))


def _kerb(case: Case) -> Toll:
    rule = case.profile.kerb
    if rule is None:
        return free(case)
    guesses = case.unknowns.kerb_m
    kind = np.where(case.flags("has_kerb"), "kerb", "crossing")
    guess = np.minimum(guesses.of(pa.chunked_array([pa.array(kind)])), rule.limit_m.central)
    height_m = np.nan_to_num(case.numbers("kerb_height_m"))
    height_m = np.where(is_kerb_unknown(case.edges), case.choose(0.0, guess, np.inf), height_m) - _ROUNDING
    factor = np.where(height_m > rule.limit_m.central, np.inf, 1.0)
    return toll(factor, np.where(height_m > rule.free_m.central, rule.penalty_s.central, 0.0))


def _width(case: Case) -> Toll:
    rule = case.profile.width
    if rule is None:
        return free(case)

    def by_band(width_m: Floats) -> Floats:
        factor = np.ones(len(width_m))
        for band in rule.bands:
            factor = np.where(width_m + _ROUNDING < band.below_m[1], _factor(band.factor), factor)
        return factor

    width_m = case.numbers("width_m")
    worst = _worst(_factor(band.factor) for band in rule.bands)
    guess = np.minimum(by_band(case.unknowns.width_m.of(case.edges["highway"])), worst)
    return toll(np.where(np.isnan(width_m), case.choose(1.0, guess, worst), by_band(width_m)))


def _roughness(case: Case) -> Toll:
    """Charge for surface and smoothness, the worse of what is known: both describe the same bumps."""
    surfaces, smoothnesses = case.profile.surface, case.profile.smoothness
    if surfaces is None:
        return free(case)
    by_surface = {name: _factor(value) for name, value in surfaces.values.items()}
    by_smoothness = {name: _factor(v) for name, v in smoothnesses.values.items()} if smoothnesses else {}
    known = np.fmax(
        looked_up(case.edges["surface"], by_surface, np.nan),
        looked_up(case.edges["smoothness"], by_smoothness, np.nan),
    )
    worst = _worst([*by_surface.values(), *by_smoothness.values()])
    is_track = case.among("tracktype", case.unknowns.track_surface.by)
    guess = np.where(
        is_track,
        looked_up(case.unknowns.track_surface.of(case.edges["tracktype"]), by_surface, 1.0),
        looked_up(case.unknowns.surface.of(case.edges["highway"]), by_surface, 1.0),
    )
    return toll(np.where(np.isnan(known), case.choose(1.0, np.minimum(guess, worst), worst), known))


def _road(case: Case) -> Toll:
    """Charge for walking beside cars on a road without a sidewalk; one drawn as a way of its own is a sidewalk."""
    rule = case.profile.road
    if rule is None:
        return free(case)
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
    return toll(np.where(case.among("highway", SHARED_ROADS), factor, 1.0))


def _incline(case: Case) -> Toll:
    rule = case.profile.incline
    if rule is None:
        return free(case)
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
    """Charge for crossing a carriageway: handling kerbs, waiting at lights, or for a gap on a busy road.

    Where it is said that one cannot cross, nobody does.
    """
    barred = np.where(case.flags("is_crossing") & case.among("crossing", ("no",)), np.inf, 1.0)
    rule = case.profile.crossing
    if rule is None:
        return toll(barred)
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
    return toll(barred, np.where(case.flags("is_crossing"), added_s, 0.0))


def _oneway(case: Case) -> Toll:
    against = np.where(case.flags("oneway_foot"), np.inf, 1.0)
    return Toll(np.ones(len(against)), against, np.zeros(len(against)))
