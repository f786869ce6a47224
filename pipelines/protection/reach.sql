-- grain:  one H3 cell, one place, one profile and bound
-- reads:  areas.membership, reach.pairs, streets.budgets
-- writes: out/reach
-- units:  metres and seconds, medians of the cell's homes that reach the place; share_of_homes in tenths. Homes are places,
--         not people: of these nothing is told here.
with homes as (
    select area_code as cell, origin_id, sum(cast(weight as decimal(18, 6))) as homes
    from areas.membership
    where area_type = 'h3'
    group by all
),
cells as (
    select cell, sum(homes) as homes
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
        coalesce(sum(homes.homes) filter (
            where coalesce(pairs.metres <= budgets.budget_m, true)
            and coalesce(pairs.seconds <= budgets.budget_s, budgets.budget_s is null)
        ), 0) as reaching
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
    round(reached.reaching / cells.homes, 1) as share_of_homes
from reached
join cells using (cell)
where cells.homes > 0
