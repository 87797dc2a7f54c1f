-- Sales, fees, advertising charges and net proceeds of each SKU on each day, from Data Kiosk economics (MSKU and DAY).
-- A day is read whole: rows that Amazon no longer tells are gone here, too. Unknown is NULL, never 0.

create table if not exists public.economics_daily (
  id uuid primary key default gen_random_uuid(),
  seller_id uuid not null references public.sellers on delete cascade,
  marketplace_id text not null,
  business_date date not null,
  sku text not null,
  asin text,
  parent_asin text,
  fn_sku text,
  units_ordered integer,
  units_refunded integer,
  net_units integer,
  ops numeric(18, 4),
  refunded_sales numeric(18, 4),
  net_product_sales numeric(18, 4),
  asp numeric(18, 4),
  fees_total numeric(18, 4),
  fees jsonb,
  ads_total numeric(18, 4),
  ads jsonb,
  net_proceeds numeric(18, 4),
  net_proceeds_per_unit numeric(18, 4),
  cost_of_goods_sold numeric(18, 4),
  miscellaneous_cost numeric(18, 4),
  fulfillment_cost numeric(18, 4),
  currency text check (length(currency) = 3),
  source text not null,
  load_id uuid not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint economics_daily_key unique (seller_id, marketplace_id, business_date, sku)
);
create index if not exists economics_daily_day_idx on public.economics_daily (seller_id, business_date desc);
create index if not exists economics_daily_sku_idx on public.economics_daily (seller_id, sku);
create index if not exists economics_daily_updated_idx on public.economics_daily (seller_id, updated_at desc);
comment on table public.economics_daily is
'Economics by marketplace, day and SKU, as Amazon states them; the last 14 days are read again with every live run.';
select public.xpert_describe_standard_columns('public.economics_daily');
comment on column public.economics_daily.business_date is 'Marketplace-local day: the partition.';
comment on column public.economics_daily.sku is 'Seller SKU.';
comment on column public.economics_daily.asin is 'ASIN of the listing.';
comment on column public.economics_daily.parent_asin is 'Variation parent; of a product without variations its own ASIN.';
comment on column public.economics_daily.fn_sku is 'FNSKU; NULL when the row has none, or more than one.';
comment on column public.economics_daily.units_ordered is 'Units ordered.';
comment on column public.economics_daily.units_refunded is 'Units refunded, by time of the refund request.';
comment on column public.economics_daily.net_units is 'units_ordered - units_refunded, as Amazon tells it.';
comment on column public.economics_daily.ops is 'Ordered product sales.';
comment on column public.economics_daily.refunded_sales is 'Refunded product sales, by time of the refund request.';
comment on column public.economics_daily.net_product_sales is 'ops - refunded_sales, as Amazon tells it.';
comment on column public.economics_daily.asp is 'Average selling price; NULL at 0 units.';
comment on column public.economics_daily.fees_total is
'Sum of the totals of fees; 0 if Amazon told that there were none, NULL as soon as one of them is unknown.';
comment on column public.economics_daily.fees is
'Fees: a list of {type, amount, promotion, tax, total, quantity}; total = amount - promotion + tax. Unknown is null.';
comment on column public.economics_daily.ads_total is
'Sum of the totals of ads; 0 if Amazon told that there were none, NULL as soon as one of them is unknown.';
comment on column public.economics_daily.ads is 'Advertising charges: a list like fees.';
comment on column public.economics_daily.net_proceeds is 'Net proceeds, as Amazon tells them.';
comment on column public.economics_daily.net_proceeds_per_unit is 'Net proceeds per net unit; NULL where Amazon tells none.';
comment on column public.economics_daily.cost_of_goods_sold is 'Cost per unit that the seller gave Amazon; NULL if none was given.';
comment on column public.economics_daily.miscellaneous_cost is 'Other cost per unit that the seller gave Amazon.';
comment on column public.economics_daily.fulfillment_cost is 'Cost per unit of the seller''s own fulfilment, as given to Amazon.';
comment on column public.economics_daily.currency is 'ISO 4217 code of every amount of the row.';

select public.xpert_protect_tenant_table('public.economics_daily');
select public.xpert_watch('public.economics_daily', 'business_date');

insert into public.schema_migrations (name) values ('0014_economics_daily') on conflict do nothing;
