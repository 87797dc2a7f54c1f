-- What was sold on each day, beside Amazon's own figures?
-- A day that is not loaded has no figure. A day without has_orders that has one is only partly loaded.
-- Parameters: seller_id, marketplace_id, first_day, last_day (dates).
select
  day,
  sales,
  amazon_sales,
  units,
  orders,
  has_orders
from xpert_views.daily_business
where
  seller_id = %(seller_id)s and marketplace_id = %(marketplace_id)s
  and day between %(first_day)s and %(last_day)s
order by day
