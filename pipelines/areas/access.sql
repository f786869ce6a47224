-- grain:  one area, one measure of access (indicator, profile, kind of place, threshold)
-- reads:  areas.membership, people.persons, findings.nearness, findings.minimum
-- writes: rows of areas/values
-- units:  metres; counts of places; kinds of place (0-6); persons as decimals, whose sums do not depend on the order of
--         rows, so that the same input gives the same bytes. The median and P90 are over residents; where an H3 cell or
--         PC6 has none known, over its points. A home without a place within the search counts as infinitely far.
with homes as (
    select
        membership.area_type,
        membership.area_code,
        membership.origin_id,
        cast(membership.weight * coalesce(persons.persons, 0) as decimal(18, 6)) as persons
    from areas.membership
    join people.persons using (origin_id)
    where persons.population_group = 'all'
),
counted as (
    select *, sum(persons) over (partition by area_type, area_code) as area_persons
    from homes
),
weighted as (
    select
        area_type,
        area_code,
        origin_id,
        case
            when area_persons > 0 then persons
            when area_type in ('h3', 'pc6') then 1
            else 0
        end as weight
    from counted
),
distances as (
    select origin_id, profile, place_kind, delivered, is_attached, coalesce(round(nearest_m), 'inf'::double) as distance_m
    from findings.nearness
),
counts as (
    unpivot (
        select origin_id, profile, place_kind, delivered, is_attached,
            n_300m as "300", n_500m as "500", n_800m as "800", n_budget as "budget"
        from findings.nearness
    )
    on "300", "500", "800", "budget" into name threshold value places
),
measures as (
    select 'dist_nearest_place' as indicator, origin_id, profile, place_kind, '' as threshold_m, delivered, is_attached,
        distance_m as measure
    from distances
    union all
    select 'n_places_reach', origin_id, profile, place_kind, if(threshold = 'budget', '', threshold), delivered,
        is_attached, places::double
    from counts
    union all
    select 'n_types_lower', origin_id, profile, '', '', 'complete', is_attached, n_types_lower::double
    from findings.minimum
    union all
    select 'n_types_upper', origin_id, profile, '', '', 'complete', is_attached, n_types_upper::double
    from findings.minimum
),
spread as (
    select
        weighted.area_type,
        weighted.area_code,
        measures.indicator,
        measures.profile,
        measures.place_kind,
        measures.threshold_m,
        measures.delivered,
        measures.measure,
        sum(weighted.weight) as all_weight,
        sum(weighted.weight) filter (where measures.is_attached) as weight
    from weighted
    join measures using (origin_id)
    group by all
),
ranked as (
    select
        *,
        sum(weight) over (keys order by measure rows unbounded preceding) as weight_up_to,
        sum(weight) over keys as attached_weight,
        sum(all_weight) over keys as area_weight
    from spread
    window keys as (partition by area_type, area_code, indicator, profile, place_kind, threshold_m)
),
summarised as (
    select
        area_type, area_code, indicator, profile, place_kind, threshold_m,
        any_value(delivered) as delivered,
        max(area_weight) as area_weight,
        coalesce(max(attached_weight), 0) as attached_weight,
        min(measure) filter (where weight > 0 and 2 * weight_up_to >= attached_weight) as median,
        min(measure) filter (where weight > 0 and 10 * weight_up_to >= 9 * attached_weight) as p90
    from ranked
    group by all
),
kinds_in_reach as (
    select
        area_type, area_code, profile,
        max(area_weight) as area_weight,
        max(attached_weight) as attached_weight,
        max(median) filter (where indicator = 'n_types_lower') as lower,
        max(median) filter (where indicator = 'n_types_upper') as upper
    from summarised
    where indicator in ('n_types_lower', 'n_types_upper')
    group by all
),
answers as (
    select area_type, area_code, indicator, profile, place_kind, threshold_m, delivered, area_weight, attached_weight,
        median as answer
    from summarised
    where indicator in ('dist_nearest_place', 'n_places_reach')
    union all
    select area_type, area_code, 'dist_nearest_place_p90', profile, place_kind, threshold_m, delivered, area_weight,
        attached_weight, p90
    from summarised
    where indicator = 'dist_nearest_place' and area_type not in ('h3', 'pc6')
),
known as (
    select
        *,
        delivered = 'not_delivered' as is_unknown,
        area_weight > 0 and attached_weight > 0 and delivered <> 'not_delivered' as is_answered,
        if(isfinite(answer), answer, null) as finite_answer
    from answers
)
select
    area_type,
    area_code,
    indicator,
    profile,
    place_kind,
    threshold_m,
    '' as population_group,
    if(is_answered, finite_answer, null) as value,
    case
        when not is_answered or delivered = 'complete' then null
        when indicator = 'n_places_reach' then finite_answer
        else 0
    end as lower,
    if(is_answered and delivered = 'partial' and indicator <> 'n_places_reach', finite_answer, null) as upper,
    if(is_answered and delivered = 'partial', 'unknown_places', '') as interval_kind,
    if(indicator = 'n_places_reach', 'n', 'm') as unit,
    if(delivered = 'complete', 'ok', 'caution') as quality,
    case
        when is_unknown then 'unknown_place_kinds'
        when area_weight = 0 then 'no_residents'
        when attached_weight = 0 then 'not_attached'
        when finite_answer is null then 'no_place_within_search'
        else ''
    end as reason_missing
from known
union all
select
    area_type,
    area_code,
    'n_types_reach',
    profile,
    '',
    '',
    '',
    if(lower = upper, lower, null),
    lower,
    upper,
    if(lower is null, '', 'unknown_places'),
    'kinds',
    if(lower = upper, 'ok', 'caution'),
    case
        when area_weight = 0 then 'no_residents'
        when attached_weight = 0 then 'not_attached'
        when lower < upper then 'unknown_place_kinds'
        else ''
    end
from kinds_in_reach
