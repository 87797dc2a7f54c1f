-- What each SKU and the account earn by day, by sql/transforms/profit_margins.sql.

create table if not exists public.profit_margins (
  id uuid primary key default gen_random_uuid(),
  seller_id uuid not null references public.sellers on delete cascade,
  marketplace_id text not null,
  business_date date not null,
  sku text not null,
  currency text not null check (length(currency) = 3),
  asin text,
  units_sold integer,
  units_refunded integer not null,
  net_units integer,
  product_sales numeric(18, 4) not null,
  shipping_sales numeric(18, 4) not null,
  promotions numeric(18, 4) not null,
  refunded_sales numeric(18, 4) not null,
  net_product_sales numeric(18, 4) not null,
  referral_fees numeric(18, 4) not null,
  fulfillment_fees numeric(18, 4) not null,
  closing_fees numeric(18, 4) not null,
  storage_fees numeric(18, 4) not null,
  other_fees numeric(18, 4) not null,
  amazon_fees numeric(18, 4) not null,
  reimbursements numeric(18, 4) not null,
  other_amount numeric(18, 4) not null,
  unexplained_amount numeric(18, 4) not null,
  ads_paid numeric(18, 4) not null,
  ad_spend numeric(18, 4),
  ads_state text not null check (ads_state in ('PARTIAL', 'UNKNOWN', 'NOT_LOADED', 'ACCOUNT')),
  fee_tax numeric(18, 4) not null,
  ads_paid_tax numeric(18, 4) not null,
  ad_tax numeric(18, 4),
  is_tax_credit boolean not null,
  margin_before_cogs numeric(18, 4) not null,
  unit_cost numeric(18, 6),
  cost_currency text check (length(cost_currency) = 3),
  cost_basis text not null
  check (cost_basis in ('KNOWN', 'NOT_NEEDED', 'MISSING', 'OTHER_CURRENCY', 'UNITS_UNKNOWN')),
  cogs numeric(18, 4),
  margin numeric(18, 4),
  missing text,
  sales_tax numeric(18, 4) not null,
  tcs_amount numeric(18, 4) not null,
  tds_amount numeric(18, 4) not null,
  transfer_amount numeric(18, 4) not null,
  transactions_amount numeric(18, 4) not null,
  is_final boolean not null,
  source text not null,
  load_id uuid not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint profit_margins_key unique (seller_id, marketplace_id, business_date, sku, currency),
  constraint profit_margins_parts check (
    transactions_amount = product_sales + shipping_sales - promotions - refunded_sales - referral_fees - fulfillment_fees
    - closing_fees - storage_fees - other_fees + reimbursements + other_amount + unexplained_amount - ads_paid
    - fee_tax - ads_paid_tax + sales_tax - tcs_amount - tds_amount + transfer_amount
  )
);
create index if not exists profit_margins_day_idx on public.profit_margins (seller_id, business_date desc);
create index if not exists profit_margins_sku_idx on public.profit_margins (seller_id, sku);
create index if not exists profit_margins_updated_idx on public.profit_margins (seller_id, updated_at desc);
select public.xpert_describe_standard_columns('public.profit_margins');
select public.xpert_protect_tenant_table('public.profit_margins');
select public.xpert_watch('public.profit_margins', 'business_date');
select public.xpert_watch_also('public.financial_events', 'profit_margins');
select public.xpert_watch_also('public.financial_event_amounts', 'profit_margins');
select public.xpert_watch_also('public.advertising_spend', 'profit_margins');
select public.xpert_watch_also('public.economics_daily', 'profit_margins');

-- A changed cost marks the days on which units of its SKU were sold or refunded while it held, and no others.
create or replace function public.xpert_mark_costs() returns trigger
language plpgsql set search_path = public, pg_temp
as $$
declare
  spans text := case tg_op
    when 'INSERT' then
      'select seller_id, sku, marketplace_id, valid_from as first_day, valid_from, coalesce(valid_to, stated_to) as last_day from new_rows'
    when 'DELETE' then
      'select seller_id, sku, marketplace_id, valid_from as first_day, valid_from, coalesce(valid_to, stated_to) as last_day from old_rows'
    else
      'select r.seller_id, r.sku, r.marketplace_id, case when s.is_same then least(o.last_day, n.last_day) + 1'
      ' else r.valid_from end, r.valid_from, case when s.is_same then greatest(o.last_day, n.last_day)'
      ' else nullif(r.last_day, ''infinity'') end'
      ' from (select *, coalesce(valid_to, stated_to, ''infinity'') as last_day from old_rows) as o'
      ' join (select *, coalesce(valid_to, stated_to, ''infinity'') as last_day from new_rows) as n on o.id = n.id'
      ' cross join lateral (select (o.sku, o.valid_from, o.unit_cost, o.currency) = (n.sku, n.valid_from, n.unit_cost, n.currency)'
      ' and o.marketplace_id is not distinct from n.marketplace_id) as s (is_same)'
      ' cross join lateral (values (o.seller_id, o.sku, o.marketplace_id, o.valid_from, o.last_day),'
      ' (n.seller_id, n.sku, n.marketplace_id, n.valid_from, n.last_day)) as r (seller_id, sku, marketplace_id, valid_from, last_day)'
      ' where not (s.is_same and o.last_day = n.last_day)'
  end;
begin
  execute 'insert into dirty_keys (consumer, seller_id, business_date)'
    ' select distinct ''profit_margins'', c.seller_id, e.posted_date'
    ' from (' || spans || ') as c (seller_id, sku, marketplace_id, first_day, valid_from, last_day)'
    ' left join lateral (select min(p.valid_from) - 1 as last_day from product_costs as p'
    ' where p.seller_id = c.seller_id and p.sku = c.sku and p.marketplace_id is not distinct from c.marketplace_id'
    ' and p.valid_from > c.valid_from) as f on c.last_day is null'
    ' join financial_events as e on e.seller_id = c.seller_id and e.sku = c.sku and e.item_index >= 0'
    ' and e.posted_date between c.first_day and coalesce(c.last_day, f.last_day, ''infinity'')'
    ' and e.marketplace_id = coalesce(c.marketplace_id, e.marketplace_id)'
    ' where exists (select from sellers as s where s.id = c.seller_id)';
  return null;
end $$;
comment on function public.xpert_mark_costs() is
'Statement trigger: marks the days of profit_margins that a changed cost is for.';
select public.xpert_close_function('public.xpert_mark_costs()');
create or replace trigger mark_costs_insert after insert on public.product_costs referencing new table as new_rows
for each statement execute function public.xpert_mark_costs();
create or replace trigger mark_costs_update after update on public.product_costs referencing new table as new_rows
old table as old_rows for each statement execute function public.xpert_mark_costs();
create or replace trigger mark_costs_delete after delete on public.product_costs referencing old table as old_rows
for each statement execute function public.xpert_mark_costs();

create or replace view public.profit_margin_months with (security_invoker = true) as
with sums as (
  select
    seller_id,
    marketplace_id,
    date_trunc('month', business_date)::date as month,
    sku,
    currency,
    max(asin) as asin,
    sum(units_sold) as units_sold,
    sum(units_refunded) as units_refunded,
    sum(net_units) as net_units,
    sum(product_sales) as product_sales,
    sum(net_product_sales) as net_product_sales,
    sum(amazon_fees) as amazon_fees,
    sum(ad_spend) as ad_spend,
    sum(margin_before_cogs) as margin_before_cogs,
    sum(cogs) as cogs,
    sum(margin) as margin,
    bool_and(margin is not null) as has_all_costs,
    sum(net_units) filter (where margin is null) as uncosted_units,
    count(*) filter (where ads_state not in ('PARTIAL', 'ACCOUNT')) as days_without_ads,
    sum(transactions_amount) as transactions_amount,
    bool_and(is_final) as is_final
  from public.profit_margins
  group by seller_id, marketplace_id, date_trunc('month', business_date), sku, currency
)

select
  seller_id,
  marketplace_id,
  month,
  sku,
  asin,
  currency,
  units_sold,
  units_refunded,
  net_units,
  product_sales,
  net_product_sales,
  amazon_fees,
  ad_spend,
  days_without_ads,
  margin_before_cogs,
  case when has_all_costs then cogs end as cogs,
  case when has_all_costs then margin end as margin,
  coalesce(uncosted_units, 0) as uncosted_units,
  case when has_all_costs then round(100 * margin / nullif(net_product_sales, 0), 4) end as margin_pct,
  case when has_all_costs then round(margin / nullif(net_units, 0), 4) end as margin_per_unit,
  case when has_all_costs then round(100 * margin / nullif(cogs, 0), 4) end as roi_pct,
  round(100 * amazon_fees / nullif(product_sales, 0), 4) as fee_pct,
  case when days_without_ads = 0 then round(100 * ad_spend / nullif(product_sales, 0), 4) end as tacos_pct,
  transactions_amount,
  is_final
from sums;
comment on view public.profit_margin_months is
'profit_margins by month: what each SKU and the account earned. Costs count only if those of all units of the month are known.';
comment on column public.profit_margin_months.seller_id is 'The seller.';
comment on column public.profit_margin_months.marketplace_id is 'Amazon''s id of the marketplace.';
comment on column public.profit_margin_months.month is 'First day of the month, in the marketplace''s own days.';
comment on column public.profit_margin_months.sku is 'The seller''s own SKU; (account) for money of no SKU.';
comment on column public.profit_margin_months.asin is 'ASIN; NULL: Amazon names none.';
comment on column public.profit_margin_months.currency is 'ISO 4217 code of the amounts; XXX where Amazon names none.';
comment on column public.profit_margin_months.units_sold is 'Units shipped.';
comment on column public.profit_margin_months.units_refunded is 'Units refunded.';
comment on column public.profit_margin_months.net_units is 'units_sold - units_refunded.';
comment on column public.profit_margin_months.product_sales is 'Sales of products, without tax.';
comment on column public.profit_margin_months.net_product_sales is 'product_sales less refunded sales.';
comment on column public.profit_margin_months.amazon_fees is 'Amazon''s fees, without tax.';
comment on column public.profit_margin_months.ad_spend is
'Advertising, without tax: Sponsored Products of a SKU; for the account, what it paid less what SKUs have. '
'It is of the days whose advertising is known; NULL: that of no day is known.';
comment on column public.profit_margin_months.days_without_ads is
'Days whose advertising is not known. If there are any, ad_spend is too low, and margins of the SKU are too high.';
comment on column public.profit_margin_months.margin_before_cogs is
'What is left before the cost of goods. Advertising of days_without_ads is not taken off.';
comment on column public.profit_margin_months.cogs is 'Cost of the net units; NULL: the cost of some is not known.';
comment on column public.profit_margin_months.margin is
'margin_before_cogs - cogs; NULL: the cost of some units is not known. Complete only if days_without_ads is 0.';
comment on column public.profit_margin_months.uncosted_units is 'Net units whose cost is not known.';
comment on column public.profit_margin_months.margin_pct is 'margin / net_product_sales, in percent; see days_without_ads.';
comment on column public.profit_margin_months.margin_per_unit is 'margin / net_units; see days_without_ads.';
comment on column public.profit_margin_months.roi_pct is 'Return on the goods: margin / cogs, in percent; see days_without_ads.';
comment on column public.profit_margin_months.fee_pct is 'amazon_fees / product_sales, in percent.';
comment on column public.profit_margin_months.tacos_pct is
'ad_spend / product_sales, in percent; NULL: a day''s advertising is not known.';
comment on column public.profit_margin_months.transactions_amount is 'Sum of the counted transactions, with taxes and payouts.';
comment on column public.profit_margin_months.is_final is 'Whether all days are final.';
select public.xpert_show_view('public.profit_margin_months');

insert into public.schema_migrations (name) values ('0058_profit_margins') on conflict do nothing;
