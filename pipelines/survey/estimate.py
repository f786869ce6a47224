"""The mean of a scale per area, with its uncertainty, from the weighted answers of a sample.

Here are direct, design-based estimates. Scores are made in `scale`; what may be published is for `protection/`.

The design is the one delivered: weights and nothing else, so one stratum with respondents as its sampling units,
drawn with replacement. Ignoring strata and the finite population makes the interval too wide rather than too narrow.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from scipy.special import stdtrit

from pipelines.contracts import conform
from pipelines.errors import SourceError
from pipelines.survey.contracts import ESTIMATES, HIGHEST, LOWEST
from pipelines.survey.scale import scale_ids, score_table

FEWEST_RESPONDENTS = 30
_UPPER_TAIL = 0.975


@dataclass(frozen=True)
class Domains:
    """Who belongs to which area: pairs of a respondent's row and an area's number, shape (pairs,) each."""

    row: NDArray[np.int64]
    domain: NDArray[np.int64]
    count: int


@dataclass(frozen=True)
class DomainMeans:
    """Per area, shape (areas,): mean and standard error (NaN where they cannot be given), and respondents behind it."""

    mean: NDArray[np.float64]
    se: NDArray[np.float64]
    respondents: NDArray[np.int64]


def survey_areas(areas: pa.Table) -> pa.Table:
    """List which buurten make up each buurt, wijk and gemeente.

    Parameters
    ----------
    areas
        `sources/areas`.

    Returns
    -------
    pyarrow.Table
        Columns area_type, area_code, buurt_code; one row per area and buurt in it, only areas that `areas` holds.
    """
    parents = {
        (kind, code): parent
        for kind, code, parent in zip(
            *(areas[c].to_pylist() for c in ("area_type", "area_code", "parent_code")), strict=True
        )
    }
    rows: list[tuple[str, str, str]] = []
    for buurt in (code for kind, code in parents if kind == "buurt"):
        wijk = parents["buurt", buurt]
        chain = (("buurt", buurt), ("wijk", wijk), ("gemeente", parents.get(("wijk", wijk), "")))
        rows.extend((kind, code, buurt) for kind, code in chain if (kind, code) in parents)
    schema = pa.schema([("area_type", pa.string()), ("area_code", pa.string()), ("buurt_code", pa.string())])
    names = schema.names
    return pa.Table.from_pylist([dict(zip(names, row, strict=True)) for row in sorted(rows)], schema=schema)


def estimate_scales(respondents: pa.Table, answers: pa.Table, items: pa.Table, membership: pa.Table) -> pa.Table:
    """Estimate the mean of every scale in every area.

    Parameters
    ----------
    respondents, answers, items
        The tables of `sources/`.
    membership
        Columns area_type, area_code, buurt_code, as `survey_areas` gives them.

    Returns
    -------
    pyarrow.Table
        `survey/estimates`: one row per area and scale. Under 30 respondents with a score, mean, interval and standard
        error are null with reason `too_few_respondents`.

    Raises
    ------
    SourceError
        When an item runs against its scale, or no respondent lives in any of the areas.
    """
    parts = [ESTIMATES.schema.empty_table()]
    if len(respondents):
        ordered = respondents.sort_by("respondent_id")
        _require_placed(ordered, membership)
        scores = score_table(ordered, answers, items)
        areas, domains = _domains(ordered["buurt_code"], membership)
        weights = ordered["weight"].to_numpy()
        for scale in scale_ids(items):
            # Scores come in the order of the respondents: both are sorted by respondent_id.
            own = scores.filter(pc.equal(scores["scale"], scale))["score"].to_numpy(zero_copy_only=False)
            parts.append(_rows(areas, scale, hajek_means(own.astype(np.float64), weights, domains)))
    return conform(pa.concat_tables(parts), ESTIMATES)


def _require_placed(respondents: pa.Table, membership: pa.Table) -> None:
    if unplaced_respondents(respondents, membership) == len(respondents):
        raise SourceError(
            f"respondents: none of the {len(respondents)} lives in a buurt of the area. Their buurt codes are probably "
            "of another year or municipality: recode them to the delivered buurten."
        )


def unplaced_respondents(respondents: pa.Table, membership: pa.Table) -> int:
    """Count the respondents whose buurt is unknown or in none of the areas: part of the sample, in no estimate."""
    is_placed = pc.is_in(respondents["buurt_code"], membership["buurt_code"].combine_chunks())
    return len(respondents) - int(pc.sum(is_placed).as_py() or 0)


def _domains(buurt_codes: pa.ChunkedArray, membership: pa.Table) -> tuple[pa.Table, Domains]:
    """Give the areas (area_type, area_code) in order, and who belongs to each, in order of area and respondent."""
    keys = ["area_type", "area_code"]
    areas = membership.select(keys).group_by(keys).aggregate([]).sort_by([(key, "ascending") for key in keys])
    numbered = areas.append_column("domain", pa.array(np.arange(len(areas))))
    living = pa.table({"buurt_code": buurt_codes, "row": pa.array(np.arange(len(buurt_codes)))})
    pairs = membership.join(numbered, keys).join(living, "buurt_code", join_type="inner")
    pairs = pairs.sort_by([("domain", "ascending"), ("row", "ascending")])
    return areas, Domains(pairs["row"].to_numpy(), pairs["domain"].to_numpy(), len(areas))


def hajek_means(scores: NDArray[np.float64], weights: NDArray[np.float64], domains: Domains) -> DomainMeans:
    """Estimate domain means and their standard errors by Taylor linearisation in the full design.

    mean_d = sum_d(w y) / sum_d(w); z_i = w_i (y_i - mean_d) / sum_d(w) inside the domain and 0 outside it, and
    var_d = n / (n - 1) sum z_i^2 with n all respondents of the sample: the size of a domain is itself an estimate, so
    the sample is not cut down to it. (The z_i sum to 0, so their mean needs no subtracting.)

    Parameters
    ----------
    scores
        Shape (respondents,), 0-10; NaN where a respondent has none.
    weights
        Shape (respondents,), at least 0.
    domains
        Who belongs to which area.

    Returns
    -------
    DomainMeans
        A mean is NaN without respondents; a standard error is NaN too where the sample is one respondent.

    References
    ----------
    Särndal, Swensson and Wretman, Model Assisted Survey Sampling (1992), section 5.8; R survey::svyby gives the same.
    """
    counts = np.isfinite(scores[domains.row]) & (weights[domains.row] > 0)
    row, domain = domains.row[counts], domains.domain[counts]
    weight, score = weights[row], scores[row]
    total = _sums(domain, weight, domains.count)
    # A weighted mean of tens may come out a rounding error above ten.
    mean = np.clip(_ratio(_sums(domain, weight * score, domains.count), total), LOWEST, HIGHEST)
    influence = weight * (score - mean[domain]) / total[domain]
    squares = _sums(domain, influence**2, domains.count)
    correction = len(scores) / (len(scores) - 1) if len(scores) > 1 else np.nan
    se = np.where(total > 0, np.sqrt(correction * squares), np.nan)
    return DomainMeans(mean, se, np.bincount(domain, minlength=domains.count))


def _sums(domain: NDArray[np.int64], values: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    # bincount of no rows at all gives whole numbers.
    return np.bincount(domain, values, minlength=count).astype(np.float64)


def _ratio(numerator: NDArray[np.float64], denominator: NDArray[np.float64]) -> NDArray[np.float64]:
    ratio: NDArray[np.float64] = np.full(len(numerator), np.nan)
    return np.divide(numerator, denominator, out=ratio, where=denominator > 0)


def t_interval(means: DomainMeans) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give the 95 % interval of each mean, cut off at 0 and 10.

    Student's t with the sampling units inside the domain less its one stratum (respondents - 1) as degrees of freedom:
    fewer than the full sample has, so wider, because a small domain rests on few of them (as degf() of R survey).

    Returns
    -------
    tuple of numpy.ndarray
        Lower and upper end, shape (areas,) each; NaN where there is no standard error or fewer than two respondents.
    """
    freedom = np.where(means.respondents > 1, means.respondents - 1.0, np.nan)
    half = stdtrit(freedom, _UPPER_TAIL) * means.se
    return np.clip(means.mean - half, LOWEST, HIGHEST), np.clip(means.mean + half, LOWEST, HIGHEST)


def _rows(areas: pa.Table, scale: str, means: DomainMeans) -> pa.Table:
    is_given = means.respondents >= FEWEST_RESPONDENTS
    lower, upper = t_interval(means)
    figures = [
        pa.array(np.where(is_given, value, np.nan), from_pandas=True) for value in (means.mean, lower, upper, means.se)
    ]
    columns = [
        areas["area_type"],
        areas["area_code"],
        pa.array([scale] * len(areas), type=pa.string()),
        *figures,
        pa.array(means.respondents, type=pa.int64()),
        pc.if_else(pa.array(is_given), "", "too_few_respondents"),
    ]
    return pa.table(columns, schema=ESTIMATES.schema)
