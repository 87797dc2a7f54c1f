-- Units in Amazon's warehouses by day, SKU and disposition, with everything that moved them, from the inventory ledger.
-- A day is read as a whole: lines that Amazon no longer reports are deleted.

create table if not exists public.inventory_ledger (
  id uuid primary key default gen_random_uuid(),
  seller_id uuid not null references public.sellers on delete cascade,
  marketplace_id text not null,
  business_date date not null,
  location text not null,
  store text not null,
  sku text not null,
  fn_sku text not null,
  disposition text not null,
  asin text,
  product_name text,
  opening_quantity integer not null,
  receipts_quantity integer,
  customer_shipments_quantity integer,
  customer_returns_quantity integer,
  vendor_returns_quantity integer,
  warehouse_transfer_quantity integer,
  found_quantity integer,
  lost_quantity integer,
  damaged_quantity integer,
  disposed_quantity integer,
  other_events_quantity integer,
  unknown_events_quantity integer,
  in_transit_quantity integer,
  closing_quantity integer not null,
  unexplained_quantity integer,
  source text not null,
  load_id uuid not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint inventory_ledger_key
  unique (seller_id, marketplace_id, business_date, location, store, sku, fn_sku, disposition)
);
create index if not exists inventory_ledger_sku_idx on public.inventory_ledger (seller_id, sku, business_date);
create index if not exists inventory_ledger_updated_idx on public.inventory_ledger (seller_id, updated_at desc);
select public.xpert_describe_standard_columns('public.inventory_ledger');
select public.xpert_protect_tenant_table('public.inventory_ledger');

insert into public.schema_migrations (name) values ('0031_inventory_ledger') on conflict do nothing;
