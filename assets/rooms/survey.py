"""`survey/`: what residents say, estimated per area."""

from assets.bench import Bench
from assets.step import Made, step
from pipelines.sources.contracts import ANSWERS, AREAS, ITEMS, RESPONDENTS
from pipelines.survey.contracts import ESTIMATES
from pipelines.survey.estimate import estimate_scales, survey_areas
from pipelines.survey.remarks import unplaced_remarks


@step("survey/estimates", writes=(ESTIMATES,), reads=("sources/survey", "sources/statistics"))
def estimates(bench: Bench) -> Made:
    """Weighted mean of each scale per buurt, wijk and gemeente with its 95 % interval (personal until protected)."""
    respondents, answers, items = (bench.read(contract) for contract in (RESPONDENTS, ANSWERS, ITEMS))
    areas = survey_areas(bench.read(AREAS))
    delivery = bench.area.sources.respondents
    remarks = unplaced_remarks(respondents, areas, delivery.path) if delivery else ()
    return Made((estimate_scales(respondents, answers, items, areas),), remarks=remarks)


STEPS = (estimates,)
