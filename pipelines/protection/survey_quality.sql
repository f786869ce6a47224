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
    case
        when subject = 'model' then ''
        when respondents < 30 then '10-29'
        when respondents < 100 then '30-99'
        else '100+'
    end as n_class
from survey.quality
where (subject = 'model' and word <> '')
    or (subject = 'scale' and respondents >= 30)
    or (subject = 'item' and statistic in ('item_rest', 'share_unanswered') and respondents >= 30)
    or (subject in ('invariance', 'weights', 'margin') and respondents >= 30)
order by all
