-- The seller's listings as they stand now. Key: marketplace and SKU (one ASIN can carry several SKUs).

create table if not exists public.products (
  id uuid primary key default gen_random_uuid(),
  seller_id uuid not null references public.sellers on delete cascade,
  marketplace_id text not null,
  sku text not null,
  asin text,
  fn_sku text,
  item_name text,
  brand text,
  manufacturer text,
  product_type text,
  condition_type text,
  status text[],
  fulfillment_channel text,
  price numeric(18, 4),
  currency text check (length(currency) = 3),
  quantity integer,
  main_image_url text,
  browse_node_id text,
  browse_node_name text,
  parent_asin text,
  variation_theme text,
  sales_rank integer,
  sales_rank_category text,
  issues_count integer,
  issues jsonb,
  item_weight numeric(18, 4),
  weight_unit text,
  package_dimensions jsonb,
  isbn_or_ean text,
  listing_created_at timestamptz,
  listing_updated_at timestamptz,
  source text not null,
  load_id uuid not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint products_key unique (seller_id, marketplace_id, sku)
);
create index if not exists products_asin_idx on public.products (seller_id, asin);
create index if not exists products_updated_idx on public.products (seller_id, updated_at desc);
comment on table public.products is 'Listings as they stand now: one row per marketplace and SKU.';
select public.xpert_describe_standard_columns('public.products');
comment on column public.products.sku is 'Seller SKU.';
comment on column public.products.asin is 'ASIN of the listing.';
comment on column public.products.fn_sku is 'FNSKU, for items fulfilled by Amazon.';
comment on column public.products.item_name is 'Title.';
comment on column public.products.brand is 'Brand in the catalogue.';
comment on column public.products.manufacturer is 'Manufacturer in the catalogue.';
comment on column public.products.product_type is 'Amazon''s product type.';
comment on column public.products.condition_type is 'new_new, used_good, ...';
comment on column public.products.status is 'BUYABLE, DISCOVERABLE; empty = neither.';
comment on column public.products.fulfillment_channel is 'Fulfilment channel code as received: AMAZON_IN, DEFAULT (merchant).';
comment on column public.products.price is 'The seller''s price, in currency.';
comment on column public.products.currency is 'ISO 4217 code of price.';
comment on column public.products.quantity is 'Available quantity of the merchant channel.';
comment on column public.products.main_image_url is 'Main image.';
comment on column public.products.browse_node_id is 'Browse node in the catalogue.';
comment on column public.products.browse_node_name is 'Its name.';
comment on column public.products.parent_asin is 'Variation parent.';
comment on column public.products.variation_theme is 'What the variations differ in.';
comment on column public.products.sales_rank is 'Rank in sales_rank_category; 1 sells best.';
comment on column public.products.sales_rank_category is 'Category of the rank.';
comment on column public.products.issues_count is 'Issues of the listing.';
comment on column public.products.issues is 'Issues as Amazon reports them.';
comment on column public.products.item_weight is 'Package weight, in weight_unit.';
comment on column public.products.weight_unit is 'Unit of item_weight.';
comment on column public.products.package_dimensions is 'Package dimensions as in the catalogue.';
comment on column public.products.isbn_or_ean is 'ISBN, EAN or UPC, as text.';
comment on column public.products.listing_created_at is 'When the listing was created.';
comment on column public.products.listing_updated_at is 'When Amazon last changed the listing.';

select public.xpert_protect_tenant_table('public.products');

insert into public.schema_migrations (name) values ('0008_products') on conflict do nothing;
