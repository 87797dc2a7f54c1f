-- Current units in Amazon's fulfilment network. A complete reading replaces the rows of its marketplace.

create table if not exists public.fba_inventory (
  id uuid primary key default gen_random_uuid(),
  seller_id uuid not null references public.sellers on delete cascade,
  marketplace_id text not null,
  sku text not null,
  fn_sku text not null,
  condition text not null,
  asin text,
  product_name text,
  total_quantity integer,
  fulfillable_quantity integer,
  inbound_working_quantity integer,
  inbound_shipped_quantity integer,
  inbound_receiving_quantity integer,
  reserved_quantity integer,
  reserved_customer_order_quantity integer,
  reserved_transshipment_quantity integer,
  reserved_fc_processing_quantity integer,
  researching_quantity integer,
  unfulfillable_quantity integer,
  customer_damaged_quantity integer,
  warehouse_damaged_quantity integer,
  distributor_damaged_quantity integer,
  carrier_damaged_quantity integer,
  defective_quantity integer,
  expired_quantity integer,
  amazon_updated_at timestamptz,
  source text not null,
  load_id uuid not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint fba_inventory_key unique (seller_id, marketplace_id, sku, fn_sku, condition)
);
create index if not exists fba_inventory_asin_idx on public.fba_inventory (seller_id, asin);
create index if not exists fba_inventory_updated_idx on public.fba_inventory (seller_id, updated_at desc);
select public.xpert_describe_standard_columns('public.fba_inventory');
select public.xpert_protect_tenant_table('public.fba_inventory');

insert into public.schema_migrations (name) values ('0020_fba_inventory') on conflict do nothing;
