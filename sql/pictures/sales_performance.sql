-- sales_performance: sales of the last 60 days by day: from the orders, and Amazon's own figures.
select
  business_date as day,
  ops as from_orders,
  economics_ops as from_economics,
  traffic_ops as from_traffic,
  currency as unit
from sales_days
where
  seller_id = %(seller_id)s and marketplace_id = %(marketplace_id)s
  and business_date > %(today)s - 60 and business_date < %(today)s
order by business_date
