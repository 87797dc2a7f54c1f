-- What is left of the sales?
-- Money by the day on which Amazon posted it, without the taxes of customers. "Other" has reimbursements, shipping that customers
-- paid, promotions, and money of no kind. If the cost of any unit is not known, there is no margin after goods.
-- Parameters: seller_id, marketplace_id, currency, first_day, last_day (dates).
select
  count(*) as rows,
  sum(product_sales) as sales,
  -sum(refunded_sales) as refunds,
  -sum(amazon_fees) as fees,
  -coalesce(sum(ad_spend), 0) as advertising,
  -sum(case when is_tax_credit then 0 else fee_tax + coalesce(ad_tax, 0) end) as tax_on_fees,
  sum(
    margin_before_cogs - product_sales + refunded_sales + amazon_fees + coalesce(ad_spend, 0)
    + case when is_tax_credit then 0 else fee_tax + coalesce(ad_tax, 0) end
  ) as other,
  sum(margin_before_cogs) as margin_before_goods,
  case when bool_and(cogs is not null) then -sum(cogs) end as goods,
  case when bool_and(margin is not null) then sum(margin) end as margin,
  count(distinct sku) filter (where cost_basis = 'MISSING') as skus_without_cost,
  count(distinct sku) filter (where cost_basis = 'OTHER_CURRENCY') as skus_of_other_currency,
  count(distinct business_date) filter (where cost_basis = 'UNITS_UNKNOWN') as days_without_units,
  count(*) filter (where ads_state in ('UNKNOWN', 'NOT_LOADED')) as rows_without_ads,
  (
    select count(*)
    from xpert_views.days
    where
      seller_id = %(seller_id)s and marketplace_id = %(marketplace_id)s and has_transactions
      and day between %(first_day)s and %(last_day)s
  ) as loaded_days
from profit_margins
where
  seller_id = %(seller_id)s and marketplace_id = %(marketplace_id)s and currency = %(currency)s
  and business_date between %(first_day)s and %(last_day)s
