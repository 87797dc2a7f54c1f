-- The seller's price without a discount, beside the price with it.

alter table public.products add column if not exists regular_price numeric(18, 4);
alter table public.pricing_history add column if not exists regular_price numeric(18, 4);

insert into public.schema_migrations (name) values ('0050_regular_prices') on conflict do nothing;
