-- The days of customer_metrics to compute for the days in `dirty`: the first days of their weeks and months; and of those in
-- which orders of other shops, placed on these days, were refunded or returned: such an order may come after its refund.
with days as (
  select business_date from dirty
  union
  select r.event_date
  from dirty as d
  inner join orders as o on d.business_date = o.order_date
  inner join returns_refunds as r on o.order_id = r.order_id
  where o.seller_id = %(seller_id)s and o.sales_channel is distinct from 'AMAZON' and r.seller_id = %(seller_id)s
)

select distinct p.business_date
from days as d
cross join
  lateral (
    values
    (d.business_date - extract(dow from d.business_date)::integer),
    (date_trunc('month', d.business_date)::date)
  ) as p (business_date)
