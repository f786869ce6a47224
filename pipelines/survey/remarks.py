"""What is remarkable about the sample once it is laid over the areas."""

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.sources.vector import Remark
from pipelines.survey.estimate import unplaced_respondents


def unplaced_remarks(respondents: pa.Table, membership: pa.Table, source: str) -> tuple[Remark, ...]:
    """Count the respondents whose buurt is none of the area's, as happens when buurten are redrawn.

    Those without any buurt are not among them: the reader of the file counts them already.

    Parameters
    ----------
    respondents
        `sources/respondents`.
    membership
        Columns area_type, area_code, buurt_code, as `survey_areas` gives them.
    source
        The respondent file, under the raw folder.

    Returns
    -------
    tuple of Remark
        One with their number, never with a code or a respondent; none when everyone is placed.
    """
    housed = respondents.filter(pc.not_equal(respondents["buurt_code"], ""))
    unplaced = unplaced_respondents(housed, membership)
    problem = "respondent whose buurt is not in the area; kept in the sample, in no area"
    return (Remark(source, problem, "set_aside", unplaced),) if unplaced else ()
