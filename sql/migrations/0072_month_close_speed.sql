-- month_close_rows looks up the parts of the few transactions that are not broken down. It had added up all amounts for that, so that
-- each question about a few days, also in daily_business, became slower with each day of history.

create or replace view xpert_views.month_close_rows with (security_invoker = true) as
with lines as (
  select
    o.seller_id,
    o.marketplace_id,
    o.order_id,
    o.order_date,
    o.fulfillment_status,
    o.last_updated_at,
    i.sku,
    i.title,
    i.item_subtotal,
    i.tax_total,
    coalesce(i.currency, o.currency, m.currency) as currency,
    i.is_cancelled or o.fulfillment_status = 'CANCELLED' as is_cancelled,
    coalesce(i.quantity_fulfilled, 0) < i.quantity_ordered as is_waiting
  from public.orders as o
  inner join public.order_items as i
    on o.seller_id = i.seller_id and o.marketplace_id = i.marketplace_id and o.order_id = i.order_id
  left join xpert_views.marketplaces as m on o.marketplace_id = m.marketplace_id
  where o.sales_channel = 'AMAZON'
),

ordered as (
  select
    seller_id,
    marketplace_id,
    order_id,
    currency,
    order_date as day,
    date_trunc('month', order_date)::date as month,
    coalesce(sum(item_subtotal) filter (where not is_cancelled), 0) as price,
    coalesce(sum(tax_total) filter (where not is_cancelled), 0) as tax,
    bool_and(is_cancelled) as is_cancelled,
    bool_or(item_subtotal is null and not is_cancelled) as is_unpriced,
    bool_or(is_waiting and not is_cancelled) as is_waiting,
    fulfillment_status = 'SHIPPED' as is_shipped,
    last_updated_at > now() - interval '7 days' as is_fresh,
    string_agg(distinct coalesce(title, sku), '; ') as what
  from lines
  group by seller_id, marketplace_id, order_id, currency, order_date, fulfillment_status, last_updated_at
),

sold as (
  select
    seller_id,
    marketplace_id,
    order_id,
    currency,
    date_trunc('month', posted_date)::date as month,
    min(posted_date) as day,
    sum(amount) as amount
  from public.financial_event_amounts
  where lower(transaction_type) = 'shipment' and amount_group = 'ProductCharges' and not is_tax and is_counted
  group by seller_id, marketplace_id, order_id, currency, date_trunc('month', posted_date)
),

sold_orders as (
  select
    o.seller_id,
    o.marketplace_id,
    o.order_id,
    o.currency,
    coalesce(sum(s.amount) filter (where s.currency = o.currency and s.month = o.month), 0) as in_month,
    coalesce(sum(s.amount) filter (where s.currency = o.currency and s.month <> o.month), 0) as elsewhere,
    bool_or(s.currency <> o.currency) as has_other_currency
  from ordered as o
  inner join sold as s on o.seller_id = s.seller_id and o.marketplace_id = s.marketplace_id and o.order_id = s.order_id
  group by o.seller_id, o.marketplace_id, o.order_id, o.currency
),

order_rows as (
  select
    o.*,
    o.price - coalesce(s.elsewhere, 0) as left_amount,
    coalesce(s.in_month, 0) as right_amount,
    coalesce(s.elsewhere, 0) <> 0 as is_elsewhere,
    coalesce(s.in_month, 0) + coalesce(s.elsewhere, 0) as posted,
    coalesce(s.has_other_currency, false) as has_other_currency
  from ordered as o
  left join sold_orders as s
    on
      o.seller_id = s.seller_id and o.marketplace_id = s.marketplace_id and o.order_id = s.order_id
      and o.currency = s.currency
),

headers as (
  select *
  from public.financial_events
  where item_index = -1
),

event_groups as (
  select
    seller_id,
    marketplace_id,
    financial_event_group_id,
    min(settlement_id) as settlement_id
  from headers
  where settlement_id is not null and financial_event_group_id is not null
  group by seller_id, marketplace_id, financial_event_group_id
  having min(settlement_id) = max(settlement_id)
),

cash as (
  select
    f.*,
    coalesce(f.settlement_id, g.settlement_id, c.settlement_id) as paid_by,
    coalesce(c.settlements, 0) > 1 as is_unnamed
  from headers as f
  left join event_groups as g
    on
      f.seller_id = g.seller_id and f.marketplace_id = g.marketplace_id
      and f.financial_event_group_id = g.financial_event_group_id
  left join lateral (
    select
      count(*) as settlements,
      case when count(*) = 1 then min(s.settlement_id) end as settlement_id
    from public.settlements as s
    where
      s.seller_id = f.seller_id and s.currency = f.currency and f.posted_at >= s.started_at and f.posted_at < s.ended_at
      and f.settlement_id is null and g.settlement_id is null
  ) as c on true
  where f.is_cash
),

first_of_release as (
  select
    seller_id,
    marketplace_id,
    release_transaction_id,
    min(transaction_id) as transaction_id
  from headers
  where release_transaction_id is not null
  group by seller_id, marketplace_id, release_transaction_id
),

named as (
  select
    r.*,
    coalesce(r.deferred_transaction_id, f.transaction_id) as first_id
  from cash as r
  left join first_of_release as f
    on
      r.seller_id = f.seller_id and r.marketplace_id = f.marketplace_id
      and r.transaction_id = f.release_transaction_id
  where not r.is_counted
),

releases as (
  select
    *,
    row_number() over (partition by seller_id, marketplace_id, first_id order by posted_at, transaction_id) as number
  from named
),

settled as (
  select
    s.seller_id,
    s.marketplace_id,
    s.settlement_id,
    s.settlement_date,
    s.started_at,
    date_trunc('month', s.settlement_date)::date as month,
    s.total_amount,
    s.rejected_count,
    s.currency,
    (s.deposited_at at time zone m.timezone)::date as deposit_date,
    (date_trunc('month', s.deposited_at at time zone m.timezone))::date as deposit_month
  from public.settlements as s
  left join xpert_views.marketplaces as m on s.marketplace_id = m.marketplace_id
),

posted as (
  select
    f.seller_id,
    f.marketplace_id,
    f.posted_date as day,
    date_trunc('month', f.posted_date)::date as month,
    f.transaction_id,
    f.order_id,
    f.transaction_type,
    f.description,
    f.deferral_reason,
    f.currency,
    coalesce(f.total_amount, 0) as amount,
    f.transaction_status = 'DEFERRED' and c.transaction_id is null and r.transaction_id is null as is_deferred,
    c.transaction_id is null and r.transaction_id is null as is_waiting,
    coalesce(c.currency, r.currency) as cash_currency,
    coalesce(c.total_amount, r.total_amount, 0) as cash_amount,
    coalesce(c.is_unnamed, r.is_unnamed) as is_unnamed,
    coalesce(c.paid_by, r.paid_by) as paid_by,
    s.settlement_id,
    s.month as settled_month
  from headers as f
  left join cash as c
    on f.is_cash and f.seller_id = c.seller_id and f.marketplace_id = c.marketplace_id and f.transaction_id = c.transaction_id
  left join releases as r
    on
      not f.is_cash and r.number = 1 and f.seller_id = r.seller_id and f.marketplace_id = r.marketplace_id
      and f.transaction_id = r.first_id
  left join settled as s on f.seller_id = s.seller_id and coalesce(c.paid_by, r.paid_by) = s.settlement_id
  where f.is_counted and lower(f.transaction_type) <> 'transfer'
),

paid as (
  select
    c.seller_id,
    c.marketplace_id,
    c.posted_date as day,
    s.month,
    c.transaction_id,
    c.order_id,
    c.transaction_type,
    c.description,
    c.currency,
    coalesce(c.total_amount, 0) as amount,
    s.settlement_id,
    coalesce(r.number, 1) > 1 and f.transaction_id is not null as is_another_release,
    case when c.is_counted then c.currency else f.currency end as first_currency,
    date_trunc('month', case when c.is_counted then c.posted_date else f.posted_date end)::date as first_month
  from cash as c
  inner join settled as s on c.seller_id = s.seller_id and c.paid_by = s.settlement_id
  left join releases as r
    on not c.is_counted and c.seller_id = r.seller_id and c.marketplace_id = r.marketplace_id and c.transaction_id = r.transaction_id
  left join headers as f
    on r.seller_id = f.seller_id and r.marketplace_id = f.marketplace_id and r.first_id = f.transaction_id and f.is_counted
  where lower(c.transaction_type) <> 'transfer'
),

sides as (
  select
    seller_id,
    settlement_id,
    case when order_id ~ '^[0-9]{3}-[0-9]{7}-[0-9]{7}$' then order_id end as order_id,
    currency,
    coalesce(amount_description, '') in ('Current Reserve Amount', 'Previous Reserve Amount Balance') as is_reserve,
    amount as settlement_amount,
    null::numeric as transaction_amount
  from public.settlement_rows
  union all
  select
    seller_id,
    settlement_id,
    case when order_id ~ '^[0-9]{3}-[0-9]{7}-[0-9]{7}$' then order_id end as order_id,
    currency,
    false as is_reserve,
    null as settlement_amount,
    amount as transaction_amount
  from paid
),

first_posted as (
  select
    seller_id,
    marketplace_id,
    min(posted_at) as moment
  from headers
  group by seller_id, marketplace_id
),

compared as (
  select
    b.seller_id,
    s.marketplace_id,
    s.month,
    s.settlement_date as day,
    b.settlement_id,
    b.order_id,
    b.currency,
    b.is_reserve,
    bool_or(p.moment is null or s.started_at < p.moment) as is_before_transactions,
    count(b.transaction_amount) as transactions,
    count(b.settlement_amount) as settlement_rows,
    coalesce(sum(b.settlement_amount), 0) - coalesce(sum(b.transaction_amount), 0) as amount
  from sides as b
  inner join settled as s on b.seller_id = s.seller_id and b.settlement_id = s.settlement_id
  left join first_posted as p on s.seller_id = p.seller_id and s.marketplace_id = p.marketplace_id
  group by b.seller_id, s.marketplace_id, s.month, s.settlement_date, b.settlement_id, b.order_id, b.currency, b.is_reserve
),

row_sums as (
  select
    s.seller_id,
    s.marketplace_id,
    s.month,
    s.settlement_date,
    s.settlement_id,
    s.deposit_date,
    s.deposit_month,
    s.rejected_count,
    coalesce(r.currency, s.currency) as currency,
    coalesce(sum(r.amount), 0) as rows_amount,
    case when coalesce(r.currency, s.currency) = s.currency then s.total_amount end as total_amount
  from settled as s
  left join public.settlement_rows as r on s.seller_id = r.seller_id and s.settlement_id = r.settlement_id
  group by
    s.seller_id, s.marketplace_id, s.month, s.settlement_date, s.settlement_id, s.deposit_date, s.deposit_month,
    s.rejected_count, coalesce(r.currency, s.currency), s.currency, s.total_amount
),

transfers as (
  select
    seller_id,
    marketplace_id,
    paid_by,
    currency,
    max(posted_date) as day,
    date_trunc('month', max(posted_date))::date as month,
    case when count(*) = 1 then min(transaction_id) end as transaction_id,
    -sum(total_amount) as amount
  from cash
  where lower(transaction_type) = 'transfer'
  group by seller_id, marketplace_id, paid_by, currency, case when paid_by is null then transaction_id end
),

deposits as (
  select
    s.*,
    t.day as transfer_date,
    t.month as transfer_month,
    t.transaction_id,
    coalesce(t.amount, 0) as transferred
  from settled as s
  left join transfers as t
    on s.seller_id = t.seller_id and s.settlement_id = t.paid_by and s.currency = t.currency
),

kinds_of_money as (
  select
    seller_id,
    marketplace_id,
    posted_date,
    transaction_type,
    amount_name,
    currency,
    amount,
    case
      when concat_ws(' ', amount_group, amount_name) ~* '\m(item)?tcs' then 'TCS'
      when concat_ws(' ', amount_group, amount_name) ~* '\m(item)?tds' then 'TDS'
      when is_tax and (amount_group in ('AmazonFees', 'DigitalServicesFee') or lower(transaction_type) = 'productadspayment')
        then 'tax on fees'
      when lower(transaction_type) = 'productadspayment' then 'advertising'
      when amount_group in ('AmazonFees', 'DigitalServicesFee') then 'fees'
      when lower(transaction_type) = 'refund' then 'refunds'
      when lower(transaction_type) = 'fbainventoryreimbursement' then 'reimbursements'
      when lower(transaction_type) = 'removalshipment' then 'liquidations'
      when lower(transaction_type) = 'shipment' and amount_group = 'ProductCharges' and not is_tax then 'sales'
      when is_tax or amount_group = 'Tax' then 'tax'
      when amount_group in ('Shipping', 'GiftWrap', 'CashOnDelivery') then 'shipping and services'
      when amount_group = 'Promotion' then 'promotions'
      else 'other'
    end as kind
  from public.financial_event_amounts
  where is_counted and lower(transaction_type) <> 'transfer'
),

-- A transaction whose parts do not add up, and what they lack in each currency. There are few: their parts are looked up.
unbroken as (
  select
    f.seller_id,
    f.marketplace_id,
    f.posted_date,
    f.order_id,
    f.transaction_id,
    f.settlement_id,
    f.transaction_type,
    f.description,
    p.currency,
    sum(p.amount) as amount
  from public.financial_events as f
  cross join
    lateral (
      select
        f.currency,
        coalesce(f.total_amount, 0) as amount
      union all
      select
        a.currency,
        -a.amount as amount
      from public.financial_event_amounts as a
      where
        a.seller_id = f.seller_id and a.marketplace_id = f.marketplace_id and a.transaction_id = f.transaction_id
        and a.is_counted
    ) as p
  where
    f.item_index = -1 and f.is_counted and lower(f.transaction_type) <> 'transfer'
    and (f.amount_tree is null or not f.is_balanced)
  group by
    f.seller_id, f.marketplace_id, f.posted_date, f.order_id, f.transaction_id, f.settlement_id, f.transaction_type,
    f.description, p.currency
),

all_rows (
  step_number, kind, seller_id, marketplace_id, month, day, order_id, transaction_id, settlement_id, transaction_type, what,
  other_month, currency, left_amount, right_amount
) as (
  select
    1,
    case
      when is_cancelled then 'cancelled'
      when is_unpriced then 'no price yet'
      when left_amount = right_amount then 'equal'
      when has_other_currency then 'currency'
      when posted = 0 and not is_shipped then 'not shipped yet'
      when posted = 0 and is_fresh then 'not posted yet'
      when posted = 0 then 'no transaction'
      when abs(left_amount - right_amount) <= 0.05 then 'rounding'
      when tax <> 0 and abs(abs(left_amount - right_amount) - tax) <= 0.05 then 'tax in the price'
      when right_amount < left_amount and is_waiting then 'not shipped yet'
      when right_amount < left_amount and is_fresh then 'not posted yet'
      else 'unknown'
    end,
    seller_id,
    marketplace_id,
    month,
    day,
    order_id,
    null::text,
    null::text,
    null::text,
    what,
    null::date,
    currency,
    left_amount,
    right_amount
  from order_rows
  where (not is_cancelled or left_amount <> 0 or right_amount <> 0) and not (is_elsewhere and left_amount = 0 and right_amount = 0)
  union all
  select
    1,
    'posted in another month',
    o.seller_id,
    o.marketplace_id,
    o.month,
    o.day,
    o.order_id,
    null,
    null,
    null,
    o.what,
    s.month as other_month,
    o.currency,
    s.amount,
    0
  from ordered as o
  inner join sold as s
    on
      o.seller_id = s.seller_id and o.marketplace_id = s.marketplace_id and o.order_id = s.order_id
      and o.currency = s.currency and o.month <> s.month
  union all
  select
    1,
    case
      when k.order_id is null then 'order not loaded'
      when k.sales_channel <> 'AMAZON' then 'not sold on Amazon'
      when o.order_id is null and exists (
        select from public.order_items as i
        where i.seller_id = s.seller_id and i.marketplace_id = s.marketplace_id and i.order_id = s.order_id
      ) then 'currency'
      when o.order_id is null then 'order not loaded'
      else 'ordered in another month'
    end,
    s.seller_id,
    s.marketplace_id,
    s.month,
    s.day,
    s.order_id,
    null,
    null,
    null,
    o.what,
    date_trunc('month', k.order_date)::date,
    s.currency,
    0,
    s.amount
  from sold as s
  left join ordered as o
    on
      s.seller_id = o.seller_id and s.marketplace_id = o.marketplace_id and s.order_id = o.order_id
      and s.currency = o.currency
  left join public.orders as k
    on s.seller_id = k.seller_id and s.marketplace_id = k.marketplace_id and s.order_id = k.order_id
  where o.order_id is null or s.month <> o.month
  union all
  select
    2,
    kind,
    seller_id,
    marketplace_id,
    date_trunc('month', posted_date)::date,
    posted_date,
    null,
    null,
    null,
    transaction_type,
    string_agg(distinct amount_name, ', '),
    null,
    currency,
    case when kind = 'sales' then sum(amount) else 0 end,
    sum(amount)
  from kinds_of_money
  group by seller_id, marketplace_id, posted_date, transaction_type, kind, currency
  union all
  select
    2,
    'not broken down',
    seller_id,
    marketplace_id,
    date_trunc('month', posted_date)::date,
    posted_date,
    order_id,
    transaction_id,
    settlement_id,
    transaction_type,
    description,
    null,
    currency,
    0,
    amount
  from unbroken
  where amount <> 0
  union all
  select
    3,
    case
      when is_deferred then 'deferred'
      when is_waiting then 'release not loaded'
      when paid_by is null and is_unnamed then 'settlement not named'
      when paid_by is null then 'not settled yet'
      when settlement_id is null then 'settlement not loaded'
      when settled_month <> month then 'settled in another month'
      when coalesce(currency, '') <> coalesce(cash_currency, '') then 'currency'
      when cash_amount = amount then 'equal'
      when abs(cash_amount - amount) <= 0.05 then 'rounding'
      else 'unknown'
    end,
    seller_id,
    marketplace_id,
    month,
    day,
    order_id,
    transaction_id,
    paid_by,
    transaction_type,
    nullif(concat_ws('; ', description, deferral_reason), ''),
    case when settled_month <> month then settled_month end,
    currency,
    amount,
    case when settled_month = month and coalesce(currency, '') = coalesce(cash_currency, '') then cash_amount else 0 end
  from posted
  union all
  select
    3,
    case
      when first_month is null then 'first transaction not loaded'
      when is_another_release then 'another release'
      when first_month <> month then 'posted in another month'
      else 'currency'
    end,
    seller_id,
    marketplace_id,
    month,
    day,
    order_id,
    transaction_id,
    settlement_id,
    transaction_type,
    description,
    case when first_month <> month then first_month end,
    currency,
    0,
    amount
  from paid
  where first_month is distinct from month or first_currency is distinct from currency or is_another_release
  union all
  select
    3,
    case
      when is_reserve then 'reserve'
      when settlement_rows = 0 then 'only in transactions'
      when transactions = 0 or is_before_transactions then 'only in settlements'
      when abs(amount) <= 0.05 then 'rounding'
      else 'unknown'
    end,
    seller_id,
    marketplace_id,
    month,
    day,
    order_id,
    null,
    settlement_id,
    null,
    null,
    null,
    currency,
    0,
    amount
  from compared
  where amount <> 0
  union all
  select
    4,
    case
      when total_amount is null then 'currency'
      when rows_amount = total_amount then 'equal'
      when rejected_count > 0 then 'unread rows'
      when abs(rows_amount - total_amount) <= 0.05 then 'rounding'
      else 'unknown'
    end,
    seller_id,
    marketplace_id,
    month,
    settlement_date,
    null,
    null,
    settlement_id,
    null,
    null,
    null,
    currency,
    case when deposit_month = month then rows_amount else rows_amount - coalesce(total_amount, 0) end,
    case when deposit_month = month then coalesce(total_amount, 0) else 0 end
  from row_sums
  where deposit_month = month or rows_amount is distinct from total_amount
  union all
  select
    4,
    case when deposit_month is null then 'no deposit date' else 'deposited in another month' end,
    seller_id,
    marketplace_id,
    month,
    settlement_date,
    null,
    null,
    settlement_id,
    null,
    null,
    deposit_month,
    currency,
    total_amount,
    0
  from settled
  where deposit_month is distinct from month and total_amount <> 0
  union all
  select
    4,
    'settled in another month',
    seller_id,
    marketplace_id,
    deposit_month,
    deposit_date,
    null,
    null,
    settlement_id,
    null,
    null,
    month,
    currency,
    0,
    total_amount
  from settled
  where deposit_month <> month and total_amount <> 0
  union all
  select
    5,
    case
      when transfer_month <> deposit_month then 'transferred in another month'
      when total_amount = transferred then 'equal'
      when transfer_month is null then 'no transfer'
      when abs(total_amount - transferred) <= 0.05 then 'rounding'
      else 'unknown'
    end,
    seller_id,
    marketplace_id,
    deposit_month,
    deposit_date,
    null,
    transaction_id,
    settlement_id,
    null,
    null,
    case when transfer_month <> deposit_month then transfer_month end,
    currency,
    total_amount,
    case when transfer_month = deposit_month then transferred else 0 end
  from deposits
  where deposit_month is not null and (total_amount <> 0 or transferred <> 0)
  union all
  select
    5,
    case when s.settlement_id is null then 'settlement not loaded' else 'deposited in another month' end,
    t.seller_id,
    t.marketplace_id,
    t.month,
    t.day,
    null,
    t.transaction_id,
    t.paid_by,
    'Transfer',
    null,
    s.deposit_month,
    t.currency,
    0,
    t.amount
  from transfers as t
  left join settled as s on t.seller_id = s.seller_id and t.paid_by = s.settlement_id and t.currency = s.currency
  where s.deposit_month is distinct from t.month
)

select
  r.seller_id,
  r.marketplace_id,
  r.month,
  r.step_number,
  case r.step_number
    when 1 then 'orders to sales'
    when 2 then 'sales to transactions'
    when 3 then 'transactions to settlements'
    when 4 then 'settlements to deposits'
    else 'deposits to transfers'
  end as step,
  r.kind,
  r.kind not in ('equal', 'sales') as is_difference,
  r.day,
  r.order_id,
  r.transaction_id,
  r.settlement_id,
  r.transaction_type,
  r.what,
  r.other_month,
  r.currency,
  r.left_amount,
  r.right_amount,
  r.right_amount - r.left_amount as difference_amount
from all_rows as r;

insert into public.schema_migrations (name) values ('0072_month_close_speed') on conflict do nothing;
