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
        coalesce(sum(homes.persons) filter (where minimum.is_below_central = 'yes'), 0) as persons,
        coalesce(sum(homes.persons) filter (where minimum.is_below_central <> 'no'), 0) as persons_not_found,
        coalesce(sum(homes.persons) filter (where minimum.is_below = 'yes'), 0) as persons_at_least,
        coalesce(sum(homes.persons_at_most) filter (where minimum.is_below <> 'no'), 0) as persons_at_most,
        -- With every street as guessed it is unknown for want of lists of places, or of a street near enough.
        coalesce(sum(homes.persons_at_most) filter (where minimum.is_below_central = 'unknown'), 0) > 0 as has_unknown_places,
        coalesce(sum(homes.persons_at_most - homes.persons) filter (where minimum.is_below <> 'no'), 0) > 0 as has_unknown_ages,
        coalesce(bool_and(not minimum.is_attached) filter (where minimum.is_below_central = 'unknown'), false) as only_unattached,
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
    if(has_unknown_places or is_unknown, null, persons),
    if(is_unknown, null, persons_at_least),
    if(is_unknown, null, persons_at_most),
    if(
        is_unknown,
        '',
        concat_ws(
            '+',
            if(has_unknown_ages, 'unknown_ages', null),
            if(has_unknown_places, 'unknown_places', null),
            'unknown_streets'
        )
    ),
    'persons',
    if(has_masked or has_unknown_ages or has_unknown_places, 'caution', 'ok'),
    case
        when is_unknown then 'people_unknown'
        when not has_unknown_places then ''
        when only_unattached then 'not_attached'
        else 'unknown_place_kinds'
    end
from below
union all
select
    area_type,
    area_code,
    'people_none_found',
    profile,
    '',
    '',
    population_group,
    if(is_unknown, null, persons_not_found),
    null,
    null,
    '',
    'persons',
    if(has_masked or has_unknown_ages or has_unknown_places, 'caution', 'ok'),
    if(is_unknown, 'people_unknown', '')
from below
