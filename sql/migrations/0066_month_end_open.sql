-- What Amazon owed at the end of a month that is over: the transactions that were posted by then and settled later, or not yet.
-- month_close_rows tells what is deferred or not settled now. The days of releases and settlements tell what was so then.

create or replace view xpert_views.month_end_open with (security_invoker = true) as
with places as (
  select
    marketplace_id,
    (date_trunc('month', now() at time zone timezone) - interval '1 month')::date as last_month
  from xpert_views.marketplaces
),

waiting as (
  select
    r.*,
    least((r.other_month - interval '1 month')::date, p.last_month) as last_month
  from xpert_views.month_close_rows as r
  inner join places as p on r.marketplace_id = p.marketplace_id
  where r.step_number = 3 and r.kind in ('deferred', 'not settled yet', 'settled in another month')
),

released as (
  select
    w.*,
    f.is_cash,
    (
      select min(e.posted_date)
      from public.financial_events as e
      where
        e.seller_id = w.seller_id and e.marketplace_id = w.marketplace_id and e.item_index = -1 and e.is_cash
        and not e.is_counted
        and (e.deferred_transaction_id = w.transaction_id or e.transaction_id = f.release_transaction_id)
    ) as release_date
  from waiting as w
  inner join public.financial_events as f
    on
      w.seller_id = f.seller_id and w.marketplace_id = f.marketplace_id and w.transaction_id = f.transaction_id
      and f.item_index = -1
)

select
  r.seller_id,
  r.marketplace_id,
  m.month::date as month,
  case
    when r.is_cash or r.release_date < m.month + interval '1 month' then 'not settled yet' else 'deferred'
  end as state,
  r.day,
  r.order_id,
  r.transaction_id,
  r.transaction_type,
  r.what,
  r.left_amount as amount,
  r.currency,
  r.release_date,
  r.settlement_id,
  r.other_month as settled_month
from released as r
cross join lateral generate_series(r.month::timestamp, r.last_month::timestamp, interval '1 month') as m (month);
comment on view xpert_views.month_end_open is
'What Amazon owed at the end of each month that is over: transactions posted in this month or before, and not settled by then.';
comment on column xpert_views.month_end_open.seller_id is 'The seller.';
comment on column xpert_views.month_end_open.marketplace_id is 'Amazon''s id of the marketplace.';
comment on column xpert_views.month_end_open.month is 'First day of the month whose end it is, by the marketplace''s own days.';
comment on column xpert_views.month_end_open.state is
'deferred: Amazon held the money back. not settled yet: it was released, but no settlement that ended by then has it.';
comment on column xpert_views.month_end_open.day is 'Day on which the transaction was posted.';
comment on column xpert_views.month_end_open.order_id is 'The order. NULL: the transaction is about none.';
comment on column xpert_views.month_end_open.transaction_id is 'The transaction.';
comment on column xpert_views.month_end_open.transaction_type is 'As in financial_events.';
comment on column xpert_views.month_end_open.what is 'Amazon''s words for it.';
comment on column xpert_views.month_end_open.amount is 'What it moves; positive: Amazon pays it.';
comment on column xpert_views.month_end_open.currency is 'ISO 4217 code of the amount.';
comment on column xpert_views.month_end_open.release_date is
'Day of the transaction that released it. NULL: it was never deferred, or still is.';
comment on column xpert_views.month_end_open.settlement_id is 'The settlement that has it since. NULL: none has it yet.';
comment on column xpert_views.month_end_open.settled_month is
'First day of the month in which that settlement ended. NULL: none has it yet.';
select public.xpert_show_view('xpert_views.month_end_open');

insert into public.schema_migrations (name) values ('0066_month_end_open') on conflict do nothing;
