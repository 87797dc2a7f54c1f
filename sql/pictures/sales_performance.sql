-- sales_performance: sales of the last 60 days by day: from the orders, and Amazon's own figures.
-- A day with loaded orders and without a sale has 0 from them; a day that is not loaded has none.
-- Amazon's figures of a day without a sale count if they have one currency, and it is the one of the sales of all days.
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

units as (
  select case when count(distinct currency) = 1 then min(currency) end as currency
  from days
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
    select case when count(distinct e.currency) = 1 and min(e.currency) = u.currency then sum(e.ops) end
    from economics_daily as e
    where e.seller_id = %(seller_id)s and e.marketplace_id = %(marketplace_id)s and e.business_date = q.day
  ) as from_economics,
  (
    select case when count(distinct t.currency) = 1 and min(t.currency) = u.currency then sum(t.ops) end
    from traffic_daily as t
    where t.seller_id = %(seller_id)s and t.marketplace_id = %(marketplace_id)s and t.business_date = q.day
  ) as from_traffic,
  null as unit
from quiet as q
cross join units as u
where exists (select from days)
order by day
