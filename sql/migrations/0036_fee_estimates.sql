-- What Amazon would charge for one unit of each listing, one estimate per listing and day on which it answered.

create table if not exists public.fee_estimates (
  id uuid primary key default gen_random_uuid(),
  seller_id uuid not null references public.sellers on delete cascade,
  marketplace_id text not null,
  sku text not null,
  estimated_date date not null,
  asin text,
  is_fba boolean not null,
  listing_price numeric(18, 4) not null,
  currency text not null check (length(currency) = 3),
  status text not null,
  error_code text,
  fees_total numeric(18, 4),
  fees jsonb,
  source text not null,
  load_id uuid not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint fee_estimates_key unique (seller_id, marketplace_id, sku, estimated_date)
);
create index if not exists fee_estimates_day_idx on public.fee_estimates (seller_id, estimated_date desc);
create index if not exists fee_estimates_updated_idx on public.fee_estimates (seller_id, updated_at desc);
select public.xpert_describe_standard_columns('public.fee_estimates');
select public.xpert_protect_tenant_table('public.fee_estimates');

insert into public.schema_migrations (name) values ('0036_fee_estimates') on conflict do nothing;
