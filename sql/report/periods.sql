-- What was ordered and earned yesterday, in the last 7 days, in this month and in the last one?
-- Orders and sales count on the day of the purchase, margins on the day on which Amazon posted the money.
-- order_days and money_days count the days that are loaded as a whole; partial_days have orders, but not all of them.
-- Parameters: seller_id, marketplace_id, today (the marketplace's local day).
with periods (position, period, first_day, last_day) as (
  values
  (1, 'Yesterday', %(today)s::date - 1, %(today)s::date - 1),
  (2, 'Last 7 days', %(today)s::date - 7, %(today)s::date - 1),
  (3, 'This month', date_trunc('month', %(today)s::date::timestamp)::date, %(today)s::date - 1),
  (
    4,
    'Last month',
    (date_trunc('month', %(today)s::date::timestamp) - interval '1 month')::date,
    date_trunc('month', %(today)s::date::timestamp)::date - 1
  )
),

business as (
  select *
  from xpert_views.daily_business
  where
    seller_id = %(seller_id)s and marketplace_id = %(marketplace_id)s
    and day >= (date_trunc('month', %(today)s::date::timestamp) - interval '1 month')::date - 7 and day < %(today)s::date
)

select
  p.period,
  p.first_day,
  p.last_day,
  greatest(p.last_day - p.first_day + 1, 0) as days,
  count(*) filter (where b.has_orders) as order_days,
  count(*) filter (where b.has_transactions) as money_days,
  count(b.units) filter (where not b.has_orders) as partial_days,
  sum(b.orders) as orders,
  sum(b.units) as units,
  sum(b.sales) as sales,
  sum(b.units_without_price) as units_without_price,
  sum(b.margin_before_goods) as margin_before_goods,
  case when bool_and(b.margin_before_goods is null or b.margin is not null) then sum(b.margin) end as margin
from periods as p
left join business as b on b.day between p.first_day and p.last_day
group by p.position, p.period, p.first_day, p.last_day
order by p.position
