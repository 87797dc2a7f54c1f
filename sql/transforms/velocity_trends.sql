-- velocity_trends: for each loaded day in `dirty`, or some SKUs of it, and for days whose history has changed, how fast each
-- SKU sells in the windows that end with that day, and how long its stock lasts. The comments of the table explain the formulas.
-- A day has rows if orders are loaded from its first minute on; every row knows how many days in a row, up to this one, are
-- loaded. A search shows an order some minutes late, so a load of orders counts for 10 minutes more.
-- The last 90 days are kept, and before them the last day of each of Amazon's weeks (Saturday).
with calendar as materialized (
  select
    s.marketplace_id,
    s.first_day + n.number as as_of_date,
    s.first_day + n.number <= s.last_whole_day as is_complete,
    least(n.number + 1, 90) as loaded_days
  from
    public.xpert_days_in_a_row(
      %(seller_id)s, (select jsonb_object_agg(z.marketplace_id, z.timezone) from zones as z)
    ) as s
  cross join lateral generate_series(0, s.last_day - s.first_day) as n (number)
  where s.first_day + n.number > s.today - 90 or extract(isodow from s.first_day + n.number) = 6
),

-- days to compute for all SKUs
days as materialized (
  select c.*
  from calendar as c
  where
    exists (
      select from dirty as d
      where d.business_date = c.as_of_date and d.subject is null
    )
    or (
      select v.loaded_days = c.loaded_days and v.is_complete = c.is_complete
      from velocity_trends as v
      where v.seller_id = %(seller_id)s and v.marketplace_id = c.marketplace_id and v.as_of_date = c.as_of_date
      order by v.sku asc limit 1
    ) is not true
),

-- days to compute for one SKU
single_days as materialized (
  select
    c.*,
    d.subject as sku
  from calendar as c
  inner join dirty as d on c.as_of_date = d.business_date
  left join days as w on c.marketplace_id = w.marketplace_id and c.as_of_date = w.as_of_date
  where d.subject is not null and w.as_of_date is null
),

window_days as materialized (
  select
    d.marketplace_id,
    d.as_of_date - a.age as business_date,
    min(a.age) < 30 as has_stock
  from days as d
  cross join generate_series(0, 89) as a (age)
  group by d.marketplace_id, d.as_of_date - a.age
),

single_spans as materialized (
  select
    marketplace_id,
    sku,
    min(as_of_date) as first_day,
    max(as_of_date) as last_day
  from single_days
  group by marketplace_id, sku
),

sold as (
  select
    s.marketplace_id,
    s.sku,
    s.sale_date,
    s.asin,
    s.units_ordered
  from window_days as w
  inner join sales_data as s on w.marketplace_id = s.marketplace_id and w.business_date = s.sale_date
  where s.seller_id = %(seller_id)s
  union all
  select
    s.marketplace_id,
    s.sku,
    s.sale_date,
    s.asin,
    s.units_ordered
  from single_spans as o
  inner join sales_data as s
    on o.marketplace_id = s.marketplace_id and o.sku = s.sku and s.sale_date between o.first_day - 89 and o.last_day
  left join window_days as w on s.marketplace_id = w.marketplace_id and s.sale_date = w.business_date
  where s.seller_id = %(seller_id)s and w.business_date is null
),

stocked as (
  select
    l.marketplace_id,
    l.sku,
    l.snapshot_date,
    l.asin,
    l.is_in_stock,
    l.available_quantity,
    l.on_hand_quantity,
    l.inbound_quantity
  from window_days as w
  inner join inventory_levels as l on w.marketplace_id = l.marketplace_id and w.business_date = l.snapshot_date
  where l.seller_id = %(seller_id)s and w.has_stock
  union all
  select
    l.marketplace_id,
    l.sku,
    l.snapshot_date,
    l.asin,
    l.is_in_stock,
    l.available_quantity,
    l.on_hand_quantity,
    l.inbound_quantity
  from single_spans as o
  inner join inventory_levels as l
    on
      o.marketplace_id = l.marketplace_id and o.sku = l.sku
      and l.snapshot_date between o.first_day - 29 and o.last_day
  left join window_days as w
    on l.marketplace_id = w.marketplace_id and l.snapshot_date = w.business_date and w.has_stock
  where l.seller_id = %(seller_id)s and w.business_date is null
),

levels as (
  select
    marketplace_id,
    sku,
    snapshot_date,
    max(asin) as asin,
    case when bool_or(is_in_stock) then true when count(is_in_stock) = count(*) then false end as is_in_stock,
    case when count(available_quantity) = count(*) then sum(available_quantity) end as available_quantity,
    case when count(on_hand_quantity) = count(*) then sum(on_hand_quantity) end as on_hand_quantity,
    sum(inbound_quantity) as inbound_quantity
  from stocked
  group by marketplace_id, sku, snapshot_date
),

known as materialized (
  select
    marketplace_id,
    sku,
    sale_date as business_date,
    true as is_sold,
    units_ordered,
    asin as sold_asin,
    null as stock_asin,
    null::boolean as is_in_stock,
    null::bigint as available_quantity,
    null::bigint as on_hand_quantity,
    null::bigint as inbound_quantity
  from sold
  union all
  select
    marketplace_id,
    sku,
    snapshot_date as business_date,
    false as is_sold,
    null as units_ordered,
    null as sold_asin,
    asin as stock_asin,
    is_in_stock,
    available_quantity,
    on_hand_quantity,
    inbound_quantity
  from levels
),

skus as (
  select distinct
    marketplace_id,
    sku
  from known
),

-- The rows to return and what is known of the days before them are one set, so that each window is read once.
cells as (
  select
    marketplace_id,
    sku,
    business_date,
    max(loaded_days) as loaded_days,
    bool_or(is_complete) as is_complete,
    bool_or(is_sold) as is_sold,
    max(units_ordered) as units_ordered,
    max(sold_asin) as sold_asin,
    max(stock_asin) as stock_asin,
    bool_or(is_in_stock) as is_in_stock,
    max(available_quantity) as available_quantity,
    max(on_hand_quantity) as on_hand_quantity,
    max(inbound_quantity) as inbound_quantity
  from (
    select
      *,
      null::integer as loaded_days,
      null::boolean as is_complete
    from known
    union all
    select
      a.marketplace_id,
      a.sku,
      a.as_of_date as business_date,
      false as is_sold,
      null as units_ordered,
      null as sold_asin,
      null as stock_asin,
      null as is_in_stock,
      null as available_quantity,
      null as on_hand_quantity,
      null as inbound_quantity,
      a.loaded_days,
      a.is_complete
    from (
      select
        d.marketplace_id,
        k.sku,
        d.as_of_date,
        d.loaded_days,
        d.is_complete
      from skus as k
      inner join days as d on k.marketplace_id = d.marketplace_id
      union all
      select
        marketplace_id,
        sku,
        as_of_date,
        loaded_days,
        is_complete
      from single_days
    ) as a
  ) as rows
  group by marketplace_id, sku, business_date
),

counted as (
  select
    marketplace_id,
    sku,
    business_date,
    loaded_days,
    is_complete,
    is_sold,
    units_ordered,
    stock_asin,
    is_in_stock,
    available_quantity,
    on_hand_quantity,
    inbound_quantity,
    business_date - date '2000-01-01' as number,
    case when sold_asin is not null then array[business_date::text, sold_asin] end as named,
    case when is_in_stock then units_ordered end as stock_units
  from cells
),

figures as (
  select
    *,
    count(*) filter (where is_sold) over w90 as sales_90,
    max(named) over (partition by marketplace_id, sku order by number) as last_named,
    sum(units_ordered) over w7 as sum_7,
    sum(units_ordered) over w14 as sum_14,
    sum(units_ordered) over w28 as sum_28,
    sum(units_ordered::bigint * number) over w28 as moment_28,
    sum(units_ordered) over w30 as sum_30,
    sum(units_ordered::bigint * units_ordered) over w30 as square_30,
    sum(units_ordered) over w60 as sum_60,
    sum(units_ordered) over w90 as sum_90,
    count(is_in_stock) over w30 as known_days,
    count(*) filter (where is_in_stock) over w30 as stock_days,
    sum(stock_units) over w30 as sum_stock,
    sum(stock_units::bigint * stock_units) over w30 as square_stock
  from counted
  window
    w7 as (partition by marketplace_id, sku order by number range between 6 preceding and current row),
    w14 as (partition by marketplace_id, sku order by number range between 13 preceding and current row),
    w28 as (partition by marketplace_id, sku order by number range between 27 preceding and current row),
    w30 as (partition by marketplace_id, sku order by number range between 29 preceding and current row),
    w60 as (partition by marketplace_id, sku order by number range between 59 preceding and current row),
    w90 as (partition by marketplace_id, sku order by number range between 89 preceding and current row)
),

found as (
  select
    marketplace_id,
    business_date as as_of_date,
    sku,
    is_complete,
    loaded_days,
    available_quantity,
    inbound_quantity,
    known_days,
    stock_days,
    case when last_named[1]::date > business_date - 90 then last_named[2] else stock_asin end as asin,
    coalesce(sum_7, 0) as units_7,
    coalesce(sum_14 - coalesce(sum_7, 0), 0) as units_before,
    coalesce(sum_14, 0) as units_14,
    coalesce(sum_28, 0) as units_28,
    coalesce(moment_28 - (number - 27) * sum_28, 0) as moment_28,
    coalesce(sum_30, 0) as units_30,
    coalesce(square_30, 0) as squares_30,
    coalesce(sum_60, 0) as units_60,
    coalesce(sum_90, 0) as units_90,
    coalesce(sum_stock, 0) as stock_units,
    coalesce(square_stock, 0) as stock_squares,
    coalesce(available_quantity, on_hand_quantity) as stock_quantity
  from figures
  where
    loaded_days is not null
    and (sales_90 > 0 or coalesce(available_quantity, on_hand_quantity) > 0 or inbound_quantity > 0)
),

bases as (
  select
    *,
    case when loaded_days >= 30 then case when known_days >= 7 then 'IN_STOCK' else 'ALL_DAYS' end end as basis,
    case when loaded_days >= 30 then nullif(case when known_days >= 7 then stock_days else 30 end, 0) end::numeric as days,
    case when known_days >= 7 then stock_units else units_30 end::numeric as units,
    case when known_days >= 7 then stock_squares else squares_30 end::numeric as squares
  from found
),

lasting as (
  select
    *,
    case when units > 0 then stock_quantity * days / units end as days_of_cover,
    case when days > 1 then sqrt((days * squares - units * units) / (days * (days - 1))) end as deviation
  from bases
)

select
  marketplace_id,
  as_of_date,
  sku,
  asin,
  is_complete,
  loaded_days,
  case when loaded_days >= 7 then units_7 end as units_7,
  case when loaded_days >= 14 then units_14 end as units_14,
  case when loaded_days >= 30 then units_30 end as units_30,
  case when loaded_days >= 60 then units_60 end as units_60,
  case when loaded_days >= 90 then units_90 end as units_90,
  case when loaded_days >= 7 then units_7 / 7.0 end as v7,
  case when loaded_days >= 14 then units_14 / 14.0 end as v14,
  case when loaded_days >= 30 then units_30 / 30.0 end as v30,
  case when loaded_days >= 60 then units_60 / 60.0 end as v60,
  case when loaded_days >= 90 then units_90 / 90.0 end as v90,
  known_days as stock_known_days_30,
  case when known_days > 0 then stock_days end as in_stock_days_30,
  case when loaded_days >= 30 then stock_units::numeric / nullif(stock_days, 0) end as in_stock_v30,
  case when loaded_days >= 30 and units_30 > 0 then round(3000.0 * units_7 / (7 * units_30) - 100, 4) end as trend_pct,
  case when loaded_days >= 14 and units_before > 0 then round(100.0 * units_7 / units_before - 100, 4) end as wow_pct,
  case when loaded_days >= 28 then (28 * moment_28 - 378 * units_28) / 51156.0 end as slope_28d,
  case
    when loaded_days >= 30 and units_30 > 0
      then sqrt((30 * squares_30 - units_30 * units_30)::numeric / (30 * 29)) * 30 / units_30
  end as cv_30,
  available_quantity,
  inbound_quantity,
  stock_quantity,
  basis as velocity_basis,
  units / days as planning_velocity,
  days_of_cover,
  case when days_of_cover <= 3650 then as_of_date + floor(days_of_cover)::integer end as stockout_date_est,
  %(lead_time_days)s::integer as lead_time_days,
  %(service_level_pct)s::numeric as service_level_pct,
  case
    when units >= 0
      then
        units * %(lead_time_days)s::numeric / days
        + %(service_factor)s::numeric * deviation * sqrt(%(lead_time_days)s::numeric)
  end as reorder_point,
  case
    when days is null then null
    when units >= days then 'FAST'
    when units * 5 >= days then 'STEADY'
    when units > 0 then 'SLOW'
    when units_90 > 0 then 'SLOW'
    when loaded_days >= 90 then 'DEAD'
  end as velocity_class
from lasting
