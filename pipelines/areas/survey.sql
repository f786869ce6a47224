-- grain:  one area, one survey scale
-- reads:  survey.estimates
-- writes: rows of areas/values (unprotected)
-- units:  0-10; only the scales of the indicator catalogue
select
    area_type,
    area_code,
    scale as indicator,
    '' as profile,
    '' as place_kind,
    '' as threshold_m,
    '' as population_group,
    mean as value,
    lower,
    upper,
    if(mean is null, '', 'ci_95') as interval_kind,
    '0-10' as unit,
    respondents,
    'ok' as quality,
    reason_missing
from survey.estimates
where list_contains($scales, scale)
