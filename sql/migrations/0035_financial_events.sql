-- Transactions of the account with their items, and the single amounts of each transaction (listTransactions 2024-06-19).

create table if not exists public.financial_events (
  id uuid primary key default gen_random_uuid(),
  seller_id uuid not null references public.sellers on delete cascade,
  marketplace_id text not null,
  transaction_id text not null,
  item_index integer not null,
  has_amazon_id boolean not null,
  transaction_type text not null,
  transaction_status text,
  received_status text,
  description text,
  posted_at timestamptz not null,
  posted_date date not null,
  account_type text,
  order_id text,
  shipment_id text,
  refund_id text,
  invoice_id text,
  settlement_id text,
  financial_event_group_id text,
  disbursement_id text,
  transfer_id text,
  deferred_transaction_id text,
  release_transaction_id text,
  order_adjustment_item_id text,
  coupon_id text,
  removal_shipment_item_id text,
  sku text,
  asin text,
  quantity integer,
  fulfillment_network text,
  total_amount numeric(18, 4),
  currency text check (length(currency) = 3),
  deferral_reason text,
  matures_at timestamptz,
  amount_tree text,
  is_balanced boolean not null,
  imbalance_amount numeric(18, 4),
  breakdowns jsonb,
  is_counted boolean not null,
  is_cash boolean not null,
  source text not null,
  load_id uuid not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint financial_events_key unique (seller_id, marketplace_id, transaction_id, item_index)
);
create index if not exists financial_events_day_idx on public.financial_events (seller_id, posted_date desc);
create index if not exists financial_events_order_idx on public.financial_events (seller_id, order_id);
create index if not exists financial_events_group_idx on public.financial_events (seller_id, financial_event_group_id);
create index if not exists financial_events_release_idx on public.financial_events (seller_id, release_transaction_id)
where release_transaction_id is not null;
create index if not exists financial_events_updated_idx on public.financial_events (seller_id, updated_at desc);
select public.xpert_describe_standard_columns('public.financial_events');
select public.xpert_protect_tenant_table('public.financial_events');
select public.xpert_watch('public.financial_events', 'posted_date');

create table if not exists public.financial_event_amounts (
  id uuid primary key default gen_random_uuid(),
  seller_id uuid not null references public.sellers on delete cascade,
  marketplace_id text not null,
  transaction_id text not null,
  item_index integer not null,
  leaf_number integer not null,
  amount_tree text not null,
  path text not null,
  amount_group text not null,
  amount_name text not null,
  is_tax boolean not null,
  amount numeric(18, 4) not null,
  currency text check (length(currency) = 3),
  sku text,
  asin text,
  order_id text,
  transaction_type text not null,
  transaction_status text,
  posted_at timestamptz not null,
  posted_date date not null,
  account_type text,
  financial_event_group_id text,
  is_counted boolean not null,
  is_cash boolean not null,
  source text not null,
  load_id uuid not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint financial_event_amounts_key unique (seller_id, marketplace_id, transaction_id, item_index, leaf_number)
);
create index if not exists financial_event_amounts_day_idx on public.financial_event_amounts (seller_id, posted_date desc);
create index if not exists financial_event_amounts_updated_idx
on public.financial_event_amounts (seller_id, updated_at desc);
select public.xpert_describe_standard_columns('public.financial_event_amounts');
select public.xpert_protect_tenant_table('public.financial_event_amounts');
select public.xpert_watch('public.financial_event_amounts', 'posted_date');

insert into public.schema_migrations (name) values ('0035_financial_events') on conflict do nothing;
