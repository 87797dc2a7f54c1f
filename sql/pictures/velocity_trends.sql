-- velocity_trends: how many SKUs have stock for how many days, on the newest day whose stock is known.
with newest as (
  select max(as_of_date) as day
  from velocity_trends
  where seller_id = %(seller_id)s and marketplace_id = %(marketplace_id)s and stock_quantity is not null
),

groups (number, label, low, high) as (
  values
  (1, 'up to 7', 0, 7), (2, '8 to 14', 7, 14), (3, '15 to 30', 14, 30), (4, '31 to 60', 30, 60), (5, '61 to 90', 60, 90),
  (6, 'more', 90, null)
),

known as (
  select
    v.stock_quantity,
    v.days_of_cover,
    v.planning_velocity
  from newest
  inner join velocity_trends as v
    on newest.day = v.as_of_date and v.seller_id = %(seller_id)s and v.marketplace_id = %(marketplace_id)s
),

counts as (
  select
    0 as number,
    'out of stock' as label,
    count(*) filter (where stock_quantity <= 0) as skus
  from known
  union all
  select
    g.number,
    g.label,
    count(k.stock_quantity) as skus
  from groups as g
  left join known as k
    on k.stock_quantity > 0 and k.days_of_cover > g.low and (g.high is null or k.days_of_cover <= g.high)
  group by g.number, g.label
  union all
  select
    7 as number,
    'not selling' as label,
    count(*) filter (where stock_quantity > 0 and planning_velocity = 0) as skus
  from known
  union all
  select
    8 as number,
    'not known' as label,
    count(*) filter (where stock_quantity is null or (stock_quantity > 0 and planning_velocity is null)) as skus
  from known
)

select
  label,
  skus,
  'SKUs' as unit
from counts
where (select day from newest) is not null
order by number
