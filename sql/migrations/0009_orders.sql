-- Orders in their newest known state; an older state never overwrites a newer one.

create table if not exists public.orders (
  id uuid primary key default gen_random_uuid(),
  seller_id uuid not null references public.sellers on delete cascade,
  marketplace_id text not null,
  order_id text not null,
  seller_order_id text,
  purchase_date timestamptz not null,
  order_date date not null,
  last_updated_at timestamptz not null,
  fulfillment_status text not null,
  fulfilled_by text,
  service_level text,
  sales_channel text not null,
  programs text[],
  is_prime boolean,
  is_business boolean,
  is_easy_ship boolean,
  order_total numeric(18, 4),
  currency text check (length(currency) = 3),
  proceeds_breakdowns jsonb,
  earliest_ship_at timestamptz,
  latest_ship_at timestamptz,
  earliest_delivery_at timestamptz,
  latest_delivery_at timestamptz,
  item_count integer not null,
  units_ordered integer not null,
  replaced_order_id text,
  payment_methods text[],
  source text not null,
  load_id uuid not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint orders_key unique (seller_id, marketplace_id, order_id)
);
create index if not exists orders_day_idx on public.orders (seller_id, order_date);
create index if not exists orders_purchase_idx on public.orders (seller_id, purchase_date desc);
create index if not exists orders_updated_idx on public.orders (seller_id, updated_at desc);
comment on table public.orders is 'Orders: one row per order, newest state. From searchOrders v2026-01-01 or the XML all-orders report.';
select public.xpert_describe_standard_columns('public.orders');
comment on column public.orders.order_id is 'Amazon''s order id.';
comment on column public.orders.seller_order_id is 'The seller''s own order id.';
comment on column public.orders.purchase_date is 'When the order was placed.';
comment on column public.orders.order_date is 'Marketplace-local day of purchase: the partition.';
comment on column public.orders.last_updated_at is 'Amazon''s time of the order''s last change: orders its states.';
comment on column public.orders.fulfillment_status is 'PENDING, UNSHIPPED, PARTIALLY_SHIPPED, SHIPPED, CANCELLED, ...';
comment on column public.orders.fulfilled_by is 'AMAZON or MERCHANT.';
comment on column public.orders.service_level is 'Shipping service level.';
comment on column public.orders.sales_channel is 'Where it was sold: Amazon.in, ...; Non-Amazon = multi-channel fulfilment, not a sale.';
comment on column public.orders.programs is 'Amazon''s programmes: PRIME, AMAZON_BUSINESS, ...';
comment on column public.orders.is_prime is 'Placed by Prime.';
comment on column public.orders.is_business is 'Placed by a business buyer.';
comment on column public.orders.is_easy_ship is 'Carried by Easy Ship.';
comment on column public.orders.order_total is 'Grand total, in currency; NULL while unknown (pending).';
comment on column public.orders.currency is 'ISO 4217 code of order_total.';
comment on column public.orders.proceeds_breakdowns is 'Proceeds by kind as received.';
comment on column public.orders.earliest_ship_at is 'Start of the window to ship.';
comment on column public.orders.latest_ship_at is 'End of the window to ship.';
comment on column public.orders.earliest_delivery_at is 'Start of the promised delivery window.';
comment on column public.orders.latest_delivery_at is 'End of the promised delivery window.';
comment on column public.orders.item_count is 'Lines of the order.';
comment on column public.orders.units_ordered is 'Units over all lines.';
comment on column public.orders.replaced_order_id is 'The order that this one replaces.';
comment on column public.orders.payment_methods is 'Ways of payment.';

select public.xpert_protect_tenant_table('public.orders');
select public.xpert_watch('public.orders', 'order_date', 'sales_data');

insert into public.schema_migrations (name) values ('0009_orders') on conflict do nothing;
