-- grain:  one origin in one area
-- reads:  people.origins, people.persons, sources.areas
-- writes: areas/membership
-- units:  weight, a share of 1
with inhabited as (
    -- A cell is shown when somebody may live there; the probe of a postcode makes no cell inhabited.
    select distinct origins.h3_cell
    from people.origins
    join people.persons using (origin_id)
    where origins.origin_type <> 'probe'
        and persons.population_group = 'all'
        and coalesce(persons.persons, 1) > 0
),
by_area as (
    select 'h3' as area_type, lower(hex(h3_cell)) as area_code, origin_id
    from people.origins
    where h3_cell in (select h3_cell from inhabited)
    union all
    select 'pc6', origins.pc6, origins.origin_id
    from people.origins
    join sources.areas on areas.area_type = 'pc6' and areas.area_code = origins.pc6
    union all
    select 'pc4', origins.pc4, origins.origin_id
    from people.origins
    join sources.areas on areas.area_type = 'pc4' and areas.area_code = origins.pc4
    union all
    select 'buurt', origins.buurt_code, origins.origin_id
    from people.origins
    where origins.buurt_code <> ''
    union all
    select 'wijk', buurten.parent_code, origins.origin_id
    from people.origins
    join sources.areas as buurten on buurten.area_type = 'buurt' and buurten.area_code = origins.buurt_code
    union all
    select 'gemeente', wijken.parent_code, origins.origin_id
    from people.origins
    join sources.areas as buurten on buurten.area_type = 'buurt' and buurten.area_code = origins.buurt_code
    join sources.areas as wijken on wijken.area_type = 'wijk' and wijken.area_code = buurten.parent_code
)
select area_type, area_code, origin_id, 1.0::double as weight
from by_area
