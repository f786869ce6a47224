-- grain:  one origin, one population group (all, and the oldest age band delivered)
-- reads:  people.origins, sources.people_counts, sources.areas
-- writes: people/persons
-- units:  persons (fractional); null: hidden in the source
with totals as (
    -- Of a unit that lies partly outside the extent, people are taken to live evenly over its surface.
    select
        people_counts.unit_code,
        people_counts.population_group,
        people_counts.persons * coalesce(areas.share_inside, 1) as persons
    from sources.people_counts
    left join sources.areas
        on areas.area_type = people_counts.unit_type and areas.area_code = people_counts.unit_code
    where people_counts.unit_type = $unit_type and people_counts.population_group in ('all', $oldest)
),
groups as (
    select distinct population_group from totals
),
shares as (
    select
        origin_id,
        unit_code,
        unit_code = '' as is_probe,
        -- Decimals: their sum does not depend on the order of rows.
        prior / nullif(sum(cast(prior as decimal(18, 6))) over (partition by unit_code), 0) as share
    from people.origins
),
allocated as (
    select
        shares.origin_id,
        groups.population_group,
        shares.is_probe,
        case
            when shares.is_probe then 0
            when shares.share is null then 0
            else shares.share * totals.persons
        end as persons,
        total_of_all.persons is null as is_masked
    from shares
    cross join groups
    left join totals
        on shares.unit_code = totals.unit_code and groups.population_group = totals.population_group
    left join totals as total_of_all
        on shares.unit_code = total_of_all.unit_code and total_of_all.population_group = 'all'
)
select
    origin_id,
    population_group,
    persons,
    case
        when persons is not null then ''
        when is_masked then 'masked'
        else 'ages_unknown'
    end as reason_missing
from allocated
