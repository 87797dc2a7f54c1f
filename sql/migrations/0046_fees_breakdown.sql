-- Amazon's fees from three sources that tell the same fees, by sql/transforms/fees_breakdown.sql.

create table if not exists public.fees_breakdown (
  id uuid primary key default gen_random_uuid(),
  seller_id uuid not null references public.sellers on delete cascade,
  marketplace_id text not null,
  fee_source text not null,
  ref_key text not null,
  fee_type text not null,
  period_start date not null,
  period_end date,
  sku text,
  asin text,
  order_id text,
  transaction_id text,
  transaction_type text,
  fee_group text,
  listing_price numeric(18, 4),
  is_fba boolean,
  quantity numeric,
  fee_amount numeric(18, 4),
  promotion_amount numeric(18, 4),
  tax_amount numeric(18, 4),
  final_amount numeric(18, 4),
  tcs_amount numeric(18, 4),
  tds_amount numeric(18, 4),
  currency text check (length(currency) = 3),
  status text,
  error_code text,
  source text not null,
  load_id uuid not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint fees_breakdown_key unique (seller_id, marketplace_id, fee_source, ref_key, fee_type, period_start)
);
create index if not exists fees_breakdown_day_idx on public.fees_breakdown (seller_id, period_start desc);
create index if not exists fees_breakdown_sku_idx on public.fees_breakdown (seller_id, sku);
create index if not exists fees_breakdown_order_idx on public.fees_breakdown (seller_id, order_id);
create index if not exists fees_breakdown_updated_idx on public.fees_breakdown (seller_id, updated_at desc);
select public.xpert_describe_standard_columns('public.fees_breakdown');
select public.xpert_protect_tenant_table('public.fees_breakdown');

select public.xpert_watch('public.fee_estimates', 'estimated_date', 'fees_breakdown');
select public.xpert_watch_also('public.financial_event_amounts', 'fees_breakdown');
select public.xpert_watch_also('public.economics_daily', 'fees_breakdown');

-- what was loaded before
insert into public.dirty_keys (consumer, seller_id, business_date)
select
  'fees_breakdown' as consumer,
  seller_id,
  business_date
from public.economics_daily
union
select
  'fees_breakdown' as consumer,
  seller_id,
  posted_date as business_date
from public.financial_event_amounts
union
select
  'fees_breakdown' as consumer,
  seller_id,
  estimated_date as business_date
from public.fee_estimates;

insert into public.schema_migrations (name) values ('0046_fees_breakdown') on conflict do nothing;
