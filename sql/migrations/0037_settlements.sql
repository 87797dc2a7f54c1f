-- Settlements and their rows, from the report GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2, which Amazon makes by itself and
-- keeps for 90 days. They are never added to financial_events, which hold the same money.

create table if not exists public.settlements (
  id uuid primary key default gen_random_uuid(),
  seller_id uuid not null references public.sellers on delete cascade,
  marketplace_id text not null,
  settlement_id text not null,
  settlement_date date not null,
  started_at timestamptz,
  ended_at timestamptz,
  deposited_at timestamptz,
  total_amount numeric(18, 4) not null,
  rows_amount numeric(18, 4) not null,
  difference_amount numeric(18, 4) not null,
  is_balanced boolean not null,
  row_count integer not null,
  rejected_count integer not null,
  currency text not null check (length(currency) = 3),
  report_id text not null,
  report_document_id text not null,
  report_created_at timestamptz,
  source text not null,
  load_id uuid not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint settlements_key unique (seller_id, settlement_id)
);
create index if not exists settlements_day_idx on public.settlements (seller_id, settlement_date desc);
create index if not exists settlements_updated_idx on public.settlements (seller_id, updated_at desc);
select public.xpert_describe_standard_columns('public.settlements');
select public.xpert_protect_tenant_table('public.settlements');
select public.xpert_watch('public.settlements', 'settlement_date');

create table if not exists public.settlement_rows (
  id uuid primary key default gen_random_uuid(),
  seller_id uuid not null references public.sellers on delete cascade,
  marketplace_id text not null,
  settlement_id text not null,
  row_number integer not null,
  posted_date date,
  posted_at timestamptz,
  transaction_type text,
  order_id text,
  merchant_order_id text,
  adjustment_id text,
  shipment_id text,
  marketplace_name text,
  amount_type text not null,
  amount_description text,
  amount numeric(18, 4) not null,
  currency text not null check (length(currency) = 3),
  fulfillment_id text,
  order_item_code text,
  merchant_order_item_id text,
  merchant_adjustment_item_id text,
  sku text,
  quantity_purchased integer,
  promotion_id text,
  source text not null,
  load_id uuid not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint settlement_rows_key unique (seller_id, settlement_id, row_number)
);
create index if not exists settlement_rows_day_idx on public.settlement_rows (seller_id, posted_date desc);
create index if not exists settlement_rows_order_idx on public.settlement_rows (seller_id, order_id);
create index if not exists settlement_rows_updated_idx on public.settlement_rows (seller_id, updated_at desc);
select public.xpert_describe_standard_columns('public.settlement_rows');
select public.xpert_protect_tenant_table('public.settlement_rows');
select public.xpert_watch('public.settlement_rows', 'posted_date');

insert into public.schema_migrations (name) values ('0037_settlements') on conflict do nothing;
