-- grain:  one H3 cell, one place, one profile and bound
-- reads:  areas.membership, people.persons, reach.pairs, streets.budgets
-- writes: out/reach
-- units:  metres and seconds, medians of the cell's homes that reach the place; share_of_residents in tenths, from
--         persons rounded to 5, null when the cell has fewer than 10 (rounded)
with homes as (
    select
        membership.area_code as cell,
        membership.origin_id,
        sum(cast(coalesce(persons.persons, 0) as decimal(18, 6))) as persons
    from areas.membership
    join people.persons using (atom_id)
    where membership.area_type = 'h3' and persons.population_group = 'all'
    group by all
),
residents as (
    select cell, 5 * floor(sum(persons) / 5 + 0.5) as rounded_residents
    from homes
    group by cell
),
reached as (
    select
        homes.cell,
        pairs.place_id,
        pairs.profile,
        pairs.bound,
        round(median(pairs.metres)) as metres,
        -- A median that falls among the unreachably long is itself unknown.
        round(if(count(pairs.seconds) * 2 > count(*), quantile_disc(coalesce(pairs.seconds, 'inf'), 0.5), null)) as seconds,
        5 * floor(coalesce(sum(homes.persons) filter (
            where coalesce(pairs.metres <= budgets.budget_m, true)
            and coalesce(pairs.seconds <= budgets.budget_s, budgets.budget_s is null)
        ), 0) / 5 + 0.5) as rounded_reaching
    from homes
    join reach.pairs using (origin_id)
    join streets.budgets using (profile)
    group by all
)
select
    reached.cell,
    reached.place_id,
    reached.profile,
    reached.bound,
    reached.metres,
    reached.seconds,
    if(
        residents.rounded_residents < 10,
        null,
        round(least(reached.rounded_reaching / residents.rounded_residents, 1), 1)
    ) as share_of_residents
from reached
join residents using (cell)
