-- grain:  one figure of how good a wave is
-- reads:  survey.quality, protection.survey_shown
-- writes: out/survey_quality (what was corrected is added by `survey_revisions`)
-- units:  to a hundredth, of a test to a thousandth; rates and shares of respondents in steps. Of items only how they go with the
--         others and how many left them open: what was answered to them is for the tables that are hidden together. Of a model
--         only which it is, and why it is not used.
with ways as (
    -- How many answered in ways of which no figure goes out: that of everybody and those of the other ways would tell of them.
    select
        wave,
        subject,
        name,
        statistic,
        max(respondents) filter (mode = '')
        - coalesce(sum(respondents) filter (mode <> '' and respondents >= $respondent_bounds[2]), 0) as others
    from survey.quality
    where subject in ('scale', 'item')
    group by all
),
quality as (
    select
        quality.*,
        -- Where a scale is hidden everywhere, as when everybody gave one score, how well it measures would tell that.
        subject not in ('scale', 'item', 'invariance') or exists (
            select 1
            from protection.survey_shown as shown
            where shown.wave = quality.wave and shown.indicator = split_part(quality.name, '/', 1)
        ) as is_scale_told,
        mode = '' or ways.others is null or ways.others <= 0 or ways.others >= $respondent_bounds[2] as is_way_told,
        statistic in ('rate', 'share', 'share_placed') as is_rate,
        -- How many were asked, of whom the value is a part; of other rates it is respondents themselves.
        if(statistic = 'rate' and value > 0, respondents / value, respondents) as out_of
    from survey.quality as quality
    left join ways using (wave, subject, name, statistic)
)
select
    wave,
    subject,
    name,
    mode,
    statistic,
    case
        when is_rate then round(value / $rate_step) * $rate_step
        -- Whether any was trimmed, not how many.
        when subject = 'weights' and statistic = 'trimmed' then least(value, 1)
        else round(value, if(subject = 'invariance', 3, 2))
    end as value,
    round(lower, 2) as lower,
    round(upper, 2) as upper,
    word,
    if(
        subject = 'model', '', $respondent_words[len(list_filter($respondent_bounds, lambda bound: respondents >= bound))]
    ) as n_class
from quality
where is_scale_told
    and is_way_told
    and if(subject = 'model', word <> '', respondents >= $respondent_bounds[2])
    -- Times the design effect it is the number of respondents.
    and (subject <> 'weights' or statistic <> 'effective')
    and (subject <> 'item' or statistic in ('item_rest', 'share_unanswered'))
    and (not is_rate or value is null or out_of * $rate_step >= $rate_width)
order by all
