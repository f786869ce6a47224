-- grain:  one area, one population group: inhabitants, and per profile and distance those below the minimum
-- reads:  areas.membership, areas.draws, people.persons, findings.minimum, findings.sensitivity
-- writes: rows of areas/values (unprotected)
-- units:  persons, of groups hh_... households; summed as decimals (see access.sql). Where people or their ages are hidden,
--         as many may belong to the group as can live there: hence the upper bound. `value` is for whom nothing was found;
--         `lower` and `upper` hold all that is not known together, and the parts tell what of it is of people, of streets and of places.
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
standing as (
    select origin_id, profile, '' as threshold_m, is_below, is_below_central, is_below_hoped, is_attached from findings.minimum
    union all
    select origin_id, profile, threshold_m, is_below, is_below_central, is_below_hoped, is_attached from findings.sensitivity
),
-- Nothing was found; for who lives on no street nothing was looked for: nothing found, or something, nobody knows.
judged as (
    select
        homes.*,
        standing.profile,
        standing.threshold_m,
        standing.is_below,
        standing.is_below_central,
        standing.is_attached,
        standing.is_below_central <> 'no' and standing.is_attached as is_found_so,
        standing.is_below_hoped and standing.is_attached as is_hoped_so
    from homes
    join standing using (origin_id)
    where list_contains($asked, homes.population_group || ' ' || standing.profile)
),
below as (
    select
        area_type,
        area_code,
        population_group,
        profile,
        threshold_m,
        max(quality_reason) as quality_reason,
        coalesce(sum(persons) filter (where is_found_so), 0) as found,
        coalesce(sum(persons) filter (where is_below = 'yes'), 0) as surely,
        coalesce(sum(persons) filter (where is_below <> 'no'), 0) as perhaps,
        coalesce(sum(persons) filter (where is_hoped_so), 0) as hoped,
        coalesce(sum(persons) filter (where is_below_central = 'yes'), 0) as whatever_places,
        coalesce(sum(persons_at_most - persons) filter (where is_found_so), 0) as hidden_found,
        coalesce(sum(persons_at_most - persons) filter (where is_below <> 'no'), 0) as hidden_perhaps,
        sum(persons) as known_people,
        coalesce(sum(persons) filter (where is_attached), 0) = 0
            and coalesce(sum(persons) filter (where is_below_central <> 'no' and not is_attached), 0) > 0 as only_unsought,
        -- With every street as guessed it is unknown for want of lists of places, or of a street near enough.
        coalesce(sum(persons_at_most) filter (where is_below_central = 'unknown'), 0) > 0 as has_unknown_places,
        coalesce(sum(persons_at_most - persons) filter (where is_below <> 'no' and not is_masked), 0) > 0 as has_unknown_ages,
        coalesce(sum(persons_at_most) filter (where is_below <> 'no' and is_masked), 0) > 0 as has_unknown_people,
        bool_or(is_masked) as has_masked,
        sum(everybody) = 0 and bool_or(is_masked) as is_unknown
    from judged
    group by all
),
bounded as (
    select
        below.*,
        drawn.lower_people < drawn.upper_people or drawn.lower < drawn.upper as is_drawn,
        least(drawn.lower, surely) as lower,
        greatest(drawn.upper, perhaps) + hidden_perhaps as upper,
        least(drawn.lower_people, found) as lower_people,
        greatest(drawn.upper_people, found) + hidden_found as upper_people,
        least(drawn.lowest, drawn.lower, surely) as lowest,
        greatest(drawn.highest, drawn.upper, perhaps) + hidden_perhaps as highest
    from below
    left join areas.draws as drawn using (area_type, area_code, population_group, profile, threshold_m)
),
told as (
    -- A bound that takes in nearly everybody says only that too little is known, unless nearly everybody was found so.
    select
        *,
        perhaps >= $nearly_everybody * known_people and found < $nearly_everybody * known_people as is_unbounded
    from bounded
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
    if(is_unknown or persons_at_most = persons, '', 'bounds') as interval_kind,
    if(
        is_unknown,
        '',
        concat_ws(
            '+',
            if(has_unknown_ages, 'unknown_ages', null),
            if(has_masked and persons_at_most > persons, 'unknown_people', null)
        )
    ) as unknown,
    if(is_unknown or persons_at_most = persons, null, persons) as lower_people,
    if(is_unknown or persons_at_most = persons, null, persons_at_most) as upper_people,
    null as lower_streets,
    null as upper_streets,
    null as lower_places,
    null as upper_places,
    null as lowest,
    null as highest,
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
    threshold_m,
    population_group,
    if(is_unknown or only_unsought, null, found),
    if(is_unknown, null, lower),
    if(is_unknown or is_unbounded, null, upper),
    case when is_unknown then '' when is_drawn then 'joint_90' else 'bounds' end,
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
    if(is_unknown, null, lower_people),
    if(is_unknown, null, upper_people),
    if(is_unknown, null, hoped),
    if(is_unknown, null, perhaps),
    if(is_unknown, null, whatever_places),
    if(is_unknown, null, found),
    if(is_unknown, null, lowest),
    if(is_unknown or is_unbounded, null, highest),
    if(starts_with(population_group, 'hh_'), 'households', 'persons'),
    if(has_masked or has_unknown_ages or has_unknown_places or is_unbounded or quality_reason <> '', 'caution', 'ok'),
    case
        when is_unknown then quality_reason
        when is_unbounded then 'lists_too_incomplete'
        when quality_reason <> '' then quality_reason
        when has_unknown_places then 'unknown_place_kinds'
        else ''
    end,
    case when is_unknown then 'people_unknown' when only_unsought then 'not_attached' else '' end
from told
