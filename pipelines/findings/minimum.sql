-- grain:  one origin, one profile, one distance
-- reads:  findings.nearness, places.completeness
-- writes: findings/minimum ($thresholds is `own`, the profile's own budget), findings/sensitivity (other distances)
-- units:  kinds of place of the booklet (0-6); a kind that was not delivered completely may be there unseen, and what is not known of
--         streets and doors may let pass more or less than is guessed
with booklet as (
    from places.completeness where is_booklet
),
within as (
    unpivot (
        select origin_id, profile, bound, place_kind, delivered, is_attached,
            n_budget as own, n_300m as "300", n_500m as "500", n_800m as "800", n_least as "least", n_greatest as "greatest"
        from findings.nearness
        -- Of any place ('') nothing is said there, and a further kind is none of the six.
        semi join booklet using (place_kind)
    )
    on own, "300", "500", "800", "least", "greatest" into name threshold_m value places
),
kinds as (
    select
        origin_id,
        profile,
        threshold_m,
        place_kind,
        is_attached,
        bool_or(places > 0) filter (where bound = 'pessimistic') as is_sure,
        bool_or(places > 0) filter (where bound = 'central') as is_found,
        bool_or(places > 0) filter (where bound = 'optimistic') as is_hoped,
        delivered <> 'complete' or not is_attached as is_unseen
    from within
    where list_contains($thresholds, threshold_m)
    group by origin_id, profile, threshold_m, place_kind, is_attached, delivered
),
counted as (
    select
        origin_id,
        profile,
        threshold_m,
        bool_and(is_attached) as is_attached,
        count(*) filter (where is_sure) as n_types_lower,
        count(*) filter (where is_found) as n_types_found,
        count(*) filter (where is_found or is_unseen) as n_types_possible,
        count(*) filter (where is_hoped or is_unseen) as n_types_upper,
        count(*) filter (where is_hoped) as n_types_hoped
    from kinds
    group by origin_id, profile, threshold_m
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
    end as is_below_central,
    n_types_hoped < $minimum_kinds as is_below_hoped
from counted
