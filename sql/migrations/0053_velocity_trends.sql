-- How fast each SKU sells, and how long its stock lasts, by sql/transforms/velocity_trends.sql.

create table if not exists public.velocity_trends (
  id uuid primary key default gen_random_uuid(),
  seller_id uuid not null references public.sellers on delete cascade,
  marketplace_id text not null,
  as_of_date date not null,
  sku text not null,
  asin text,
  is_complete boolean not null,
  loaded_days integer not null,
  units_7 integer,
  units_14 integer,
  units_30 integer,
  units_60 integer,
  units_90 integer,
  v7 numeric(18, 4),
  v14 numeric(18, 4),
  v30 numeric(18, 4),
  v60 numeric(18, 4),
  v90 numeric(18, 4),
  stock_known_days_30 integer not null,
  in_stock_days_30 integer,
  in_stock_v30 numeric(18, 4),
  trend_pct numeric,
  wow_pct numeric,
  slope_28d numeric(18, 4),
  cv_30 numeric(18, 4),
  available_quantity integer,
  inbound_quantity integer,
  stock_quantity integer,
  velocity_basis text check (velocity_basis in ('IN_STOCK', 'ALL_DAYS')),
  planning_velocity numeric(18, 4),
  days_of_cover numeric(18, 4),
  stockout_date_est date,
  lead_time_days integer not null,
  service_level_pct numeric not null,
  reorder_point numeric(18, 4),
  velocity_class text check (velocity_class in ('FAST', 'STEADY', 'SLOW', 'DEAD')),
  source text not null,
  load_id uuid not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint velocity_trends_key unique (seller_id, marketplace_id, as_of_date, sku)
);
create index if not exists velocity_trends_day_idx on public.velocity_trends (seller_id, as_of_date desc);
create index if not exists velocity_trends_sku_idx on public.velocity_trends (seller_id, sku, as_of_date desc);
create index if not exists velocity_trends_updated_idx on public.velocity_trends (seller_id, updated_at desc);
select public.xpert_describe_standard_columns('public.velocity_trends');
select public.xpert_protect_tenant_table('public.velocity_trends');
select public.xpert_watch('public.velocity_trends', 'as_of_date');
select public.xpert_watch_also('public.sales_data', 'velocity_trends');
select public.xpert_watch('public.inventory_levels', 'snapshot_date', 'velocity_trends');

insert into public.schema_migrations (name) values ('0053_velocity_trends') on conflict do nothing;
