-- The price of each listing beside the featured offer's, one row for each change, by sql/transforms/pricing_history.sql.

create table if not exists public.pricing_history (
  id uuid primary key default gen_random_uuid(),
  seller_id uuid not null references public.sellers on delete cascade,
  marketplace_id text not null,
  sku text not null,
  offer_type text not null,
  item_condition text not null,
  valid_from timestamptz not null,
  valid_to timestamptz,
  asin text,
  is_buyable boolean,
  listing_price numeric(18, 4) not null,
  shipping_price numeric(18, 4),
  points_value numeric(18, 4),
  landed_price numeric(18, 4),
  featured_listing_price numeric(18, 4),
  featured_landed_price numeric(18, 4),
  is_featured_own boolean,
  competitive_price_threshold numeric(18, 4),
  currency text not null check (length(currency) = 3),
  source text not null,
  load_id uuid not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint pricing_history_key unique (seller_id, marketplace_id, sku, offer_type, item_condition, valid_from)
);
create unique index if not exists pricing_history_open_idx
on public.pricing_history (seller_id, marketplace_id, sku, offer_type, item_condition) where valid_to is null;
create index if not exists pricing_history_updated_idx on public.pricing_history (seller_id, updated_at desc);
select public.xpert_describe_standard_columns('public.pricing_history');
select public.xpert_protect_tenant_table('public.pricing_history');

insert into public.schema_migrations (name) values ('0039_pricing_history') on conflict do nothing;
