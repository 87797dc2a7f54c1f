-- reviews_ratings: for the days in `dirty`, topics of reviews by the first day of their period, and ratings of the seller.
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
  null as asin,
  f.order_id,
  'seller_feedback' as source_table
from dirty as d
inner join seller_feedback as f on d.business_date = f.feedback_date
where f.seller_id = %(seller_id)s
