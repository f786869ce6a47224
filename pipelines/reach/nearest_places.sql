-- grain:  one origin that reaches any place of the booklet, one profile and bound
-- reads:  reach.pairs, places.functions
-- writes: the pairs whose paths are split in reach/legs: the nearest place, of equals the lowest number
-- units:  metres of the shortest path
with nearest as (
    select profile, bound, origin_id, min(row(metres, place_id)) as best
    from reach.pairs
    semi join (from places.functions where is_booklet) as counted using (place_id)
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
