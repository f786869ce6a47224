-- grain:  one origin, one profile, one bound, one kind of place ('' any kind)
-- reads:  people.origins, reach.attachments, reach.pairs, reach.rest, reach.returns, places.functions,
--         places.completeness, streets.budgets
-- writes: findings/nearness
-- units:  metres; counts of places found. A place of several kinds counts once under each; `any` is any place of the six
--         kinds of the booklet.
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
    where is_booklet
),
places_as as (
    select place_id, place_kind from places.functions
    union all
    select distinct place_id, '' as place_kind from places.functions where is_booklet
),
bounds as (
    select unnest(['optimistic', 'central', 'pessimistic']) as bound
),
budgets as (
    -- A budget in seconds is so many metres on an even street.
    select *, coalesce(budget_m, budget_s * speed_m_per_s) as same_m from streets.budgets
),
attached as (
    select profile, point_id as origin_id, edge_id is not null as is_attached
    from reach.attachments
    where point_type = 'origin'
),
judged as (
    select
        pairs.origin_id,
        pairs.profile,
        pairs.bound,
        pairs.place_id,
        pairs.metres,
        pairs.metres <= budgets.same_m as is_within_metres,
        coalesce(pairs.metres <= budgets.budget_m, true)
        and coalesce(pairs.seconds <= budgets.budget_s, budgets.budget_s is null) as is_within_budget,
        coalesce(pairs.metres <= budgets.least_m, true)
        and coalesce(pairs.seconds <= budgets.least_s, budgets.least_s is null) as is_within_least,
        coalesce(pairs.metres <= budgets.greatest_m, true)
        and coalesce(pairs.seconds <= budgets.greatest_s, budgets.greatest_s is null) as is_within_greatest,
        rest.rest_metres is not null as is_rested,
        returns.place_id is not null as is_back_over
    from reach.pairs
    join budgets using (profile)
    left join reach.rest using (profile, bound, origin_id, place_id)
    left join reach.returns using (profile, bound, origin_id, place_id)
),
found as (
    select
        origin_id,
        profile,
        bound,
        place_kind,
        min(metres) as nearest_m,
        count(*) filter (where metres <= 300) as n_300m,
        count(*) filter (where metres <= 500) as n_500m,
        count(*) filter (where metres <= 800) as n_800m,
        count(*) filter (where is_within_budget) as n_budget,
        count(*) filter (where is_within_least) as n_least,
        count(*) filter (where is_within_greatest) as n_greatest,
        count(*) filter (where is_within_budget and is_rested) as n_rested,
        count(*) filter (where is_within_budget and is_back_over) as n_back_over,
        count(*) filter (where is_within_metres) as n_same_m
    from judged
    join places_as using (place_id)
    group by origin_id, profile, bound, place_kind
),
reference as (
    select
        pairs.origin_id,
        budgets.profile,
        places_as.place_kind,
        count(*) as n_reference
    from reach.pairs
    join places_as using (place_id)
    join budgets on pairs.metres <= budgets.same_m
    where pairs.profile = 'referentie' and pairs.bound = 'central'
    group by pairs.origin_id, budgets.profile, places_as.place_kind
)
select
    origins.origin_id,
    budgets.profile,
    bounds.bound,
    kinds.place_kind,
    kinds.delivered,
    found.nearest_m,
    coalesce(found.n_300m, 0) as n_300m,
    coalesce(found.n_500m, 0) as n_500m,
    coalesce(found.n_800m, 0) as n_800m,
    coalesce(found.n_budget, 0) as n_budget,
    coalesce(found.n_least, 0) as n_least,
    coalesce(found.n_greatest, 0) as n_greatest,
    if(budgets.rest_leg_m is null, null, coalesce(found.n_rested, 0)) as n_rested,
    if(bounds.bound = 'central', coalesce(found.n_back_over, 0), null) as n_back_over,
    coalesce(found.n_same_m, 0) as n_same_m,
    if(
        exists (from streets.budgets as known where known.profile = 'referentie'), coalesce(reference.n_reference, 0), null
    ) as n_reference,
    attached.is_attached
from people.origins
cross join budgets
cross join bounds
cross join kinds
left join found
    on origins.origin_id = found.origin_id
    and budgets.profile = found.profile
    and bounds.bound = found.bound
    and kinds.place_kind = found.place_kind
left join reference
    on origins.origin_id = reference.origin_id
    and budgets.profile = reference.profile
    and kinds.place_kind = reference.place_kind
join attached on origins.origin_id = attached.origin_id and budgets.profile = attached.profile
