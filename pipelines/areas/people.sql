-- grain:  one area, one population group: inhabitants, and per profile those below the minimum
-- reads:  areas.membership, areas.draws, people.persons, findings.minimum
-- writes: rows of areas/values (unprotected)
-- units:  persons, of groups hh_... households; summed as decimals (see access.sql). Where people or their ages are hidden,
--         as many may belong to the group as can live there: hence the upper bound.
with homes as (
    select
        membership.area_type,
        membership.area_code,
        membership.origin_id,
        grouped.population_group,
        grouped.quality_reason,
        cast(coalesce(grouped.persons, 0) as decimal(18, 6)) as persons,
        cast(
            coalesce(grouped.persons, grouped.highest, everybody.persons, everybody.highest, 0) as decimal(18, 6)
        ) as persons_at_most,
        cast(coalesce(everybody.persons, 0) as decimal(18, 6)) as everybody,
        everybody.persons is null as is_masked
    from areas.membership
    join people.persons as grouped using (atom_id)
    join people.persons as everybody
        on everybody.atom_id = membership.atom_id and everybody.population_group = 'all'
    where membership.area_type not in ('h3', 'pc6')
),
inhabitants as (
    select
        area_type, area_code, population_group,
        max(quality_reason) as quality_reason,
        sum(persons) as persons,
        sum(persons_at_most) as persons_at_most,
        sum(persons_at_most - persons) filter (where not is_masked) > 0 as has_unknown_ages,
        bool_or(is_masked) as has_masked,
        -- Nobody known, and somewhere the number is hidden: then it is unknown, not zero.
        sum(everybody) = 0 and bool_or(is_masked) as is_unknown
    from homes
    group by all
),
drawn as (
    -- Where every block of homes lies wholly near or far, chance moves nobody: then there is no interval to tell.
    select * from areas.draws where upper > lower
),
below as (
    select
        homes.area_type,
        homes.area_code,
        homes.population_group,
        minimum.profile,
        max(homes.quality_reason) as quality_reason,
        coalesce(sum(homes.persons) filter (where minimum.is_below_central = 'yes'), 0) as persons,
        coalesce(
            sum(homes.persons) filter (where minimum.is_below_central <> 'no' and minimum.is_attached), 0
        ) as persons_not_found,
        -- For whom nothing was looked for, as their home hangs on no street: nothing found, or something, nobody knows.
        coalesce(
            sum(homes.persons) filter (where minimum.is_below_central <> 'no' and not minimum.is_attached), 0
        ) as persons_unsought,
        coalesce(sum(homes.persons) filter (where minimum.is_attached), 0) as persons_sought,
        coalesce(sum(homes.persons) filter (where minimum.is_below = 'yes'), 0) as persons_at_least,
        coalesce(sum(homes.persons_at_most) filter (where minimum.is_below <> 'no'), 0) as persons_at_most,
        -- With every street as guessed it is unknown for want of lists of places, or of a street near enough.
        coalesce(sum(homes.persons_at_most) filter (where minimum.is_below_central = 'unknown'), 0) > 0 as has_unknown_places,
        coalesce(
            sum(homes.persons_at_most - homes.persons) filter (where minimum.is_below <> 'no' and not homes.is_masked), 0
        ) > 0 as has_unknown_ages,
        coalesce(
            sum(homes.persons_at_most) filter (where minimum.is_below <> 'no' and homes.is_masked), 0
        ) > 0 as has_unknown_people,
        coalesce(bool_and(not minimum.is_attached) filter (where minimum.is_below_central = 'unknown'), false) as only_unattached,
        bool_or(homes.is_masked) as has_masked,
        sum(homes.everybody) = 0 and bool_or(homes.is_masked) as is_unknown
    from homes
    join findings.minimum using (origin_id)
    where list_contains($asked, homes.population_group || ' ' || minimum.profile)
    group by all
)
select
    area_type,
    area_code,
    if(starts_with(population_group, 'hh_'), 'households', 'inhabitants') as indicator,
    '' as profile,
    '' as place_kind,
    '' as threshold_m,
    population_group,
    if(is_unknown, null, persons) as value,
    if(is_unknown or persons_at_most = persons, null, persons) as lower,
    if(is_unknown or persons_at_most = persons, null, persons_at_most) as upper,
    if(
        is_unknown,
        '',
        concat_ws(
            '+',
            if(has_unknown_ages, 'unknown_ages', null),
            if(has_masked and persons_at_most > persons, 'unknown_people', null)
        )
    ) as interval_kind,
    if(starts_with(population_group, 'hh_'), 'households', 'persons') as unit,
    if(has_masked or persons_at_most > persons or quality_reason <> '', 'caution', 'ok') as quality,
    quality_reason,
    if(is_unknown, 'people_unknown', '') as reason_missing
from inhabitants
union all
select
    area_type,
    area_code,
    if(starts_with(population_group, 'hh_'), 'households_below_min', 'people_below_min'),
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
            if(has_unknown_people, 'unknown_people', null),
            if(has_unknown_places, 'unknown_places', null),
            'unknown_streets'
        )
    ),
    if(starts_with(population_group, 'hh_'), 'households', 'persons'),
    if(has_masked or has_unknown_ages or has_unknown_places or quality_reason <> '', 'caution', 'ok'),
    quality_reason,
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
    if(starts_with(population_group, 'hh_'), 'households_none_found', 'people_none_found'),
    profile,
    '',
    '',
    population_group,
    if(is_unknown or only_unsought, null, persons_not_found),
    if(is_unknown, null, least(drawn.lower, persons_not_found)),
    if(is_unknown, null, greatest(drawn.upper, persons_not_found) + persons_unsought),
    if(
        is_unknown,
        '',
        concat_ws(
            '+', if(drawn.lower is null, null, 'draws_90'), if(persons_unsought > 0, 'unknown_streets', null)
        )
    ),
    if(starts_with(population_group, 'hh_'), 'households', 'persons'),
    if(has_masked or has_unknown_ages or has_unknown_places or quality_reason <> '', 'caution', 'ok'),
    quality_reason,
    case when is_unknown then 'people_unknown' when only_unsought then 'not_attached' else '' end
from (select *, persons_sought = 0 and persons_unsought > 0 as only_unsought from below) as below
left join drawn using (area_type, area_code, population_group, profile)
