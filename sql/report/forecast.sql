-- How many units were ordered on each day, and how many are expected?
-- With a chance of 10 percent, demand is not above p10; with one of 90 percent, not above p90.
-- A past day without has_orders is only partly loaded.
-- Parameters: seller_id, marketplace_id, first_day (a date), today (the marketplace's local day).
with expected as (
  select
    forecast_date,
    units_p10,
    units_p50,
    units_p90
  from forecasting_data
  where
    seller_id = %(seller_id)s and marketplace_id = %(marketplace_id)s and scope = 'ACCOUNT' and is_sufficient
    and forecast_date >= %(today)s::date
),

ordered as (
  select
    day,
    units,
    has_orders
  from xpert_views.daily_business
  where
    seller_id = %(seller_id)s and marketplace_id = %(marketplace_id)s
    and day between %(first_day)s and %(today)s::date - 1
)

select
  coalesce(o.day, e.forecast_date) as day,
  o.units,
  o.has_orders,
  e.units_p10 as p10,
  e.units_p50 as p50,
  e.units_p90 as p90
from ordered as o
full join expected as e on o.day = e.forecast_date
order by 1
