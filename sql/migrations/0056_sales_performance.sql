-- What became of each day's sales: refunds, returns, traffic and Amazon's own figures beside those of the orders, by
-- sql/transforms/sales_performance.sql.

create table if not exists public.sales_performance (
  id uuid primary key default gen_random_uuid(),
  seller_id uuid not null references public.sellers on delete cascade,
  marketplace_id text not null,
  sale_date date not null,
  sku text not null,
  asin text,
  parent_asin text,
  orders integer,
  units_ordered integer,
  units_refunded integer,
  net_units integer,
  units_returned integer,
  ops numeric(18, 4),
  refunded_sales numeric(18, 4),
  net_product_sales numeric(18, 4),
  currency text check (length(currency) = 3),
  sessions integer,
  page_views integer,
  featured_offer_pct numeric,
  unit_session_pct numeric,
  traffic_state text not null check (traffic_state in ('OF_ASIN', 'SHARED_ASIN', 'NO_ASIN', 'NO_RECORD', 'NO_DAY')),
  amazon_units_ordered integer,
  units_variance integer,
  amazon_ops numeric(18, 4),
  ops_variance numeric(18, 4),
  amazon_units_refunded integer,
  is_final boolean not null,
  source text not null,
  load_id uuid not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint sales_performance_key unique (seller_id, marketplace_id, sale_date, sku)
);
create index if not exists sales_performance_day_idx on public.sales_performance (seller_id, sale_date desc);
create index if not exists sales_performance_sku_idx on public.sales_performance (seller_id, sku);
create index if not exists sales_performance_updated_idx on public.sales_performance (seller_id, updated_at desc);
select public.xpert_describe_standard_columns('public.sales_performance');
select public.xpert_protect_tenant_table('public.sales_performance');
select public.xpert_watch('public.sales_performance', 'sale_date');
select public.xpert_watch_also('public.sales_data', 'sales_performance');
select public.xpert_watch_also('public.returns_refunds', 'sales_performance');
select public.xpert_watch_also('public.financial_event_amounts', 'sales_performance');
select public.xpert_watch_also('public.economics_daily', 'sales_performance');
select public.xpert_watch_also('public.traffic_daily', 'sales_performance');

-- A day's sales as the orders, economics and traffic tell them. Visits of every product count, whether it was sold or not.
create or replace view public.sales_days with (security_invoker = true) as
with own as (
  select
    seller_id,
    marketplace_id,
    sale_date as business_date,
    currency,
    sum(units_ordered) as units_ordered,
    sum(ops) as ops,
    count(*) filter (where ops is null and units_ordered <> 0) as unpriced_skus,
    bool_and(is_final) as is_final
  from public.sales_data
  group by seller_id, marketplace_id, sale_date, currency
),

own_days as (
  select
    seller_id,
    marketplace_id,
    business_date,
    sum(units_ordered) as units_ordered,
    case when count(distinct currency) = 1 then sum(ops) end as ops,
    case when count(distinct currency) = 1 then min(currency) end as currency,
    sum(unpriced_skus) as unpriced_skus,
    bool_and(is_final) as is_final
  from own
  group by seller_id, marketplace_id, business_date
),

economics as (
  select
    seller_id,
    marketplace_id,
    business_date,
    sum(units_ordered) as units_ordered,
    case when count(distinct currency) = 1 then sum(ops) end as ops,
    case when count(distinct currency) = 1 then min(currency) end as currency
  from public.economics_daily
  group by seller_id, marketplace_id, business_date
),

traffic as (
  select
    seller_id,
    marketplace_id,
    business_date,
    sum(units_ordered) as units_ordered,
    case when count(distinct currency) = 1 then sum(ops) end as ops,
    case when count(distinct currency) = 1 then min(currency) end as currency,
    sum(sessions) as sessions,
    sum(page_views) as page_views
  from public.traffic_daily
  group by seller_id, marketplace_id, business_date
)

select
  o.seller_id,
  o.marketplace_id,
  o.business_date,
  o.currency,
  o.units_ordered,
  o.ops,
  o.unpriced_skus,
  e.units_ordered as economics_units,
  o.units_ordered - e.units_ordered as economics_units_variance,
  case when e.currency = o.currency then e.ops end as economics_ops,
  case when e.currency = o.currency then o.ops - e.ops end as economics_ops_variance,
  t.units_ordered as traffic_units,
  o.units_ordered - t.units_ordered as traffic_units_variance,
  case when t.currency = o.currency then t.ops end as traffic_ops,
  case when t.currency = o.currency then o.ops - t.ops end as traffic_ops_variance,
  t.sessions,
  t.page_views,
  round(100.0 * t.units_ordered / nullif(t.sessions, 0), 4) as unit_session_pct,
  o.is_final
from own_days as o
left join economics as e
  on o.seller_id = e.seller_id and o.marketplace_id = e.marketplace_id and o.business_date = e.business_date
left join traffic as t
  on o.seller_id = t.seller_id and o.marketplace_id = t.marketplace_id and o.business_date = t.business_date;
comment on view public.sales_days is
'Sales of a marketplace by day, from the orders, beside Amazon''s own figures in economics and traffic. A variance is orders less Amazon.';
comment on column public.sales_days.seller_id is 'The seller.';
comment on column public.sales_days.marketplace_id is 'Amazon''s id of the marketplace.';
comment on column public.sales_days.business_date is 'Marketplace-local day of the purchases.';
comment on column public.sales_days.currency is 'ISO 4217 code of the amounts; NULL: none is known, or they have several.';
comment on column public.sales_days.units_ordered is 'Units ordered, from sales_data.';
comment on column public.sales_days.ops is 'Ordered product sales, from sales_data.';
comment on column public.sales_days.unpriced_skus is 'SKUs that were sold and have no known amount.';
comment on column public.sales_days.economics_units is 'Units ordered in economics_daily; NULL: it has no row of the day.';
comment on column public.sales_days.economics_units_variance is 'units_ordered - economics_units.';
comment on column public.sales_days.economics_ops is 'Ordered product sales in economics_daily; NULL: none, or another currency.';
comment on column public.sales_days.economics_ops_variance is 'ops - economics_ops.';
comment on column public.sales_days.traffic_units is 'Units ordered in traffic_daily; NULL: it has no row of the day.';
comment on column public.sales_days.traffic_units_variance is 'units_ordered - traffic_units.';
comment on column public.sales_days.traffic_ops is 'Ordered product sales in traffic_daily; NULL: none, or another currency.';
comment on column public.sales_days.traffic_ops_variance is 'ops - traffic_ops.';
comment on column public.sales_days.sessions is 'Sessions of all products, also of those that were not sold, from traffic_daily.';
comment on column public.sales_days.page_views is 'Page views of all products, from traffic_daily.';
comment on column public.sales_days.unit_session_pct is 'Conversion of the day: traffic_units per session, in percent.';
comment on column public.sales_days.is_final is 'Whether the day is 14 or more days older than the newest order of the marketplace.';
select public.xpert_show_view('public.sales_days');

insert into public.schema_migrations (name) values ('0056_sales_performance') on conflict do nothing;
