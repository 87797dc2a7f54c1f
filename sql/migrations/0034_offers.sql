-- The offers beside the seller's own listings, one state per listing and day: the page as a whole, and each offer.
-- A lookup remembers what it asked with, so that a change of price or condition makes its subject due again.

alter table public.lookups add column if not exists facts jsonb not null default '{}';
comment on column public.lookups.facts is 'What the question contained about the subject, such as its price.';

create table if not exists public.offer_summaries (
  id uuid primary key default gen_random_uuid(),
  seller_id uuid not null references public.sellers on delete cascade,
  marketplace_id text not null,
  sku text not null,
  captured_date date not null,
  asin text,
  item_condition text not null,
  status text not null,
  total_offers integer,
  featured_listing_price numeric(18, 4),
  featured_shipping_price numeric(18, 4),
  featured_landed_price numeric(18, 4),
  featured_offers integer,
  is_featured_own boolean,
  lowest_landed_price numeric(18, 4),
  list_price numeric(18, 4),
  competitive_price_threshold numeric(18, 4),
  sales_rank integer,
  sales_rank_category text,
  offers_available_at timestamptz,
  currency text check (length(currency) = 3),
  source text not null,
  load_id uuid not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint offer_summaries_key unique (seller_id, marketplace_id, sku, captured_date)
);
create index if not exists offer_summaries_day_idx on public.offer_summaries (seller_id, captured_date desc);
create index if not exists offer_summaries_updated_idx on public.offer_summaries (seller_id, updated_at desc);
select public.xpert_describe_standard_columns('public.offer_summaries');
select public.xpert_protect_tenant_table('public.offer_summaries');

create table if not exists public.competitor_data (
  id uuid primary key default gen_random_uuid(),
  seller_id uuid not null references public.sellers on delete cascade,
  marketplace_id text not null,
  sku text not null,
  captured_date date not null,
  competitor_seller_id text not null,
  fulfilled_by text not null,
  offer_number integer not null,
  asin text,
  item_condition text not null,
  sub_condition text,
  is_own_offer boolean not null,
  offer_rank integer not null,
  listing_price numeric(18, 4),
  shipping_price numeric(18, 4),
  points_value numeric(18, 4),
  landed_price numeric(18, 4),
  currency text check (length(currency) = 3),
  is_featured_offer boolean,
  is_prime boolean,
  feedback_count integer,
  feedback_positive_pct numeric,
  ships_from_country text,
  handling_hours_min integer,
  handling_hours_max integer,
  source text not null,
  load_id uuid not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint competitor_data_key unique (seller_id, marketplace_id, sku, captured_date, competitor_seller_id, fulfilled_by, offer_number)
);
create index if not exists competitor_data_day_idx on public.competitor_data (seller_id, captured_date desc);
create index if not exists competitor_data_asin_idx on public.competitor_data (seller_id, asin);
create index if not exists competitor_data_shop_idx on public.competitor_data (seller_id, competitor_seller_id);
create index if not exists competitor_data_updated_idx on public.competitor_data (seller_id, updated_at desc);
select public.xpert_describe_standard_columns('public.competitor_data');
select public.xpert_protect_tenant_table('public.competitor_data');

insert into public.schema_migrations (name) values ('0034_offers') on conflict do nothing;
