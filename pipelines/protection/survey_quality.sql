-- grain:  one figure of how good a wave is
-- reads:  survey.quality
-- writes: out/survey_quality
-- units:  to a hundredth, of a test to a thousandth. Of items only how they go with the others and how many left them open: what was answered to them
--         is for the tables that are hidden together. Of a model only which it is, and why it is not used.
select
    wave,
    subject,
    name,
    mode,
    statistic,
    round(value, if(subject = 'invariance', 3, 2)) as value,
    round(lower, 2) as lower,
    round(upper, 2) as upper,
    word,
    if(
        subject = 'model', '', $respondent_words[len(list_filter($respondent_bounds, lambda bound: respondents >= bound))]
    ) as n_class
from survey.quality
where (subject = 'model' and word <> '')
    or (subject = 'scale' and respondents >= $respondent_bounds[2])
    or (subject = 'item' and statistic in ('item_rest', 'share_unanswered') and respondents >= $respondent_bounds[2])
    or (subject in ('invariance', 'weights', 'margin') and respondents >= $respondent_bounds[2])
order by all
