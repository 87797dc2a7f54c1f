-- Columns that nothing filled go. Refunds and Amazon's own sales by SKU and day are in economics_daily, visits by ASIN and day in
-- traffic_daily, variation parents in products; the pipeline does not request payment methods.
-- Orders that came with a report are found by their source, newest first, so that pages can fill what the report lacks.

-- squawk-ignore-file ban-drop-column
alter table public.sales_data
drop column if exists parent_asin,
drop column if exists units_refunded,
drop column if exists refunded_sales,
drop column if exists net_units,
drop column if exists net_product_sales,
drop column if exists sessions,
drop column if exists page_views,
drop column if exists featured_offer_pct,
drop column if exists unit_session_pct,
drop column if exists source_units,
drop column if exists amazon_ops,
drop column if exists ops_variance;
alter table public.orders drop column if exists payment_methods;

create index if not exists orders_source_idx on public.orders (seller_id, source, purchase_date desc);

insert into public.schema_migrations (name) values ('0029_unfilled_columns') on conflict do nothing;
