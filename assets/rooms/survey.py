"""`survey/`: what residents say, estimated per area."""

from assets.bench import Bench
from assets.step import Made, step
from pipelines.sources.contracts import ANSWERS, AREAS, ITEMS, MARGINS, PEOPLE_COUNTS, RESPONDENTS, STRATA
from pipelines.sources.contradictions import require_accepted
from pipelines.survey.contracts import CHANGES, DISPERSION, ESTIMATES, QUALITY, SCORES
from pipelines.survey.contradictions import changes_with_caution, contradictions_of, delivered_waves, with_caution
from pipelines.survey.remarks import stopped_remarks, unanswered_remarks, unplaced_remarks
from pipelines.survey.sample import Tables, waves_of
from pipelines.survey.waves import estimate_survey


@step(
    "survey/estimates",
    writes=(SCORES, ESTIMATES, CHANGES, QUALITY, DISPERSION),
    reads=("sources/survey", "sources/statistics"),
)
def estimates(bench: Bench) -> Made:
    """What residents say of each manifestation, what changed, and how sure that is (personal)."""
    tables = Tables(*(bench.read(contract) for contract in (RESPONDENTS, ANSWERS, ITEMS, STRATA, MARGINS)))
    areas, waves = bench.read(AREAS), bench.area.sources.waves()
    by_chance = frozenset(wave.vintage for wave in waves if wave.sampling == "probability")
    delivered = delivered_waves(waves_of(tables, by_chance), waves)
    contradictions = {one.wave.year: contradictions_of(one) for one in delivered}
    told = require_accepted([one for found in contradictions.values() for one in found], bench.area)
    doubted = [year for year, found in contradictions.items() if any(one.verdict for one in found)]
    remarks = tuple(remark for wave in waves for remark in unplaced_remarks(tables.respondents, areas, wave))
    left_out = tuple(remark for one in delivered for remark in (*stopped_remarks(one), *unanswered_remarks(one)))
    found = estimate_survey(tables, by_chance, areas, bench.read(PEOPLE_COUNTS))
    estimated = with_caution(found.estimates, doubted)
    changed = changes_with_caution(found.changes, doubted)
    dispersed = with_caution(found.dispersion, doubted)
    return Made((found.scores, estimated, changed, found.quality, dispersed), remarks=remarks + left_out + told)


STEPS = (estimates,)
