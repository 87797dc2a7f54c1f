-- How many customers rated the seller on each day, beside what Amazon tells of single ratings.

create table if not exists public.seller_feedback_counts (
  id uuid primary key default gen_random_uuid(),
  seller_id uuid not null references public.sellers on delete cascade,
  marketplace_id text not null,
  business_date date not null,
  feedback_received integer,
  negative_feedback_received integer,
  negative_feedback_pct numeric,
  source text not null,
  load_id uuid not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint seller_feedback_counts_key unique (seller_id, marketplace_id, business_date)
);
create index if not exists seller_feedback_counts_day_idx on public.seller_feedback_counts (seller_id, business_date desc);
create index if not exists seller_feedback_counts_updated_idx on public.seller_feedback_counts (seller_id, updated_at desc);
select public.xpert_describe_standard_columns('public.seller_feedback_counts');
select public.xpert_protect_tenant_table('public.seller_feedback_counts');
select public.xpert_watch('public.seller_feedback_counts', 'business_date', 'reviews_ratings');

alter table public.reviews_ratings add column if not exists feedback_received integer;
alter table public.reviews_ratings add column if not exists negative_feedback_received integer;

insert into public.schema_migrations (name) values ('0048_feedback_counts') on conflict do nothing;
