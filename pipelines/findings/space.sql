-- grain:  one origin, one profile, one bound
-- reads:  people.persons, reach.attachments, reach.pairs, places.register, places.completeness, streets.budgets
-- writes: findings/space
-- units:  square metres of floor per person, by the enhanced two-step floating catchment area (E2SFCA): a place shares its
--         floor among all who reach it, the near ones weighing most; a home adds up its shares. The weight falls along a
--         Gaussian from 1 at the door to 0 at the budget (Dai, 2010, Health & Place 16:1038-1052). Sums are of decimals,
--         as these do not depend on the order of rows.
with budgets as (
    select *, coalesce(budget_m, budget_s * speed_m_per_s) as same_m from streets.budgets
),
floors as (
    select place_id, floor_area_m2 from places.register where floor_area_m2 > 0
),
known as (
    -- A place outdoors has no floor; of the others, those of unknown floor may add to what is found.
    select case
        when not exists (from floors) then 'not_delivered'
        when exists (from places.register where floor_area_m2 is null and place_kind not in ('speelplek', 'sport'))
            or exists (from places.completeness where delivered <> 'complete' and place_kind not in ('speelplek', 'sport'))
            then 'partial'
        else 'complete'
    end as delivered
),
near as (
    select
        pairs.profile,
        pairs.bound,
        pairs.origin_id,
        pairs.place_id,
        floors.floor_area_m2,
        cast((exp(-0.5 * pow(pairs.metres / budgets.same_m, 2)) - exp(-0.5)) / (1 - exp(-0.5)) as decimal(18, 12)) as weight
    from reach.pairs
    join floors using (place_id)
    join budgets using (profile)
    where pairs.metres < budgets.same_m
),
shared as (
    select
        near.profile,
        near.bound,
        near.place_id,
        near.floor_area_m2 / nullif(
            sum(near.weight * cast(coalesce(persons.persons, 0) as decimal(12, 6)))::double, 0
        ) as m2_per_person
    from near
    join people.persons using (origin_id)
    where persons.population_group = 'all'
    group by near.profile, near.bound, near.place_id, near.floor_area_m2
),
summed as (
    select
        near.profile,
        near.bound,
        near.origin_id,
        -- Where only homes without residents reach a place, nobody shares it.
        sum(cast(near.weight * coalesce(shared.m2_per_person, 0) as decimal(28, 9)))::double as floor_m2
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
