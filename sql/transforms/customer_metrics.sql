-- customer_metrics: aggregates of the weeks and months that begin on a day in `dirty`, and of those of which more days have
-- been loaded since. The comments of the table explain the formulas.
-- A group of fewer than 10 orders has a row without figures. If such ASINs of a period have fewer than 10 orders in all, the
-- smallest of the others is withheld, too: else the difference to the whole account would tell what they sold.
with markets as (
  select l.marketplace_id
  from loads as l
  where l.seller_id = %(seller_id)s and l.table_name = 'orders'
  union distinct
  select unnest(s.marketplace_ids) as marketplace_id
  from sellers as s
  where s.id = %(seller_id)s
),

stores as materialized (
  select
    m.marketplace_id,
    coalesce(z.timezone, o.timezone) as timezone
  from markets as m
  inner join sellers as o on o.id = %(seller_id)s
  left join zones as z on m.marketplace_id = z.marketplace_id
),

edges as (
  select
    s.marketplace_id,
    l.local_start,
    l.local_end
  from stores as s
  cross join lateral public.xpert_loaded_spans(%(seller_id)s, s.marketplace_id, 'orders', s.timezone) as l
),

loaded_days as materialized (
  select
    e.marketplace_id,
    e.local_start::date + n.number as business_date
  from edges as e
  cross join lateral generate_series(0, e.local_end::date - e.local_start::date - 1) as n (number)
  where e.local_start::date + n.number >= e.local_start
),

known as materialized (
  select
    marketplace_id,
    'WEEK' as period_type,
    business_date - extract(dow from business_date)::integer as period_start,
    count(*) as loaded_days
  from loaded_days
  group by marketplace_id, business_date - extract(dow from business_date)::integer
  union all
  select
    marketplace_id,
    'MONTH' as period_type,
    date_trunc('month', business_date)::date as period_start,
    count(*) as loaded_days
  from loaded_days
  group by marketplace_id, date_trunc('month', business_date)::date
),

periods as materialized (
  select
    s.marketplace_id,
    'WEEK' as period_type,
    d.business_date as period_start,
    d.business_date + 6 as period_end
  from dirty as d
  cross join stores as s
  where extract(dow from d.business_date) = 0
  union distinct
  select
    s.marketplace_id,
    'MONTH' as period_type,
    d.business_date as period_start,
    (d.business_date + interval '1 month' - interval '1 day')::date as period_end
  from dirty as d
  cross join stores as s
  where extract(day from d.business_date) = 1
  union distinct
  select
    c.marketplace_id,
    c.period_type,
    c.period_start,
    c.period_end
  from known as k
  inner join customer_metrics as c
    on k.marketplace_id = c.marketplace_id and k.period_type = c.period_type and k.period_start = c.period_start
  where c.seller_id = %(seller_id)s and c.scope = 'ACCOUNT' and c.loaded_days != k.loaded_days
),

period_days as materialized (
  select
    p.marketplace_id,
    p.period_type,
    p.period_start,
    p.period_end,
    p.period_start + n.number as business_date
  from periods as p
  cross join lateral generate_series(0, p.period_end - p.period_start) as n (number)
),

lines as (
  select
    d.marketplace_id,
    d.period_type,
    d.period_start,
    d.period_end,
    i.order_id,
    i.asin,
    i.quantity_ordered,
    i.item_subtotal,
    i.currency,
    coalesce(o.is_business, false) as is_business,
    i.is_cancelled or o.fulfillment_status = 'CANCELLED' as is_cancelled
  from period_days as d
  inner join order_items as i on d.marketplace_id = i.marketplace_id and d.business_date = i.order_date
  inner join orders as o
    on o.seller_id = i.seller_id and o.marketplace_id = i.marketplace_id and o.order_id = i.order_id
  where i.seller_id = %(seller_id)s and o.seller_id = %(seller_id)s and o.sales_channel = 'AMAZON'
),

placed as (
  select
    l.marketplace_id,
    l.period_type,
    l.period_start,
    l.period_end,
    s.scope,
    l.order_id,
    l.is_business,
    bool_and(l.is_cancelled) as is_cancelled,
    coalesce(sum(l.quantity_ordered) filter (where not l.is_cancelled), 0) as units,
    sum(l.item_subtotal) filter (where not l.is_cancelled) as amount,
    bool_and(l.is_cancelled or l.item_subtotal is not null) as is_known,
    min(l.currency) filter (where not l.is_cancelled and l.item_subtotal is not null) as first_currency,
    max(l.currency) filter (where not l.is_cancelled and l.item_subtotal is not null) as last_currency
  from lines as l
  cross join lateral (values ('ACCOUNT'), (l.asin)) as s (scope)
  where s.scope is not null
  group by l.marketplace_id, l.period_type, l.period_start, l.period_end, s.scope, l.order_id, l.is_business
),

sums as (
  select
    marketplace_id,
    period_type,
    period_start,
    period_end,
    scope,
    count(*) as placed,
    count(*) filter (where not is_cancelled) as orders,
    count(*) filter (where not is_cancelled and is_business) as business_orders,
    count(*) filter (where not is_cancelled and is_known) as known_orders,
    sum(units) as units,
    sum(units) filter (where is_business) as business_units,
    sum(amount) as ops,
    sum(amount) filter (where is_known) as known_ops,
    min(first_currency) as first_currency,
    max(last_currency) as last_currency
  from placed
  group by marketplace_id, period_type, period_start, period_end, scope
),

ranked as (
  select
    *,
    placed < 10 as is_small,
    coalesce(first_currency = last_currency, false) as is_one,
    sum(placed) filter (where placed < 10 and scope != 'ACCOUNT')
      over (partition by marketplace_id, period_type, period_start) as withheld,
    row_number()
      over (
        partition by marketplace_id, period_type, period_start, placed < 10, scope = 'ACCOUNT'
        order by placed asc, scope asc
      ) as place
  from sums
),

judged as (
  select
    *,
    is_small or (scope != 'ACCOUNT' and place = 1 and coalesce(withheld < 10, false)) as is_suppressed,
    business_orders between 1 and 9 or orders - business_orders between 1 and 9 as has_small_part
  from ranked
)

select
  j.marketplace_id,
  j.period_type,
  j.period_start,
  j.period_end,
  j.scope,
  coalesce(k.loaded_days, 0) as loaded_days,
  j.is_suppressed,
  case when not j.is_suppressed then j.orders end as orders,
  case when not j.is_suppressed then j.units end as units,
  case when not j.is_suppressed and j.is_one then j.ops end as ops,
  case when not j.is_suppressed and j.is_one then j.known_ops / nullif(j.known_orders, 0) end as aov,
  case when not j.is_suppressed then j.units::numeric / nullif(j.orders, 0) end as units_per_order,
  case
    when not j.is_suppressed and not j.has_small_part
      then round(100.0 * coalesce(j.business_units, 0) / nullif(j.units, 0), 4)
  end as b2b_pct,
  case when not j.is_suppressed then round(100.0 * (j.placed - j.orders) / j.placed, 4) end as cancel_pct,
  case when not j.is_suppressed and j.is_one then j.first_currency end as currency
from judged as j
left join known as k
  on j.marketplace_id = k.marketplace_id and j.period_type = k.period_type and j.period_start = k.period_start
