"""Transactions compared with the orders, the fees and refunds of economics, and the settlements."""

from datetime import timedelta
from decimal import Decimal

from xpert_pipeline.sources.reconciliation import ANY, Reconciliation, Side, Tolerance

POSTED = timedelta(days=7)
"""Amazon posts the transaction of a shipment up to two days late; orders of this age have shipped and are posted."""
RESTATED = timedelta(days=14)
ROUNDED = "Amazon rounds fees per unit in one place and per transaction in the other"

ITEMS_ARE_PAID = Reconciliation(
    name="transactions_hold_the_price_of_items",
    meaning="The price of each shipped order line is in the transactions of its order, once.",
    left=Side("order_items"),
    right=Side("financial_event_amounts"),
    complete_by=("orders", "financial_events"),
    also=("orders",),
    settled=POSTED,
    tolerances=(Tolerance("one side may hold the price with its tax", share=Decimal("0.22")),),
    pairs="""
with lines as materialized (
  select
    o.order_date as day,
    i.order_id,
    coalesce(i.sku, '(no SKU)') as sku,
    sum(i.item_subtotal) as amount,
    min(i.currency) as currency,
    bool_or(i.item_subtotal is null) as is_unpriced
  from orders as o
  inner join order_items as i
    on o.seller_id = i.seller_id and o.marketplace_id = i.marketplace_id and o.order_id = i.order_id
  where o.seller_id = %(seller_id)s and o.marketplace_id = %(marketplace_id)s and o.order_date = any(%(days)s)
    and o.sales_channel = 'AMAZON' and o.fulfillment_status = 'SHIPPED'
    and (o.last_updated_at at time zone %(timezone)s)::date = any(%(days)s)
    and not i.is_cancelled and i.quantity_fulfilled > 0
  group by 1, 2, 3
),

paid as materialized (
  select order_id, sku, sum(amount) as amount, min(currency) as currency
  from financial_event_amounts
  where seller_id = %(seller_id)s and marketplace_id = %(marketplace_id)s
    and posted_date >= (select min(d.day) from unnest(%(days)s::date[]) as d (day))
    and transaction_type = 'Shipment' and amount_group = 'ProductCharges' and not is_tax and is_counted
  group by 1, 2
)

select
  lines.day,
  'SKU ' || lines.sku || ' of order ' || lines.order_id as key,
  'price' as figure,
  lines.amount as left_value,
  paid.amount as right_value,
  lines.currency,
  null as family,
  case
    when lines.is_unpriced then 'an order line has no amount yet'
    when paid.amount is null and exists (select from paid as p where p.order_id = lines.order_id and p.sku is null)
      then 'the transaction names no SKU'
    when lines.currency <> paid.currency then 'the currencies differ'
  end as reason
from lines
left join paid on lines.order_id = paid.order_id and lines.sku = paid.sku
where lines.amount <> 0 or lines.is_unpriced or paid.amount is not null
""",
)

FEES_ARE_ECONOMICS = Reconciliation(
    name="fees_equal_economics",
    meaning="The fees of each SKU and day in the transactions equal those in economics_daily: selling fees by the day "
    "of the order, refund fees and storage by the day on which they were posted.",
    left=Side("financial_event_amounts"),
    right=Side("economics_daily"),
    complete_by=("orders", "financial_events", "economics_daily"),
    also=("orders", "order_items"),
    settled=RESTATED,
    tolerances=(
        *(
            Tolerance(ROUNDED, absolute=Decimal("0.05"), share=Decimal("0.02"), family=family)
            for family in (
                "Commission",
                "FixedClosingFee",
                "FBAPerUnitFulfillmentFee",
                "ShippingHB",
                "RefundCommission",
            )
        ),
        Tolerance(
            "Amazon posts storage of a month at once, and economics spread it over its days",
            absolute=ANY,
            family="FBAStorageFee",
        ),
    ),
    pairs="""
with words (type, word) as (
  values
    ('Referral fee', 'Commission'),
    ('Closing fee', 'FixedClosingFee'),
    ('FBA fulfillment fees', 'FBAPerUnitFulfillmentFee'),
    ('Easy Ship handling fee', 'ShippingHB'),
    ('Refund administration fee', 'RefundCommission'),
    ('FBA storage fee', 'FBAStorageFee')
),

reported as materialized (
  select e.business_date as day, e.sku, w.word, e.currency, sum((f.fee ->> 'total')::numeric) as amount
  from economics_daily as e
  cross join lateral jsonb_array_elements(e.fees) as f (fee)
  inner join words as w on f.fee ->> 'type' = w.type
  where e.seller_id = %(seller_id)s and e.marketplace_id = %(marketplace_id)s and e.business_date = any(%(days)s)
  group by 1, 2, 3, 4
),

sold as materialized (
  select
    i.order_date as day,
    i.order_id,
    coalesce(i.sku, '(no SKU)') as sku,
    bool_and(
      i.quantity_fulfilled >= i.quantity_ordered
      and (o.last_updated_at at time zone %(timezone)s)::date = any(%(days)s)
    ) as is_shipped
  from orders as o
  inner join order_items as i
    on o.seller_id = i.seller_id and o.marketplace_id = i.marketplace_id and o.order_id = i.order_id
  where i.seller_id = %(seller_id)s and i.marketplace_id = %(marketplace_id)s and i.order_date = any(%(days)s)
    and o.sales_channel = 'AMAZON' and o.fulfillment_status <> 'CANCELLED' and not i.is_cancelled
  group by 1, 2, 3
),

waiting as materialized (
  select day, sku from sold
  group by 1, 2
  having not bool_and(is_shipped)
),

charged as materialized (
  select s.day, a.sku, a.amount_name as word, a.currency, -sum(a.amount) as amount
  from financial_event_amounts as a
  inner join (select distinct day, order_id from sold) as s on a.order_id = s.order_id
  where a.seller_id = %(seller_id)s and a.marketplace_id = %(marketplace_id)s and a.is_counted
    and a.posted_date >= (select min(d.day) from unnest(%(days)s::date[]) as d (day))
    and a.transaction_type = 'Shipment' and a.amount_group = 'AmazonFees'
  group by 1, 2, 3, 4
  union all
  select a.posted_date, a.sku, a.amount_name, a.currency, -sum(a.amount)
  from financial_event_amounts as a
  where a.seller_id = %(seller_id)s and a.marketplace_id = %(marketplace_id)s and a.is_counted
    and a.posted_date = any(%(days)s) and a.amount_group = 'AmazonFees'
    and (a.transaction_type, a.amount_name) in (('Refund', 'RefundCommission'), ('ServiceFee', 'FBAStorageFee'))
  group by 1, 2, 3, 4
)

select
  day,
  'SKU ' || coalesce(sku, '(none)') as key,
  word as figure,
  charged.amount as left_value,
  reported.amount as right_value,
  currency,
  word as family,
  case
    when sku is null then 'the transaction names no SKU'
    when word not in ('RefundCommission', 'FBAStorageFee')
      and exists (select from waiting as w where w.day = coalesce(charged.day, reported.day) and w.sku = reported.sku)
      then 'not all units of the day have shipped'
  end as reason
from charged
full join reported using (day, sku, word, currency)
where word in (select w.word from words as w)
  and (coalesce(charged.amount, 0) <> 0 or coalesce(reported.amount, 0) <> 0)
""",
)

REFUNDS_ARE_ECONOMICS = Reconciliation(
    name="refunds_equal_economics",
    meaning="Units and product sales that were refunded for each SKU and day in the transactions equal those in "
    "economics_daily.",
    left=Side("financial_events", "refunds"),
    right=Side("economics_daily"),
    complete_by=("financial_events", "economics_daily"),
    also=("financial_event_amounts",),
    settled=RESTATED,
    tolerances=(
        Tolerance("a refund may return a part of the price only", absolute=Decimal(1), family="units"),
        Tolerance("one side may hold the price with its tax", share=Decimal("0.22"), family="amounts"),
    ),
    pairs="""
with refunded as materialized (
  select posted_date as day, sku, sum(quantity) as units
  from financial_events
  where seller_id = %(seller_id)s and marketplace_id = %(marketplace_id)s and posted_date = any(%(days)s)
    and transaction_type = 'Refund' and item_index >= 0 and is_counted
  group by 1, 2
),

returned as materialized (
  select posted_date as day, sku, -sum(amount) as amount, min(currency) as currency
  from financial_event_amounts
  where seller_id = %(seller_id)s and marketplace_id = %(marketplace_id)s and posted_date = any(%(days)s)
    and transaction_type = 'Refund' and amount_group = 'ProductCharges' and not is_tax and is_counted
  group by 1, 2
),

reported as materialized (
  select business_date as day, sku, units_refunded as units, refunded_sales as amount, currency
  from economics_daily
  where seller_id = %(seller_id)s and marketplace_id = %(marketplace_id)s and business_date = any(%(days)s)
    and (units_refunded <> 0 or refunded_sales <> 0)
)

select
  day,
  'SKU ' || coalesce(sku, '(none)') as key,
  f.figure,
  f.left_value,
  f.right_value,
  case when f.family = 'amounts' then coalesce(returned.currency, reported.currency) end as currency,
  f.family,
  case when sku is null then 'the transaction names no SKU' end as reason
from refunded
full join returned using (day, sku)
full join reported using (day, sku)
cross join lateral (
  values
    ('units refunded', 'units', coalesce(refunded.units, 0), coalesce(reported.units, 0)),
    ('product sales refunded', 'amounts', coalesce(returned.amount, 0), coalesce(reported.amount, 0))
) as f (figure, family, left_value, right_value)
""",
)

TRANSACTIONS_ARE_SETTLED = Reconciliation(
    name="transactions_equal_settlements",
    meaning="The money of each day, order and SKU in the transactions equals that in the settlements that paid it.",
    left=Side("financial_event_amounts"),
    right=Side("settlement_rows"),
    complete_by=("financial_events",),
    also=("financial_events", "settlements"),
    settled=RESTATED,
    tolerances=(
        Tolerance("Amazon adds charges of a settlement that belong to no order", absolute=ANY, family="account"),
    ),
    pairs="""
with paid as materialized (
  select
    r.posted_date as day,
    case when r.order_id ~ '^[0-9]{3}-[0-9]{7}-[0-9]{7}$' then r.order_id end as order_id,
    case when r.order_id ~ '^[0-9]{3}-[0-9]{7}-[0-9]{7}$' then r.sku end as sku,
    r.settlement_id,
    r.currency,
    coalesce(r.amount_description, '') in ('Current Reserve Amount', 'Previous Reserve Amount Balance') as is_reserve,
    sum(r.amount) as amount
  from settlement_rows as r
  where r.seller_id = %(seller_id)s and r.marketplace_id = %(marketplace_id)s and r.posted_date = any(%(days)s)
  group by 1, 2, 3, 4, 5, 6
),

posted as materialized (
  select
    a.posted_date as day,
    a.order_id,
    case when a.order_id is not null then a.sku end as sku,
    e.settlement_id,
    a.currency,
    sum(a.amount) as amount
  from financial_event_amounts as a
  inner join financial_events as e
    on a.seller_id = e.seller_id and a.marketplace_id = e.marketplace_id and a.transaction_id = e.transaction_id
    and e.item_index = -1
  inner join settlements as s on e.seller_id = s.seller_id and e.settlement_id = s.settlement_id
  where a.seller_id = %(seller_id)s and a.marketplace_id = %(marketplace_id)s and a.posted_date = any(%(days)s)
    and a.is_cash and a.transaction_type <> 'Transfer'
  group by 1, 2, 3, 4, 5
)

select
  coalesce(posted.day, paid.day) as day,
  case
    when coalesce(posted.order_id, paid.order_id) is null
      then 'settlement ' || coalesce(posted.settlement_id, paid.settlement_id)
    else 'SKU ' || coalesce(posted.sku, paid.sku, '(none)') || ' of order ' || coalesce(posted.order_id, paid.order_id)
  end as key,
  'money' as figure,
  posted.amount as left_value,
  paid.amount as right_value,
  coalesce(posted.currency, paid.currency) as currency,
  case when coalesce(posted.order_id, paid.order_id) is null then 'account' end as family,
  case when paid.is_reserve then 'a reserve, which moves from one settlement to the next' end as reason
from posted
full join paid
  on not paid.is_reserve
  and (posted.day, posted.settlement_id, posted.currency) = (paid.day, paid.settlement_id, paid.currency)
  and coalesce(posted.order_id, '') = coalesce(paid.order_id, '') and coalesce(posted.sku, '') = coalesce(paid.sku, '')
where coalesce(posted.amount, 0) <> 0 or coalesce(paid.amount, 0) <> 0
""",
)

MARGINS_ARE_TRANSACTIONS = Reconciliation(
    name="margins_equal_transactions",
    meaning="The margins of each day before the cost of goods, with what is outside the margins (taxes that pass "
    "through, payouts), add up to the counted transactions of the day; so those of a month add up to it, too.",
    left=Side("financial_events", "counted"),
    right=Side("profit_margins", "with the money outside the margins"),
    complete_by=("financial_events",),
    pairs="""
with posted as materialized (
  select posted_date as day, coalesce(currency, 'XXX') as currency, sum(total_amount) as amount
  from financial_events
  where seller_id = %(seller_id)s and marketplace_id = %(marketplace_id)s and posted_date = any(%(days)s)
    and item_index = -1 and is_counted
  group by 1, 2
),

earned as materialized (
  select
    business_date as day,
    currency,
    sum(
      margin_before_cogs + sales_tax - tcs_amount - tds_amount + transfer_amount
      - case when is_tax_credit then fee_tax + ads_paid_tax else 0 end
    ) as amount
  from profit_margins
  where seller_id = %(seller_id)s and marketplace_id = %(marketplace_id)s and business_date = any(%(days)s)
  group by 1, 2
)

select
  day,
  'all SKUs and the account' as key,
  'money' as figure,
  coalesce(posted.amount, 0) as left_value,
  earned.amount as right_value,
  currency,
  null as family,
  null as reason
from posted
full join earned using (day, currency)
where posted.amount <> 0 or earned.amount <> 0
""",
)
