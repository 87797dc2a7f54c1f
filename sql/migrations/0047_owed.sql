-- What the seller is owed, and how settlements agree with transactions. The views have the rights of whoever reads them, so row
-- level security chooses the rows. docs/owed.md explains them.

create or replace view public.settlement_differences with (security_invoker = true) as
with groups as (
  select
    seller_id,
    marketplace_id,
    financial_event_group_id,
    min(settlement_id) as settlement_id
  from public.financial_events
  where item_index = -1 and settlement_id is not null and financial_event_group_id is not null
  group by seller_id, marketplace_id, financial_event_group_id
  having min(settlement_id) = max(settlement_id)
),

amounts as (
  select
    f.seller_id,
    coalesce(f.settlement_id, g.settlement_id) as settlement_id,
    f.currency,
    case
      when lower(f.transaction_type) = 'shipment' then 'orders'
      when f.transaction_type ilike '%refund%' then 'refunds'
      when lower(f.transaction_type) = 'productadspayment' then 'advertising'
      when lower(f.transaction_type) = 'debtrecovery' then 'debt'
      when f.transaction_type ilike '%reserve%' or f.description ilike '%reserve%' then 'reserve'
      else 'other'
    end as family,
    f.total_amount as transactions_amount,
    0::numeric as settlement_amount
  from public.financial_events as f
  left join groups as g
    on
      f.seller_id = g.seller_id and f.marketplace_id = g.marketplace_id
      and f.financial_event_group_id = g.financial_event_group_id
  where f.item_index = -1 and f.is_cash and lower(f.transaction_type) != 'transfer'
  union all
  select
    seller_id,
    settlement_id,
    currency,
    case
      when transaction_type = 'Order' then 'orders'
      when transaction_type ilike '%refund%' then 'refunds'
      when amount_type ilike 'cost of advertising' then 'advertising'
      when amount_description ilike 'debt adjustment%' or amount_description ilike 'payable to amazon%' then 'debt'
      when amount_description ilike '%reserve%' then 'reserve'
      else 'other'
    end as family,
    0::numeric as transactions_amount,
    amount as settlement_amount
  from public.settlement_rows
)

select
  s.seller_id,
  s.marketplace_id,
  s.settlement_id,
  s.settlement_date,
  a.currency,
  a.family,
  sum(a.transactions_amount) as transactions_amount,
  sum(a.settlement_amount) as settlement_amount,
  sum(a.settlement_amount) - sum(a.transactions_amount) as difference_amount
from public.settlements as s
inner join amounts as a on s.seller_id = a.seller_id and s.settlement_id = a.settlement_id
group by s.seller_id, s.marketplace_id, s.settlement_id, s.settlement_date, a.currency, a.family;
comment on view public.settlement_differences is
'Each settlement beside the transactions that it paid, by kind of money. Both hold the same money: never add them.';
comment on column public.settlement_differences.seller_id is 'The seller.';
comment on column public.settlement_differences.marketplace_id is 'Amazon''s id of the marketplace.';
comment on column public.settlement_differences.settlement_id is 'The settlement.';
comment on column public.settlement_differences.settlement_date is 'Marketplace-local day on which its period ended.';
comment on column public.settlement_differences.currency is 'ISO 4217 code of the amounts.';
comment on column public.settlement_differences.family is
'orders, refunds, advertising, debt (between periods or ways of payment), reserve (what Amazon keeps back), other.';
comment on column public.settlement_differences.transactions_amount is
'Sum of the transactions of its financial event group, without the transfer to the bank.';
comment on column public.settlement_differences.settlement_amount is 'Sum of its rows.';
comment on column public.settlement_differences.difference_amount is 'settlement_amount - transactions_amount.';
select public.xpert_show_view('public.settlement_differences');

create or replace view public.owed_transactions with (security_invoker = true) as
with settled_groups as (
  select distinct
    seller_id,
    marketplace_id,
    financial_event_group_id
  from public.financial_events
  where
    item_index = -1 and financial_event_group_id is not null
    and (settlement_id is not null or lower(transaction_type) = 'transfer')
),

waiting as (
  select
    f.seller_id,
    f.marketplace_id,
    f.order_id,
    f.currency,
    f.total_amount,
    f.posted_date,
    f.deferral_reason,
    f.matures_at,
    case when f.is_cash then 'unsettled' else 'deferred' end as state
  from public.financial_events as f
  where
    f.item_index = -1 and lower(f.transaction_type) != 'transfer'
    and (
      (not f.is_cash and f.is_counted and f.transaction_status = 'DEFERRED' and f.release_transaction_id is null)
      or (
        f.is_cash and f.settlement_id is null
        and not exists (
          select 1 from settled_groups as g
          where
            g.seller_id = f.seller_id and g.marketplace_id = f.marketplace_id
            and g.financial_event_group_id = f.financial_event_group_id
        )
        and not exists (
          select 1 from public.settlements as s
          where
            s.seller_id = f.seller_id and s.currency = f.currency
            and f.posted_at >= s.started_at and f.posted_at < s.ended_at
        )
      )
    )
)

select
  seller_id,
  marketplace_id,
  order_id,
  state,
  currency,
  sum(total_amount) as amount,
  count(*) as transaction_count,
  min(posted_date) as first_posted_date,
  max(posted_date) as last_posted_date,
  max(matures_at) filter (where state = 'deferred') as expected_release_at,
  string_agg(distinct deferral_reason, ', ' order by deferral_reason) filter (where state = 'deferred') as deferral_reasons
from waiting
group by seller_id, marketplace_id, order_id, state, currency;
comment on view public.owed_transactions is
'Money that is posted and not yet paid: deferred, or not yet in a settlement. By order; negative amounts are owed by the seller.';
comment on column public.owed_transactions.seller_id is 'The seller.';
comment on column public.owed_transactions.marketplace_id is 'Amazon''s id of the marketplace.';
comment on column public.owed_transactions.order_id is 'The order. NULL: money that belongs to no order, such as fees and advertising.';
comment on column public.owed_transactions.state is
'deferred: Amazon holds the money back. unsettled: it is released, but no settlement has paid it yet.';
comment on column public.owed_transactions.currency is 'ISO 4217 code of amount.';
comment on column public.owed_transactions.amount is 'Sum of the transactions.';
comment on column public.owed_transactions.transaction_count is 'Number of transactions.';
comment on column public.owed_transactions.first_posted_date is 'Marketplace-local day of the oldest transaction.';
comment on column public.owed_transactions.last_posted_date is 'Marketplace-local day of the newest transaction.';
comment on column public.owed_transactions.expected_release_at is
'When Amazon will release the last deferred transaction. NULL: not deferred, or Amazon does not say when.';
comment on column public.owed_transactions.deferral_reasons is 'Why Amazon holds the money back.';
select public.xpert_show_view('public.owed_transactions');

create or replace view public.owed_lost_units with (security_invoker = true) as
with paid as (
  select
    seller_id,
    marketplace_id,
    sku,
    sum(quantity) filter (where lower(transaction_type) = 'fbainventoryreimbursement') as units,
    sum(total_amount) filter (where lower(transaction_type) = 'fbainventoryreimbursement') as amount,
    max(posted_date) filter (where lower(transaction_type) = 'fbainventoryreimbursement') as last_date,
    min(currency) filter (where lower(transaction_type) = 'fbainventoryreimbursement') as currency
  from public.financial_events
  where item_index >= 0 and sku is not null
  group by seller_id, marketplace_id, sku
),

known as (
  select
    seller_id,
    marketplace_id,
    min(posted_date) as first_day
  from public.financial_events
  group by seller_id, marketplace_id
),

newest as (
  select
    seller_id,
    max(business_date) as day
  from public.inventory_ledger
  group by seller_id
),

moved as (
  select
    l.seller_id,
    l.marketplace_id,
    l.sku,
    max(l.asin) as asin,
    -coalesce(sum(l.lost_quantity), 0) as lost_units,
    coalesce(sum(l.found_quantity), 0) as found_units,
    -coalesce(sum(l.damaged_quantity) filter (where l.damaged_quantity < 0), 0) as damaged_units,
    -coalesce(
      sum(coalesce(l.lost_quantity, 0) + least(coalesce(l.damaged_quantity, 0), 0)) filter (where l.business_date > n.day - 30), 0
    ) as recent_units,
    min(l.business_date) filter (where l.lost_quantity < 0 or l.damaged_quantity < 0) as first_date,
    max(l.business_date) filter (where l.lost_quantity < 0 or l.damaged_quantity < 0) as last_date
  from public.inventory_ledger as l
  inner join known as k on l.seller_id = k.seller_id and l.marketplace_id = k.marketplace_id
  inner join newest as n on l.seller_id = n.seller_id
  where l.business_date >= k.first_day
  group by l.seller_id, l.marketplace_id, l.sku
)

select
  m.seller_id,
  m.marketplace_id,
  m.sku,
  m.asin,
  m.lost_units,
  m.found_units,
  m.damaged_units,
  coalesce(p.units, 0) as reimbursed_units,
  m.lost_units - m.found_units + m.damaged_units - coalesce(p.units, 0) as open_units,
  least(m.recent_units, m.lost_units - m.found_units + m.damaged_units - coalesce(p.units, 0)) as recent_units,
  m.first_date as first_loss_date,
  m.last_date as last_loss_date,
  p.last_date as last_reimbursed_date,
  p.amount as reimbursed_amount,
  p.currency
from moved as m
left join paid as p on m.seller_id = p.seller_id and m.marketplace_id = p.marketplace_id and m.sku = p.sku
where m.lost_units - m.found_units + m.damaged_units - coalesce(p.units, 0) > 0;
comment on view public.owed_lost_units is
'SKUs of which Amazon lost or damaged more units than it found again or reimbursed, since the first day with transactions.';
comment on column public.owed_lost_units.seller_id is 'The seller.';
comment on column public.owed_lost_units.marketplace_id is 'Amazon''s id of the marketplace in which the units were.';
comment on column public.owed_lost_units.sku is 'The seller''s own SKU.';
comment on column public.owed_lost_units.asin is 'ASIN.';
comment on column public.owed_lost_units.lost_units is 'Units that Amazon lost.';
comment on column public.owed_lost_units.found_units is 'Units that it found again.';
comment on column public.owed_lost_units.damaged_units is 'Units that were damaged in its warehouses.';
comment on column public.owed_lost_units.reimbursed_units is 'Units that it reimbursed (FBAInventoryReimbursement).';
comment on column public.owed_lost_units.open_units is 'lost_units - found_units + damaged_units - reimbursed_units.';
comment on column public.owed_lost_units.recent_units is
'Those of open_units that may be of the last 30 days of the ledger; Amazon usually reimburses within that time.';
comment on column public.owed_lost_units.first_loss_date is 'First day with a loss or damage.';
comment on column public.owed_lost_units.last_loss_date is 'Last day with a loss or damage.';
comment on column public.owed_lost_units.last_reimbursed_date is 'Day of the last reimbursement. NULL: there was none.';
comment on column public.owed_lost_units.reimbursed_amount is 'What was reimbursed for the SKU. NULL: nothing.';
comment on column public.owed_lost_units.currency is 'ISO 4217 code of reimbursed_amount.';
select public.xpert_show_view('public.owed_lost_units');

create or replace view public.owed_returns with (security_invoker = true) as
with refunded as (
  select
    seller_id,
    marketplace_id,
    order_id,
    sku,
    currency,
    max(asin) as asin,
    max(fulfillment_network) as fulfillment_network,
    sum(quantity) as units,
    sum(total_amount) as amount,
    min(posted_date) as first_date,
    max(posted_date) as last_date
  from public.financial_events
  where
    item_index >= 0 and is_counted and lower(transaction_type) = 'refund'
    and order_id is not null and sku is not null and quantity > 0
  group by seller_id, marketplace_id, order_id, sku, currency
),

arrived as (
  select
    seller_id,
    order_id,
    sku,
    sum(quantity) as units
  from (
    select
      seller_id,
      order_id,
      sku,
      quantity
    from public.fba_returns
    union all
    select
      seller_id,
      order_id,
      sku,
      quantity
    from public.merchant_returns
    where delivery_date is not null
  ) as came
  group by seller_id, order_id, sku
),

asked as (
  select
    seller_id,
    order_id,
    sku,
    min(return_date) as return_date
  from public.merchant_returns
  group by seller_id, order_id, sku
)

select
  r.seller_id,
  r.marketplace_id,
  r.order_id,
  r.sku,
  r.asin,
  r.fulfillment_network,
  r.units as refunded_units,
  coalesce(a.units, 0) as returned_units,
  r.units - coalesce(a.units, 0) as missing_units,
  -r.amount as refunded_amount,
  r.currency,
  r.first_date as first_refund_date,
  r.last_date as last_refund_date,
  q.return_date as return_requested_date,
  current_date - r.last_date as waiting_days
from refunded as r
left join arrived as a on r.seller_id = a.seller_id and r.order_id = a.order_id and r.sku = a.sku
left join asked as q on r.seller_id = q.seller_id and r.order_id = q.order_id and r.sku = q.sku
where r.units > coalesce(a.units, 0);
comment on view public.owed_returns is
'Refunds whose return never arrived: units that were refunded and did not come back to Amazon or to the seller.';
comment on column public.owed_returns.seller_id is 'The seller.';
comment on column public.owed_returns.marketplace_id is 'Amazon''s id of the marketplace.';
comment on column public.owed_returns.order_id is 'The order.';
comment on column public.owed_returns.sku is 'The seller''s own SKU.';
comment on column public.owed_returns.asin is 'ASIN.';
comment on column public.owed_returns.fulfillment_network is 'AFN: Amazon fulfilled it. MFN: the seller did.';
comment on column public.owed_returns.refunded_units is 'Units that were refunded.';
comment on column public.owed_returns.returned_units is 'Units that arrived.';
comment on column public.owed_returns.missing_units is 'refunded_units - returned_units.';
comment on column public.owed_returns.refunded_amount is
'What the refunds of the order and SKU cost the seller, after the fees that Amazon gave back.';
comment on column public.owed_returns.currency is 'ISO 4217 code of refunded_amount.';
comment on column public.owed_returns.first_refund_date is 'Marketplace-local day of the first refund.';
comment on column public.owed_returns.last_refund_date is 'Marketplace-local day of the last refund.';
comment on column public.owed_returns.return_requested_date is 'Day of the return request. NULL: Amazon fulfilled it, or there was none.';
comment on column public.owed_returns.waiting_days is 'Days since the last refund. Customers have some weeks to send a return.';
select public.xpert_show_view('public.owed_returns');

create or replace view public.settlement_totals with (security_invoker = true) as
with posted as (
  select
    seller_id,
    settlement_id,
    case when min(account_type) = max(account_type) then min(account_type) end as account_type
  from public.financial_events
  where item_index = -1 and settlement_id is not null
  group by seller_id, settlement_id
),

compared as (
  select
    seller_id,
    settlement_id,
    currency,
    sum(transactions_amount) as transactions_amount
  from public.settlement_differences
  group by seller_id, settlement_id, currency
)

select
  s.seller_id,
  s.marketplace_id,
  s.settlement_id,
  s.settlement_date,
  p.account_type,
  s.total_amount,
  s.currency,
  s.is_balanced,
  coalesce(c.transactions_amount, 0) as transactions_amount,
  s.total_amount - coalesce(c.transactions_amount, 0) as difference_amount
from public.settlements as s
left join posted as p on s.seller_id = p.seller_id and s.settlement_id = p.settlement_id
left join compared as c on s.seller_id = c.seller_id and s.settlement_id = c.settlement_id and s.currency = c.currency;
comment on view public.settlement_totals is 'Each settlement with its way of payment and the sum of the transactions that it paid.';
comment on column public.settlement_totals.seller_id is 'The seller.';
comment on column public.settlement_totals.marketplace_id is 'Amazon''s id of the marketplace.';
comment on column public.settlement_totals.settlement_id is 'The settlement.';
comment on column public.settlement_totals.settlement_date is 'Marketplace-local day on which its period ended.';
comment on column public.settlement_totals.account_type is
'The account type of its transactions; in India the way of payment. The report does not have it. NULL: not known, or several.';
comment on column public.settlement_totals.total_amount is 'What Amazon paid.';
comment on column public.settlement_totals.currency is 'ISO 4217 code of the amounts.';
comment on column public.settlement_totals.is_balanced is 'Whether its rows add up to its total.';
comment on column public.settlement_totals.transactions_amount is
'Sum of its transactions without the transfer to the bank; 0 if none is known.';
comment on column public.settlement_totals.difference_amount is 'total_amount - transactions_amount.';
select public.xpert_show_view('public.settlement_totals');

insert into public.schema_migrations (name) values ('0047_owed') on conflict do nothing;
