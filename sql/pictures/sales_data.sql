-- sales_data: sales of the last 60 days by day, as this database computes them, and as Amazon's traffic report has them.
-- A loaded day without a sale has 0; a day that is not loaded, or whose amounts are not known, has none.
with own as (
  select
    sale_date as day,
    currency,
    sum(ops) as sales,
    bool_or(ops is null and units_ordered != 0) as is_unknown
  from sales_data
  where
    seller_id = %(seller_id)s and marketplace_id = %(marketplace_id)s
    and sale_date > %(today)s - 60 and sale_date < %(today)s
  group by sale_date, currency
),

amazons as (
  select
    business_date as day,
    currency,
    sum(ops) as sales,
    bool_or(ops is null and units_ordered != 0) as is_unknown
  from traffic_daily
  where
    seller_id = %(seller_id)s and marketplace_id = %(marketplace_id)s
    and business_date > %(today)s - 60 and business_date < %(today)s
  group by business_date, currency
),

newest as (
  select currency
  from own
  where currency is not null
  order by day desc, sales desc
  limit 1
),

unknown as (
  select
    'orders' as origin,
    day
  from own
  where is_unknown
  union all
  select
    'traffic' as origin,
    day
  from amazons
  where is_unknown
),

told as (
  select
    'orders' as origin,
    o.day,
    o.sales
  from own as o
  inner join newest as n on o.currency = n.currency
  union all
  select
    'traffic' as origin,
    a.day,
    a.sales
  from amazons as a
  inner join newest as n on a.currency = n.currency
  union all
  select
    'orders' as origin,
    l.business_date as day,
    0 as sales
  from public.xpert_loaded_days(%(seller_id)s, %(marketplace_id)s, 'orders', %(timezone)s) as l
  where
    l.business_date not in (
      select u.day
      from unknown as u
      where u.origin = 'orders'
    )
  union all
  select
    'traffic' as origin,
    l.business_date as day,
    0 as sales
  from public.xpert_loaded_days(%(seller_id)s, %(marketplace_id)s, 'traffic_daily', %(timezone)s) as l
  where l.business_date not in (
    select u.day
    from unknown as u
    where u.origin = 'traffic'
  )
)

select
  t.day,
  sum(t.sales) filter (where t.origin = 'orders') as from_orders,
  sum(t.sales) filter (where t.origin = 'traffic') as from_traffic,
  n.currency as unit
from newest as n
cross join told as t
where t.day > %(today)s - 60 and t.day < %(today)s
group by t.day, n.currency
order by t.day
