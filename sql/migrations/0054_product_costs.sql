-- What each SKU costs the seller, by day. Amazon knows no costs: `xpert costs import` reads them from the seller's own files.

create table if not exists public.product_costs (
  id uuid primary key default gen_random_uuid(),
  seller_id uuid not null references public.sellers on delete cascade,
  marketplace_id text,
  sku text not null check (sku <> ''),
  valid_from date not null,
  valid_to date,
  stated_to date,
  unit_cost numeric(18, 6) not null check (unit_cost >= 0),
  currency text not null check (length(currency) = 3),
  cost_of text not null,
  source_file text not null,
  source_line integer not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint product_costs_key unique nulls not distinct (seller_id, sku, marketplace_id, valid_from),
  constraint product_costs_days check (valid_to >= valid_from and stated_to >= valid_from)
);
create index if not exists product_costs_updated_idx on public.product_costs (seller_id, updated_at desc);

comment on table public.product_costs is
'One row is the cost of a SKU from a day on. Source: the seller''s own files, imported with `xpert costs import`.';
comment on column public.product_costs.id is 'Random row id.';
comment on column public.product_costs.seller_id is 'The seller the row belongs to.';
comment on column public.product_costs.marketplace_id is
'The marketplace of the cost; NULL = all marketplaces. Where both have a cost for a day, that of the marketplace counts.';
comment on column public.product_costs.sku is 'The seller''s SKU, as in products and order_items; it may be unknown there.';
comment on column public.product_costs.valid_from is 'First day with this cost, in the marketplace''s own days.';
comment on column public.product_costs.valid_to is
'Last day with this cost: stated_to, or the day before the next known cost of the SKU begins; NULL = it has no end yet.';
comment on column public.product_costs.stated_to is 'Last day that the file gave; NULL = it gave none.';
comment on column public.product_costs.unit_cost is 'Cost of one unit, in currency. An unknown cost has no row, and is never 0.';
comment on column public.product_costs.currency is 'Currency of the cost; it may be another than the marketplace''s.';
comment on column public.product_costs.cost_of is
'What the cost is of, as the file or --cost-of says, else the name of the file''s column, such as "landed cost".';
comment on column public.product_costs.source_file is 'Name of the file that last changed the row.';
comment on column public.product_costs.source_line is 'Its line in that file; 1 is the first.';
comment on column public.product_costs.created_at is 'When the row was first written.';
comment on column public.product_costs.updated_at is 'When the row last changed.';
select public.xpert_protect_tenant_table('public.product_costs');

insert into public.schema_migrations (name) values ('0054_product_costs') on conflict do nothing;
