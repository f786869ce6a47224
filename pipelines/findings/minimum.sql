-- grain:  one origin, one profile
-- reads:  findings.nearness, places.completeness
-- writes: findings/minimum
-- units:  kinds of place of the booklet (0-6); a kind that was not delivered completely may be there unseen, and what is not known of
--         streets and doors may let pass more or less than is guessed
with kinds as (
    select
        origin_id,
        profile,
        place_kind,
        is_attached,
        bool_or(n_budget > 0) filter (where bound = 'pessimistic') as is_sure,
        bool_or(n_budget > 0) filter (where bound = 'central') as is_found,
        bool_or(n_budget > 0) filter (where bound = 'optimistic') as is_hoped,
        delivered <> 'complete' or not is_attached as is_unseen
    from findings.nearness
    -- Of any place ('') nothing is said there, and a further kind is none of the six.
    semi join (from places.completeness where is_booklet) as booklet using (place_kind)
    group by origin_id, profile, place_kind, is_attached, delivered
),
counted as (
    select
        origin_id,
        profile,
        bool_and(is_attached) as is_attached,
        count(*) filter (where is_sure) as n_types_lower,
        count(*) filter (where is_found) as n_types_found,
        count(*) filter (where is_found or is_unseen) as n_types_possible,
        count(*) filter (where is_hoped or is_unseen) as n_types_upper
    from kinds
    group by origin_id, profile
)
select
    *,
    case
        when n_types_lower >= $minimum_kinds then 'no'
        when n_types_upper < $minimum_kinds then 'yes'
        else 'unknown'
    end as is_below,
    case
        when n_types_found >= $minimum_kinds then 'no'
        when n_types_possible < $minimum_kinds then 'yes'
        else 'unknown'
    end as is_below_central
from counted
