-- sales_data: sales of the last 60 days by day, as this database computes them, and as Amazon's traffic report has them.
-- A loaded day without a sale has 0. A day has none if it is not loaded, if an amount of it is not known, or if all its
-- sales are in another currency than the newest ones.
with own as (
  select
    sale_date as day,
    currency,
    sum(ops) as sales,
    bool_or(units_without_price != 0 or (ops is null and units_ordered != 0)) as is_unknown
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
    bool_or(ops is null and units_ordered is distinct from 0) as is_unknown
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
  union distinct
  select
    'traffic' as origin,
    day
  from amazons
  where is_unknown
),

figures as (
  select
    'orders' as origin,
    day,
    currency,
    sales
  from own
  union all
  select
    'traffic' as origin,
    day,
    currency,
    sales
  from amazons
),

told as (
  select
    f.origin,
    f.day,
    f.sales
  from figures as f
  inner join newest as n on f.currency = n.currency
  union all
  select
    t.origin,
    l.business_date as day,
    0 as sales
  from (values ('orders', 'orders'), ('traffic', 'traffic_daily')) as t (origin, table_name)
  cross join lateral public.xpert_loaded_days(%(seller_id)s, %(marketplace_id)s, t.table_name, %(timezone)s) as l
  where not exists (
    select from figures as f
    where f.origin = t.origin and f.day = l.business_date and f.sales != 0
  )
)

select
  t.day,
  sum(t.sales) filter (where t.origin = 'orders') as from_orders,
  sum(t.sales) filter (where t.origin = 'traffic') as from_traffic,
  n.currency as unit
from newest as n
cross join told as t
where
  t.day > %(today)s - 60 and t.day < %(today)s
  and (t.origin, t.day) not in (
    select
      u.origin,
      u.day
    from unknown as u
  )
group by t.day, n.currency
order by t.day
