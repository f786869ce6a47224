-- grain:  one origin, one profile, one bound
-- reads:  people.persons, reach.attachments, reach.pairs, places.register, places.functions,
--         places.completeness, streets.budgets
-- writes: findings/space
-- units:  square metres of floor per person, by the enhanced two-step floating catchment area (E2SFCA): a place shares its
--         floor among all who reach it, the near ones weighing most; a home adds up its shares. The weight falls along a
--         Gaussian from 1 at the door to 0 at the budget (Dai, 2010, Health & Place 16:1038-1052). Sums are of whole
--         billionths, as these do not depend on the order of rows.
with budgets as (
    select *, coalesce(budget_m, budget_s * speed_m_per_s) as same_m from streets.budgets
),
booklet as (
    from places.register semi join (from places.functions where is_booklet) as counted using (place_id)
),
floors as (
    select place_id, floor_area_m2 from booklet where floor_area_m2 > 0
),
known as (
    -- A place outdoors has no floor; of the others, those of unknown floor may add to what is found.
    select case
        when not exists (from floors) then 'not_delivered'
        when exists (from booklet where floor_area_m2 is null and not list_contains($out_of_doors, place_kind))
            or exists (
                from places.completeness
                where is_booklet and delivered <> 'complete' and not list_contains($out_of_doors, place_kind)
            )
            then 'partial'
        else 'complete'
    end as delivered
),
residents as (
    select origin_id, sum(cast(round(1000 * coalesce(persons, 0)) as bigint)) as thousandths
    from people.persons
    where population_group = 'all'
    group by origin_id
),
-- Asked for twice, and cheaper to work out twice than to keep.
near as not materialized (
    select
        pairs.profile,
        pairs.bound,
        pairs.origin_id,
        pairs.place_id,
        cast(
            1e9 * (exp(-0.5 * pow(pairs.metres / budgets.same_m, 2)) - exp(-0.5)) / (1 - exp(-0.5)) as bigint
        ) as billionths
    from reach.pairs
    join budgets using (profile)
    where pairs.metres < budgets.same_m
),
demand as (
    select near.profile, near.bound, near.place_id, sum(near.billionths * residents.thousandths)::double / 1e12 as persons
    from near
    join floors using (place_id)
    join residents using (origin_id)
    group by near.profile, near.bound, near.place_id
),
shared as (
    -- Where only homes without residents reach a place, nobody shares it.
    select demand.profile, demand.bound, demand.place_id, coalesce(floors.floor_area_m2 / nullif(demand.persons, 0), 0) as m2
    from demand
    join floors using (place_id)
),
summed as (
    select
        near.profile,
        near.bound,
        near.origin_id,
        sum(cast(near.billionths * shared.m2 as hugeint))::double / 1e9 as floor_m2
    from near
    join shared using (profile, bound, place_id)
    group by near.profile, near.bound, near.origin_id
)
select
    attachments.point_id as origin_id,
    attachments.profile,
    bounds.bound,
    known.delivered,
    if(known.delivered = 'not_delivered', null, coalesce(summed.floor_m2, 0)) as floor_m2,
    attachments.edge_id is not null as is_attached
from reach.attachments
cross join (select unnest(['optimistic', 'central', 'pessimistic']) as bound) as bounds
cross join known
left join summed
    on attachments.point_id = summed.origin_id
    and attachments.profile = summed.profile
    and bounds.bound = summed.bound
where attachments.point_type = 'origin'
