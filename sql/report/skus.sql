-- Which SKUs earn most, before the cost of goods?
-- Parameters: seller_id, marketplace_id, currency, first_day, last_day (dates).
select
  m.sku,
  max(p.item_name) as title,
  sum(m.net_units) as units,
  sum(m.net_product_sales) as sales,
  sum(m.margin_before_cogs) as margin_before_goods,
  case when bool_and(m.margin is not null) then sum(m.margin) end as margin
from profit_margins as m
left join products as p on m.seller_id = p.seller_id and m.marketplace_id = p.marketplace_id and m.sku = p.sku
where
  m.seller_id = %(seller_id)s and m.marketplace_id = %(marketplace_id)s and m.currency = %(currency)s
  and m.business_date between %(first_day)s and %(last_day)s and m.sku <> '(account)'
group by m.sku
order by margin_before_goods desc, m.sku asc
limit 10
