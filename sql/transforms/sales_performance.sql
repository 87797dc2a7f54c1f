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

told as (
  select
    marketplace_id,
    sale_date,
    sku,
    'SOLD' as kind,
    orders,
    units_ordered as units,
    ops as amount,
    units_without_price,
    currency,
    null::bigint as refunds,
    null::bigint as units_refunded,
    null::bigint as units_returned,
    null::boolean as is_one,
    asin,
    null::text as parent_asin,
    null::integer as sessions,
    null::integer as page_views,
    null::numeric as buy_box_pct,
    null::bigint as skus,
    null::boolean as is_seen
  from sold
  union all
  select
    marketplace_id,
    event_date as sale_date,
    sku,
    'HAPPENED' as kind,
    null as orders,
    null as units,
    null as amount,
    null as units_without_price,
    null as currency,
    refunds,
    units_refunded,
    units_returned,
    null as is_one,
    asin,
    null as parent_asin,
    null as sessions,
    null as page_views,
    null as buy_box_pct,
    null as skus,
    null as is_seen
  from happened
  union all
  select
    marketplace_id,
    posted_date as sale_date,
    sku,
    'REFUNDED' as kind,
    null as orders,
    null as units,
    amount,
    null as units_without_price,
    currency,
    null as refunds,
    null as units_refunded,
    null as units_returned,
    is_one,
    null as asin,
    null as parent_asin,
    null as sessions,
    null as page_views,
    null as buy_box_pct,
    null as skus,
    null as is_seen
  from refunded
  union all
  select
    marketplace_id,
    business_date as sale_date,
    sku,
    'REPORTED' as kind,
    null as orders,
    units_ordered as units,
    ops as amount,
    null as units_without_price,
    currency,
    null as refunds,
    units_refunded,
    null as units_returned,
    units_ordered != 0 or units_refunded != 0 as is_one,
    asin,
    parent_asin,
    null as sessions,
    null as page_views,
    null as buy_box_pct,
    null as skus,
    null as is_seen
  from reported
),

known as materialized (
  select
    c.marketplace_id,
    c.sale_date,
    c.has_orders,
    c.has_economics,
    (
      select a.posted_date from financial_event_amounts as a
      where a.seller_id = %(seller_id)s and a.marketplace_id = c.marketplace_id and a.posted_date = c.sale_date
      order by a.posted_date limit 1
    ) is not null as has_money,
    (
      select t.business_date from traffic_daily as t
      where t.seller_id = %(seller_id)s and t.marketplace_id = c.marketplace_id and t.business_date = c.sale_date
      order by t.business_date limit 1
    ) is not null as has_traffic
  from (
    select
      marketplace_id,
      sale_date,
      bool_or(kind = 'SOLD') as has_orders,
      bool_or(kind = 'REPORTED') as has_economics
    from told
    group by marketplace_id, sale_date
  ) as c
),

-- From here on, rows are added up by their keys: joins of so many rows would need good estimates of them.
named as (
  select
    marketplace_id,
    sale_date,
    sku,
    coalesce(
      max(asin) filter (where kind = 'SOLD'), max(asin) filter (where kind = 'REPORTED'), max(asin)
    ) as asin,
    bool_or(kind != 'REPORTED') as is_known,
    coalesce(bool_or(is_one) filter (where kind = 'REPORTED'), false) as is_event
  from told
  group by marketplace_id, sale_date, sku
),

visited as (
  select
    n.marketplace_id,
    n.sale_date,
    n.asin,
    n.sku,
    null::text as parent_asin,
    null::integer as sessions,
    null::integer as page_views,
    null::numeric as buy_box_pct
  from named as n
  inner join known as w on n.marketplace_id = w.marketplace_id and n.sale_date = w.sale_date
  where n.is_known or (n.is_event and w.has_orders)
  union all
  select
    marketplace_id,
    business_date as sale_date,
    asin,
    null as sku,
    parent_asin,
    sessions,
    page_views,
    buy_box_pct
  from seen
),

pages as (
  select
    marketplace_id,
    sale_date,
    unnest(array_agg(sku) filter (where sku is not null)) as sku,
    asin,
    count(sku) as skus,
    bool_or(sku is null) as is_seen,
    max(parent_asin) as parent_asin,
    max(sessions) as sessions,
    max(page_views) as page_views,
    max(buy_box_pct) as buy_box_pct
  from visited
  group by marketplace_id, sale_date, asin, case when asin is null then sku end
),

cells as (
  select
    marketplace_id,
    sale_date,
    sku,
    bool_or(kind = 'SOLD') as is_sold,
    bool_or(kind = 'REFUNDED') as is_refunded,
    bool_or(kind = 'REPORTED') as is_reported,
    max(asin) filter (where kind = 'VISITED') as asin,
    coalesce(
      max(parent_asin) filter (where kind = 'REPORTED'), max(parent_asin) filter (where kind = 'VISITED')
    ) as parent_asin,
    max(orders) as orders,
    max(units) filter (where kind = 'SOLD') as units_ordered,
    max(amount) filter (where kind = 'SOLD') as ops,
    max(units_without_price) as units_without_price,
    max(currency) filter (where kind = 'SOLD') as own_currency,
    coalesce(max(refunds), 0) as refunds,
    max(units_refunded) filter (where kind = 'HAPPENED') as units_refunded,
    max(units_returned) as units_returned,
    max(amount) filter (where kind = 'REFUNDED') as refunded_amount,
    bool_or(is_one) filter (where kind = 'REFUNDED') as is_one_refund,
    max(currency) filter (where kind = 'REFUNDED') as refund_currency,
    max(units) filter (where kind = 'REPORTED') as amazon_units_ordered,
    max(amount) filter (where kind = 'REPORTED') as amazon_ops,
    max(currency) filter (where kind = 'REPORTED') as amazon_currency,
    max(units_refunded) filter (where kind = 'REPORTED') as amazon_units_refunded,
    max(sessions) as sessions,
    max(page_views) as page_views,
    max(buy_box_pct) as buy_box_pct,
    max(skus) as skus,
    bool_or(is_seen) as is_seen
  from (
    select * from told
    union all
    select
      marketplace_id,
      sale_date,
      sku,
      'VISITED' as kind,
      null as orders,
      null as units,
      null as amount,
      null as units_without_price,
      null as currency,
      null as refunds,
      null as units_refunded,
      null as units_returned,
      null as is_one,
      asin,
      parent_asin,
      sessions,
      page_views,
      buy_box_pct,
      skus,
      is_seen
    from pages
  ) as rows
  group by marketplace_id, sale_date, sku
  having bool_or(kind = 'VISITED')
),

found as (
  select
    c.*,
    w.has_economics,
    coalesce(c.orders, case when w.has_orders then 0 end) as known_orders,
    coalesce(c.units_ordered, case when w.has_orders then 0 end) as known_units,
    case
      when c.refunds > 0 then c.units_refunded
      when w.has_money and not c.is_refunded then 0
    end as known_refunds,
    case when w.has_money then coalesce(c.refunded_amount, 0) end as known_refund,
    coalesce(c.own_currency, case when c.is_refunded then c.refund_currency else c.amazon_currency end) as currency,
    case
      when c.asin is null then 'NO_ASIN'
      when not w.has_traffic then 'NO_DAY'
      when not c.is_seen then 'NO_RECORD'
      when c.skus > 1 then 'SHARED_ASIN'
      else 'OF_ASIN'
    end as traffic_state
  from cells as c
  inner join known as w on c.marketplace_id = w.marketplace_id and c.sale_date = w.sale_date
),

amounts as (
  select
    *,
    case
      when known_units is not null and (not is_sold or (units_ordered = 0 and ops is null)) then 0
      else ops
    end as known_ops,
    case when not is_refunded or (is_one_refund and refund_currency = currency) then known_refund end as refunded_sales,
    traffic_state = 'OF_ASIN' as has_visits
  from found
)

select
  a.marketplace_id,
  a.sale_date,
  a.sku,
  a.asin,
  a.parent_asin,
  a.known_orders as orders,
  a.known_units as units_ordered,
  a.known_refunds as units_refunded,
  a.known_units - a.known_refunds as net_units,
  a.units_returned,
  case when a.known_units is not null then coalesce(a.units_without_price, 0) end as units_without_price,
  a.ops,
  a.refunded_sales,
  a.known_ops - a.refunded_sales as net_product_sales,
  a.currency,
  case when a.has_visits then a.sessions end as sessions,
  case when a.has_visits then a.page_views end as page_views,
  case when a.has_visits then a.buy_box_pct end as featured_offer_pct,
  case
    when a.has_visits and a.known_units >= 0 then round(100.0 * a.known_units / nullif(a.sessions, 0), 4)
  end as unit_session_pct,
  a.traffic_state,
  a.amazon_units_ordered,
  case
    when a.is_reported then a.known_units - a.amazon_units_ordered
    when a.has_economics then a.known_units
  end as units_variance,
  case when a.amazon_currency = a.currency then a.amazon_ops end as amazon_ops,
  case
    when a.is_reported and a.amazon_currency = a.currency then a.known_ops - a.amazon_ops
    when a.has_economics and not a.is_reported then a.known_ops
  end as ops_variance,
  a.amazon_units_refunded,
  coalesce(a.sale_date <= n.final_until, false) as is_final
from amounts as a
left join newest as n on a.marketplace_id = n.marketplace_id
