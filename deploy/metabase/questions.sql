-- Questions for Metabase, one after another. Metabase can import files only in its paid editions, so make each one with
-- New > SQL query: paste it, choose the visualization, save it under its name, and add it to a dashboard.
--
-- Variables, in Metabase's sidebar after pasting: seller (Text), from and to (Date), month (Date). Connect them to filters
-- of the dashboard. A part in [[ ]] counts only if its filter is set. docs/bi.md tells how to connect Metabase.

-- Name: Sales by day
-- Visualization: Line, day by sales, one line for each store
select n.name as seller, d.day, d.marketplace || ', ' || d.currency as store, d.sales, d.orders, d.units
from xpert_views.daily_business as d
inner join seller_names as n on d.seller_id = n.seller_id
where d.day >= current_date - 90 [[ and n.name = {{seller}} ]] [[ and d.day >= {{from}} ]] [[ and d.day <= {{to}} ]]
order by d.day;

-- Name: Yesterday
-- Visualization: Table
select
  n.name as seller, d.marketplace, d.currency, d.orders, d.units, d.sales, d.sessions, d.units_per_100_sessions, d.margin_before_goods,
  d.margin
from xpert_views.daily_business as d
inner join seller_names as n on d.seller_id = n.seller_id
inner join xpert_views.marketplaces as m on d.marketplace_id = m.marketplace_id
where d.day = (now() at time zone m.timezone)::date - 1 [[ and n.name = {{seller}} ]]
order by n.name, d.marketplace;

-- Name: Sales by month
-- Visualization: Bar, month by sales, one bar for each store
select
  n.name as seller, date_trunc('month', d.day)::date as month, d.marketplace || ', ' || d.currency as store, sum(d.sales) as sales,
  sum(d.units) as units, count(*) filter (where d.units is null) as days_not_loaded
from xpert_views.daily_business as d
inner join seller_names as n on d.seller_id = n.seller_id
where d.day >= date_trunc('month', current_date)::date - interval '12 months' [[ and n.name = {{seller}} ]]
group by 1, 2, 3
order by 2;

-- Name: Visits and conversion
-- Visualization: Line, day by sessions and units per 100 sessions
select n.name as seller, d.day, d.marketplace as store, d.sessions, d.page_views, d.units_per_100_sessions
from xpert_views.daily_business as d
inner join seller_names as n on d.seller_id = n.seller_id
where d.day >= current_date - 90 [[ and n.name = {{seller}} ]] [[ and d.day >= {{from}} ]] [[ and d.day <= {{to}} ]]
order by d.day;

-- Name: Profit of SKUs
-- Visualization: Table
select
  n.name as seller, p.month, p.marketplace, p.sku, p.title, p.units_sold, p.sales, p.fees, p.advertising, p.margin_before_goods,
  p.cost_of_goods, p.margin, p.margin_pct, p.units_without_cost, p.currency
from xpert_views.sku_profit as p
inner join seller_names as n on p.seller_id = n.seller_id
where true [[ and n.name = {{seller}} ]] [[ and p.month = date_trunc('month', {{month}}::date)::date ]]
order by p.month desc, p.margin_before_goods desc;

-- Name: Stock at risk
-- Visualization: Table
select
  n.name as seller, s.marketplace, s.sku, s.title, s.risk, s.stock_quantity, s.inbound_quantity, s.units_per_day, s.days_of_cover,
  s.stockout_date, s.reorder_point, s.sales_per_day, s.currency
from xpert_views.stock_risk as s
inner join seller_names as n on s.seller_id = n.seller_id
where s.risk not in ('no risk', 'stock unknown', 'sales unknown') [[ and n.name = {{seller}} ]]
order by s.sales_per_day desc nulls last;

-- Name: Money that is owed
-- Visualization: Table
select
  n.name as seller, m.marketplace, o.kind, o.order_id, o.sku, o.units, o.amount, o.currency, o.since, o.expected_date, o.reason
from xpert_views.owed_money as o
inner join seller_names as n on o.seller_id = n.seller_id
inner join xpert_views.marketplaces as m on o.marketplace_id = m.marketplace_id
where true [[ and n.name = {{seller}} ]]
order by abs(o.amount) desc nulls first;

-- Name: Month close
-- Visualization: Table
select
  n.name as seller, c.marketplace, c.month, c.is_complete, c.step_number, c.step, c.kind, c.row_count, c.difference_amount, c.currency,
  c.meaning
from xpert_views.month_close as c
inner join seller_names as n on c.seller_id = n.seller_id
where c.is_difference [[ and n.name = {{seller}} ]] [[ and c.month = date_trunc('month', {{month}}::date)::date ]]
order by c.month desc, c.marketplace, c.step_number, abs(c.difference_amount) desc;
