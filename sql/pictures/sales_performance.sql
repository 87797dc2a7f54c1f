-- sales_performance: sales of the last 60 days by day: from the orders, and Amazon's own figures.
-- A day with loaded orders and without a sale has 0 from them; a day that is not loaded has none.
with days as (
  select
    business_date as day,
    ops,
    economics_ops,
    traffic_ops,
    currency
  from sales_days
  where
    seller_id = %(seller_id)s and marketplace_id = %(marketplace_id)s
    and business_date > %(today)s - 60 and business_date < %(today)s
),

quiet as (
  select l.business_date as day
  from public.xpert_loaded_days(%(seller_id)s, %(marketplace_id)s, 'orders', %(timezone)s) as l
  where
    l.business_date > %(today)s - 60 and l.business_date < %(today)s
    and l.business_date not in (select d.day from days as d)
)

select
  day,
  ops as from_orders,
  economics_ops as from_economics,
  traffic_ops as from_traffic,
  currency as unit
from days
union all
select
  q.day,
  0 as from_orders,
  (
    select sum(e.ops) from economics_daily as e
    where e.seller_id = %(seller_id)s and e.marketplace_id = %(marketplace_id)s and e.business_date = q.day
  ) as from_economics,
  (
    select sum(t.ops) from traffic_daily as t
    where t.seller_id = %(seller_id)s and t.marketplace_id = %(marketplace_id)s and t.business_date = q.day
  ) as from_traffic,
  null as unit
from quiet as q
where exists (select from days)
order by day
