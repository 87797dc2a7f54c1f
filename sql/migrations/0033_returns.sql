-- Returns of customers: units that came back to Amazon, requests for what the seller ships, and both side by side.

create table if not exists public.fba_returns (
  id uuid primary key default gen_random_uuid(),
  seller_id uuid not null references public.sellers on delete cascade,
  marketplace_id text not null,
  return_key text not null,
  return_date date not null,
  returned_at timestamptz not null,
  order_id text not null,
  sku text,
  asin text,
  fn_sku text,
  product_name text,
  quantity integer not null,
  fulfillment_center_id text,
  disposition text,
  reason_code text,
  status text,
  license_plate_number text,
  source text not null,
  load_id uuid not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint fba_returns_key unique (seller_id, marketplace_id, return_key)
);
create index if not exists fba_returns_day_idx on public.fba_returns (seller_id, return_date desc);
create index if not exists fba_returns_order_idx on public.fba_returns (seller_id, order_id);
create index if not exists fba_returns_sku_idx on public.fba_returns (seller_id, sku);
create index if not exists fba_returns_asin_idx on public.fba_returns (seller_id, asin);
create index if not exists fba_returns_updated_idx on public.fba_returns (seller_id, updated_at desc);
select public.xpert_describe_standard_columns('public.fba_returns');
select public.xpert_protect_tenant_table('public.fba_returns');
select public.xpert_watch('public.fba_returns', 'return_date', 'returns_refunds');

create table if not exists public.merchant_returns (
  id uuid primary key default gen_random_uuid(),
  seller_id uuid not null references public.sellers on delete cascade,
  marketplace_id text not null,
  return_key text not null,
  return_date date not null,
  order_id text not null,
  order_item_id text,
  order_date date,
  rma_id text,
  merchant_rma_id text,
  status text,
  sku text,
  asin text,
  product_name text,
  quantity integer not null,
  order_quantity integer,
  reason_code text,
  is_in_policy boolean,
  return_type text,
  resolution text,
  is_prime boolean,
  has_a_to_z_claim boolean,
  delivery_date date,
  label_type text,
  label_cost numeric(18, 4),
  label_payer text,
  return_carrier text,
  invoice_number text,
  order_amount numeric(18, 4),
  refunded_amount numeric(18, 4),
  currency text check (length(currency) = 3),
  safe_t_claim_id text,
  safe_t_claim_status text,
  safe_t_claim_date date,
  safe_t_action_reason text,
  safe_t_reimbursed_amount numeric(18, 4),
  source text not null,
  load_id uuid not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint merchant_returns_key unique (seller_id, marketplace_id, return_key)
);
create index if not exists merchant_returns_day_idx on public.merchant_returns (seller_id, return_date desc);
create index if not exists merchant_returns_order_idx on public.merchant_returns (seller_id, order_id);
create index if not exists merchant_returns_sku_idx on public.merchant_returns (seller_id, sku);
create index if not exists merchant_returns_asin_idx on public.merchant_returns (seller_id, asin);
create index if not exists merchant_returns_updated_idx on public.merchant_returns (seller_id, updated_at desc);
select public.xpert_describe_standard_columns('public.merchant_returns');
select public.xpert_protect_tenant_table('public.merchant_returns');
select public.xpert_watch('public.merchant_returns', 'return_date', 'returns_refunds');

create table if not exists public.returns_refunds (
  id uuid primary key default gen_random_uuid(),
  seller_id uuid not null references public.sellers on delete cascade,
  marketplace_id text not null,
  record_type text not null,
  return_key text not null,
  event_date date not null,
  order_id text,
  order_item_id text,
  sku text,
  asin text,
  fn_sku text,
  quantity integer,
  return_date date,
  returned_at timestamptz,
  refund_date date,
  refunded_at timestamptz,
  reason_code text,
  disposition text,
  status text,
  resolution text,
  fulfilled_by text,
  fulfillment_center_id text,
  refund_amount numeric(18, 4),
  currency text check (length(currency) = 3),
  refund_transaction_id text,
  rma_id text,
  is_in_policy boolean,
  label_cost numeric(18, 4),
  has_a_to_z_claim boolean,
  source text not null,
  load_id uuid not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint returns_refunds_key unique (seller_id, record_type, return_key)
);
create index if not exists returns_refunds_day_idx on public.returns_refunds (seller_id, event_date desc);
create index if not exists returns_refunds_order_idx on public.returns_refunds (seller_id, order_id);
create index if not exists returns_refunds_sku_idx on public.returns_refunds (seller_id, sku);
create index if not exists returns_refunds_asin_idx on public.returns_refunds (seller_id, asin);
create index if not exists returns_refunds_updated_idx on public.returns_refunds (seller_id, updated_at desc);
select public.xpert_describe_standard_columns('public.returns_refunds');
select public.xpert_protect_tenant_table('public.returns_refunds');
select public.xpert_watch('public.returns_refunds', 'event_date');

insert into public.schema_migrations (name) values ('0033_returns') on conflict do nothing;
