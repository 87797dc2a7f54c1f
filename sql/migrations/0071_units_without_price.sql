-- The units of a SKU and day whose amount is not known: ops lacks them. sales_performance has them after the next run.
-- The owner is under row level security here like everybody, so it is lifted for the owner meanwhile.

alter table public.sales_data add column if not exists units_without_price integer;
alter table public.sales_performance add column if not exists units_without_price integer;

alter table public.orders no force row level security;
alter table public.order_items no force row level security;
alter table public.sales_data no force row level security;
update public.sales_data as s
set units_without_price = coalesce(u.units, 0)
from public.sales_data as k
left join (
  select
    i.seller_id,
    i.marketplace_id,
    i.order_date,
    coalesce(i.sku, '(no SKU)') as sku,
    sum(i.quantity_ordered) as units
  from public.order_items as i
  inner join public.orders as o
    on i.seller_id = o.seller_id and i.marketplace_id = o.marketplace_id and i.order_id = o.order_id
  where
    i.item_subtotal is null and not i.is_cancelled and o.fulfillment_status <> 'CANCELLED' and o.sales_channel = 'AMAZON'
  group by i.seller_id, i.marketplace_id, i.order_date, coalesce(i.sku, '(no SKU)')
) as u
  on k.seller_id = u.seller_id and k.marketplace_id = u.marketplace_id and k.sale_date = u.order_date and k.sku = u.sku
where s.id = k.id and s.units_without_price is null;
alter table public.sales_data force row level security;
alter table public.order_items force row level security;
alter table public.orders force row level security;
-- squawk-ignore adding-not-nullable-field
alter table public.sales_data alter column units_without_price set not null;

create or replace view public.sales_days with (security_invoker = true) as
with own as (
  select
    seller_id,
    marketplace_id,
    sale_date as business_date,
    currency,
    sum(units_ordered) as units_ordered,
    sum(ops) as ops,
    count(*) filter (where units_without_price <> 0 or (ops is null and units_ordered <> 0)) as unpriced_skus,
    bool_and(is_final) as is_final
  from public.sales_data
  group by seller_id, marketplace_id, sale_date, currency
),

own_days as (
  select
    seller_id,
    marketplace_id,
    business_date,
    sum(units_ordered) as units_ordered,
    case when count(distinct currency) = 1 then sum(ops) end as ops,
    case when count(distinct currency) = 1 then min(currency) end as currency,
    sum(unpriced_skus) as unpriced_skus,
    bool_and(is_final) as is_final
  from own
  group by seller_id, marketplace_id, business_date
),

economics as (
  select
    seller_id,
    marketplace_id,
    business_date,
    sum(units_ordered) as units_ordered,
    case when count(distinct currency) = 1 then sum(ops) end as ops,
    case when count(distinct currency) = 1 then min(currency) end as currency
  from public.economics_daily
  group by seller_id, marketplace_id, business_date
),

traffic as (
  select
    seller_id,
    marketplace_id,
    business_date,
    sum(units_ordered) as units_ordered,
    case when count(distinct currency) = 1 then sum(ops) end as ops,
    case when count(distinct currency) = 1 then min(currency) end as currency,
    sum(sessions) as sessions,
    sum(page_views) as page_views
  from public.traffic_daily
  group by seller_id, marketplace_id, business_date
)

select
  o.seller_id,
  o.marketplace_id,
  o.business_date,
  o.currency,
  o.units_ordered,
  o.ops,
  o.unpriced_skus,
  e.units_ordered as economics_units,
  o.units_ordered - e.units_ordered as economics_units_variance,
  case when e.currency = o.currency then e.ops end as economics_ops,
  case when e.currency = o.currency then o.ops - e.ops end as economics_ops_variance,
  t.units_ordered as traffic_units,
  o.units_ordered - t.units_ordered as traffic_units_variance,
  case when t.currency = o.currency then t.ops end as traffic_ops,
  case when t.currency = o.currency then o.ops - t.ops end as traffic_ops_variance,
  t.sessions,
  t.page_views,
  round(100.0 * t.units_ordered / nullif(t.sessions, 0), 4) as unit_session_pct,
  o.is_final
from own_days as o
left join economics as e
  on o.seller_id = e.seller_id and o.marketplace_id = e.marketplace_id and o.business_date = e.business_date
left join traffic as t
  on o.seller_id = t.seller_id and o.marketplace_id = t.marketplace_id and o.business_date = t.business_date;
comment on column public.sales_days.unpriced_skus is 'SKUs that were sold of which an amount is not known.';

create or replace view xpert_views.daily_business with (security_invoker = true) as
with loaded as (
  select
    d.seller_id,
    d.marketplace_id,
    d.day,
    f.figure,
    0::numeric as value
  from xpert_views.days as d,
    lateral (
      values
      ('orders loaded', d.has_orders),
      ('transactions loaded', d.has_transactions),
      ('traffic loaded', d.has_traffic),
      ('orders', d.has_orders),
      ('units', d.has_orders),
      ('sales', d.has_orders),
      ('business units', d.has_orders),
      ('cancelled units', d.has_orders),
      ('units without a price', d.has_orders),
      ('sessions', d.has_traffic),
      ('page views', d.has_traffic),
      ('Amazon''s units', d.has_traffic),
      ('Amazon''s sales', d.has_traffic),
      ('posted refunds', d.has_transactions),
      ('posted fees', d.has_transactions),
      ('posted tax on fees', d.has_transactions),
      ('posted advertising', d.has_transactions),
      ('posted net', d.has_transactions)
    ) as f (figure, is_loaded)
  where f.is_loaded
),

ordered as (
  select
    o.seller_id,
    o.marketplace_id,
    o.order_date as day,
    'orders' as figure,
    count(distinct o.order_id) as value
  from public.orders as o
  inner join public.order_items as i
    on o.seller_id = i.seller_id and o.marketplace_id = i.marketplace_id and o.order_id = i.order_id
  where o.sales_channel = 'AMAZON' and o.fulfillment_status <> 'CANCELLED' and not i.is_cancelled
  group by o.seller_id, o.marketplace_id, o.order_date
),

sold as (
  select
    s.seller_id,
    s.marketplace_id,
    s.sale_date as day,
    f.figure,
    f.value
  from public.sales_data as s
  inner join xpert_views.marketplaces as m on s.marketplace_id = m.marketplace_id
  cross join lateral (
    values
    ('units', s.units_ordered::numeric),
    ('sales', case when s.currency = m.currency then s.ops end),
    ('business units', s.units_b2b),
    ('cancelled units', s.units_cancelled),
    (
      'units without a price',
      case when s.ops is null or s.currency is distinct from m.currency then s.units_ordered else s.units_without_price end
    ),
    ('not final', case when s.is_final then 0 else 1 end)
  ) as f (figure, value)
),

visited as (
  select
    t.seller_id,
    t.marketplace_id,
    t.business_date as day,
    f.figure,
    f.value
  from public.traffic_daily as t
  inner join xpert_views.marketplaces as m on t.marketplace_id = m.marketplace_id
  cross join lateral (
    values
    ('sessions', t.sessions::numeric),
    ('page views', t.page_views),
    ('Amazon''s units', t.units_ordered),
    ('Amazon''s sales', case when t.currency = m.currency then t.ops end)
  ) as f (figure, value)
),

posted as (
  select
    r.seller_id,
    r.marketplace_id,
    r.day,
    f.figure,
    f.value
  from xpert_views.month_close_rows as r
  inner join xpert_views.marketplaces as m on r.marketplace_id = m.marketplace_id and r.currency = m.currency
  cross join lateral (values ('posted ' || r.kind, r.right_amount), ('posted net', r.right_amount)) as f (figure, value)
  where r.step_number = 2
),

earned as (
  select
    p.seller_id,
    p.marketplace_id,
    p.business_date as day,
    f.figure,
    f.value
  from public.profit_margins as p
  inner join xpert_views.marketplaces as m on p.marketplace_id = m.marketplace_id and p.currency = m.currency
  cross join lateral (
    values
    ('margin before goods', p.margin_before_cogs),
    ('margin', p.margin),
    ('margin unknown', case when p.margin is null then 1 else 0 end)
  ) as f (figure, value)
),

figures as (
  select * from loaded
  union all
  select * from ordered
  union all
  select * from sold
  union all
  select * from visited
  union all
  select * from posted
  union all
  select * from earned
)

select
  f.seller_id,
  f.marketplace_id,
  m.marketplace,
  f.day,
  m.currency,
  (sum(f.value) filter (where f.figure = 'orders'))::integer as orders,
  (sum(f.value) filter (where f.figure = 'units'))::integer as units,
  sum(f.value) filter (where f.figure = 'sales') as sales,
  (sum(f.value) filter (where f.figure = 'business units'))::integer as business_units,
  (sum(f.value) filter (where f.figure = 'cancelled units'))::integer as cancelled_units,
  (sum(f.value) filter (where f.figure = 'units without a price'))::integer as units_without_price,
  (sum(f.value) filter (where f.figure = 'sessions'))::integer as sessions,
  (sum(f.value) filter (where f.figure = 'page views'))::integer as page_views,
  round(
    100 * sum(f.value) filter (where f.figure = 'Amazon''s units')
    / nullif(sum(f.value) filter (where f.figure = 'sessions'), 0), 2
  ) as units_per_100_sessions,
  (sum(f.value) filter (where f.figure = 'Amazon''s units'))::integer as amazon_units,
  sum(f.value) filter (where f.figure = 'Amazon''s sales') as amazon_sales,
  sum(f.value) filter (where f.figure = 'posted refunds') as refunds,
  sum(f.value) filter (where f.figure = 'posted fees') as fees,
  sum(f.value) filter (where f.figure = 'posted tax on fees') as tax_on_fees,
  sum(f.value) filter (where f.figure = 'posted advertising') as advertising,
  sum(f.value) filter (where f.figure = 'posted net') as net_transactions,
  sum(f.value) filter (where f.figure = 'margin before goods') as margin_before_goods,
  case
    when sum(f.value) filter (where f.figure = 'margin unknown') = 0 then sum(f.value) filter (where f.figure = 'margin')
  end as margin,
  coalesce(sum(f.value) filter (where f.figure = 'not final'), 0) = 0
  and f.day <= (now() at time zone m.timezone)::date - 14 and bool_or(f.figure = 'orders loaded') as is_final,
  bool_or(f.figure = 'orders loaded') as has_orders,
  bool_or(f.figure = 'transactions loaded') as has_transactions,
  bool_or(f.figure = 'traffic loaded') as has_traffic
from figures as f
inner join xpert_views.marketplaces as m on f.marketplace_id = m.marketplace_id
group by f.seller_id, f.marketplace_id, m.marketplace, f.day, m.currency, m.timezone;

insert into public.schema_migrations (name) values ('0071_units_without_price') on conflict do nothing;
