-- reviews_ratings: for the days in `dirty`, topics of reviews by the first day of their period, ratings of the seller, and
-- how many ratings there were.
select
  t.marketplace_id,
  'ITEM_TOPIC' as record_type,
  t.asin as subject_id,
  t.topic,
  t.sentiment,
  t.period_start,
  t.period_end,
  t.mentions,
  t.occurrence_pct,
  t.star_rating_impact,
  null::integer as rating,
  null::integer as feedback_received,
  null::integer as negative_feedback_received,
  t.asin,
  null::text as order_id,
  'review_topics' as source_table
from dirty as d
inner join review_topics as t on d.business_date = t.period_start
where t.seller_id = %(seller_id)s
union all
select
  t.marketplace_id,
  'ITEM_TREND' as record_type,
  t.asin as subject_id,
  t.topic,
  t.sentiment,
  t.period_start,
  t.period_end,
  null as mentions,
  t.occurrence_pct,
  null as star_rating_impact,
  null as rating,
  null as feedback_received,
  null as negative_feedback_received,
  t.asin,
  null as order_id,
  'review_trends' as source_table
from dirty as d
inner join review_trends as t on d.business_date = t.period_start
where t.seller_id = %(seller_id)s
union all
select
  f.marketplace_id,
  'SELLER_FEEDBACK' as record_type,
  f.order_id as subject_id,
  '' as topic,
  '' as sentiment,
  f.feedback_date as period_start,
  f.feedback_date as period_end,
  null as mentions,
  null as occurrence_pct,
  null as star_rating_impact,
  f.rating,
  null as feedback_received,
  null as negative_feedback_received,
  null as asin,
  f.order_id,
  'seller_feedback' as source_table
from dirty as d
inner join seller_feedback as f on d.business_date = f.feedback_date
where f.seller_id = %(seller_id)s
union all
select
  c.marketplace_id,
  'FEEDBACK_COUNT' as record_type,
  'ACCOUNT' as subject_id,
  '' as topic,
  '' as sentiment,
  c.business_date as period_start,
  c.business_date as period_end,
  null as mentions,
  null as occurrence_pct,
  null as star_rating_impact,
  null as rating,
  c.feedback_received,
  c.negative_feedback_received,
  null as asin,
  null as order_id,
  'seller_feedback_counts' as source_table
from dirty as d
inner join seller_feedback_counts as c on d.business_date = c.business_date
where c.seller_id = %(seller_id)s
