-- forecasting_data: units of the whole marketplace: what was sold in the 60 days before the forecast, and what is expected.
-- A loaded day without a sale has 0; a day that is not loaded has none.
with forecast as (
  select
    forecast_date as day,
    origin_date,
    units_p10,
    units_mean,
    units_p90
  from forecasting_data
  where
    seller_id = %(seller_id)s and marketplace_id = %(marketplace_id)s and scope = 'ACCOUNT' and units_mean is not null
),

origin as (
  select max(origin_date) as last_day
  from forecast
),

units as (
  select
    sale_date as day,
    units_ordered as units
  from sales_data
  where seller_id = %(seller_id)s and marketplace_id = %(marketplace_id)s
  union all
  select
    business_date as day,
    0 as units
  from public.xpert_loaded_days(%(seller_id)s, %(marketplace_id)s, 'orders', %(timezone)s)
),

sold as (
  select
    u.day,
    sum(u.units) as units
  from origin as o
  inner join units as u on u.day > o.last_day - 60 and u.day <= o.last_day
  group by u.day
)

select
  day,
  units as sold,
  null::numeric as "P10",
  null::numeric as expected,
  null::numeric as "P90",
  'units' as unit
from sold
union all
select
  day,
  null as sold,
  units_p10 as "P10",
  units_mean as expected,
  units_p90 as "P90",
  'units' as unit
from forecast
order by day
