-- What advertising cost: by SKU and day from seller economics, and for the account from its payments. The two are never added.

create or replace function public.xpert_watch_also(_table regclass, _consumer text) returns void
language plpgsql set search_path = pg_catalog, public
as $$
declare
  known text[] := (
    select string_to_array(rtrim(encode(t.tgargs, 'escape'), E'\\000'), E'\\000')
    from pg_trigger as t where t.tgrelid = _table and t.tgname = 'mark_dirty_insert'
  );
begin
  if known is null then
    raise exception '% is not watched: call xpert_watch first', _table;
  end if;
  if not _consumer = any(known[2:]) then
    perform public.xpert_watch(_table, variadic known || _consumer);
  end if;
end $$;
comment on function public.xpert_watch_also(regclass, text) is
'Adds one who derives from a watched table; the others stay.';
select public.xpert_close_function('public.xpert_watch_also(regclass, text)');

create table if not exists public.advertising_spend (
  id uuid primary key default gen_random_uuid(),
  seller_id uuid not null references public.sellers on delete cascade,
  marketplace_id text not null,
  spend_date date not null,
  sku text not null,
  ad_type text not null,
  scope text not null check (scope in ('SKU', 'ACCOUNT')),
  asin text,
  spend numeric(18, 4),
  spend_ex_tax numeric(18, 4),
  tax numeric(18, 4),
  currency text check (length(currency) = 3),
  ops numeric(18, 4),
  tacos_pct numeric,
  impressions bigint,
  clicks bigint,
  attributed_sales numeric(18, 4),
  acos_pct numeric,
  is_final boolean not null,
  source text not null,
  load_id uuid not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint advertising_spend_key unique (seller_id, marketplace_id, spend_date, sku, ad_type)
);
create index if not exists advertising_spend_day_idx on public.advertising_spend (seller_id, spend_date desc);
create index if not exists advertising_spend_sku_idx on public.advertising_spend (seller_id, sku);
create index if not exists advertising_spend_updated_idx on public.advertising_spend (seller_id, updated_at desc);
select public.xpert_describe_standard_columns('public.advertising_spend');
select public.xpert_protect_tenant_table('public.advertising_spend');
select public.xpert_watch('public.advertising_spend', 'spend_date');
select public.xpert_watch_also('public.economics_daily', 'advertising_spend');
select public.xpert_watch_also('public.financial_events', 'advertising_spend');
select public.xpert_watch_also('public.financial_event_amounts', 'advertising_spend');

-- Monthly: what seller economics know, what the account paid, and the gap between them.
create or replace view public.advertising_months with (security_invoker = true) as
with spent as (
  select
    seller_id,
    marketplace_id,
    date_trunc('month', spend_date)::date as month,
    currency,
    sum(spend) filter (where scope = 'SKU') as economics_spend,
    sum(spend) filter (where scope = 'ACCOUNT') as cash_spend,
    count(*) filter (where spend is null) as unknown_count
  from public.advertising_spend
  group by seller_id, marketplace_id, date_trunc('month', spend_date), currency
),

sold as (
  select
    seller_id,
    marketplace_id,
    date_trunc('month', business_date)::date as month,
    currency,
    sum(ops) as ops,
    count(distinct business_date) as economics_days
  from public.economics_daily
  where currency is not null
  group by seller_id, marketplace_id, date_trunc('month', business_date), currency
)

select
  coalesce(spent.seller_id, sold.seller_id) as seller_id,
  coalesce(spent.marketplace_id, sold.marketplace_id) as marketplace_id,
  coalesce(spent.month, sold.month) as month,
  coalesce(spent.currency, sold.currency) as currency,
  spent.economics_spend,
  spent.cash_spend,
  sold.ops,
  sold.economics_days,
  coalesce(spent.unknown_count, 0) as unknown_count,
  spent.cash_spend - spent.economics_spend as gap_amount,
  100 * spent.economics_spend / nullif(sold.ops, 0) as economics_tacos_pct,
  100 * spent.cash_spend / nullif(sold.ops, 0) as cash_tacos_pct
from spent
full join sold
  on
    spent.seller_id = sold.seller_id and spent.marketplace_id = sold.marketplace_id
    and spent.month = sold.month and spent.currency = sold.currency;
comment on view public.advertising_months is
'Advertising by month and currency: from seller economics (Sponsored Products only) and from the payments of the account (all types).';
comment on column public.advertising_months.seller_id is 'The seller.';
comment on column public.advertising_months.marketplace_id is 'Amazon''s id of the marketplace.';
comment on column public.advertising_months.month is 'First day of the month.';
comment on column public.advertising_months.currency is 'ISO 4217 code of the amounts; NULL: amounts of unknown or several currencies.';
comment on column public.advertising_months.economics_spend is 'Spend by day of the advertisement; NULL: none is known.';
comment on column public.advertising_months.cash_spend is 'Payments by day of the payment; NULL: none is known.';
comment on column public.advertising_months.ops is 'Ordered product sales, from economics_daily.';
comment on column public.advertising_months.economics_days is 'Days of the month in economics_daily.';
comment on column public.advertising_months.unknown_count is 'Rows of advertising_spend whose spend is not known.';
comment on column public.advertising_months.gap_amount is
'cash_spend - economics_spend: other types of advertising, and payments that belong to another month.';
comment on column public.advertising_months.economics_tacos_pct is 'TACoS from economics: economics_spend / ops, in percent.';
comment on column public.advertising_months.cash_tacos_pct is 'TACoS from payments: cash_spend / ops, in percent.';
select public.xpert_show_view('public.advertising_months');

insert into public.schema_migrations (name) values ('0044_advertising_spend') on conflict do nothing;
