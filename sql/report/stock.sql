-- Which SKUs run out, and what does a day without them cost?
-- The day of the stock is as_of_date; skus counts all SKUs of the risk. Of each currency, the 15 with most sales are listed:
-- first those of the marketplace's currency, and at the end those without a price.
-- Parameters: seller_id, marketplace_id, currency.
with risks as (
  select
    *,
    count(*) over (partition by risk) as skus,
    row_number() over (
      partition by case when price is not null then currency end
      order by sales_per_day desc nulls last, units_per_day desc nulls last, sku asc
    ) as place
  from xpert_views.stock_risk
  where
    seller_id = %(seller_id)s and marketplace_id = %(marketplace_id)s
    and risk in ('out of stock', 'runs out before new stock can arrive', 'order now')
)

select
  as_of_date,
  sku,
  title,
  risk,
  skus,
  stock_quantity,
  days_of_cover,
  stockout_date,
  units_per_day,
  sales_per_day,
  currency
from risks
where place <= 15
order by
  price is null,
  coalesce(currency, '') != %(currency)s,
  currency,
  place
