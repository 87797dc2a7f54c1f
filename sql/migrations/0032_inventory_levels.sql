-- Stock of each SKU by day and fulfilment channel: today's from products and fba_inventory, earlier days from the ledger.
-- A day's snapshot is kept when the next day comes. Unknown is NULL, never 0.

alter table public.products add column if not exists merchant_quantity integer;

create table if not exists public.inventory_levels (
  id uuid primary key default gen_random_uuid(),
  seller_id uuid not null references public.sellers on delete cascade,
  marketplace_id text not null,
  snapshot_date date not null,
  sku text not null,
  fulfillment_channel text not null check (fulfillment_channel in ('AMAZON', 'MERCHANT')),
  asin text,
  available_quantity integer,
  reserved_quantity integer,
  on_hand_quantity integer,
  unfulfillable_quantity integer,
  warehouse_quantity integer,
  inbound_quantity integer,
  total_quantity integer,
  is_in_stock boolean,
  stock_source text not null check (stock_source in ('snapshot', 'ledger')),
  source text not null,
  load_id uuid not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint inventory_levels_key unique (seller_id, marketplace_id, snapshot_date, sku, fulfillment_channel)
);
create index if not exists inventory_levels_sku_idx on public.inventory_levels (seller_id, sku, snapshot_date desc);
create index if not exists inventory_levels_updated_idx on public.inventory_levels (seller_id, updated_at desc);
select public.xpert_describe_standard_columns('public.inventory_levels');
select public.xpert_protect_tenant_table('public.inventory_levels');
select public.xpert_watch('public.inventory_ledger', 'business_date', 'inventory_levels');

insert into public.schema_migrations (name) values ('0032_inventory_levels') on conflict do nothing;
