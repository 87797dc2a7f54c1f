-- How Amazon judges the seller's account, by marketplace and day of the reading.

create table if not exists public.account_health (
  id uuid primary key default gen_random_uuid(),
  seller_id uuid not null references public.sellers on delete cascade,
  marketplace_id text not null,
  snapshot_date date not null,
  account_status text,
  account_health_status text,
  account_health_score integer,
  fba_order_defect_pct numeric,
  fba_order_defect_status text,
  fba_orders_counted integer,
  merchant_order_defect_pct numeric,
  merchant_order_defect_status text,
  merchant_orders_counted integer,
  late_shipment_pct numeric,
  late_shipment_status text,
  pre_fulfillment_cancel_pct numeric,
  pre_fulfillment_cancel_status text,
  on_time_delivery_pct numeric,
  on_time_delivery_status text,
  unit_on_time_delivery_pct numeric,
  unit_on_time_delivery_status text,
  valid_tracking_pct numeric,
  valid_tracking_status text,
  invoice_defect_pct numeric,
  invoice_defect_status text,
  listing_policy_violations integer,
  intellectual_property_complaints integer,
  intellectual_property_violations integer,
  authenticity_complaints integer,
  condition_complaints integer,
  safety_complaints integer,
  food_safety_issues integer,
  restricted_product_violations integer,
  other_policy_violations integer,
  document_requests integer,
  source text not null,
  load_id uuid not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint account_health_key unique (seller_id, marketplace_id, snapshot_date)
);
create index if not exists account_health_day_idx on public.account_health (seller_id, snapshot_date desc);
create index if not exists account_health_updated_idx on public.account_health (seller_id, updated_at desc);
select public.xpert_describe_standard_columns('public.account_health');
select public.xpert_protect_tenant_table('public.account_health');

insert into public.schema_migrations (name) values ('0075_account_health') on conflict do nothing;
