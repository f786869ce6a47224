-- grain:  one origin, one profile
-- reads:  findings.nearness
-- writes: findings/minimum
-- units:  kinds of place (0-6); a kind that was not delivered completely may be there unseen
with kinds as (
    select
        origin_id,
        profile,
        is_attached,
        n_budget > 0 as is_found,
        n_budget > 0 or delivered <> 'complete' or not is_attached as is_possible
    from findings.nearness
    where place_kind <> ''
),
counted as (
    select
        origin_id,
        profile,
        bool_and(is_attached) as is_attached,
        count(*) filter (where is_found) as n_types_lower,
        count(*) filter (where is_possible) as n_types_upper
    from kinds
    group by origin_id, profile
)
select
    *,
    case
        when n_types_lower >= $minimum_kinds then 'no'
        when n_types_upper < $minimum_kinds then 'yes'
        else 'unknown'
    end as is_below
from counted
