-- Sales by day and SKU, derived from orders and order_items by sql/transforms/sales_data.sql.
-- Cancelled lines count only in units_cancelled; Non-Amazon orders not at all. Unknown is NULL, never 0.

create table if not exists public.sales_data (
  id uuid primary key default gen_random_uuid(),
  seller_id uuid not null references public.sellers on delete cascade,
  marketplace_id text not null,
  sale_date date not null,
  sku text not null,
  asin text,
  parent_asin text,
  orders integer not null,
  order_items integer not null,
  units_ordered integer not null,
  units_b2b integer not null,
  ops numeric(18, 4),
  ops_b2b numeric(18, 4),
  currency text check (length(currency) = 3),
  asp numeric(18, 4),
  discount_total numeric(18, 4),
  tax_total numeric(18, 4),
  units_shipped integer,
  units_cancelled integer not null,
  units_refunded integer,
  refunded_sales numeric(18, 4),
  net_units integer,
  net_product_sales numeric(18, 4),
  sessions integer,
  page_views integer,
  featured_offer_pct numeric(6, 3),
  unit_session_pct numeric(6, 3),
  source_units text,
  amazon_ops numeric(18, 4),
  ops_variance numeric(18, 4),
  is_final boolean not null,
  source text not null,
  load_id uuid not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint sales_data_key unique (seller_id, marketplace_id, sale_date, sku)
);
create index if not exists sales_data_day_idx on public.sales_data (seller_id, sale_date desc);
create index if not exists sales_data_sku_idx on public.sales_data (seller_id, sku);
create index if not exists sales_data_updated_idx on public.sales_data (seller_id, updated_at desc);
comment on table public.sales_data is 'Sales by marketplace, day and SKU, derived; a day of cancelled lines only has its row, too.';
select public.xpert_describe_standard_columns('public.sales_data');
comment on column public.sales_data.sale_date is 'Marketplace-local day of purchase: the partition.';
comment on column public.sales_data.sku is 'Seller SKU; (no SKU) for lines without one.';
comment on column public.sales_data.asin is 'ASIN of the SKU, by its latest sale of the day.';
comment on column public.sales_data.parent_asin is 'Variation parent.';
comment on column public.sales_data.orders is 'Orders with a line not cancelled.';
comment on column public.sales_data.order_items is 'Lines not cancelled.';
comment on column public.sales_data.units_ordered is 'Units of lines not cancelled.';
comment on column public.sales_data.units_b2b is 'Units of business orders among them.';
comment on column public.sales_data.ops is 'Ordered product sales: sum of the known amounts; NULL if none is known or currencies differ.';
comment on column public.sales_data.ops_b2b is 'Ordered product sales of business orders; NULL if none is known.';
comment on column public.sales_data.currency is 'ISO 4217 code of the amounts.';
comment on column public.sales_data.asp is 'ops / units_ordered; NULL at 0 units.';
comment on column public.sales_data.discount_total is 'Sum of the known discounts.';
comment on column public.sales_data.tax_total is 'Sum of the known taxes.';
comment on column public.sales_data.units_shipped is 'Sum of the known shipped units.';
comment on column public.sales_data.units_cancelled is 'Units of cancelled lines.';
comment on column public.sales_data.units_refunded is 'Units refunded, by request time; from returns_refunds.';
comment on column public.sales_data.refunded_sales is 'Sales refunded.';
comment on column public.sales_data.net_units is 'units_ordered - units_refunded.';
comment on column public.sales_data.net_product_sales is 'ops - refunded_sales.';
comment on column public.sales_data.sessions is 'Sessions, from Data Kiosk.';
comment on column public.sales_data.page_views is 'Page views, from Data Kiosk.';
comment on column public.sales_data.featured_offer_pct is 'Share of page views with the featured offer, in percent.';
comment on column public.sales_data.unit_session_pct is 'Units per session, in percent.';
comment on column public.sales_data.source_units is 'Where units come from, if not from order_items.';
comment on column public.sales_data.amazon_ops is 'Amazon''s own figure of ordered product sales.';
comment on column public.sales_data.ops_variance is 'ops - amazon_ops.';
comment on column public.sales_data.is_final is 'The day is 14 or more days older than the seller''s newest order.';

select public.xpert_protect_tenant_table('public.sales_data');
select public.xpert_watch('public.sales_data', 'sale_date');

insert into public.schema_migrations (name) values ('0011_sales_data') on conflict do nothing;
