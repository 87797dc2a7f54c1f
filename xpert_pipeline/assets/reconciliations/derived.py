"""Tables that are derived from the sales of each day in different ways, compared with these sales."""

from xpert_pipeline.sources.reconciliation import Reconciliation, Side

VELOCITY_IS_SALES = Reconciliation(
    name="velocity_equals_sales",
    meaning="The units of each SKU in the windows of velocity_trends equal the sum of sales_data over their days.",
    left=Side("sales_data"),
    right=Side("velocity_trends"),
    complete_by=("orders",),
    pairs="""
with seen as materialized (
  select as_of_date as day, sku, loaded_days, units_7, units_14, units_30, units_60, units_90
  from velocity_trends
  where seller_id = %(seller_id)s and marketplace_id = %(marketplace_id)s and as_of_date = any(%(days)s)
),

known as materialized (
  select day, max(loaded_days) as loaded_days
  from seen
  group by day
),

sold as materialized (
  select
    k.day,
    s.sku,
    sum(s.units_ordered) filter (where s.sale_date > k.day - 7) as units_7,
    sum(s.units_ordered) filter (where s.sale_date > k.day - 14) as units_14,
    sum(s.units_ordered) filter (where s.sale_date > k.day - 30) as units_30,
    sum(s.units_ordered) filter (where s.sale_date > k.day - 60) as units_60,
    sum(s.units_ordered) as units_90
  from known as k
  inner join sales_data as s on s.sale_date between k.day - 89 and k.day
  where s.seller_id = %(seller_id)s and s.marketplace_id = %(marketplace_id)s
  group by k.day, s.sku
)

select
  day,
  'SKU ' || sku as key,
  f.figure,
  coalesce(f.sold, 0) as left_value,
  f.seen as right_value,
  null as currency,
  null as family,
  null as reason
from sold
full join seen using (day, sku)
inner join known using (day)
cross join lateral (
  values
    ('units in 7 days', 7, sold.units_7, seen.units_7),
    ('units in 14 days', 14, sold.units_14, seen.units_14),
    ('units in 30 days', 30, sold.units_30, seen.units_30),
    ('units in 60 days', 60, sold.units_60, seen.units_60),
    ('units in 90 days', 90, sold.units_90, seen.units_90)
) as f (figure, days, sold, seen)
where known.loaded_days >= f.days and (seen.sku is not null or f.sold <> 0)
""",
)

CUSTOMERS_ARE_SALES = Reconciliation(
    name="customers_equal_sales",
    meaning="Units and product sales of a whole week or month in customer_metrics equal those in sales_data.",
    left=Side("sales_data"),
    right=Side("customer_metrics"),
    complete_by=("orders",),
    pairs="""
with periods as (
  select 'WEEK' as period_type, d.day - 6 as period_start, d.day as period_end
  from unnest(%(days)s::date[]) as d (day)
  where extract(isodow from d.day) = 6
  union all
  select 'MONTH', date_trunc('month', d.day)::date, d.day
  from unnest(%(days)s::date[]) as d (day)
  where extract(day from d.day + 1) = 1
),

sold as materialized (
  select
    p.period_type,
    p.period_start,
    p.period_end,
    coalesce(sum(s.units_ordered), 0) as units,
    coalesce(sum(s.ops), 0) as ops,
    min(s.currency) as currency,
    count(distinct s.currency) > 1 as is_mixed,
    coalesce(bool_or(s.units_without_price <> 0 or (s.ops is null and s.units_ordered <> 0)), false) as is_unpriced
  from periods as p
  left join sales_data as s
    on s.seller_id = %(seller_id)s and s.marketplace_id = %(marketplace_id)s
    and s.sale_date between p.period_start and p.period_end
  group by p.period_type, p.period_start, p.period_end
)

select
  s.period_start as day,
  'all SKUs in the ' || lower(s.period_type) || ' until ' || s.period_end as key,
  f.figure,
  f.left_value,
  f.right_value,
  case when f.family = 'amount' then coalesce(c.currency, s.currency) end as currency,
  f.family,
  case
    when f.family = 'amount' and s.is_mixed then 'the period has several currencies'
    when f.family = 'amount' and s.is_unpriced then 'a SKU and day has no amount yet, or several currencies'
  end as reason
from sold as s
left join customer_metrics as c
  on c.seller_id = %(seller_id)s and c.marketplace_id = %(marketplace_id)s and c.period_type = s.period_type
  and c.period_start = s.period_start and c.scope = 'ACCOUNT'
cross join lateral (
  values
    ('units', 'count', s.units, c.units),
    ('product sales', 'amount', s.ops, case when c.units = 0 then coalesce(c.ops, 0) else c.ops end)
) as f (figure, family, left_value, right_value)
where
  case
    when c.scope is null
      then s.units > 0 and not exists (
        select from generate_series(0, s.period_end - s.period_start) as n (number)
        where s.period_start + n.number <> all(%(days)s::date[])
      )
    else not c.is_suppressed and c.loaded_days = s.period_end - s.period_start + 1
  end
""",
)
