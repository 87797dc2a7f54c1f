-- month_end_open finds all releases in one pass, so its time grows with the number of transactions, and not with its square.
-- Its columns, rights and comments stay.

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

release_days as (
  select
    seller_id,
    marketplace_id,
    deferred_transaction_id as transaction_id,
    posted_date as release_date
  from public.financial_events
  where item_index = -1 and is_cash and not is_counted and deferred_transaction_id is not null
  union all
  select
    f.seller_id,
    f.marketplace_id,
    f.transaction_id,
    e.posted_date as release_date
  from public.financial_events as f
  inner join public.financial_events as e
    on
      f.seller_id = e.seller_id and f.marketplace_id = e.marketplace_id and f.release_transaction_id = e.transaction_id
      and e.item_index = -1 and e.is_cash and not e.is_counted
  where f.item_index = -1 and f.release_transaction_id is not null
),

-- Rows and releases stand in one list: no plan can then read all releases again for each row, whatever it expects.
listed as (
  select
    w.seller_id,
    w.marketplace_id,
    w.transaction_id,
    null::date as release_date,
    true as is_row,
    f.is_cash,
    w.month,
    w.last_month,
    w.day,
    w.order_id,
    w.transaction_type,
    w.what,
    w.left_amount,
    w.currency,
    w.settlement_id,
    w.other_month
  from waiting as w
  inner join public.financial_events as f
    on
      w.seller_id = f.seller_id and w.marketplace_id = f.marketplace_id and w.transaction_id = f.transaction_id
      and f.item_index = -1
  union all
  select
    seller_id,
    marketplace_id,
    transaction_id,
    release_date,
    false as is_row,
    null as is_cash,
    null as month,
    null as last_month,
    null as day,
    null as order_id,
    null as transaction_type,
    null as what,
    null as left_amount,
    null as currency,
    null as settlement_id,
    null as other_month
  from release_days
),

released as (
  select
    seller_id,
    marketplace_id,
    transaction_id,
    min(release_date) over (partition by seller_id, marketplace_id, transaction_id) as release_date,
    is_row,
    is_cash,
    month,
    last_month,
    day,
    order_id,
    transaction_type,
    what,
    left_amount,
    currency,
    settlement_id,
    other_month
  from listed
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
cross join lateral generate_series(r.month::timestamp, r.last_month::timestamp, interval '1 month') as m (month)
where r.is_row;

insert into public.schema_migrations (name) values ('0070_month_end_releases') on conflict do nothing;
