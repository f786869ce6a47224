-- grain:  one figure of how far residents of an area lie apart on one scale of the catalogue
-- reads:  survey.dispersion, protection.survey_shown
-- writes: out/survey_dispersion
-- units:  as in `unit`, points to a tenth, shares to a hundredth, intervals outward; of the last wave. A figure is told
--         only beside the mean of its area, and of that which may not go out nothing is told, not even why.
with told as (
    select
        dispersion.*,
        mean.indicator is null or own.indicator is null as withheld,
        if(dispersion.unit = 'share', 100, 10) as steps
    from survey.dispersion
    left join protection.survey_shown as mean
        on mean.wave = dispersion.wave
        and mean.area_type = dispersion.area_type
        and mean.area_code = dispersion.area_code
        and mean.indicator = dispersion.indicator
    left join protection.survey_shown as own
        on own.wave = dispersion.wave
        and own.area_type = dispersion.area_type
        and own.area_code = dispersion.area_code
        and own.indicator = concat_ws('/', dispersion.indicator, dispersion.statistic, nullif(dispersion.feature, ''))
        and (dispersion.category = '' or own.category = dispersion.category)
    where list_contains($indicators, dispersion.indicator)
        -- The name of a group that is told nowhere may be one that hardly anybody has.
        and (
            dispersion.category = '' or exists (
                select 1
                from protection.survey_shown as shown
                where shown.wave = dispersion.wave
                    and shown.indicator = concat_ws('/', dispersion.indicator, dispersion.statistic, dispersion.feature)
                    and shown.category = dispersion.category
            )
        )
)
select
    wave,
    area_type,
    area_code,
    indicator,
    statistic,
    feature,
    category,
    unit,
    if(withheld or verdict = 'not', null, round(value * steps) / steps) as value,
    if(withheld or verdict = 'not', null, floor(lower * steps + 1e-9) / steps) as lower,
    if(withheld or verdict = 'not', null, ceil(upper * steps - 1e-9) / steps) as upper,
    -- Under the least of which a figure goes out the class would tell how small a group is.
    if(
        withheld or respondents < $respondent_bounds[1],
        '',
        $respondent_words[len(list_filter($respondent_bounds, lambda bound: respondents >= bound))]
    ) as n_class,
    if(not withheld and verdict = 'caution', 'caution', 'ok') as quality,
    if(not withheld and verdict = 'caution', reason, '') as quality_reason,
    case when withheld then 'withheld' when verdict = 'not' then reason else '' end as reason_missing
from told
order by all
