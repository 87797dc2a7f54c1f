-- Shares of the market: search query performance by week, and all metrics side by side.

create table if not exists public.search_query_performance (
  id uuid primary key default gen_random_uuid(),
  seller_id uuid not null references public.sellers on delete cascade,
  marketplace_id text not null,
  period_start date not null,
  period_end date not null,
  asin text not null,
  search_query text not null,
  search_query_rank integer,
  search_query_volume integer,
  total_impressions integer,
  asin_impressions integer,
  asin_impression_share_pct numeric,
  total_clicks integer,
  asin_clicks integer,
  asin_click_share_pct numeric,
  total_median_click_price numeric(18, 4),
  asin_median_click_price numeric(18, 4),
  total_cart_adds integer,
  asin_cart_adds integer,
  asin_cart_add_share_pct numeric,
  total_median_cart_add_price numeric(18, 4),
  asin_median_cart_add_price numeric(18, 4),
  total_purchases integer,
  asin_purchases integer,
  asin_purchase_share_pct numeric,
  total_median_purchase_price numeric(18, 4),
  asin_median_purchase_price numeric(18, 4),
  currency text check (length(currency) = 3),
  source text not null,
  load_id uuid not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint search_query_performance_key unique (seller_id, marketplace_id, period_start, asin, search_query)
);
create index if not exists search_query_performance_day_idx on public.search_query_performance (seller_id, period_start desc);
create index if not exists search_query_performance_asin_idx on public.search_query_performance (seller_id, asin);
create index if not exists search_query_performance_updated_idx on public.search_query_performance (seller_id, updated_at desc);
select public.xpert_describe_standard_columns('public.search_query_performance');
select public.xpert_protect_tenant_table('public.search_query_performance');
select public.xpert_watch('public.search_query_performance', 'period_start', 'market_share');

create table if not exists public.market_share (
  id uuid primary key default gen_random_uuid(),
  seller_id uuid not null references public.sellers on delete cascade,
  marketplace_id text not null,
  period_type text not null,
  period_start date not null,
  period_end date not null,
  asin text not null,
  metric text not null,
  scope text not null,
  own_value integer,
  total_value integer,
  share_pct numeric,
  rank integer,
  search_volume integer,
  median_price_own numeric(18, 4),
  median_price_total numeric(18, 4),
  currency text check (length(currency) = 3),
  is_proxy boolean not null,
  source_table text not null,
  source text not null,
  load_id uuid not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint market_share_key unique (seller_id, marketplace_id, period_type, period_start, asin, metric, scope)
);
create index if not exists market_share_day_idx on public.market_share (seller_id, period_start desc);
create index if not exists market_share_asin_idx on public.market_share (seller_id, asin);
create index if not exists market_share_updated_idx on public.market_share (seller_id, updated_at desc);
select public.xpert_describe_standard_columns('public.market_share');
select public.xpert_protect_tenant_table('public.market_share');
select public.xpert_watch('public.market_share', 'period_start');
select public.xpert_watch('public.traffic_daily', 'business_date', 'market_share');

insert into public.schema_migrations (name) values ('0042_market_share') on conflict do nothing;
