-- grain:  one origin, one profile, one kind of place ('' any kind)
-- reads:  people.origins, reach.attachments, reach.pairs, places.register, places.completeness, streets.budgets
-- writes: findings/nearness
-- units:  metres; counts of places found
with kinds as (
    select place_kind, delivered from places.completeness
    union all
    select
        '' as place_kind,
        case
            when bool_and(delivered = 'complete') then 'complete'
            when bool_and(delivered = 'not_delivered') then 'not_delivered'
            else 'partial'
        end as delivered
    from places.completeness
),
attached as (
    select profile, point_id as origin_id, edge_id is not null as is_attached
    from reach.attachments
    where point_type = 'origin'
),
within_reach as (
    select
        pairs.origin_id,
        pairs.profile,
        register.place_kind,
        pairs.metres,
        coalesce(pairs.metres <= budgets.budget_m, true)
        and coalesce(pairs.seconds <= budgets.budget_s, budgets.budget_s is null) as is_within_budget
    from reach.pairs
    join places.register using (place_id)
    join streets.budgets using (profile)
    where pairs.bound = 'central'
),
found as (
    select
        origin_id,
        profile,
        coalesce(place_kind, '') as place_kind,
        min(metres) as nearest_m,
        count(*) filter (where metres <= 300) as n_300m,
        count(*) filter (where metres <= 500) as n_500m,
        count(*) filter (where metres <= 800) as n_800m,
        count(*) filter (where is_within_budget) as n_budget
    from within_reach
    group by grouping sets ((origin_id, profile, place_kind), (origin_id, profile))
)
select
    origins.origin_id,
    budgets.profile,
    kinds.place_kind,
    kinds.delivered,
    found.nearest_m,
    coalesce(found.n_300m, 0) as n_300m,
    coalesce(found.n_500m, 0) as n_500m,
    coalesce(found.n_800m, 0) as n_800m,
    coalesce(found.n_budget, 0) as n_budget,
    attached.is_attached
from people.origins
cross join streets.budgets
cross join kinds
left join found
    on origins.origin_id = found.origin_id
    and budgets.profile = found.profile
    and kinds.place_kind = found.place_kind
join attached on origins.origin_id = attached.origin_id and budgets.profile = attached.profile
