-- sales_performance: for the days in `dirty`, and for days whose is_final has changed since, what became of each SKU's sales:
-- refunds and returns on the day on which they happened, as Amazon counts them, visits, and Amazon's own figures.
-- What a source says of a day counts only if it has a row of that day in the marketplace; else it is unknown, and not 0.
with newest as materialized (
  select
    marketplace_id,
    max(order_date) - 14 as final_until
  from orders
  where seller_id = %(seller_id)s
  group by marketplace_id
),

days as materialized (
  select business_date from dirty
  union distinct
  select s.sale_date
  from sales_performance as s
  left join newest as n on s.marketplace_id = n.marketplace_id
  where s.seller_id = %(seller_id)s and s.is_final != coalesce(s.sale_date <= n.final_until, false)
),

sold as materialized (
  select s.*
  from days as d
  inner join sales_data as s on d.business_date = s.sale_date
  where s.seller_id = %(seller_id)s
),

happened as materialized (
  select
    r.marketplace_id,
    r.event_date,
    coalesce(r.sku, '(no SKU)') as sku,
    max(r.asin) as asin,
    count(*) filter (where r.record_type = 'REFUND') as refunds,
    sum(r.quantity) filter (where r.record_type = 'REFUND') as units_refunded,
    sum(r.quantity) filter (where r.record_type != 'REFUND') as units_returned
  from days as d
  inner join returns_refunds as r on d.business_date = r.event_date
  where r.seller_id = %(seller_id)s
  group by r.marketplace_id, r.event_date, coalesce(r.sku, '(no SKU)')
),

refunded as materialized (
  select
    a.marketplace_id,
    a.posted_date,
    coalesce(a.sku, '(no SKU)') as sku,
    -sum(a.amount) as amount,
    count(distinct a.currency) = 1 and count(a.currency) = count(*) as is_one,
    min(a.currency) as currency
  from days as d
  inner join financial_event_amounts as a on d.business_date = a.posted_date
  where
    a.seller_id = %(seller_id)s and a.is_counted and lower(a.transaction_type) = 'refund'
    and a.amount_group = 'ProductCharges' and not a.is_tax
  group by a.marketplace_id, a.posted_date, coalesce(a.sku, '(no SKU)')
),

reported as materialized (
  select e.*
  from days as d
  inner join economics_daily as e on d.business_date = e.business_date
  where e.seller_id = %(seller_id)s
),

seen as materialized (
  select t.*
  from days as d
  inner join traffic_daily as t on d.business_date = t.business_date
  where t.seller_id = %(seller_id)s
),

ordered_days as (
  select distinct
    marketplace_id,
    sale_date
  from sold
),

skus as (
  select
    marketplace_id,
    sale_date,
    sku
  from sold
  union distinct
  select
    marketplace_id,
    event_date,
    sku
  from happened
  union distinct
  select
    marketplace_id,
    posted_date,
    sku
  from refunded
  union distinct
  select
    r.marketplace_id,
    r.business_date,
    r.sku
  from reported as r
  inner join ordered_days as o on r.marketplace_id = o.marketplace_id and r.business_date = o.sale_date
  where r.units_ordered != 0 or r.units_refunded != 0
),

known as materialized (
  select
    c.marketplace_id,
    c.sale_date,
    o.sale_date is not null as has_orders,
    (
      select a.posted_date from financial_event_amounts as a
      where a.seller_id = %(seller_id)s and a.marketplace_id = c.marketplace_id and a.posted_date = c.sale_date
      order by a.posted_date limit 1
    ) is not null as has_money,
    (
      select e.business_date from economics_daily as e
      where e.seller_id = %(seller_id)s and e.marketplace_id = c.marketplace_id and e.business_date = c.sale_date
      order by e.business_date limit 1
    ) is not null as has_economics,
    (
      select t.business_date from traffic_daily as t
      where t.seller_id = %(seller_id)s and t.marketplace_id = c.marketplace_id and t.business_date = c.sale_date
      order by t.business_date limit 1
    ) is not null as has_traffic
  from (
    select distinct
      marketplace_id,
      sale_date
    from skus
  ) as c
  left join ordered_days as o on c.marketplace_id = o.marketplace_id and c.sale_date = o.sale_date
),

found as (
  select
    k.marketplace_id,
    k.sale_date,
    k.sku,
    coalesce(s.asin, e.asin, h.asin) as asin,
    e.parent_asin,
    coalesce(s.orders, case when w.has_orders then 0 end) as orders,
    coalesce(s.units_ordered, case when w.has_orders then 0 end) as units_ordered,
    s.ops,
    case
      when h.refunds > 0 then h.units_refunded
      when w.has_money and f.sku is null then 0
    end as units_refunded,
    h.units_returned,
    case when w.has_money then coalesce(f.amount, 0) end as refunded_amount,
    f.is_one as is_one_refund,
    f.currency as refund_currency,
    case when f.sku is null then coalesce(s.currency, e.currency) else coalesce(s.currency, f.currency) end as currency,
    e.units_ordered as amazon_units_ordered,
    e.ops as amazon_ops,
    e.currency as amazon_currency,
    e.units_refunded as amazon_units_refunded,
    e.sku is not null as is_reported,
    w.has_economics as is_reported_day,
    w.has_traffic as is_seen_day,
    s.sku is null or (s.units_ordered = 0 and s.ops is null) as is_unsold
  from skus as k
  inner join known as w on k.marketplace_id = w.marketplace_id and k.sale_date = w.sale_date
  left join sold as s on k.marketplace_id = s.marketplace_id and k.sale_date = s.sale_date and k.sku = s.sku
  left join happened as h on k.marketplace_id = h.marketplace_id and k.sale_date = h.event_date and k.sku = h.sku
  left join refunded as f on k.marketplace_id = f.marketplace_id and k.sale_date = f.posted_date and k.sku = f.sku
  left join reported as e on k.marketplace_id = e.marketplace_id and k.sale_date = e.business_date and k.sku = e.sku
),

amounts as (
  select
    *,
    case when is_unsold and units_ordered is not null then 0 else ops end as known_ops,
    case when is_one_refund is null or (is_one_refund and refund_currency = currency) then refunded_amount end
      as refunded_sales,
    count(*) over (partition by marketplace_id, sale_date, asin) as skus_of_asin
  from found
),

judged as (
  select
    a.*,
    t.asin as seen_asin,
    t.parent_asin as seen_parent_asin,
    t.sessions,
    t.page_views,
    t.buy_box_pct,
    case
      when a.asin is null then 'NO_ASIN'
      when not a.is_seen_day then 'NO_DAY'
      when t.asin is null then 'NO_RECORD'
      when a.skus_of_asin > 1 then 'SHARED_ASIN'
      else 'OF_ASIN'
    end as traffic_state
  from amounts as a
  left join seen as t on a.marketplace_id = t.marketplace_id and a.sale_date = t.business_date and a.asin = t.asin
)

select
  j.marketplace_id,
  j.sale_date,
  j.sku,
  j.asin,
  coalesce(j.parent_asin, j.seen_parent_asin) as parent_asin,
  j.orders,
  j.units_ordered,
  j.units_refunded,
  j.units_ordered - j.units_refunded as net_units,
  j.units_returned,
  j.ops,
  j.refunded_sales,
  j.known_ops - j.refunded_sales as net_product_sales,
  j.currency,
  case when j.traffic_state = 'OF_ASIN' then j.sessions end as sessions,
  case when j.traffic_state = 'OF_ASIN' then j.page_views end as page_views,
  case when j.traffic_state = 'OF_ASIN' then j.buy_box_pct end as featured_offer_pct,
  case
    when j.traffic_state = 'OF_ASIN' and j.units_ordered >= 0 then round(100.0 * j.units_ordered / nullif(j.sessions, 0), 4)
  end as unit_session_pct,
  j.traffic_state,
  j.amazon_units_ordered,
  case
    when j.is_reported then j.units_ordered - j.amazon_units_ordered
    when j.is_reported_day then j.units_ordered
  end as units_variance,
  case when j.amazon_currency = j.currency then j.amazon_ops end as amazon_ops,
  case
    when j.is_reported and j.amazon_currency = j.currency then j.known_ops - j.amazon_ops
    when j.is_reported_day and not j.is_reported then j.known_ops
  end as ops_variance,
  j.amazon_units_refunded,
  coalesce(j.sale_date <= n.final_until, false) as is_final
from judged as j
left join newest as n on j.marketplace_id = n.marketplace_id
