-- Aggregates about customers by week and month, without any person, by sql/transforms/customer_metrics.sql.

create table if not exists public.customer_metrics (
  id uuid primary key default gen_random_uuid(),
  seller_id uuid not null references public.sellers on delete cascade,
  marketplace_id text not null,
  period_type text not null check (period_type in ('WEEK', 'MONTH')),
  period_start date not null,
  period_end date not null,
  scope text not null,
  loaded_days integer not null,
  is_suppressed boolean not null,
  orders integer,
  units integer,
  ops numeric(18, 4),
  aov numeric(18, 4),
  units_per_order numeric(18, 4),
  b2b_pct numeric,
  cancel_pct numeric,
  currency text check (length(currency) = 3),
  source text not null,
  load_id uuid not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint customer_metrics_key unique (seller_id, marketplace_id, period_type, period_start, scope)
);
create index if not exists customer_metrics_day_idx on public.customer_metrics (seller_id, period_start desc);
create index if not exists customer_metrics_updated_idx on public.customer_metrics (seller_id, updated_at desc);
select public.xpert_describe_standard_columns('public.customer_metrics');
select public.xpert_protect_tenant_table('public.customer_metrics');
select public.xpert_watch('public.customer_metrics', 'period_start');
select public.xpert_watch_also('public.orders', 'customer_metrics');
select public.xpert_watch_also('public.order_items', 'customer_metrics');

insert into public.schema_migrations (name) values ('0055_customer_metrics') on conflict do nothing;
