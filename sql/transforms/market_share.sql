-- market_share: for the days in `dirty`, the shares in searches by week (on its Sunday), the share of page views with the
-- seller's own featured offer by day, and the sales ranks of today.
-- Amazon keeps no history of ranks: those of earlier days stay as they were on their day, and so do those of a marketplace
-- that the seller has left.
with today as materialized (
  select
    z.marketplace_id,
    (now() at time zone z.timezone)::date as business_date
  from sellers as s
  inner join zones as z on z.marketplace_id = any(s.marketplace_ids)
  where s.id = %(seller_id)s
),

searches as (
  select
    q.*,
    m.*
  from dirty as d
  inner join search_query_performance as q on d.business_date = q.period_start
  cross join
    lateral (
      values
      (
        'IMPRESSION_SHARE', q.asin_impressions, q.total_impressions, q.asin_impression_share_pct, null::numeric, null::numeric
      ),
      (
        'CLICK_SHARE', q.asin_clicks, q.total_clicks, q.asin_click_share_pct, q.asin_median_click_price,
        q.total_median_click_price
      ),
      (
        'CART_ADD_SHARE', q.asin_cart_adds, q.total_cart_adds, q.asin_cart_add_share_pct, q.asin_median_cart_add_price,
        q.total_median_cart_add_price
      ),
      (
        'PURCHASE_SHARE', q.asin_purchases, q.total_purchases, q.asin_purchase_share_pct, q.asin_median_purchase_price,
        q.total_median_purchase_price
      )
    ) as m (metric, own_value, total_value, share_pct, median_price_own, median_price_total)
  where q.seller_id = %(seller_id)s
),

ranks as (
  select distinct on (p.marketplace_id, p.asin, scope)
    p.marketplace_id,
    t.business_date,
    p.asin,
    coalesce(p.sales_rank_category, 'ALL') as scope,
    p.sales_rank
  from dirty as d
  inner join today as t on d.business_date = t.business_date
  inner join products as p on t.marketplace_id = p.marketplace_id
  where p.seller_id = %(seller_id)s and p.asin is not null and p.sales_rank is not null
  order by p.marketplace_id asc, p.asin asc, scope asc, p.updated_at desc, p.sales_rank asc
)

select
  marketplace_id,
  'WEEK' as period_type,
  period_start,
  period_end,
  asin,
  metric,
  search_query as scope,
  own_value,
  total_value,
  share_pct,
  null::integer as rank,
  search_query_volume as search_volume,
  median_price_own,
  median_price_total,
  case when median_price_own is not null or median_price_total is not null then currency end as currency,
  false as is_proxy,
  'search_query_performance' as source_table
from searches
where own_value is not null or total_value is not null or share_pct is not null
union all
select
  t.marketplace_id,
  'DAY' as period_type,
  t.business_date as period_start,
  t.business_date as period_end,
  t.asin,
  'FEATURED_OFFER_SHARE' as metric,
  'ALL' as scope,
  null as own_value,
  t.page_views as total_value,
  t.buy_box_pct as share_pct,
  null as rank,
  null as search_volume,
  null as median_price_own,
  null as median_price_total,
  null as currency,
  false as is_proxy,
  'traffic_daily' as source_table
from dirty as d
inner join traffic_daily as t on d.business_date = t.business_date
where t.seller_id = %(seller_id)s and t.buy_box_pct is not null
union all
select
  marketplace_id,
  'DAY' as period_type,
  business_date as period_start,
  business_date as period_end,
  asin,
  'SALES_RANK' as metric,
  scope,
  null as own_value,
  null as total_value,
  null as share_pct,
  sales_rank as rank,
  null as search_volume,
  null as median_price_own,
  null as median_price_total,
  null as currency,
  true as is_proxy,
  'products' as source_table
from ranks
union all
select
  s.marketplace_id,
  s.period_type,
  s.period_start,
  s.period_end,
  s.asin,
  s.metric,
  s.scope,
  s.own_value,
  s.total_value,
  s.share_pct,
  s.rank,
  s.search_volume,
  s.median_price_own,
  s.median_price_total,
  s.currency,
  s.is_proxy,
  s.source_table
from dirty as d
inner join market_share as s on d.business_date = s.period_start
left join today as t on s.marketplace_id = t.marketplace_id
where s.seller_id = %(seller_id)s and s.metric = 'SALES_RANK' and s.period_start is distinct from t.business_date
