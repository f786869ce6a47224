-- grain:  one atom in one area
-- reads:  people.origins, people.atoms, people.persons, sources.areas
-- writes: areas/membership
-- units:  weight, a share of the atom's origin. An origin within the border has a weight of 1 over all buurten, and so over
--         all wijken and gemeenten; over all PC4 and PC6 as far as these cover it. A postcode answers for itself through the
--         points that lie in it, so of a square that only touches it there is no row.
with inside as (
    select atoms.*, origins.h3_cell, origins.origin_type
    from people.atoms
    join people.origins using (origin_id)
    where not origins.is_beyond
),
inhabited as (
    -- A cell is shown when somebody may live there; the probe of a postcode makes no cell inhabited.
    select distinct inside.h3_cell
    from inside
    join people.persons using (atom_id)
    where inside.origin_type <> 'probe'
        and persons.population_group = 'all'
        and coalesce(persons.persons, 1) > 0
),
by_area as (
    select 'h3' as area_type, lower(hex(h3_cell)) as area_code, atom_id, origin_id, weight
    from inside
    where h3_cell in (select h3_cell from inhabited)
    union all
    select 'pc6', inside.pc6, atom_id, origin_id, weight
    from inside
    join sources.areas on areas.area_type = 'pc6' and areas.area_code = inside.pc6
    where inside.is_at_point
    union all
    select 'pc4', inside.pc4, atom_id, origin_id, weight
    from inside
    join sources.areas on areas.area_type = 'pc4' and areas.area_code = inside.pc4
    union all
    select 'buurt', buurt_code, atom_id, origin_id, weight
    from inside
    where buurt_code <> ''
    union all
    select 'wijk', buurten.parent_code, atom_id, origin_id, weight
    from inside
    join sources.areas as buurten on buurten.area_type = 'buurt' and buurten.area_code = inside.buurt_code
    union all
    select 'gemeente', wijken.parent_code, atom_id, origin_id, weight
    from inside
    join sources.areas as buurten on buurten.area_type = 'buurt' and buurten.area_code = inside.buurt_code
    join sources.areas as wijken on wijken.area_type = 'wijk' and wijken.area_code = buurten.parent_code
)
select * from by_area
