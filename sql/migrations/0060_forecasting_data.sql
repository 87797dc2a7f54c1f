-- The demand that is expected of each SKU, computed by xpert_pipeline/forecasting from sql/transforms/forecasting_data.sql.

create table if not exists public.forecasting_data (
  id uuid primary key default gen_random_uuid(),
  seller_id uuid not null references public.sellers on delete cascade,
  marketplace_id text not null,
  scope text not null check (scope in ('SKU', 'ACCOUNT')),
  sku text not null,
  asin text,
  forecast_date date not null,
  origin_date date not null,
  is_sufficient boolean not null,
  reason text,
  model text,
  units_mean numeric(18, 4),
  units_p10 integer,
  units_p50 integer,
  units_p90 integer,
  total_mean numeric(18, 4),
  total_p10 integer,
  total_p50 integer,
  total_p90 integer,
  history_days integer not null,
  sold_days integer not null,
  stockout_days integer,
  lead_time_days integer not null,
  service_level_pct numeric not null,
  lead_time_demand integer,
  stock_quantity integer,
  inbound_quantity integer,
  reorder_quantity integer,
  backtest_weeks integer,
  wape_pct numeric,
  mase numeric(18, 4),
  bias_pct numeric,
  coverage_pct numeric,
  source text not null,
  load_id uuid not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint forecasting_data_reason check (is_sufficient = (reason is null) and is_sufficient = (units_mean is not null)),
  constraint forecasting_data_key unique (seller_id, marketplace_id, scope, sku, forecast_date)
);
create index if not exists forecasting_data_day_idx on public.forecasting_data (seller_id, scope, forecast_date);
create index if not exists forecasting_data_updated_idx on public.forecasting_data (seller_id, updated_at desc);
select public.xpert_describe_standard_columns('public.forecasting_data');
select public.xpert_protect_tenant_table('public.forecasting_data');

insert into public.schema_migrations (name) values ('0060_forecasting_data') on conflict do nothing;
