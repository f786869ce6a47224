-- grain:  one atom
-- reads:  people.atoms, people.origins, findings.minimum, sources.areas
-- writes: the parts that are rounded, for `population.py`
-- units:  part_id numbers the smallest parts: one H3 cell within one PC6 and one buurt, whose homes all stand alike with
--         every profile; levels (by the name of the profile) tell how they stand, see `parts.LEVELS`; '' no such area; beyond the
--         border there is no area at all
with standing as (
    select
        origin_id,
        list(
            case
                when is_below = 'yes' then 0
                when is_below_central = 'yes' then 1
                when is_below_central = 'unknown' then 2
                when is_below = 'unknown' then 3
                else 4
            end
            order by profile
        ) as levels,
        list(is_attached order by profile) as attached
    from findings.minimum
    group by origin_id
),
postcodes as (
    select area_type, area_code from sources.areas where area_type in ('pc6', 'pc4')
),
placed as (
    select
        atoms.atom_id,
        atoms.prior,
        atoms.weight,
        lower(hex(origins.h3_cell)) as h3,
        origins.is_beyond,
        if(origins.is_beyond, '', coalesce(pc6.area_code, '')) as pc6,
        if(origins.is_beyond, '', coalesce(pc4.area_code, '')) as pc4,
        if(origins.is_beyond, '', atoms.buurt_code) as buurt,
        if(origins.is_beyond, '', coalesce(buurten.parent_code, '')) as wijk,
        if(origins.is_beyond, '', coalesce(wijken.parent_code, '')) as gemeente,
        standing.levels,
        standing.attached
    from people.atoms
    join people.origins using (origin_id)
    join standing using (origin_id)
    left join postcodes as pc6 on pc6.area_type = 'pc6' and pc6.area_code = atoms.pc6
    left join postcodes as pc4 on pc4.area_type = 'pc4' and pc4.area_code = atoms.pc4
    left join sources.areas as buurten on buurten.area_type = 'buurt' and buurten.area_code = atoms.buurt_code
    left join sources.areas as wijken on wijken.area_type = 'wijk' and wijken.area_code = buurten.parent_code
)
select
    *,
    dense_rank() over (order by is_beyond, pc6, buurt, h3, pc4, wijk, gemeente, levels, attached) - 1 as part_id
from placed
order by atom_id
