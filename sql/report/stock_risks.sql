-- How many SKUs are there for each risk of stock?
-- Parameters: seller_id, marketplace_id.
select
  risk,
  count(*) as skus,
  sum(sales_per_day) as sales_per_day,
  max(as_of_date) as as_of_date
from xpert_views.stock_risk
where seller_id = %(seller_id)s and marketplace_id = %(marketplace_id)s
group by risk
order by skus desc, risk asc
