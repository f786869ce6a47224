-- grain:  one area, one population group: inhabitants, and per profile those below the minimum
-- reads:  areas.membership, people.persons, findings.minimum
-- writes: rows of areas/values (unprotected)
-- units:  persons, summed as decimals (see access.sql). Where ages are hidden, everybody at that origin may belong to the group: hence the upper bound.
with homes as (
    select
        membership.area_type,
        membership.area_code,
        membership.origin_id,
        grouped.population_group,
        cast(coalesce(grouped.persons, 0) * membership.weight as decimal(18, 6)) as persons,
        cast(coalesce(grouped.persons, everybody.persons, 0) * membership.weight as decimal(18, 6)) as persons_at_most,
        everybody.persons is null as is_masked
    from areas.membership
    join people.persons as grouped using (origin_id)
    join people.persons as everybody
        on everybody.origin_id = membership.origin_id and everybody.population_group = 'all'
    where membership.area_type not in ('h3', 'pc6')
),
inhabitants as (
    select
        area_type, area_code, population_group,
        sum(persons) as persons,
        sum(persons_at_most) as persons_at_most,
        bool_or(is_masked) as has_masked,
        -- Nobody known, and somewhere the number is hidden: then it is unknown, not zero.
        sum(persons_at_most) = 0 and bool_or(is_masked) as is_unknown
    from homes
    group by all
),
below as (
    select
        homes.area_type,
        homes.area_code,
        homes.population_group,
        minimum.profile,
        coalesce(sum(homes.persons) filter (where minimum.is_below = 'yes'), 0) as persons,
        coalesce(sum(homes.persons_at_most) filter (where minimum.is_below <> 'no'), 0) as persons_at_most,
        coalesce(sum(homes.persons_at_most) filter (where minimum.is_below = 'unknown'), 0) > 0 as has_unknown,
        coalesce(bool_and(not minimum.is_attached) filter (where minimum.is_below = 'unknown'), false) as only_unattached,
        bool_or(homes.is_masked) as has_masked,
        sum(homes.persons_at_most) = 0 and bool_or(homes.is_masked) as is_unknown
    from homes
    join findings.minimum using (origin_id)
    group by all
)
select
    area_type,
    area_code,
    'inhabitants' as indicator,
    '' as profile,
    '' as place_kind,
    '' as threshold_m,
    population_group,
    if(is_unknown, null, persons) as value,
    if(persons_at_most > persons, persons, null) as lower,
    if(persons_at_most > persons, persons_at_most, null) as upper,
    if(persons_at_most > persons, 'unknown_ages', '') as interval_kind,
    'persons' as unit,
    if(has_masked or persons_at_most > persons, 'caution', 'ok') as quality,
    if(is_unknown, 'people_unknown', '') as reason_missing
from inhabitants
union all
select
    area_type,
    area_code,
    'people_below_min',
    profile,
    '',
    '',
    population_group,
    if(has_unknown or is_unknown, null, persons),
    if(persons_at_most > persons, persons, null),
    if(persons_at_most > persons, persons_at_most, null),
    case
        when has_unknown then 'unknown_places'
        when persons_at_most > persons then 'unknown_ages'
        else ''
    end,
    'persons',
    if(has_masked or persons_at_most > persons, 'caution', 'ok'),
    case
        when is_unknown then 'people_unknown'
        when not has_unknown then ''
        when only_unattached then 'not_attached'
        else 'unknown_place_kinds'
    end
from below
