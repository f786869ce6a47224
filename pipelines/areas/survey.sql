-- grain:  one area, one indicator of the survey
-- reads:  survey.estimates
-- writes: rows of areas/values (unprotected)
-- units:  0-10, points (-10 to 10) or share; of the last wave, only indicators of the catalogue; an estimate that is not
--         good enough is null, and keeps its number of respondents
select
    area_type,
    area_code,
    indicator,
    '' as profile,
    '' as place_kind,
    '' as threshold_m,
    '' as population_group,
    if(verdict = 'not', null, value) as value,
    if(verdict = 'not', null, lower) as lower,
    if(verdict = 'not', null, upper) as upper,
    case when verdict = 'not' or lower is null then '' when method = 'direct' then 'ci_95' else 'model_95' end as interval_kind,
    '' as unknown,
    null as lower_people,
    null as upper_people,
    null as lower_streets,
    null as upper_streets,
    null as lower_places,
    null as upper_places,
    null as lowest,
    null as highest,
    unit,
    respondents,
    effective,
    if(verdict = 'not', null, design_effect) as design_effect,
    if(verdict = 'not', null, reliability) as reliability,
    if(verdict = 'not', null, shrinkage) as shrinkage,
    if(verdict = 'caution', 'caution', 'ok') as quality,
    if(verdict = 'caution', reason, '') as quality_reason,
    if(verdict = 'not', reason, '') as reason_missing
from survey.estimates
where is_chosen and wave = (select max(wave) from survey.estimates) and list_contains($scales, indicator)
