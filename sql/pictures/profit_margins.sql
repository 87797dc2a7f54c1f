-- profit_margins: from sales to the margin, of the last 30 days that have transactions, in the currency of the newest.
with newest as (
  select
    currency,
    business_date
  from profit_margins
  where seller_id = %(seller_id)s and marketplace_id = %(marketplace_id)s and business_date <= %(today)s
  order by business_date desc, abs(transactions_amount) desc
  limit 1
),

sums as (
  select
    m.currency,
    sum(m.product_sales + m.shipping_sales) as sales,
    -sum(m.promotions) as promotions,
    -sum(m.refunded_sales) as refunds,
    -sum(m.amazon_fees) as fees,
    -sum(coalesce(m.ad_spend, 0)) as ads,
    sum(m.reimbursements + m.other_amount + m.unexplained_amount) as other,
    -sum(case when m.is_tax_credit then 0 else m.fee_tax + coalesce(m.ad_tax, 0) end) as fee_tax,
    sum(m.margin_before_cogs) as before_goods,
    -sum(m.cogs) as goods,
    sum(m.margin_before_cogs) - sum(m.cogs) as margin,
    bool_and(m.cogs is not null) as is_known
  from newest as n
  inner join profit_margins as m
    on
      m.seller_id = %(seller_id)s and m.marketplace_id = %(marketplace_id)s
      and n.currency = m.currency and m.business_date > n.business_date - 30 and m.business_date <= n.business_date
  group by m.currency
)

select
  p.label,
  p.amount,
  p.is_sum,
  s.currency as unit
from sums as s
cross join
  lateral (
    values
    (1, 'sales', s.sales, false), (2, 'promotions', s.promotions, false), (3, 'refunds', s.refunds, false),
    (4, 'fees', s.fees, false), (5, 'advertising', s.ads, false), (6, 'other', s.other, false),
    (7, 'tax on fees', nullif(s.fee_tax, 0), false), (8, E'before cost\nof goods', s.before_goods, true),
    (9, case when s.is_known then 'goods' else E'goods, as far\nas known' end, s.goods, false),
    (10, 'margin', case when s.is_known then s.margin end, true)
  ) as p (place, label, amount, is_sum)
where p.amount is not null
order by p.place
