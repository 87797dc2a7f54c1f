-- Shipments from the seller to Amazon: what the v0 API and the plans of 2024-03-20 tell, and both together by SKU.
-- Addresses and contacts are not kept. Unknown is NULL, never 0.

create table if not exists public.inbound_shipments (
  id uuid primary key default gen_random_uuid(),
  seller_id uuid not null references public.sellers on delete cascade,
  marketplace_id text not null,
  shipment_id text not null,
  shipment_name text,
  shipment_status text,
  fulfillment_center_id text,
  label_prep_type text,
  is_case_packed boolean,
  box_contents_source text,
  needed_by_date date,
  source text not null,
  load_id uuid not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint inbound_shipments_key unique (seller_id, marketplace_id, shipment_id)
);
create index if not exists inbound_shipments_updated_idx on public.inbound_shipments (seller_id, updated_at desc);
select public.xpert_describe_standard_columns('public.inbound_shipments');
select public.xpert_protect_tenant_table('public.inbound_shipments');

create table if not exists public.inbound_shipment_items (
  id uuid primary key default gen_random_uuid(),
  seller_id uuid not null references public.sellers on delete cascade,
  marketplace_id text not null,
  shipment_id text not null,
  sku text not null,
  fn_sku text,
  shipped_quantity integer not null,
  received_quantity integer,
  case_quantity integer,
  source text not null,
  load_id uuid not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint inbound_shipment_items_key unique (seller_id, marketplace_id, shipment_id, sku)
);
create index if not exists inbound_shipment_items_updated_idx on public.inbound_shipment_items (seller_id, updated_at desc);
select public.xpert_describe_standard_columns('public.inbound_shipment_items');
select public.xpert_protect_tenant_table('public.inbound_shipment_items');

create table if not exists public.inbound_plan_items (
  id uuid primary key default gen_random_uuid(),
  seller_id uuid not null references public.sellers on delete cascade,
  marketplace_id text not null,
  inbound_plan_id text not null,
  plan_shipment_id text not null,
  shipment_id text,
  sku text not null,
  fn_sku text,
  asin text,
  planned_quantity integer,
  lot_count integer,
  plan_name text,
  plan_status text,
  plan_shipment_status text,
  fulfillment_center_id text,
  tracking_ids text[],
  delivery_window_start_at timestamptz,
  delivery_window_end_at timestamptz,
  appointment_status text,
  plan_created_at timestamptz,
  plan_updated_at timestamptz,
  source text not null,
  load_id uuid not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint inbound_plan_items_key unique (seller_id, marketplace_id, inbound_plan_id, plan_shipment_id, sku)
);
create index if not exists inbound_plan_items_shipment_idx on public.inbound_plan_items (seller_id, shipment_id);
create index if not exists inbound_plan_items_updated_idx on public.inbound_plan_items (seller_id, updated_at desc);
select public.xpert_describe_standard_columns('public.inbound_plan_items');
select public.xpert_protect_tenant_table('public.inbound_plan_items');

create table if not exists public.shipments_inbound (
  id uuid primary key default gen_random_uuid(),
  seller_id uuid not null references public.sellers on delete cascade,
  marketplace_id text not null,
  shipment_id text not null,
  sku text not null,
  shipment_name text,
  shipment_status text,
  fulfillment_center_id text,
  label_prep_type text,
  is_case_packed boolean,
  fn_sku text,
  asin text,
  shipped_quantity integer,
  received_quantity integer,
  discrepancy_quantity integer,
  case_quantity integer,
  inbound_plan_id text,
  plan_shipment_id text,
  plan_status text,
  plan_shipment_status text,
  planned_quantity integer,
  lot_count integer,
  tracking_ids text[],
  delivery_window_start_at timestamptz,
  delivery_window_end_at timestamptz,
  appointment_status text,
  plan_created_at timestamptz,
  plan_updated_at timestamptz,
  is_current boolean not null,
  first_seen_at timestamptz not null,
  last_changed_at timestamptz not null,
  source text not null,
  load_id uuid not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint shipments_inbound_key unique (seller_id, marketplace_id, shipment_id, sku)
);
create index if not exists shipments_inbound_sku_idx on public.shipments_inbound (seller_id, sku);
create index if not exists shipments_inbound_updated_idx on public.shipments_inbound (seller_id, updated_at desc);
select public.xpert_describe_standard_columns('public.shipments_inbound');
select public.xpert_protect_tenant_table('public.shipments_inbound');

insert into public.schema_migrations (name) values ('0040_shipments_inbound') on conflict do nothing;
