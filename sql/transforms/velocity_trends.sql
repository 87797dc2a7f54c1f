-- velocity_trends: for each loaded day in `dirty`, and for days whose history has changed, how fast each SKU sells in the
-- windows that end with that day, and how long its stock lasts. The comments of the table explain the formulas.
-- A day has rows if orders are loaded from its first minute on; every row knows how many days in a row, up to this one, are
-- loaded. A search shows an order some minutes late, so a load of orders counts for 10 minutes more.
-- The last 90 days are kept, and before them the last day of each of Amazon's weeks (Saturday).
with beginnings as (
  select
    marketplace_id,
    min(sale_date) as first_day
  from sales_data
  where seller_id = %(seller_id)s
  group by marketplace_id
),

stores as materialized (
  select
    s.marketplace_id,
    s.first_day,
    coalesce(z.timezone, o.timezone) as timezone
  from beginnings as s
  inner join sellers as o on o.id = %(seller_id)s
  left join zones as z on s.marketplace_id = z.marketplace_id
),

edges as (
  select
    s.marketplace_id,
    s.first_day,
    l.local_start,
    l.local_end,
    now() at time zone s.timezone as local_now
  from stores as s
  cross join lateral public.xpert_loaded_spans(%(seller_id)s, s.marketplace_id, 'orders', s.timezone) as l
),

spans as (
  select
    marketplace_id,
    local_now::date as today,
    local_end,
    greatest(first_day, local_start::date + case when local_start > local_start::date then 1 else 0 end) as first_day,
    case
      when local_end::date = local_now::date and local_now < local_now::date + interval '10 minutes' then local_now::date
      else least(local_now::date, (local_end - interval '10 minutes 1 microsecond')::date)
    end as last_day
  from edges
),

calendar as materialized (
  select
    s.marketplace_id,
    s.first_day + n.number as as_of_date,
    s.first_day + n.number < s.today and s.first_day + n.number + 1 <= s.local_end as is_complete,
    least(n.number + 1, 90) as loaded_days
  from spans as s
  cross join lateral generate_series(0, s.last_day - s.first_day) as n (number)
  where s.first_day + n.number > s.today - 90 or extract(isodow from s.first_day + n.number) = 6
),

days as materialized (
  select c.*
  from calendar as c
  where
    c.as_of_date in (select d.business_date from dirty as d)
    or not exists (
      select from velocity_trends as v
      where
        v.seller_id = %(seller_id)s and v.marketplace_id = c.marketplace_id and v.as_of_date = c.as_of_date
        and v.loaded_days = c.loaded_days and v.is_complete = c.is_complete
    )
),

window_days as materialized (
  select
    d.marketplace_id,
    d.as_of_date,
    a.age,
    d.as_of_date - a.age as business_date
  from days as d
  cross join generate_series(0, 89) as a (age)
),

sold as (
  select
    w.marketplace_id,
    w.as_of_date,
    s.sku,
    (max(array[s.sale_date::text, s.asin]) filter (where s.asin is not null))[2] as asin,
    coalesce(sum(s.units_ordered) filter (where w.age < 7), 0) as units_7,
    coalesce(sum(s.units_ordered) filter (where w.age between 7 and 13), 0) as units_before,
    coalesce(sum(s.units_ordered) filter (where w.age < 14), 0) as units_14,
    coalesce(sum(s.units_ordered) filter (where w.age < 28), 0) as units_28,
    coalesce(sum(s.units_ordered * (27 - w.age)) filter (where w.age < 28), 0) as moment_28,
    coalesce(sum(s.units_ordered) filter (where w.age < 30), 0) as units_30,
    coalesce(sum(s.units_ordered::bigint * s.units_ordered) filter (where w.age < 30), 0) as squares_30,
    coalesce(sum(s.units_ordered) filter (where w.age < 60), 0) as units_60,
    sum(s.units_ordered) as units_90
  from window_days as w
  inner join sales_data as s on w.marketplace_id = s.marketplace_id and w.business_date = s.sale_date
  where s.seller_id = %(seller_id)s
  group by w.marketplace_id, w.as_of_date, s.sku
),

stock_days as (
  select distinct
    marketplace_id,
    business_date
  from window_days
  where age < 30
),

levels as materialized (
  select
    l.marketplace_id,
    l.snapshot_date,
    l.sku,
    max(l.asin) as asin,
    case when bool_or(l.is_in_stock) then true when count(l.is_in_stock) = count(*) then false end as is_in_stock,
    case when count(l.available_quantity) = count(*) then sum(l.available_quantity) end as available_quantity,
    case when count(l.on_hand_quantity) = count(*) then sum(l.on_hand_quantity) end as on_hand_quantity,
    sum(l.inbound_quantity) as inbound_quantity
  from stock_days as d
  inner join inventory_levels as l on d.marketplace_id = l.marketplace_id and d.business_date = l.snapshot_date
  where l.seller_id = %(seller_id)s
  group by l.marketplace_id, l.snapshot_date, l.sku
),

stocked as (
  select
    w.marketplace_id,
    w.as_of_date,
    l.sku,
    count(l.is_in_stock) as known_days,
    count(*) filter (where l.is_in_stock) as stock_days,
    coalesce(sum(s.units_ordered) filter (where l.is_in_stock), 0) as stock_units,
    coalesce(sum(s.units_ordered::bigint * s.units_ordered) filter (where l.is_in_stock), 0) as stock_squares,
    max(l.asin) filter (where w.age = 0) as asin,
    sum(l.available_quantity) filter (where w.age = 0) as available_quantity,
    sum(l.on_hand_quantity) filter (where w.age = 0) as on_hand_quantity,
    sum(l.inbound_quantity) filter (where w.age = 0) as inbound_quantity
  from window_days as w
  inner join levels as l on w.marketplace_id = l.marketplace_id and w.business_date = l.snapshot_date
  left join sales_data as s
    on
      s.seller_id = %(seller_id)s and l.marketplace_id = s.marketplace_id and l.snapshot_date = s.sale_date
      and l.sku = s.sku
  where w.age < 30
  group by w.marketplace_id, w.as_of_date, l.sku
),

-- rows are added up by their keys: a join of so many rows would need good estimates of them
parts as (
  select
    marketplace_id,
    as_of_date,
    sku,
    true as is_sold,
    asin as sold_asin,
    units_7,
    units_before,
    units_14,
    units_28,
    moment_28,
    units_30,
    squares_30,
    units_60,
    units_90,
    null as stock_asin,
    null::numeric as known_days,
    null::numeric as stock_days,
    null::numeric as stock_units,
    null::numeric as stock_squares,
    null::numeric as available_quantity,
    null::numeric as on_hand_quantity,
    null::numeric as inbound_quantity
  from sold
  union all
  select
    marketplace_id,
    as_of_date,
    sku,
    false as is_sold,
    null as sold_asin,
    null as units_7,
    null as units_before,
    null as units_14,
    null as units_28,
    null as moment_28,
    null as units_30,
    null as squares_30,
    null as units_60,
    null as units_90,
    asin as stock_asin,
    known_days,
    stock_days,
    stock_units,
    stock_squares,
    available_quantity,
    on_hand_quantity,
    inbound_quantity
  from stocked
),

cells as (
  select
    marketplace_id,
    as_of_date,
    sku,
    coalesce(max(sold_asin), max(stock_asin)) as asin,
    coalesce(max(units_7), 0) as units_7,
    coalesce(max(units_before), 0) as units_before,
    coalesce(max(units_14), 0) as units_14,
    coalesce(max(units_28), 0) as units_28,
    coalesce(max(moment_28), 0) as moment_28,
    coalesce(max(units_30), 0) as units_30,
    coalesce(max(squares_30), 0) as squares_30,
    coalesce(max(units_60), 0) as units_60,
    coalesce(max(units_90), 0) as units_90,
    coalesce(max(known_days), 0) as known_days,
    coalesce(max(stock_days), 0) as stock_days,
    coalesce(max(stock_units), 0) as stock_units,
    coalesce(max(stock_squares), 0) as stock_squares,
    max(available_quantity) as available_quantity,
    max(inbound_quantity) as inbound_quantity,
    coalesce(max(available_quantity), max(on_hand_quantity)) as stock_quantity
  from parts
  group by marketplace_id, as_of_date, sku
  having bool_or(is_sold) or coalesce(max(available_quantity), max(on_hand_quantity)) > 0 or max(inbound_quantity) > 0
),

found as (
  select
    c.*,
    d.is_complete,
    d.loaded_days
  from cells as c
  inner join days as d on c.marketplace_id = d.marketplace_id and c.as_of_date = d.as_of_date
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
