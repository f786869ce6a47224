-- grain:  one value: an area, an indicator and its keys
-- reads:  areas.values (of the rounded population), protection.persons, protection.counts, protection.survey_shown,
--         people.atoms, people.origins
-- writes: out/indicators
-- units:  as in `unit`; persons and households in $base and null under $shown_from, metres whole, scales to a tenth, shares and m2 to a
--         hundredth. Everything shown derives from the rounded population, never from true numbers. What no one home can
--         raise by less than five (the most there can be of people whose number is hidden) is rounded here.
with hidden as (
    -- At most so many of a group besides, of people whose number or age is not known; decimals, see `areas/access.sql`.
    select
        atoms.pc6,
        lower(hex(origins.h3_cell)) as h3,
        grouped.population_group,
        sum(cast(coalesce(grouped.highest, everybody.persons, everybody.highest, 0) as decimal(18, 6))) as most
    from protection.persons as grouped
    join protection.persons as everybody on everybody.atom_id = grouped.atom_id and everybody.population_group = 'all'
    join people.atoms on atoms.atom_id = grouped.atom_id
    join people.origins on origins.origin_id = atoms.origin_id
    where grouped.persons is null and not origins.is_beyond
    group by all
),
hidden_in_area as (
    select 'pc6' as area_type, pc6 as area_code, population_group, sum(most) as most from hidden group by all
    union all
    select 'h3', h3, population_group, sum(most) from hidden group by all
),
classed as (
    select
        counts.*,
        $count_words[1 + len(list_filter($count_bounds, lambda bound: rounded >= bound))] as count_class,
        rounded + coalesce(most, 0)
            >= coalesce(list_min(list_filter($count_bounds, lambda bound: rounded < bound)), 'inf'::double) as is_unknown
    from protection.counts
    left join hidden_in_area using (area_type, area_code, population_group)
    where counts.area_type in ('h3', 'pc6') and counts.population_group <> 'all'
),
left_out as (
    -- Sums that could not be told within five beside all others: nothing that rests on one goes out.
    select distinct area_type, area_code, population_group, profile
    from protection.counts
    where rounded is null and area_type not in ('h3', 'pc6')
),
publishable as (
    -- Cells and PC6 carry properties of the place only, never persons.
    select values_.*, left_out.area_code is not null as is_left_out
    from areas.values as values_
    left join left_out using (area_type, area_code, population_group, profile)
    where unit not in ('persons', 'households') or area_type not in ('h3', 'pc6')
),
told as (
    -- Of a survey value that may not go out nothing is told: not why, and not how many answered.
    select
        publishable.*
            exclude (is_left_out, value, lower, upper, lower_people, upper_people, lower_streets, upper_streets, lower_places,
                upper_places, lowest, highest, respondents, effective, design_effect, reliability, shrinkage, quality, quality_reason,
                reason_missing),
        if(withheld, null, columns('^(value|lower|upper|lowest|highest)(_[a-z]+)?$')),
        if(withheld, null, respondents) as respondents,
        if(withheld, null, effective) as effective,
        if(withheld, null, round(design_effect, 1)) as design_effect,
        -- To a tenth, so that an area's own mean cannot be worked out closely from that of the model.
        if(withheld, null, round(reliability, 1)) as reliability,
        if(withheld, null, round(shrinkage, 1)) as shrinkage,
        if(withheld, 'ok', quality) as quality,
        if(withheld, '', quality_reason) as quality_reason,
        if(withheld, 'withheld', reason_missing) as reason
    from (
        select
            values_.*,
            values_.is_left_out or (values_.respondents is not null and survey_shown.indicator is null) as withheld
        from publishable as values_
        left join protection.survey_shown
            on survey_shown.area_type = values_.area_type
            and survey_shown.area_code = values_.area_code
            and survey_shown.indicator = values_.indicator
            -- Values are of the last wave.
            and survey_shown.wave = (select max(wave) from protection.survey_shown)
    ) as publishable
),
rounded as (
    -- Every figure alike: the value, its bounds, and the parts of these.
    select
        columns(* exclude (value, lower, upper, lower_people, upper_people, lower_streets, upper_streets, lower_places, upper_places,
            lowest, highest)),
        case
            when unit in ('persons', 'households') then $base * floor(columns('^(value|lower|upper|lowest|highest)(_[a-z]+)?$') / $base + 0.5)
            when unit in ('0-10', 'points') then round(columns('^(value|lower|upper|lowest|highest)(_[a-z]+)?$'), 1)
            when unit in ('share', 'm2') then round(columns('^(value|lower|upper|lowest|highest)(_[a-z]+)?$'), 2)
            else round(columns('^(value|lower|upper|lowest|highest)(_[a-z]+)?$'))
        end
    from told
),
shown as (
    select
        *
            exclude (value, lower, upper, lower_people, upper_people, lower_streets, upper_streets, lower_places, upper_places,
                lowest, highest),
        if(
            unit in ('persons', 'households') and columns('^(value|lower|upper|lowest|highest)(_[a-z]+)?$') < $shown_from,
            null,
            columns('^(value|lower|upper|lowest|highest)(_[a-z]+)?$')
        ),
        unit in ('persons', 'households') and value < $shown_from as is_too_few
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
    case
        when lower is null and upper is null then ''
        -- By fives chance moves nobody here.
        when interval_kind = 'joint_90' and lower = upper then 'bounds'
        else interval_kind
    end as interval_kind,
    if(lower is null and upper is null and quality_reason <> 'lists_too_incomplete', '', unknown) as unknown,
    lower_people,
    upper_people,
    lower_streets,
    upper_streets,
    lower_places,
    upper_places,
    lowest,
    highest,
    unit,
    -- Under the least there may be it is withheld; of the model it may be told, and then as the least class.
    if(
        respondents is null,
        '',
        $respondent_words[greatest(1, len(list_filter($respondent_bounds, lambda bound: respondents >= bound)))]
    ) as n_class,
    if(
        effective is null,
        '',
        $respondent_words[greatest(1, len(list_filter($respondent_bounds, lambda bound: effective >= bound)))]
    ) as effective_class,
    design_effect,
    reliability,
    shrinkage,
    quality,
    quality_reason,
    if(coalesce(is_too_few, false), $count_words[1], '') as count_class,
    if(coalesce(is_too_few, false), 'too_few_people', reason) as reason_missing
from shown
union all
-- Of PC6 and cells no number of people goes out, only the class of each group of need.
select
    area_type,
    area_code,
    if(starts_with(population_group, 'hh_'), 'households', 'inhabitants'),
    '',
    '',
    '',
    population_group,
    period,
    null,
    null,
    null,
    '',
    '',
    null, null, null, null, null, null, null, null,
    if(starts_with(population_group, 'hh_'), 'households', 'persons'),
    '',
    '',
    null,
    null,
    null,
    'ok',
    '',
    if(rounded is null or is_unknown, '', count_class),
    case
        when rounded is null then 'withheld'
        when is_unknown then 'people_unknown'
        when rounded < $shown_from then 'too_few_people'
        else 'only_as_class'
    end
from classed
