-- grain:  one change between a wave and the next: an area and an indicator of the catalogue
-- reads:  survey.changes, protection.survey_shown
-- writes: out/survey_changes
-- units:  as in `unit`, scales and points to a tenth, shares to a hundredth; intervals come rounded outward, since verdicts
--         follow from them as they are told. A change is told only where the values of both waves may go out, since
--         from it and one of them the other follows.
with told as (
    select
        changes.*,
        before.indicator is null or after.indicator is null as withheld,
        if(unit = 'share', 2, 1) as digits
    from survey.changes
    left join protection.survey_shown as before
        on before.wave = changes.wave_before
        and before.area_type = changes.area_type
        and before.area_code = changes.area_code
        and before.indicator = changes.indicator
    left join protection.survey_shown as after
        on after.wave = changes.wave_after
        and after.area_type = changes.area_type
        and after.area_code = changes.area_code
        and after.indicator = changes.indicator
    where list_contains($indicators, changes.indicator)
)
select
    wave_before,
    wave_after,
    area_type,
    area_code,
    indicator,
    unit,
    if(withheld, null, round(change, digits)) as change,
    if(withheld, null, lower) as lower,
    if(withheld, null, upper) as upper,
    if(withheld, null, level) as level,
    if(withheld, null, margin) as margin,
    compared,
    if(withheld, '', verdict) as verdict,
    if(withheld, '', caution) as caution,
    if(withheld, 'withheld', reason_missing) as reason_missing
from told
order by all
