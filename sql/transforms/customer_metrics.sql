-- customer_metrics: aggregates of the weeks and months that begin on a day in `dirty`, and of those of which more days have
-- been loaded since. The comments of the table explain the formulas.
-- A group of fewer than 10 orders has a row without figures. If such ASINs of a period, together with lines without an ASIN,
-- have fewer than 10 orders in all, the smallest of the others is withheld, too: else the difference to the whole account
-- would tell what they sold. An order of several ASINs counts once.
-- Refunds and returns count in the period in which they happened, on days that are loaded for them and for orders; those of
-- orders of other shops do not count. Those of 1 to 9 orders are withheld by the same two rules, also where the group itself
-- has 10 orders or more.
-- Customers are those of Amazon's report about an ASIN and a week. They are not added up: the same person may be among those
-- of another ASIN or week. Fewer than 10 customers are withheld, and so is what is told of 1 to 9 who came back, or did not.
with markets as (
  select l.marketplace_id
  from loads as l
  where l.seller_id = %(seller_id)s and l.table_name = 'orders'
  union distinct
  select unnest(s.marketplace_ids) as marketplace_id
  from sellers as s
  where s.id = %(seller_id)s
),

stores as materialized (
  select
    m.marketplace_id,
    coalesce(z.timezone, o.timezone) as timezone
  from markets as m
  inner join sellers as o on o.id = %(seller_id)s
  left join zones as z on m.marketplace_id = z.marketplace_id
),

loaded_days as materialized (
  select
    s.marketplace_id,
    l.business_date,
    bool_or(t.table_name = 'financial_events') as has_refunds,
    bool_or(t.table_name = 'fba_returns') and bool_or(t.table_name = 'merchant_returns') as has_returns
  from stores as s
  cross join (values ('orders'), ('financial_events'), ('fba_returns'), ('merchant_returns')) as t (table_name)
  cross join lateral public.xpert_loaded_days(%(seller_id)s, s.marketplace_id, t.table_name, s.timezone) as l
  group by s.marketplace_id, l.business_date
  having bool_or(t.table_name = 'orders')
),

known as materialized (
  select
    d.marketplace_id,
    p.period_type,
    p.period_start,
    count(*) as loaded_days,
    count(*) filter (where d.has_refunds) as refund_days,
    count(*) filter (where d.has_returns) as return_days
  from loaded_days as d
  cross join
    lateral (
      values
      ('WEEK', d.business_date - extract(dow from d.business_date)::integer),
      ('MONTH', date_trunc('month', d.business_date)::date)
    ) as p (period_type, period_start)
  group by d.marketplace_id, p.period_type, p.period_start
),

periods as materialized (
  select
    s.marketplace_id,
    'WEEK' as period_type,
    d.business_date as period_start,
    d.business_date + 6 as period_end
  from dirty as d
  cross join stores as s
  where extract(dow from d.business_date) = 0
  union distinct
  select
    s.marketplace_id,
    'MONTH' as period_type,
    d.business_date as period_start,
    (d.business_date + interval '1 month' - interval '1 day')::date as period_end
  from dirty as d
  cross join stores as s
  where extract(day from d.business_date) = 1
  union distinct
  select
    c.marketplace_id,
    c.period_type,
    c.period_start,
    c.period_end
  from known as k
  inner join customer_metrics as c
    on k.marketplace_id = c.marketplace_id and k.period_type = c.period_type and k.period_start = c.period_start
  where
    c.seller_id = %(seller_id)s and c.scope = 'ACCOUNT'
    and (c.loaded_days, c.refund_days, c.return_days) is distinct from (k.loaded_days, k.refund_days, k.return_days)
),

period_days as materialized (
  select
    p.marketplace_id,
    p.period_type,
    p.period_start,
    p.period_end,
    p.period_start + n.number as business_date,
    coalesce(l.has_refunds, false) as has_refunds,
    coalesce(l.has_returns, false) as has_returns
  from periods as p
  cross join lateral generate_series(0, p.period_end - p.period_start) as n (number)
  left join loaded_days as l on p.marketplace_id = l.marketplace_id and p.period_start + n.number = l.business_date
),

lines as (
  select
    d.marketplace_id,
    d.period_type,
    d.period_start,
    d.period_end,
    i.order_id,
    i.asin,
    i.quantity_ordered,
    i.item_subtotal,
    i.currency,
    coalesce(o.is_business, false) as is_business,
    i.is_cancelled or o.fulfillment_status = 'CANCELLED' as is_cancelled
  from period_days as d
  inner join order_items as i on d.marketplace_id = i.marketplace_id and d.business_date = i.order_date
  inner join orders as o
    on o.seller_id = i.seller_id and o.marketplace_id = i.marketplace_id and o.order_id = i.order_id
  where i.seller_id = %(seller_id)s and o.seller_id = %(seller_id)s and o.sales_channel = 'AMAZON'
),

-- '' collects what names no ASIN, and has no row.
placed as (
  select
    l.marketplace_id,
    l.period_type,
    l.period_start,
    l.period_end,
    s.scope,
    l.order_id,
    l.is_business,
    bool_and(l.is_cancelled) as is_cancelled,
    coalesce(sum(l.quantity_ordered) filter (where not l.is_cancelled), 0) as units,
    sum(l.item_subtotal) filter (where not l.is_cancelled) as amount,
    bool_and(l.is_cancelled or l.item_subtotal is not null) as is_known,
    min(l.currency) filter (where not l.is_cancelled and l.item_subtotal is not null) as first_currency,
    max(l.currency) filter (where not l.is_cancelled and l.item_subtotal is not null) as last_currency
  from lines as l
  cross join lateral (values ('ACCOUNT'), (coalesce(l.asin, ''))) as s (scope)
  group by l.marketplace_id, l.period_type, l.period_start, l.period_end, s.scope, l.order_id, l.is_business
),

sized as materialized (
  select
    *,
    count(*) over (partition by marketplace_id, period_type, period_start, scope) as size
  from placed
),

remainders as (
  select
    marketplace_id,
    period_type,
    period_start,
    count(distinct order_id) as withheld
  from sized
  where scope = '' or (scope != 'ACCOUNT' and size < 10)
  group by marketplace_id, period_type, period_start
),

sums as (
  select
    marketplace_id,
    period_type,
    period_start,
    period_end,
    scope,
    count(*) as placed,
    count(*) filter (where not is_cancelled) as orders,
    count(*) filter (where not is_cancelled and is_business) as business_orders,
    count(*) filter (where not is_cancelled and is_known) as known_orders,
    sum(units) as units,
    sum(units) filter (where is_business) as business_units,
    sum(amount) as ops,
    sum(amount) filter (where is_known) as known_ops,
    min(first_currency) as first_currency,
    max(last_currency) as last_currency
  from sized
  group by marketplace_id, period_type, period_start, period_end, scope
),

-- An order of another shop is known by its id alone: its refunds may name another marketplace than the order.
elsewhere as materialized (
  select distinct order_id
  from orders
  where seller_id = %(seller_id)s and sales_channel is distinct from 'AMAZON'
),

events as materialized (
  select
    d.marketplace_id,
    d.period_type,
    d.period_start,
    r.asin,
    coalesce(r.order_id, r.return_key) as order_key,
    r.quantity,
    r.record_type = 'REFUND' as is_refund
  from period_days as d
  inner join returns_refunds as r on d.marketplace_id = r.marketplace_id and d.business_date = r.event_date
  left join elsewhere as e on r.order_id = e.order_id
  where
    r.seller_id = %(seller_id)s and e.order_id is null
    and case when r.record_type = 'REFUND' then d.has_refunds else d.has_returns end
),

-- Refunds and returns, of all products and by ASIN.
happened as (
  select
    e.marketplace_id,
    e.period_type,
    e.period_start,
    s.scope,
    count(distinct e.order_key) filter (where e.is_refund) as refunded_orders,
    case
      when bool_and(not e.is_refund or e.quantity is not null) then sum(e.quantity) filter (where e.is_refund)
    end as units_refunded,
    count(distinct e.order_key) filter (where not e.is_refund) as returned_orders,
    case
      when bool_and(e.is_refund or e.quantity is not null) then sum(e.quantity) filter (where not e.is_refund)
    end as units_returned
  from events as e
  cross join lateral (values ('ACCOUNT'), (coalesce(e.asin, ''))) as s (scope)
  group by e.marketplace_id, e.period_type, e.period_start, s.scope
),

-- Rows are added up by their keys: a join of so many rows would need good estimates of them.
joined as (
  select
    marketplace_id,
    period_type,
    period_start,
    scope,
    max(period_end) as period_end,
    max(placed) as placed,
    max(orders) as orders,
    max(business_orders) as business_orders,
    max(known_orders) as known_orders,
    max(units) as units,
    max(business_units) as business_units,
    max(ops) as ops,
    max(known_ops) as known_ops,
    max(first_currency) as first_currency,
    max(last_currency) as last_currency,
    coalesce(max(refunded_orders), 0) as refunded_orders,
    max(units_refunded) as units_refunded,
    coalesce(max(returned_orders), 0) as returned_orders,
    max(units_returned) as units_returned
  from (
    select
      *,
      null::bigint as refunded_orders,
      null::bigint as units_refunded,
      null::bigint as returned_orders,
      null::bigint as units_returned
    from sums
    union all
    select
      marketplace_id,
      period_type,
      period_start,
      null as period_end,
      scope,
      null as placed,
      null as orders,
      null as business_orders,
      null as known_orders,
      null as units,
      null as business_units,
      null as ops,
      null as known_ops,
      null as first_currency,
      null as last_currency,
      refunded_orders,
      units_refunded,
      returned_orders,
      units_returned
    from happened
  ) as rows
  group by marketplace_id, period_type, period_start, scope
),

ranked as (
  select
    *,
    placed < 10 or scope = '' as is_small,
    coalesce(first_currency = last_currency, false) as is_one,
    row_number()
      over (
        partition by marketplace_id, period_type, period_start, placed < 10 or scope = '', scope = 'ACCOUNT'
        order by placed asc, scope asc
      ) as place
  from joined
),

judged as (
  select
    k.*,
    k.placed is null or k.is_small
    or (k.scope != 'ACCOUNT' and k.place = 1 and coalesce(r.withheld < 10, false)) as is_suppressed,
    k.business_orders between 1 and 9 or k.orders - k.business_orders between 1 and 9 as has_small_part
  from ranked as k
  left join remainders as r
    on k.marketplace_id = r.marketplace_id and k.period_type = r.period_type and k.period_start = r.period_start
),

large as materialized (
  select
    *,
    refunded_orders >= 10 and not is_suppressed as has_refunds,
    returned_orders >= 10 and not is_suppressed as has_returns
  from judged
),

few as (
  select
    e.marketplace_id,
    e.period_type,
    e.period_start,
    count(distinct e.order_key) filter (where e.is_refund and not l.has_refunds) as few_refunds,
    count(distinct e.order_key) filter (where not e.is_refund and not l.has_returns) as few_returns
  from events as e
  inner join large as l
    on
      e.marketplace_id = l.marketplace_id and e.period_type = l.period_type and e.period_start = l.period_start
      and coalesce(e.asin, '') = l.scope
  group by e.marketplace_id, e.period_type, e.period_start
),

counted as (
  select
    *,
    row_number()
      over (
        partition by marketplace_id, period_type, period_start, has_refunds, scope = 'ACCOUNT'
        order by refunded_orders asc, scope asc
      ) as refund_place,
    row_number()
      over (
        partition by marketplace_id, period_type, period_start, has_returns, scope = 'ACCOUNT'
        order by returned_orders asc, scope asc
      ) as return_place,
    -- What names no ASIN may be of any: an ASIN without refunds or returns is not known to have none.
    scope != 'ACCOUNT' and refunded_orders = 0
    and coalesce(max(refunded_orders) filter (where scope = '') over (partition by marketplace_id, period_type, period_start), 0)
    > 0 as has_unclear_refunds,
    scope != 'ACCOUNT' and returned_orders = 0
    and coalesce(max(returned_orders) filter (where scope = '') over (partition by marketplace_id, period_type, period_start), 0)
    > 0 as has_unclear_returns
  from large
),

stated as (
  select
    c.*,
    coalesce(k.loaded_days, 0) as loaded_days,
    coalesce(k.refund_days, 0) as refund_days,
    coalesce(k.return_days, 0) as return_days,
    case
      when c.is_suppressed then 'SUPPRESSED'
      when k.refund_days is null or k.refund_days = 0 or k.refund_days < k.loaded_days then 'NOT_LOADED'
      when c.refunded_orders = 0 then 'KNOWN'
      when not c.has_refunds or (c.scope != 'ACCOUNT' and c.refund_place = 1 and f.few_refunds between 1 and 9) then 'FEW'
      else 'KNOWN'
    end as refund_state,
    case
      when c.is_suppressed then 'SUPPRESSED'
      when k.return_days is null or k.return_days = 0 or k.return_days < k.loaded_days then 'NOT_LOADED'
      when c.returned_orders = 0 then 'KNOWN'
      when not c.has_returns or (c.scope != 'ACCOUNT' and c.return_place = 1 and f.few_returns between 1 and 9) then 'FEW'
      else 'KNOWN'
    end as return_state
  from counted as c
  left join known as k
    on c.marketplace_id = k.marketplace_id and c.period_type = k.period_type and c.period_start = k.period_start
  left join few as f
    on c.marketplace_id = f.marketplace_id and c.period_type = f.period_type and c.period_start = f.period_start
  where c.placed is not null and c.scope != ''
),

told as (
  select
    *,
    refund_state = 'KNOWN' and not has_unclear_refunds as tells_refunds,
    return_state = 'KNOWN' and not has_unclear_returns as tells_returns,
    case when refunded_orders = 0 then 0 else units_refunded end as all_refunds,
    case when returned_orders = 0 then 0 else units_returned end as all_returns
  from stated
),

customers as (
  select
    *,
    round(unique_customers * repeat_customer_pct / 100) as repeating
  from repeat_purchases
  where seller_id = %(seller_id)s
),

reported as (
  select
    t.*,
    case
      when t.is_suppressed then 'SUPPRESSED'
      when t.scope = 'ACCOUNT' or t.period_type != 'WEEK' then 'OTHER_GRAIN'
      when p.asin is null then 'NOT_REPORTED'
      when coalesce(p.unique_customers < 10, true) then 'FEW'
      else 'KNOWN'
    end as repeat_state,
    coalesce(p.repeating between 1 and 9 or p.unique_customers - p.repeating between 1 and 9, true) as has_small_part_of_customers,
    p.unique_customers,
    p.repeat_customer_pct,
    case when t.is_one and t.first_currency = p.currency then p.repeat_revenue end as repeat_revenue
  from told as t
  left join customers as p
    on
      t.marketplace_id = p.marketplace_id and t.period_start = p.period_start
      and t.scope = p.asin
)

select
  j.marketplace_id,
  j.period_type,
  j.period_start,
  j.period_end,
  j.scope,
  j.loaded_days,
  j.refund_days,
  j.return_days,
  j.is_suppressed,
  case when not j.is_suppressed then j.orders end as orders,
  case when not j.is_suppressed then j.units end as units,
  case when not j.is_suppressed and j.is_one then j.ops end as ops,
  case when not j.is_suppressed and j.is_one then j.known_ops / nullif(j.known_orders, 0) end as aov,
  case when not j.is_suppressed then j.units::numeric / nullif(j.orders, 0) end as units_per_order,
  case
    when not j.is_suppressed and not j.has_small_part
      then round(100.0 * coalesce(j.business_units, 0) / nullif(j.units, 0), 4)
  end as b2b_pct,
  case when not j.is_suppressed then round(100.0 * (j.placed - j.orders) / j.placed, 4) end as cancel_pct,
  j.refund_state,
  case when j.tells_refunds then j.refunded_orders end as refunded_orders,
  case when j.tells_refunds then j.all_refunds end as units_refunded,
  case when j.tells_refunds then round(100.0 * j.all_refunds / nullif(j.units, 0), 4) end as refund_pct,
  j.return_state,
  case when j.tells_returns then j.returned_orders end as returned_orders,
  case when j.tells_returns then j.all_returns end as units_returned,
  case when j.tells_returns then round(100.0 * j.all_returns / nullif(j.units, 0), 4) end as return_pct,
  j.repeat_state,
  case when j.repeat_state = 'KNOWN' then j.unique_customers end as unique_customers,
  case when j.repeat_state = 'KNOWN' and not j.has_small_part_of_customers then j.repeat_customer_pct end as repeat_customer_pct,
  case when j.repeat_state = 'KNOWN' and not j.has_small_part_of_customers then j.repeat_revenue end as repeat_revenue,
  case when not j.is_suppressed and j.is_one then j.first_currency end as currency
from reported as j
