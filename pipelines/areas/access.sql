-- grain:  one area, one measure of access (indicator, profile, kind of place, threshold)
-- reads:  areas.membership, people.origins, people.persons, reach.attachments, reach.legs, findings.nearness,
--         findings.minimum, findings.space, findings.cell_coverage
-- writes: rows of areas/values
-- units:  metres; counts of places; kinds of place (0-6); shares of 1; square metres; persons as decimals, whose sums do
--         not depend on the order of rows, so that the same input gives the same bytes. Medians and P90 are over
--         residents; where an H3 cell or PC6 has none known, over its points. A home without a place within the search
--         counts as infinitely far; a home of which a measure does not exist (null) does not count in it.
--         `value` is the central guess, `lower` and `upper` are the least and the greatest of the three bounds.
with homes as (
    select
        membership.area_type,
        membership.area_code,
        membership.origin_id,
        sum(cast(coalesce(persons.persons, 0) as decimal(18, 6))) as persons,
        sum(cast(membership.weight as decimal(18, 6))) as points
    from areas.membership
    join people.persons using (atom_id)
    where persons.population_group = 'all' and list_contains($area_types, membership.area_type)
    group by membership.area_type, membership.area_code, membership.origin_id
),
counted as (
    select
        *,
        sum(persons) over (partition by area_type, area_code) as area_persons,
        -- Grouping over numbers is several times as fast as over words; so is that of the measures below.
        dense_rank() over (order by area_type, area_code) as area_id
    from homes
),
coded as (
    select distinct area_id, area_type, area_code from counted
),
weighted as (
    select
        area_id,
        origin_id,
        case
            when area_persons > 0 then persons
            when area_type in ('h3', 'pc6') then points
            else 0
        end as weight
    from counted
),
counts as (
    unpivot (
        select origin_id, profile, bound, place_kind, delivered, is_attached,
            n_300m as "300", n_500m as "500", n_800m as "800", n_budget as "budget"
        from findings.nearness
    )
    on "300", "500", "800", "budget" into name threshold value places
),
kinds as (
    unpivot (
        select origin_id, profile, is_attached,
            n_types_lower as pessimistic, n_types_found as central, n_types_possible as possible,
            n_types_hoped as hoped, n_types_upper as optimistic
        from findings.minimum
    )
    on pessimistic, central, possible, hoped, optimistic into name bound value kinds
),
nearby as (
    select
        *,
        -- Where nobody told of benches they are unknown, not absent.
        case
            when 'not_delivered' in (delivered, $benches) then 'not_delivered'
            when 'partial' in (delivered, $benches) then 'partial'
            else 'complete'
        end as delivered_with_benches
    from findings.nearness
    where place_kind = ''
),
measures as (
    select 'dist_nearest_place' as indicator, origin_id, profile, bound, place_kind, '' as threshold_m, delivered,
        is_attached, coalesce(round(nearest_m), 'inf'::double) as measure
    from findings.nearness
    union all
    select 'n_places_reach', origin_id, profile, bound, place_kind, if(threshold = 'budget', '', threshold), delivered,
        is_attached, places::double
    from counts
    union all
    select 'n_types_reach', origin_id, profile, bound, '', '', 'complete', is_attached, kinds::double
    from kinds
    union all
    select 'barrier_penalty', origin_id, profile, bound, '', '', delivered, is_attached,
        -- Not all hang on the same street with and without wheels: a few reach more with them, which is no penalty.
        if(n_reference = 0, null, greatest(0, 1 - n_same_m / n_reference))
    from nearby
    where n_reference is not null and profile <> 'referentie'
    union all
    select 'rest_reach', origin_id, profile, bound, '', '', delivered_with_benches, is_attached, n_rested::double
    from nearby
    where n_rested is not null
    union all
    select 'rest_gap', origin_id, profile, bound, '', '', delivered_with_benches, is_attached,
        if(n_budget = 0, null, 1 - n_rested / n_budget)
    from nearby
    where n_rested is not null
    union all
    select 'seat_spacing', legs.origin_id, legs.profile, legs.bound, '', '', nearby.delivered_with_benches, true, legs.leg_m
    from reach.legs
    join nearby using (origin_id, profile, bound)
    where nearby.n_rested is not null
    union all
    select 'n_places_way_back_over', origin_id, profile, bound, '', '', delivered, is_attached, n_back_over::double
    from nearby
    where n_back_over is not null
    union all
    select 'e2sfca_indoor', origin_id, profile, bound, '', '', delivered, is_attached, floor_m2
    from findings.space
    union all
    select 'snap_distance', point_id, profile, 'central', '', '', 'complete', edge_id is not null, snap_m
    from reach.attachments
    where point_type = 'origin'
    union all
    select 'data_coverage', origins.origin_id, '', 'central', '', '', 'complete', true, cell_coverage.known_share
    from people.origins
    join findings.cell_coverage using (h3_cell)
    union all
    select 'data_coverage_crossings', origins.origin_id, '', 'central', '', '', 'complete', true,
        cell_coverage.known_crossings
    from people.origins
    join findings.cell_coverage using (h3_cell)
),
keys as (
    select *, row_number() over (order by indicator, profile, bound, place_kind, threshold_m, delivered) as key_id
    from (select distinct indicator, profile, bound, place_kind, threshold_m, delivered from measures)
),
numbered as (
    select keys.key_id, measures.origin_id, measures.is_attached and measures.measure is not null as is_known, measures.measure,
        measures.is_attached
    from measures
    join keys using (indicator, profile, bound, place_kind, threshold_m, delivered)
),
spread as (
    select
        weighted.area_id,
        numbered.key_id,
        numbered.measure,
        sum(weighted.weight) as all_weight,
        sum(weighted.weight) filter (where numbered.is_attached) as attached_weight,
        sum(weighted.weight) filter (where numbered.is_known) as weight
    from weighted
    join numbered using (origin_id)
    group by all
),
ranked as (
    select
        *,
        sum(weight) over (keys order by measure rows unbounded preceding) as weight_up_to,
        sum(weight) over keys as key_weight
    from spread
    window keys as (partition by area_id, key_id)
),
summarised as (
    select
        area_id,
        key_id,
        sum(all_weight) as area_weight,
        coalesce(sum(attached_weight), 0) as attached_weight,
        coalesce(max(key_weight), 0) as known_weight,
        min(measure) filter (where weight > 0 and 2 * weight_up_to >= key_weight) as median,
        min(measure) filter (where weight > 0 and 10 * weight_up_to >= 9 * key_weight) as p90
    from ranked
    group by all
),
answers as (
    select coded.area_type, coded.area_code, keys.* exclude (key_id), summarised.* exclude (area_id, key_id)
    from summarised
    join coded using (area_id)
    join keys using (key_id)
),
chosen as (
    select * exclude (median, p90), if(indicator = 'seat_spacing', p90, median) as answer
    from answers
    where indicator <> 'e2sfca_indoor' or area_type not in ('h3', 'pc6')
    union all
    select * exclude (median, p90) replace ('dist_nearest_place_p90' as indicator), p90
    from answers
    where indicator = 'dist_nearest_place' and area_type not in ('h3', 'pc6')
),
bounded as (
    select
        area_type,
        area_code,
        indicator,
        profile,
        place_kind,
        threshold_m,
        any_value(delivered) as delivered,
        max(area_weight) as area_weight,
        max(attached_weight) as attached_weight,
        max(known_weight) as known_weight,
        max(answer) filter (where bound = 'central') as central,
        max(answer) filter (where bound = 'possible') as possible,
        min(answer) as least,
        max(answer) as greatest,
        min(answer) filter (where bound not in ('possible', 'optimistic') or indicator <> 'n_types_reach') as least_by_streets,
        max(answer) filter (where bound not in ('possible', 'optimistic') or indicator <> 'n_types_reach') as greatest_by_streets,
        count(*) > 1 as is_bounded,
        case
            when starts_with(indicator, 'dist_') or indicator in ('seat_spacing', 'snap_distance') then 'm'
            when starts_with(indicator, 'n_types_') then 'kinds'
            when indicator in ('n_places_reach', 'rest_reach', 'n_places_way_back_over') then 'n'
            when indicator = 'e2sfca_indoor' then 'm2'
            else 'share'
        end as unit
    from chosen
    group by all
),
known as (
    select
        *,
        known_weight > 0 and delivered <> 'not_delivered' as is_answered,
        -- A place or seat that nobody told of may lie nearer than any other; it may add to a number, never take from one.
        delivered = 'partial' and (starts_with(indicator, 'dist_') or indicator = 'seat_spacing') as may_be_nearer,
        delivered = 'partial' and unit in ('n', 'm2') as may_be_more,
        coalesce(possible > central, false) as may_be_kinds,
        -- Of so few a rounded five moves the middle one, and the ninth of ten is nobody. Cells and PC6 tell of the place.
        area_weight > 0 and area_weight < $fewest_residents and area_type not in ('h3', 'pc6') as are_too_few
    from bounded
),
answered as (
    select
        * replace (is_answered and not are_too_few as is_answered),
        is_bounded and isfinite(least) as has_least,
        is_bounded and isfinite(greatest) as has_greatest
    from known
)
select
    area_type,
    area_code,
    indicator,
    profile,
    place_kind,
    threshold_m,
    '' as population_group,
    if(is_answered and isfinite(central), central, null) as value,
    case
        when not is_answered then null
        when may_be_nearer then 0
        when has_least or (may_be_more and isfinite(least)) then least
    end as lower,
    case
        when not is_answered or may_be_more then null
        when has_greatest or (may_be_nearer and isfinite(greatest)) then greatest
    end as upper,
    if(is_answered and (has_least or has_greatest or may_be_nearer or may_be_more), 'bounds', '') as interval_kind,
    if(
        is_answered,
        concat_ws(
            '+',
            if(may_be_nearer or may_be_more or may_be_kinds, 'unknown_places', null),
            if(is_bounded and (isfinite(least) or may_be_nearer), 'unknown_streets', null)
        ),
        ''
    ) as unknown,
    null as lower_people,
    null as upper_people,
    if(is_answered and is_bounded and isfinite(least_by_streets), least_by_streets, null) as lower_streets,
    if(is_answered and is_bounded and isfinite(greatest_by_streets), greatest_by_streets, null) as upper_streets,
    case
        when not is_answered or not isfinite(central) then null
        when may_be_nearer then 0
        when may_be_more or may_be_kinds then central
    end as lower_places,
    case
        when not is_answered or not isfinite(central) then null
        when may_be_nearer then central
        when may_be_kinds then possible
    end as upper_places,
    null as lowest,
    null as highest,
    unit,
    if(delivered = 'complete' and not may_be_kinds, 'ok', 'caution') as quality,
    case
        when not is_answered or (delivered = 'complete' and not may_be_kinds) then ''
        when indicator = 'e2sfca_indoor' then 'floor_unknown'
        when indicator in ('rest_reach', 'rest_gap', 'seat_spacing') and $benches <> 'complete' then 'benches_unknown'
        else 'unknown_place_kinds'
    end as quality_reason,
    case
        when delivered = 'not_delivered'
            then case
                when indicator = 'e2sfca_indoor' then 'floor_unknown'
                when indicator in ('rest_reach', 'rest_gap', 'seat_spacing') and $benches = 'not_delivered' then 'benches_unknown'
                else 'unknown_place_kinds'
            end
        when area_weight = 0 then 'no_residents'
        when are_too_few then 'too_few_residents'
        when attached_weight = 0 then 'not_attached'
        when starts_with(indicator, 'data_coverage') and known_weight = 0 then 'no_street'
        when known_weight = 0 or not isfinite(central) then 'no_place_within_search'
        else ''
    end as reason_missing
from answered
union all
select
    area_type,
    area_code,
    'share_not_attached',
    profile,
    '',
    '',
    '',
    if(area_weight > 0 and not are_too_few, round(1 - attached_weight / area_weight, 6), null),
    null,
    null,
    '',
    '',
    null, null, null, null, null, null, null, null,
    'share',
    'ok',
    '',
    case when area_weight = 0 then 'no_residents' when are_too_few then 'too_few_residents' else '' end
from answered
where indicator = 'snap_distance'
