-- grain:  one origin that reaches any place, one profile and bound
-- reads:  reach.pairs
-- writes: the pairs whose paths are split in reach/legs: the nearest place, of equals the lowest number
-- units:  metres of the shortest path
with nearest as (
    select profile, bound, origin_id, min(row(metres, place_id)) as best
    from reach.pairs
    where bound = $bound
    group by profile, bound, origin_id
)
select
    profile,
    bound,
    origin_id,
    struct_extract(best, 2) as place_id,
    struct_extract(best, 1) as metres
from nearest
order by all
