-- How many SKUs are there for each risk of stock?
-- Sales a day count prices in the marketplace's currency; skus_without_price have none, so their sales are missing.
-- Parameters: seller_id, marketplace_id, currency.
select
  risk,
  count(*) as skus,
  sum(sales_per_day) filter (where currency = %(currency)s) as sales_per_day,
  count(*) filter (where price is null or currency is distinct from %(currency)s) as skus_without_price,
  max(as_of_date) as as_of_date
from xpert_views.stock_risk
where seller_id = %(seller_id)s and marketplace_id = %(marketplace_id)s
group by risk
order by skus desc, risk asc
