-- grain:  one buurt, pc4, wijk or gemeente of which anyone may look up how many live there
-- reads:  sources.people_counts, sources.areas
-- writes: what `survey_cells` holds respondents against
-- units:  inhabitants. Of a wijk or gemeente the sum of its buurten, where all are known; $public names the kinds of unit
--         whose counts are open to everybody.
with counted as (
    select unit_type, unit_code, persons
    from sources.people_counts
    where population_group = 'all' and list_contains($public, unit_type)
),
buurten as (
    select areas.parent_code as wijk_code, wijken.parent_code as gemeente_code, counted.persons
    from sources.areas as areas
    left join counted on counted.unit_type = 'buurt' and counted.unit_code = areas.area_code
    left join sources.areas as wijken on wijken.area_type = 'wijk' and wijken.area_code = areas.parent_code
    where areas.area_type = 'buurt'
)
select unit_type as area_type, unit_code as area_code, persons
from counted
where unit_type in ('buurt', 'pc4') and persons is not null
union all
select 'wijk', wijk_code, sum(persons)
from buurten
where wijk_code is not null
group by wijk_code
having count(persons) = count(*)
union all
select 'gemeente', gemeente_code, sum(persons)
from buurten
where gemeente_code is not null
group by gemeente_code
having count(persons) = count(*)
order by all
