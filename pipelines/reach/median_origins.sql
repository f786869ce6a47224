-- grain:  one H3 cell, one kind of place that some origin of the cell reaches, one profile and bound
-- reads:  people.origins, places.functions, reach.pairs
-- writes: the origins whose paths stand in reach/routes: of those that reach the kind, the one at the lower median
-- units:  metres of the shortest path to the nearest place of the kind; counts of origins
with cells as (
    select h3_cell, count(*) as n_origins from people.origins where not is_beyond group by h3_cell
),
nearest as (
    select
        pairs.profile,
        pairs.bound,
        origins.h3_cell,
        functions.place_kind,
        pairs.origin_id,
        -- Of places equally near the lowest number.
        min(row(pairs.metres, pairs.place_id)) as best
    from reach.pairs
    join people.origins using (origin_id)
    join places.functions using (place_id)
    where pairs.bound = $bound and not origins.is_beyond
    group by all
),
ranked as (
    select
        *,
        row_number() over (kinds order by best, origin_id) as place_in_order,
        count(*) over (kinds) as n_reaching
    from nearest
    window kinds as (partition by profile, bound, h3_cell, place_kind)
)
select
    ranked.profile,
    ranked.bound,
    ranked.h3_cell,
    ranked.place_kind,
    ranked.origin_id,
    struct_extract(ranked.best, 2) as place_id,
    struct_extract(ranked.best, 1) as metres,
    cells.n_origins,
    ranked.n_reaching
from ranked
join cells using (h3_cell)
where ranked.place_in_order = (ranked.n_reaching + 1) // 2
order by all
