"""`protection/`: rounds people before anything is summed, and writes `out/*`, the only tables that may go out."""

from assets.bench import Bench
from assets.secret import keep_told, known_secret
from assets.step import Made, step
from assets.survey_told import keep_survey, survey_told_before
from pipelines.areas.contracts import VALUES
from pipelines.places.contracts import REGISTER
from pipelines.protection import contracts
from pipelines.protection.accounts import Grounds, require_accounted
from pipelines.protection.audit import audit_release
from pipelines.protection.population import left_out_remarks, round_people
from pipelines.protection.publication import (
    area_tables,
    protect_changes,
    protect_dispersion,
    protect_indicators,
    protect_quality,
    protect_reach,
    publish_places,
)
from pipelines.protection.survey_revisions import with_revisions
from pipelines.protection.survey_tables import audit_table, hide_survey, shown_table, told_of
from pipelines.sources.contracts import AREAS, INVENTORY


@step(
    "protection/decisions",
    writes=(contracts.ROUNDED, contracts.COUNTS, contracts.SURVEY_SHOWN, contracts.SURVEY_AUDIT, contracts.SURVEY_TOLD),
    reads=(
        "people/origins",
        "people/persons",
        "sources/statistics",
        "sources/survey",
        "survey/estimates",
        "findings/minimum",
    ),
)
def decisions(bench: Bench) -> Made:
    """People by five at a time, from which all numbers of people follow; which survey values may go out (personal)."""
    rounded = round_people(bench.warehouse, bench.area, known_secret(bench))
    survey = hide_survey(bench.warehouse, bench.area, survey_told_before(bench))
    return Made(
        (*rounded, shown_table(survey), audit_table(survey), told_of(survey)), remarks=left_out_remarks(rounded[1])
    )


@step(
    "out/indicators",
    writes=(contracts.INDICATORS, contracts.AUDIT, *contracts.OF_SURVEY),
    reads=("areas/values", "people/origins", "protection/decisions", "sources/statistics", "survey/estimates"),
)
def indicators(bench: Bench) -> Made:
    """Every indicator as it may go out, tidy and one row per area; and the audit, without which nothing goes out."""
    counts, survey = bench.read(contracts.COUNTS), bench.read(contracts.SURVEY_AUDIT)
    audit = audit_release(counts, survey, known_secret(bench), bench.area)
    tidy = protect_indicators(bench.warehouse)
    wide = area_tables(tidy, bench.read(AREAS))
    grounds = Grounds(counts, bench.read(VALUES))
    require_accounted(tidy, {area_type: table for area_type, (table, _) in wide.items()}, grounds)
    told, earlier = bench.read(contracts.SURVEY_TOLD), survey_told_before(bench)
    keep_told(bench, counts)
    keep_survey(bench, told)
    quality = with_revisions(protect_quality(bench.warehouse), told, earlier)
    of_survey = protect_changes(bench.warehouse), quality, protect_dispersion(bench.warehouse)
    return Made((tidy, audit, *of_survey), further=tuple(wide.values()))


@step(
    "out/places",
    writes=(contracts.PLACES, contracts.REACH, contracts.INVENTORY),
    reads=("areas/membership", "reach/pairs", "streets/costs", "places/register", "sources/survey"),
)
def places(bench: Bench) -> Made:
    """Places, which cells reach them, and what residents said about them."""
    return Made((publish_places(bench.read(REGISTER)), protect_reach(bench.warehouse), bench.read(INVENTORY)))


STEPS = (decisions, indicators, places)
