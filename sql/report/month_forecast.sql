-- How many units will this month have, and what are they worth?
-- The units that were ordered until the last loaded day, and those that the forecast expects in the rest of the month. Units
-- that are expected, or have no price yet, count at the average price of the last 28 days. The forecast reaches 28 days:
-- expected_until tells how far.
-- Parameters: seller_id, marketplace_id, today (the marketplace's local day).
with forecast as (
  select
    forecast_date,
    origin_date,
    total_p10,
    total_p50,
    total_p90
  from forecasting_data
  where
    seller_id = %(seller_id)s and marketplace_id = %(marketplace_id)s and scope = 'ACCOUNT' and is_sufficient
    and date_trunc('month', forecast_date::timestamp) = date_trunc('month', %(today)s::date::timestamp)
    and origin_date >= date_trunc('month', %(today)s::date::timestamp)::date - 1
),

farthest as (
  select *
  from forecast
  order by forecast_date desc
  limit 1
),

business as (
  select
    day,
    units,
    sales,
    units_without_price,
    has_orders
  from xpert_views.daily_business
  where
    seller_id = %(seller_id)s and marketplace_id = %(marketplace_id)s and day < %(today)s::date
    and day >= date_trunc('month', %(today)s::date::timestamp)::date - 28
),

ordered as (
  select
    f.origin_date,
    coalesce(sum(b.units), 0) as units,
    coalesce(sum(b.sales), 0) as sales,
    coalesce(sum(b.units_without_price), 0) as unpriced_units,
    count(*) filter (where b.has_orders) as order_days,
    f.origin_date - date_trunc('month', %(today)s::date::timestamp)::date + 1 as days
  from farthest as f
  left join business as b
    on b.day between date_trunc('month', %(today)s::date::timestamp)::date and f.origin_date
  group by f.origin_date
),

price as (
  select sum(b.sales) / nullif(sum(b.units - b.units_without_price), 0) as average
  from farthest as f
  inner join business as b on b.day between f.origin_date - 27 and f.origin_date
)

select
  f.origin_date,
  f.forecast_date as expected_until,
  (date_trunc('month', %(today)s::date::timestamp) + interval '1 month')::date - 1 as month_end,
  greatest(o.days, 0) as days,
  o.order_days,
  o.units as units_ordered,
  o.units + f.total_p10 as units_p10,
  o.units + f.total_p50 as units_p50,
  o.units + f.total_p90 as units_p90,
  p.average as average_price,
  o.sales + (o.unpriced_units + f.total_p10) * p.average as sales_p10,
  o.sales + (o.unpriced_units + f.total_p50) * p.average as sales_p50,
  o.sales + (o.unpriced_units + f.total_p90) * p.average as sales_p90
from farthest as f
cross join ordered as o
cross join price as p
