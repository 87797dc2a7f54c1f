-- forecasting_data: units of the whole marketplace: what was sold in the 60 days before the forecast, and what is expected.
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

sold as (
  select
    s.sale_date as day,
    sum(s.units_ordered) as units
  from sales_data as s
  where
    s.seller_id = %(seller_id)s and s.marketplace_id = %(marketplace_id)s
    and s.sale_date > (select max(f.origin_date) from forecast as f) - 60
    and s.sale_date <= (select max(f.origin_date) from forecast as f)
  group by s.sale_date
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
