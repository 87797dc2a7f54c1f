-- Customers of each ASIN who order again, by week, as Amazon adds them up for brand owners.

create table if not exists public.repeat_purchases (
  id uuid primary key default gen_random_uuid(),
  seller_id uuid not null references public.sellers on delete cascade,
  marketplace_id text not null,
  period_start date not null,
  period_end date not null,
  asin text not null,
  orders integer,
  unique_customers integer,
  repeat_customer_pct numeric,
  repeat_revenue numeric(18, 4),
  repeat_revenue_pct numeric,
  currency text check (length(currency) = 3),
  source text not null,
  load_id uuid not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint repeat_purchases_key unique (seller_id, marketplace_id, period_start, asin)
);
create index if not exists repeat_purchases_day_idx on public.repeat_purchases (seller_id, period_start desc);
create index if not exists repeat_purchases_asin_idx on public.repeat_purchases (seller_id, asin);
create index if not exists repeat_purchases_updated_idx on public.repeat_purchases (seller_id, updated_at desc);
select public.xpert_describe_standard_columns('public.repeat_purchases');
select public.xpert_protect_tenant_table('public.repeat_purchases');
select public.xpert_watch('public.repeat_purchases', 'period_start');

insert into public.schema_migrations (name) values ('0073_repeat_purchases') on conflict do nothing;
