-- sales_data: sales of the last 60 days by day, as this database computes them, and as Amazon's traffic report has them.
with own as (
  select
    sale_date as day,
    currency,
    sum(ops) as sales
  from sales_data
  where
    seller_id = %(seller_id)s and marketplace_id = %(marketplace_id)s
    and sale_date > %(today)s - 60 and sale_date < %(today)s and currency is not null
  group by sale_date, currency
),

amazons as (
  select
    business_date as day,
    currency,
    sum(ops) as sales
  from traffic_daily
  where
    seller_id = %(seller_id)s and marketplace_id = %(marketplace_id)s
    and business_date > %(today)s - 60 and business_date < %(today)s and currency is not null
  group by business_date, currency
),

newest as (
  select currency
  from own
  order by day desc, sales desc
  limit 1
)

select
  own.day,
  own.sales as from_orders,
  amazons.sales as from_traffic,
  own.currency as unit
from newest
inner join own on newest.currency = own.currency
left join amazons on own.day = amazons.day and own.currency = amazons.currency
order by own.day
