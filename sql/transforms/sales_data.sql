-- sales_data: one row per marketplace, local day and SKU with a line sold on Amazon, for the days in `dirty` and for days
-- whose is_final has changed since. The comments of the table explain grain and formulas.
-- A day is final if it is 14 or more days older than the marketplace's newest order. This depends only on the data, so
-- a second run changes nothing.
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
  union
  select distinct s.sale_date
  from sales_data as s
  inner join newest as n on s.marketplace_id = n.marketplace_id
  where s.seller_id = %(seller_id)s and s.is_final != (s.sale_date <= n.final_until)
),

lines as materialized (
  select
    i.marketplace_id,
    i.order_date,
    coalesce(i.sku, '(no SKU)') as sku,
    i.asin,
    i.order_id,
    i.purchase_date,
    i.quantity_ordered,
    i.quantity_fulfilled,
    i.item_subtotal,
    i.discount_total,
    i.tax_total,
    i.currency,
    coalesce(o.is_business, false) as is_business,
    i.is_cancelled or o.fulfillment_status = 'CANCELLED' as is_cancelled
  from days as d
  inner join order_items as i on i.order_date = d.business_date
  inner join orders as o
    on o.seller_id = i.seller_id and o.marketplace_id = i.marketplace_id and o.order_id = i.order_id
  where i.seller_id = %(seller_id)s and o.seller_id = %(seller_id)s and o.sales_channel = 'AMAZON'
),

sums as (
  select
    marketplace_id,
    order_date as sale_date,
    sku,
    (array_agg(asin order by purchase_date desc, asin desc) filter (where asin is not null))[1] as asin,
    count(distinct order_id) filter (where not is_cancelled) as orders,
    count(*) filter (where not is_cancelled) as order_items,
    coalesce(sum(quantity_ordered) filter (where not is_cancelled), 0) as units_ordered,
    coalesce(sum(quantity_ordered) filter (where not is_cancelled and is_business), 0) as units_b2b,
    coalesce(sum(quantity_ordered) filter (where not is_cancelled and item_subtotal is null), 0) as units_without_price,
    coalesce(sum(quantity_ordered) filter (where is_cancelled), 0) as units_cancelled,
    sum(quantity_fulfilled) filter (where not is_cancelled) as units_shipped,
    sum(item_subtotal) filter (where not is_cancelled) as ops,
    sum(item_subtotal) filter (where not is_cancelled and is_business) as ops_b2b,
    sum(discount_total) filter (where not is_cancelled) as discount_total,
    sum(tax_total) filter (where not is_cancelled) as tax_total,
    min(currency) filter (where not is_cancelled) as currency,
    coalesce(min(currency) filter (where not is_cancelled) = max(currency) filter (where not is_cancelled), true) as is_one
  from lines
  group by marketplace_id, order_date, sku
)

select
  s.marketplace_id,
  s.sale_date,
  s.sku,
  s.asin,
  s.orders,
  s.order_items,
  s.units_ordered,
  s.units_b2b,
  s.units_without_price,
  case when s.is_one then s.ops end as ops,
  case when s.is_one then s.ops_b2b end as ops_b2b,
  case when s.is_one then s.currency end as currency,
  case when s.is_one then s.ops / nullif(s.units_ordered - s.units_without_price, 0) end as asp,
  case when s.is_one then s.discount_total end as discount_total,
  case when s.is_one then s.tax_total end as tax_total,
  s.units_shipped,
  s.units_cancelled,
  s.sale_date <= n.final_until as is_final
from sums as s
inner join newest as n on s.marketplace_id = n.marketplace_id
