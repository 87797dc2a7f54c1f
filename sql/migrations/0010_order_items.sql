-- Order lines. Two lines of an order may be equal to the letter, so only the item id is a key.
-- The lines of an order are replaced as a set: a line missing from a newer state is deleted.

create table if not exists public.order_items (
  id uuid primary key default gen_random_uuid(),
  seller_id uuid not null references public.sellers on delete cascade,
  marketplace_id text not null,
  order_id text not null,
  order_item_id text not null,
  asin text,
  sku text,
  title text,
  condition_type text,
  quantity_ordered integer not null,
  quantity_fulfilled integer,
  quantity_unfulfilled integer,
  unit_price numeric(18, 4),
  currency text check (length(currency) = 3),
  price_designation text,
  item_proceeds numeric(18, 4),
  item_subtotal numeric(18, 4),
  shipping_subtotal numeric(18, 4),
  gift_wrap_subtotal numeric(18, 4),
  cod_fee numeric(18, 4),
  tax_total numeric(18, 4),
  discount_total numeric(18, 4),
  promotion_ids text[],
  is_cancelled boolean not null,
  cancel_requested boolean,
  cancelled_by text,
  cancel_reason text,
  programs text[],
  purchase_date timestamptz not null,
  order_date date not null,
  last_updated_at timestamptz not null,
  source text not null,
  load_id uuid not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint order_items_key unique (seller_id, marketplace_id, order_id, order_item_id)
);
create index if not exists order_items_day_idx on public.order_items (seller_id, order_date);
create index if not exists order_items_updated_idx on public.order_items (seller_id, updated_at desc);
comment on table public.order_items is 'Order lines in their newest known state, replaced as a set per order.';
select public.xpert_describe_standard_columns('public.order_items');
comment on column public.order_items.order_id is 'Amazon''s order id.';
comment on column public.order_items.order_item_id is 'Amazon''s id of the line.';
comment on column public.order_items.asin is 'ASIN.';
comment on column public.order_items.sku is 'Seller SKU.';
comment on column public.order_items.title is 'Title at the time of sale.';
comment on column public.order_items.condition_type is 'Condition sold.';
comment on column public.order_items.quantity_ordered is 'Units ordered; 0 is possible.';
comment on column public.order_items.quantity_fulfilled is 'Units shipped.';
comment on column public.order_items.quantity_unfulfilled is 'Units still to ship.';
comment on column public.order_items.unit_price is 'Price of one unit, in currency.';
comment on column public.order_items.currency is 'ISO 4217 code of the line''s amounts.';
comment on column public.order_items.price_designation is 'BUSINESS_PRICE, ...';
comment on column public.order_items.item_proceeds is 'Total proceeds of the line.';
comment on column public.order_items.item_subtotal is 'Ordered product sales of the line; NULL while unknown.';
comment on column public.order_items.shipping_subtotal is 'Shipping charged.';
comment on column public.order_items.gift_wrap_subtotal is 'Gift wrap charged.';
comment on column public.order_items.cod_fee is 'Fee for cash on delivery.';
comment on column public.order_items.tax_total is 'Tax of the line.';
comment on column public.order_items.discount_total is 'Discounts of the line.';
comment on column public.order_items.promotion_ids is 'Promotions applied.';
comment on column public.order_items.is_cancelled is 'The line, or its order, is cancelled.';
comment on column public.order_items.cancel_requested is 'The buyer asked to cancel.';
comment on column public.order_items.cancelled_by is 'Who cancelled.';
comment on column public.order_items.cancel_reason is 'Why.';
comment on column public.order_items.programs is 'Amazon''s programmes of the line.';
comment on column public.order_items.purchase_date is 'When the order was placed.';
comment on column public.order_items.order_date is 'Marketplace-local day of purchase: the partition.';
comment on column public.order_items.last_updated_at is 'Amazon''s time of the order''s last change: orders its states.';

select public.xpert_protect_tenant_table('public.order_items');
select public.xpert_watch('public.order_items', 'order_date', 'sales_data');

insert into public.schema_migrations (name) values ('0010_order_items') on conflict do nothing;
