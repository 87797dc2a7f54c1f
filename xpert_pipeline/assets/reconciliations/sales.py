"""Amazon's own figures of a day's sales, in traffic and in economics, compared with what follows from the orders."""

from datetime import timedelta
from decimal import Decimal

from xpert_pipeline.sources.reconciliation import Reconciliation, Side, Tolerance

RESTATED = timedelta(days=14)
WHY = "Amazon's daily figures may keep an order that was cancelled later, or count it on another day"
TOLERANCES = (
    Tolerance(WHY, absolute=Decimal(1), share=Decimal("0.02"), family="count"),
    Tolerance(WHY, share=Decimal("0.05"), family="amount"),
)

TRAFFIC_IS_SALES = Reconciliation(
    name="traffic_equals_sales",
    meaning="Units, order lines and product sales of each ASIN and day in traffic_daily equal those in sales_data.",
    left=Side("sales_data"),
    right=Side("traffic_daily"),
    complete_by=("orders", "traffic_daily"),
    also=("order_items", "products"),
    settled=RESTATED,
    tolerances=TOLERANCES,
    pairs="""
with sold as materialized (
  select
    s.sale_date as day,
    coalesce(s.asin, '') as asin,
    min(s.sku) as sku,
    sum(s.units_ordered) as units,
    sum(s.order_items) as order_items,
    sum(s.ops) as ops,
    min(s.currency) as currency,
    bool_or(s.asin is null) as has_no_asin,
    bool_or(s.units_without_price <> 0 or (s.ops is null and s.units_ordered > 0)) as is_unpriced
  from sales_data as s
  where s.seller_id = %(seller_id)s and s.marketplace_id = %(marketplace_id)s and s.sale_date = any(%(days)s)
  group by 1, 2
),

seen as materialized (
  select business_date as day, asin, units_ordered as units, order_items, ops, currency
  from traffic_daily
  where seller_id = %(seller_id)s and marketplace_id = %(marketplace_id)s and business_date = any(%(days)s)
),

listed as materialized (
  select asin, min(sku) as sku
  from products
  where seller_id = %(seller_id)s and marketplace_id = %(marketplace_id)s and asin is not null
  group by asin
)

select
  day,
  case
    when asin = '' then 'SKU ' || sold.sku
    else 'ASIN ' || asin || coalesce(' (SKU ' || coalesce(sold.sku, listed.sku) || ')', '')
  end as key,
  f.figure,
  f.left_value,
  f.right_value,
  case when f.family = 'amount' then coalesce(seen.currency, sold.currency) end as currency,
  f.family,
  case
    when sold.has_no_asin then 'its order lines name no ASIN'
    when f.family = 'amount' and sold.currency <> seen.currency then 'the currencies differ'
    when f.family = 'amount' and sold.is_unpriced then 'an order line has no amount yet'
  end as reason
from sold
full join seen using (day, asin)
left join listed using (asin)
cross join lateral (
  values
    ('units', 'count', coalesce(sold.units, 0), seen.units),
    ('order lines', 'count', coalesce(sold.order_items, 0), seen.order_items),
    ('product sales', 'amount', coalesce(sold.ops, 0), seen.ops)
) as f (figure, family, left_value, right_value)
where sold.units > 0 or seen.asin is not null
""",
)

ECONOMICS_IS_SALES = Reconciliation(
    name="economics_equals_sales",
    meaning="Units and product sales of each SKU and day in economics_daily equal those in sales_data.",
    left=Side("sales_data"),
    right=Side("economics_daily"),
    complete_by=("orders", "economics_daily"),
    also=("order_items",),
    settled=RESTATED,
    tolerances=TOLERANCES,
    pairs="""
with sold as materialized (
  select sale_date as day, sku, units_ordered as units, units_without_price <> 0 as is_unpriced, ops, currency
  from sales_data
  where seller_id = %(seller_id)s and marketplace_id = %(marketplace_id)s and sale_date = any(%(days)s)
),

reported as materialized (
  select business_date as day, sku, units_ordered as units, ops, currency
  from economics_daily
  where seller_id = %(seller_id)s and marketplace_id = %(marketplace_id)s and business_date = any(%(days)s)
)

select
  day,
  'SKU ' || sku as key,
  f.figure,
  f.left_value,
  f.right_value,
  case when f.family = 'amount' then coalesce(reported.currency, sold.currency) end as currency,
  f.family,
  case
    when sku = '(no SKU)' then 'its order lines name no SKU'
    when f.family = 'amount' and sold.currency <> reported.currency then 'the currencies differ'
    when f.family = 'amount' and is_unpriced then 'an order line has no amount yet'
    when f.family = 'amount' and sold.ops is null and sold.units > 0 then 'its order lines have several currencies'
  end as reason
from sold
full join reported using (day, sku)
cross join lateral (
  values
    ('units', 'count', coalesce(sold.units, 0), reported.units),
    ('product sales', 'amount', coalesce(sold.ops, 0), reported.ops)
) as f (figure, family, left_value, right_value)
where sold.units > 0 or reported.sku is not null
""",
)
