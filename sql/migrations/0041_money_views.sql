-- The account's money by date (accrual) and by financial event group (cash). The views have the rights of whoever reads
-- them, so row level security chooses the rows. Amounts of different currencies are never added.

create or replace function public.xpert_show_view(_view regclass) returns void
language plpgsql set search_path = pg_catalog, public
as $$
begin
  execute format('grant select on %s to xpert_pipeline, xpert_reader, xpert_viewer', _view);
  perform public.xpert_close_to_api(_view);
end $$;
comment on function public.xpert_show_view(regclass) is
'Everyone who reads tables of sellers may read a view; with security_invoker it shows no other rows than its tables.';
select public.xpert_close_function('public.xpert_show_view(regclass)');

create or replace view public.financial_accrual with (security_invoker = true) as
select
  seller_id,
  marketplace_id,
  posted_date,
  transaction_type,
  amount_group,
  amount_name,
  is_tax,
  sku,
  currency,
  sum(amount) as amount,
  count(distinct transaction_id) as transactions
from public.financial_event_amounts
where is_counted
group by seller_id, marketplace_id, posted_date, transaction_type, amount_group, amount_name, is_tax, sku, currency;
comment on view public.financial_accrual is
'Money by the day on which Amazon posted it, by kind of amount and SKU. Deferred money counts once, on the day of its first transaction.';
comment on column public.financial_accrual.seller_id is 'The seller.';
comment on column public.financial_accrual.marketplace_id is 'Amazon''s id of the marketplace.';
comment on column public.financial_accrual.posted_date is 'Marketplace-local day.';
comment on column public.financial_accrual.transaction_type is 'As in financial_events. Transfer is a payout, not income.';
comment on column public.financial_accrual.amount_group is 'As in financial_event_amounts.';
comment on column public.financial_accrual.amount_name is 'As in financial_event_amounts.';
comment on column public.financial_accrual.is_tax is 'Whether it is the tax part of amount_name, e.g. GST on a fee.';
comment on column public.financial_accrual.sku is 'The seller''s own SKU. NULL: the amount belongs to no item.';
comment on column public.financial_accrual.currency is 'ISO 4217 code of amount.';
comment on column public.financial_accrual.amount is 'Sum of the amounts. Money that the seller pays is negative.';
comment on column public.financial_accrual.transactions is 'Number of transactions.';
select public.xpert_show_view('public.financial_accrual');

create or replace view public.financial_cash with (security_invoker = true) as
select
  seller_id,
  marketplace_id,
  financial_event_group_id,
  max(settlement_id) as settlement_id,
  account_type,
  currency,
  min(posted_at) as first_posted_at,
  max(posted_at) as last_posted_at,
  count(*) as transactions,
  coalesce(sum(total_amount) filter (where transaction_type <> 'Transfer'), 0) as collected_amount,
  coalesce(sum(total_amount) filter (where transaction_type = 'Transfer'), 0) as transferred_amount
from public.financial_events
where item_index = -1 and is_cash
group by seller_id, marketplace_id, financial_event_group_id, account_type, currency;
comment on view public.financial_cash is
'Money by financial event group, which becomes one settlement. Deferred money is in the group in which it was released.';
comment on column public.financial_cash.seller_id is 'The seller.';
comment on column public.financial_cash.marketplace_id is 'Amazon''s id of the marketplace.';
comment on column public.financial_cash.financial_event_group_id is
'The financial event group. NULL: released transactions for which Amazon names none.';
comment on column public.financial_cash.settlement_id is
'The settlement that paid the group. NULL: it is not settled yet, as far as Amazon tells.';
comment on column public.financial_cash.account_type is 'The kind of account; in India the payment rail.';
comment on column public.financial_cash.currency is 'ISO 4217 code of the amounts.';
comment on column public.financial_cash.first_posted_at is 'When the first loaded transaction of the group was posted.';
comment on column public.financial_cash.last_posted_at is 'When the last one was posted.';
comment on column public.financial_cash.transactions is 'Number of transactions.';
comment on column public.financial_cash.collected_amount is
'Sum of all transactions except transfers: what the settlement pays, if the whole group is loaded.';
comment on column public.financial_cash.transferred_amount is 'Sum of the transfers to the bank, negative; 0 until there is one.';
select public.xpert_show_view('public.financial_cash');

create or replace view public.financial_cash_amounts with (security_invoker = true) as
select
  seller_id,
  marketplace_id,
  financial_event_group_id,
  account_type,
  transaction_type,
  amount_group,
  amount_name,
  is_tax,
  currency,
  sum(amount) as amount,
  count(distinct transaction_id) as transactions
from public.financial_event_amounts
where is_cash
group by
  seller_id, marketplace_id, financial_event_group_id, account_type, transaction_type, amount_group, amount_name, is_tax,
  currency;
comment on view public.financial_cash_amounts is 'The amounts of each financial event group by kind.';
comment on column public.financial_cash_amounts.seller_id is 'The seller.';
comment on column public.financial_cash_amounts.marketplace_id is 'Amazon''s id of the marketplace.';
comment on column public.financial_cash_amounts.financial_event_group_id is 'As in financial_cash.';
comment on column public.financial_cash_amounts.account_type is 'As in financial_cash.';
comment on column public.financial_cash_amounts.transaction_type is 'As in financial_events.';
comment on column public.financial_cash_amounts.amount_group is 'As in financial_event_amounts.';
comment on column public.financial_cash_amounts.amount_name is 'As in financial_event_amounts.';
comment on column public.financial_cash_amounts.is_tax is 'Whether it is the tax part of amount_name.';
comment on column public.financial_cash_amounts.currency is 'ISO 4217 code of amount.';
comment on column public.financial_cash_amounts.amount is 'Sum of the amounts. Money that the seller pays is negative.';
comment on column public.financial_cash_amounts.transactions is 'Number of transactions.';
select public.xpert_show_view('public.financial_cash_amounts');

insert into public.schema_migrations (name) values ('0041_money_views') on conflict do nothing;
