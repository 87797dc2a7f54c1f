-- Views for analysts and BI tools: daily business, profit of SKUs, stock at risk, owed money. They have the rights of whoever reads
-- them, so row level security chooses the rows. docs/bi.md describes them.

create or replace view xpert_views.days with (security_invoker = true) as
with loaded as (
  select
    seller_id,
    marketplace_id,
    range_agg(tstzrange(window_start, window_end)) filter (where table_name = 'orders') as orders,
    range_agg(tstzrange(window_start, window_end)) filter (where table_name = 'financial_events') as transactions,
    range_agg(tstzrange(window_start, window_end)) filter (where table_name = 'traffic_daily') as traffic,
    min(window_start) filter (where window_kind = 'created') as began_at
  from public.loads
  where
    table_name in ('orders', 'financial_events', 'traffic_daily') and window_kind in ('created', 'updated')
    and window_start < window_end
  group by seller_id, marketplace_id
),

places as (
  select
    l.*,
    m.timezone,
    (l.began_at at time zone m.timezone + interval '1 day' - interval '1 microsecond')::date::timestamp as first_day,
    (now() at time zone m.timezone)::date::timestamp as today
  from loaded as l
  inner join xpert_views.marketplaces as m on l.marketplace_id = m.marketplace_id
),

spans as (
  select
    p.*,
    g.moment::date as day,
    tstzrange(g.moment at time zone p.timezone, (g.moment + interval '1 day') at time zone p.timezone) as span
  from places as p
  cross join lateral generate_series(p.first_day, p.today - interval '1 day', interval '1 day') as g (moment)
)

select
  seller_id,
  marketplace_id,
  day,
  coalesce(span <@ orders, false) as has_orders,
  coalesce(span <@ transactions, false) as has_transactions,
  coalesce(span <@ traffic, false) as has_traffic
from spans;
comment on view xpert_views.days is 'The days before today, from the first loaded one on, and which of them are loaded.';
comment on column xpert_views.days.seller_id is 'The seller.';
comment on column xpert_views.days.marketplace_id is 'Amazon''s id of the marketplace.';
comment on column xpert_views.days.day is 'Marketplace-local day.';
comment on column xpert_views.days.has_orders is 'Whether its orders are loaded from midnight to midnight.';
comment on column xpert_views.days.has_transactions is 'Whether its transactions are loaded.';
comment on column xpert_views.days.has_traffic is 'Whether its traffic is loaded.';
select public.xpert_show_view('xpert_views.days');

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
      case when s.ops is null or s.currency is distinct from m.currency then s.units_ordered else 0 end
    ),
    ('not final', case when s.is_final then 0 else 1 end)
  ) as f (figure, value)
),

unpriced as (
  select
    s.seller_id,
    s.marketplace_id,
    s.sale_date as day,
    'units without a price' as figure,
    sum(i.quantity_ordered) as value
  from public.order_items as i
  inner join public.orders as o
    on i.seller_id = o.seller_id and i.marketplace_id = o.marketplace_id and i.order_id = o.order_id
  inner join public.sales_data as s
    on
      i.seller_id = s.seller_id and i.marketplace_id = s.marketplace_id and i.order_date = s.sale_date
      and coalesce(i.sku, '(no SKU)') = s.sku
  inner join xpert_views.marketplaces as m on s.marketplace_id = m.marketplace_id
  where
    i.item_subtotal is null and not i.is_cancelled and o.fulfillment_status <> 'CANCELLED' and o.sales_channel = 'AMAZON'
    and s.ops is not null and s.currency = m.currency
  group by s.seller_id, s.marketplace_id, s.sale_date
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
  select * from unpriced
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
comment on view xpert_views.daily_business is
'A day of a marketplace: orders and sales by day of purchase, traffic, and money by day of posting. It may be only partly loaded.';
comment on column xpert_views.daily_business.seller_id is 'The seller.';
comment on column xpert_views.daily_business.marketplace_id is 'Amazon''s id of the marketplace.';
comment on column xpert_views.daily_business.marketplace is 'Amazon''s name of the store.';
comment on column xpert_views.daily_business.day is 'Marketplace-local day.';
comment on column xpert_views.daily_business.currency is 'The marketplace''s currency. Amounts in others are left out.';
comment on column xpert_views.daily_business.orders is 'Orders that are not cancelled. NULL: none of the day is loaded.';
comment on column xpert_views.daily_business.units is 'Units ordered and not cancelled. NULL: none of the day is loaded.';
comment on column xpert_views.daily_business.sales is 'Price of these units, as far as it is known.';
comment on column xpert_views.daily_business.business_units is 'Units that businesses ordered.';
comment on column xpert_views.daily_business.cancelled_units is 'Units of cancelled lines.';
comment on column xpert_views.daily_business.units_without_price is
'Units whose price is not known in the marketplace''s currency; sales lack them.';
comment on column xpert_views.daily_business.sessions is 'Sessions of all products. NULL: the day''s traffic is not loaded.';
comment on column xpert_views.daily_business.page_views is 'Page views of all products.';
comment on column xpert_views.daily_business.units_per_100_sessions is 'Conversion: Amazon''s units per 100 sessions.';
comment on column xpert_views.daily_business.amazon_units is 'Units ordered by Amazon''s own figures, in traffic_daily.';
comment on column xpert_views.daily_business.amazon_sales is 'Sales by Amazon''s own figures.';
comment on column xpert_views.daily_business.refunds is
'Refunds posted on the day, negative. NULL: the day has none, and its transactions are not all loaded.';
comment on column xpert_views.daily_business.fees is 'Amazon''s fees that were posted on the day, without their tax; negative.';
comment on column xpert_views.daily_business.tax_on_fees is 'Tax on fees and advertising; negative.';
comment on column xpert_views.daily_business.advertising is 'Advertising that was paid on the day from the balance; negative.';
comment on column xpert_views.daily_business.net_transactions is 'Sum of all transactions of the day, except for transfers to the bank.';
comment on column xpert_views.daily_business.margin_before_goods is
'What the day''s transactions left before the cost of goods, from profit_margins. NULL: nothing was posted, or it is not loaded.';
comment on column xpert_views.daily_business.margin is
'margin_before_goods less the cost of goods. NULL: the cost of a unit is not known.';
comment on column xpert_views.daily_business.is_final is
'Whether the day''s orders are all loaded, and the day is old enough that they no longer change.';
comment on column xpert_views.daily_business.has_orders is
'Whether its orders are loaded from midnight to midnight. False: the figures of orders and sales lack the rest, or are NULL.';
comment on column xpert_views.daily_business.has_transactions is
'Whether its transactions are loaded from midnight to midnight. False: refunds, fees and margins lack the rest, or are NULL.';
comment on column xpert_views.daily_business.has_traffic is 'Whether its traffic is loaded.';
select public.xpert_show_view('xpert_views.daily_business');

create or replace view xpert_views.stock_risk with (security_invoker = true) as
with newest as (
  select
    seller_id,
    marketplace_id,
    max(as_of_date) as as_of_date
  from public.velocity_trends
  group by seller_id, marketplace_id
)

select
  v.seller_id,
  v.marketplace_id,
  m.marketplace,
  v.as_of_date,
  v.is_complete,
  v.sku,
  p.item_name as title,
  v.asin,
  case
    when v.stock_quantity is null then 'stock unknown'
    when v.planning_velocity is null then 'sales unknown'
    when v.velocity_class = 'DEAD' and v.stock_quantity > 0 then 'does not sell'
    when v.planning_velocity = 0 then 'no risk'
    when coalesce(v.available_quantity, v.stock_quantity) <= 0 then 'out of stock'
    when v.days_of_cover < v.lead_time_days then 'runs out before new stock can arrive'
    when v.stock_quantity <= v.reorder_point then 'order now'
    when v.days_of_cover > 180 then 'too much stock'
    else 'no risk'
  end as risk,
  v.available_quantity,
  v.inbound_quantity,
  v.stock_quantity,
  v.units_30,
  v.planning_velocity as units_per_day,
  v.days_of_cover,
  v.stockout_date_est as stockout_date,
  v.lead_time_days,
  v.reorder_point,
  v.velocity_class,
  p.price,
  p.currency,
  v.planning_velocity * p.price as sales_per_day,
  v.stock_quantity * p.price as stock_at_price
from public.velocity_trends as v
inner join newest as n
  on v.seller_id = n.seller_id and v.marketplace_id = n.marketplace_id and v.as_of_date = n.as_of_date
left join xpert_views.marketplaces as m on v.marketplace_id = m.marketplace_id
left join public.products as p on v.seller_id = p.seller_id and v.marketplace_id = p.marketplace_id and v.sku = p.sku;
comment on view xpert_views.stock_risk is
'The SKUs of a marketplace with their stock, how long it lasts and what to do, on the newest day.';
comment on column xpert_views.stock_risk.seller_id is 'The seller.';
comment on column xpert_views.stock_risk.marketplace_id is 'Amazon''s id of the marketplace.';
comment on column xpert_views.stock_risk.marketplace is 'Amazon''s name of the store.';
comment on column xpert_views.stock_risk.as_of_date is 'The day of the stock.';
comment on column xpert_views.stock_risk.is_complete is
'False: the day is not over or not loaded to its end, so units_per_day is up to a thirtieth too low.';
comment on column xpert_views.stock_risk.sku is 'The seller''s own SKU.';
comment on column xpert_views.stock_risk.title is 'Title of the listing. NULL: it is not in products.';
comment on column xpert_views.stock_risk.asin is 'ASIN.';
comment on column xpert_views.stock_risk.risk is
'out of stock; runs out before new stock can arrive; order now; too much stock (over 180 days); does not sell; no risk; unknown.';
comment on column xpert_views.stock_risk.available_quantity is 'Units that can be sold now.';
comment on column xpert_views.stock_risk.inbound_quantity is 'Units on their way to Amazon.';
comment on column xpert_views.stock_risk.stock_quantity is 'Both together.';
comment on column xpert_views.stock_risk.units_30 is 'Units of the last 30 days.';
comment on column xpert_views.stock_risk.units_per_day is 'Units per day with which the view plans; see velocity_trends.planning_velocity.';
comment on column xpert_views.stock_risk.days_of_cover is 'How many days the stock lasts.';
comment on column xpert_views.stock_risk.stockout_date is 'When it ends.';
comment on column xpert_views.stock_risk.lead_time_days is 'Days until new stock can arrive, from the settings.';
comment on column xpert_views.stock_risk.reorder_point is 'Stock at which to order again.';
comment on column xpert_views.stock_risk.velocity_class is 'FAST, STEADY, SLOW or DEAD.';
comment on column xpert_views.stock_risk.price is 'Price of the listing now.';
comment on column xpert_views.stock_risk.currency is 'ISO 4217 code of the amounts.';
comment on column xpert_views.stock_risk.sales_per_day is 'units_per_day * price: what a day without stock costs.';
comment on column xpert_views.stock_risk.stock_at_price is 'stock_quantity * price.';
select public.xpert_show_view('xpert_views.stock_risk');

create or replace view xpert_views.owed_money with (security_invoker = true) as
select
  t.seller_id,
  t.marketplace_id,
  case t.state when 'deferred' then 'deferred' else 'not settled yet' end as kind,
  t.order_id,
  null as sku,
  null as units,
  t.amount,
  t.currency,
  t.first_posted_date as since,
  (t.expected_release_at at time zone coalesce(m.timezone, 'UTC'))::date as expected_date,
  t.deferral_reasons as reason
from public.owed_transactions as t
left join xpert_views.marketplaces as m on t.marketplace_id = m.marketplace_id
union all
select
  l.seller_id,
  l.marketplace_id,
  'lost or damaged units' as kind,
  null as order_id,
  l.sku,
  l.open_units as units,
  null as amount,
  null as currency,
  l.first_loss_date as since,
  null as expected_date,
  case when l.recent_units > 0 then l.recent_units || ' of them may be of the last 30 days' end as reason
from public.owed_lost_units as l
union all
select
  r.seller_id,
  r.marketplace_id,
  'refund without a return' as kind,
  r.order_id,
  r.sku,
  r.missing_units as units,
  r.refunded_amount as amount,
  r.currency,
  r.first_refund_date as since,
  null as expected_date,
  'waiting for ' || r.waiting_days || ' days' as reason
from public.owed_returns as r;
comment on view xpert_views.owed_money is
'Money and units that the seller may still get: deferred, not settled, lost by Amazon, or refunded without a return.';
comment on column xpert_views.owed_money.seller_id is 'The seller.';
comment on column xpert_views.owed_money.marketplace_id is 'Amazon''s id of the marketplace.';
comment on column xpert_views.owed_money.kind is 'deferred, not settled yet, lost or damaged units, refund without a return.';
comment on column xpert_views.owed_money.order_id is 'The order. NULL: the row belongs to no order.';
comment on column xpert_views.owed_money.sku is 'The SKU. NULL: the row belongs to no single SKU.';
comment on column xpert_views.owed_money.units is 'Units. NULL: the row is about money only.';
comment on column xpert_views.owed_money.amount is
'The money; of a refund what it cost. NULL: Amazon names no amount for lost units. Negative: the seller owes it.';
comment on column xpert_views.owed_money.currency is 'ISO 4217 code of amount.';
comment on column xpert_views.owed_money.since is 'Day of the oldest transaction, loss or refund.';
comment on column xpert_views.owed_money.expected_date is
'The marketplace-local day on which Amazon will release it. NULL: it is not deferred, or Amazon does not say.';
comment on column xpert_views.owed_money.reason is 'Why Amazon holds the money, or how long units are missing.';
select public.xpert_show_view('xpert_views.owed_money');

create or replace view xpert_views.sku_profit with (security_invoker = true) as
select
  p.seller_id,
  p.marketplace_id,
  m.marketplace,
  p.month,
  p.sku,
  l.item_name as title,
  p.asin,
  p.currency,
  p.units_sold,
  p.units_refunded,
  p.product_sales as sales,
  p.net_product_sales as sales_after_refunds,
  p.amazon_fees as fees,
  p.ad_spend as advertising,
  p.days_without_ads as days_without_advertising,
  p.margin_before_cogs as margin_before_goods,
  p.cogs as cost_of_goods,
  p.margin,
  p.margin_pct,
  p.margin_per_unit,
  p.uncosted_units as units_without_cost,
  p.is_final
from public.profit_margin_months as p
left join xpert_views.marketplaces as m on p.marketplace_id = m.marketplace_id
left join public.products as l on p.seller_id = l.seller_id and p.marketplace_id = l.marketplace_id and p.sku = l.sku;
comment on view xpert_views.sku_profit is
'What each SKU earned in a month, by the day of posting, without taxes. The SKU (account) has the money of no SKU.';
comment on column xpert_views.sku_profit.seller_id is 'The seller.';
comment on column xpert_views.sku_profit.marketplace_id is 'Amazon''s id of the marketplace.';
comment on column xpert_views.sku_profit.marketplace is 'Amazon''s name of the store.';
comment on column xpert_views.sku_profit.month is 'First day of the month.';
comment on column xpert_views.sku_profit.sku is 'The seller''s own SKU; (account) for money of no SKU.';
comment on column xpert_views.sku_profit.title is 'Title of the listing. NULL: it is not in products.';
comment on column xpert_views.sku_profit.asin is 'ASIN.';
comment on column xpert_views.sku_profit.currency is 'ISO 4217 code of the amounts.';
comment on column xpert_views.sku_profit.units_sold is 'Units shipped.';
comment on column xpert_views.sku_profit.units_refunded is 'Units refunded.';
comment on column xpert_views.sku_profit.sales is 'Sales of products, without tax.';
comment on column xpert_views.sku_profit.sales_after_refunds is 'sales less what was refunded.';
comment on column xpert_views.sku_profit.fees is 'Amazon''s fees, without tax; positive if the seller pays.';
comment on column xpert_views.sku_profit.advertising is
'Advertising, without tax, of the days whose advertising is known. NULL: that of no day is known.';
comment on column xpert_views.sku_profit.days_without_advertising is
'Days whose advertising is not known. If there are any, advertising is too low, and margins of the SKU are too high.';
comment on column xpert_views.sku_profit.margin_before_goods is
'What is left before the cost of goods. Advertising of days_without_advertising is not taken off.';
comment on column xpert_views.sku_profit.cost_of_goods is
'Cost of the net units. NULL: the cost of some is not known; `xpert costs import` reads costs.';
comment on column xpert_views.sku_profit.margin is
'margin_before_goods less cost_of_goods. NULL: the cost of some units is not known. Complete only if days_without_advertising is 0.';
comment on column xpert_views.sku_profit.margin_pct is 'margin in percent of sales_after_refunds; see days_without_advertising.';
comment on column xpert_views.sku_profit.margin_per_unit is 'margin for each net unit; see days_without_advertising.';
comment on column xpert_views.sku_profit.units_without_cost is 'Net units whose cost is not known.';
comment on column xpert_views.sku_profit.is_final is 'Whether all days of the month are final.';
select public.xpert_show_view('xpert_views.sku_profit');

insert into public.schema_migrations (name) values ('0061_analyst_views') on conflict do nothing;
