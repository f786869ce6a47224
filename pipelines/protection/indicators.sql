-- grain:  one value: an area, an indicator and its keys
-- reads:  areas.values
-- writes: out/indicators
-- units:  as in `unit`; persons and households rounded to 5 and null under 10, metres whole, scales to a tenth, shares and m2 to a hundredth.
--         Everything shown derives from the rounded numbers, never from the true ones.
with publishable as (
    -- Cells and PC6 carry properties of the place only, never persons.
    select *
    from areas.values
    where unit not in ('persons', 'households') or area_type not in ('h3', 'pc6')
),
rounded as (
    select
        * exclude (value, lower, upper, respondents, reason_missing),
        reason_missing as reason,
        case unit
            when 'persons' then 5 * floor(value / 5 + 0.5)
            when 'households' then 5 * floor(value / 5 + 0.5)
            when '0-10' then round(value, 1)
            when 'share' then round(value, 2)
            when 'm2' then round(value, 2)
            else round(value)
        end as rounded_value,
        case unit
            when 'persons' then 5 * floor(lower / 5 + 0.5)
            when 'households' then 5 * floor(lower / 5 + 0.5)
            when '0-10' then round(lower, 1)
            when 'share' then round(lower, 2)
            when 'm2' then round(lower, 2)
            else round(lower)
        end as rounded_lower,
        case unit
            when 'persons' then 5 * floor(upper / 5 + 0.5)
            when 'households' then 5 * floor(upper / 5 + 0.5)
            when '0-10' then round(upper, 1)
            when 'share' then round(upper, 2)
            when 'm2' then round(upper, 2)
            else round(upper)
        end as rounded_upper,
        5 * floor(respondents / 5 + 0.5) as rounded_respondents
    from publishable
),
shown as (
    select
        *,
        if(unit in ('persons', 'households') and rounded_value < 10, null, rounded_value) as value,
        if(unit in ('persons', 'households') and rounded_lower < 10, null, rounded_lower) as lower,
        if(unit in ('persons', 'households') and rounded_upper < 10, null, rounded_upper) as upper,
        unit in ('persons', 'households') and rounded_value < 10 as is_too_few
    from rounded
)
select
    area_type,
    area_code,
    indicator,
    profile,
    place_kind,
    threshold_m,
    population_group,
    period,
    value,
    lower,
    upper,
    if(lower is null and upper is null, '', interval_kind) as interval_kind,
    unit,
    case
        when rounded_respondents is null then ''
        when rounded_respondents < 10 then '<10'
        -- A suppressed value says no more than that it had under 30: 28 and 29 round to 30.
        when rounded_respondents < 30 or reason = 'too_few_respondents' then '10-29'
        when rounded_respondents < 100 then '30-99'
        else '100+'
    end as n_class,
    quality,
    quality_reason,
    if(coalesce(is_too_few, false), 'too_few_people', reason) as reason_missing
from shown
