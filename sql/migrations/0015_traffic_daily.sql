-- Sessions, page views and sales of each child ASIN on each day, from Data Kiosk sales and traffic (CHILD and DAY).
-- A day is read whole: rows that Amazon no longer tells are gone here, too. Unknown is NULL, never 0.

create table if not exists public.traffic_daily (
  id uuid primary key default gen_random_uuid(),
  seller_id uuid not null references public.sellers on delete cascade,
  marketplace_id text not null,
  business_date date not null,
  asin text not null,
  parent_asin text,
  sessions integer,
  sessions_b2b integer,
  browser_sessions integer,
  mobile_app_sessions integer,
  page_views integer,
  page_views_b2b integer,
  browser_page_views integer,
  mobile_app_page_views integer,
  buy_box_pct numeric,
  buy_box_pct_b2b numeric,
  unit_session_pct numeric,
  units_ordered integer,
  units_ordered_b2b integer,
  order_items integer,
  order_items_b2b integer,
  ops numeric(18, 4),
  ops_b2b numeric(18, 4),
  units_shipped integer,
  shipped_sales numeric(18, 4),
  orders_shipped integer,
  units_refunded integer,
  refund_rate numeric,
  currency text check (length(currency) = 3),
  source text not null,
  load_id uuid not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint traffic_daily_key unique (seller_id, marketplace_id, business_date, asin)
);
create index if not exists traffic_daily_day_idx on public.traffic_daily (seller_id, business_date desc);
create index if not exists traffic_daily_asin_idx on public.traffic_daily (seller_id, asin);
create index if not exists traffic_daily_updated_idx on public.traffic_daily (seller_id, updated_at desc);
comment on table public.traffic_daily is
'Traffic and sales by marketplace, day and child ASIN. Percentages are stored as received, unrounded, 0 to 100: 12.5 is an eighth.';
select public.xpert_describe_standard_columns('public.traffic_daily');
comment on column public.traffic_daily.business_date is 'Marketplace-local day: the partition.';
comment on column public.traffic_daily.asin is 'Child ASIN.';
comment on column public.traffic_daily.parent_asin is 'Variation parent; of a product without variations its own ASIN.';
comment on column public.traffic_daily.sessions is 'Visits by a user within 24 hours: browser_sessions + mobile_app_sessions.';
comment on column public.traffic_daily.sessions_b2b is 'Sessions of business customers; NULL if the seller sells to none.';
comment on column public.traffic_daily.browser_sessions is 'Sessions in a browser.';
comment on column public.traffic_daily.mobile_app_sessions is 'Sessions in Amazon''s app.';
comment on column public.traffic_daily.page_views is 'Views of the detail page: browser_page_views + mobile_app_page_views.';
comment on column public.traffic_daily.page_views_b2b is 'Page views of business customers; NULL if the seller sells to none.';
comment on column public.traffic_daily.browser_page_views is 'Page views in a browser.';
comment on column public.traffic_daily.mobile_app_page_views is 'Page views in Amazon''s app.';
comment on column public.traffic_daily.buy_box_pct is 'Page views with the featured offer (buy box), in percent.';
comment on column public.traffic_daily.buy_box_pct_b2b is 'The same of business customers; NULL if the seller sells to none.';
comment on column public.traffic_daily.unit_session_pct is 'Units ordered per session, in percent; can exceed 100.';
comment on column public.traffic_daily.units_ordered is 'Units ordered.';
comment on column public.traffic_daily.units_ordered_b2b is 'Units ordered by business customers; NULL if the seller sells to none.';
comment on column public.traffic_daily.order_items is 'Order lines.';
comment on column public.traffic_daily.order_items_b2b is 'Order lines of business customers; NULL if the seller sells to none.';
comment on column public.traffic_daily.ops is 'Ordered product sales.';
comment on column public.traffic_daily.ops_b2b is 'Ordered product sales to business customers; NULL if the seller sells to none.';
comment on column public.traffic_daily.units_shipped is 'Units shipped.';
comment on column public.traffic_daily.shipped_sales is 'Ordered product sales shipped.';
comment on column public.traffic_daily.orders_shipped is 'Orders shipped.';
comment on column public.traffic_daily.units_refunded is 'Units refunded.';
comment on column public.traffic_daily.refund_rate is 'units_refunded / units_ordered, in percent.';
comment on column public.traffic_daily.currency is 'ISO 4217 code of every amount of the row.';

select public.xpert_protect_tenant_table('public.traffic_daily');
select public.xpert_watch('public.traffic_daily', 'business_date');

insert into public.schema_migrations (name) values ('0015_traffic_daily') on conflict do nothing;
