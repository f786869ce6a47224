-- grain:  one respondent to one wave ($wave) and one question
-- reads:  survey.scores, sources.respondents, sources.areas
-- writes: what `survey_cells` and `survey_groups` count
-- units:  score 0-10, null where there is none; category null of a score; '' an area that is not known. Who has no weight
--         stands for nobody.
select
    scores.question,
    if(is_category, nullif(scores.category, ''), null) as category,
    respondents.buurt_code,
    coalesce(buurten.parent_code, '') as wijk_code,
    coalesce(wijken.parent_code, '') as gemeente_code,
    coalesce(postcodes.area_code, '') as pc4,
    respondents.weight,
    scores.score,
    respondents.age,
    respondents.household
from (
    select *, bool_or(category <> '') over (partition by question) as is_category
    from survey.scores
    where wave = $wave
) as scores
join sources.respondents using (wave, respondent_id)
left join sources.areas as buurten on buurten.area_type = 'buurt' and buurten.area_code = respondents.buurt_code
left join sources.areas as wijken on wijken.area_type = 'wijk' and wijken.area_code = buurten.parent_code
left join sources.areas as postcodes on postcodes.area_type = 'pc4' and postcodes.area_code = respondents.pc4
where respondents.weight > 0
order by all
