-- forecasting_data: what assets/planning/forecast_rows.py computes the forecasts from, one row for each SKU of a marketplace.
-- The origin is the newest day whose orders are loaded to its end; the history goes back from it as far as velocity_trends
-- knows days without a gap. Ages count days before the origin. What is in stock or on its way may be known only of the day
-- after the origin: a first sync reads it today.
with origins as (
  select
    marketplace_id,
    max(as_of_date) as origin_date
  from velocity_trends
  where seller_id = %(seller_id)s and is_complete
  group by marketplace_id
),

skus as materialized (
  select
    v.marketplace_id,
    v.sku,
    v.asin,
    o.origin_date,
    v.loaded_days,
    coalesce(v.stock_quantity, n.stock_quantity) as stock_quantity,
    coalesce(v.inbound_quantity, n.inbound_quantity) as inbound_quantity
  from origins as o
  inner join velocity_trends as v on o.marketplace_id = v.marketplace_id and o.origin_date = v.as_of_date
  left join velocity_trends as n
    on
      v.seller_id = n.seller_id and v.marketplace_id = n.marketplace_id and v.sku = n.sku
      and v.as_of_date + 1 = n.as_of_date
  where v.seller_id = %(seller_id)s
),

history as (
  select
    marketplace_id,
    origin_date,
    max(loaded_days) as loaded_days
  from skus
  group by marketplace_id, origin_date
),

sold as (
  select
    h.marketplace_id,
    s.sku,
    array_agg(h.origin_date - s.sale_date order by s.sale_date) as sold_ages,
    array_agg(s.units_ordered order by s.sale_date) as sold_units
  from history as h
  inner join sales_data as s
    on
      h.marketplace_id = s.marketplace_id
      and s.sale_date between h.origin_date - h.loaded_days + 1 and h.origin_date
  where s.seller_id = %(seller_id)s and s.units_ordered != 0
  group by h.marketplace_id, s.sku
),

days_without as (
  select
    h.marketplace_id,
    l.sku,
    h.origin_date - l.snapshot_date as age
  from history as h
  inner join inventory_levels as l
    on
      h.marketplace_id = l.marketplace_id
      and l.snapshot_date between h.origin_date - h.loaded_days + 1 and h.origin_date
  where l.seller_id = %(seller_id)s
  group by h.marketplace_id, l.sku, h.origin_date, l.snapshot_date
  having not bool_or(coalesce(l.is_in_stock, true))
),

without as (
  select
    marketplace_id,
    sku,
    array_agg(age order by age) as stockout_ages
  from days_without
  group by marketplace_id, sku
)

select
  k.marketplace_id,
  k.sku,
  k.asin,
  k.origin_date,
  k.loaded_days,
  k.stock_quantity,
  k.inbound_quantity,
  p.parent_asin,
  p.product_type,
  coalesce(s.sold_ages, '{}') as sold_ages,
  coalesce(s.sold_units, '{}') as sold_units,
  coalesce(w.stockout_ages, '{}') as stockout_ages
from skus as k
left join products as p
  on p.seller_id = %(seller_id)s and k.marketplace_id = p.marketplace_id and k.sku = p.sku
left join sold as s on k.marketplace_id = s.marketplace_id and k.sku = s.sku
left join without as w on k.marketplace_id = w.marketplace_id and k.sku = w.sku
order by k.marketplace_id collate "C", k.sku collate "C"
