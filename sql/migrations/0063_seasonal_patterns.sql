-- Weekday, month and event indices of demand, by sql/transforms/seasonal_patterns.sql.

create table if not exists public.seasonal_patterns (
  id uuid primary key default gen_random_uuid(),
  seller_id uuid not null references public.sellers on delete cascade,
  marketplace_id text not null,
  level text not null check (level in ('ACCOUNT', 'CATEGORY', 'SKU')),
  subject_id text not null,
  season_type text not null check (season_type in ('DOW', 'MONTH', 'EVENT')),
  season_name text not null,
  season_index integer not null,
  is_sufficient boolean not null,
  reason text,
  index_value numeric(18, 4),
  baseline numeric(18, 4),
  strength numeric(18, 4),
  observations integer not null,
  cycles numeric(18, 4) not null,
  window_start date,
  window_end date,
  source text not null,
  load_id uuid not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint seasonal_patterns_reason check (is_sufficient = (reason is null) and is_sufficient = (index_value is not null)),
  constraint seasonal_patterns_key unique (
    seller_id, marketplace_id, level, subject_id, season_type, season_name, season_index
  )
);
create index if not exists seasonal_patterns_updated_idx on public.seasonal_patterns (seller_id, updated_at desc);
select public.xpert_describe_standard_columns('public.seasonal_patterns');
select public.xpert_protect_tenant_table('public.seasonal_patterns');

insert into public.schema_migrations (name) values ('0063_seasonal_patterns') on conflict do nothing;
