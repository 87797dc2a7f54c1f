-- seasonal_patterns: weekday, month and event indices of each marketplace, of its product types and of its SKUs, from the
-- days in a row up to the newest whole one whose orders are loaded. The comments of the table explain the formulas.
with newest as materialized (
  select distinct on (s.marketplace_id)
    s.marketplace_id,
    s.last_whole_day as last_day,
    greatest(s.first_day, s.last_whole_day - 1125) as first_day
  from
    public.xpert_days_in_a_row(
      %(seller_id)s, (select jsonb_object_agg(z.marketplace_id, z.timezone) from zones as z)
    ) as s
  where s.first_day <= s.last_whole_day
  order by s.marketplace_id asc, s.last_whole_day desc
),

calendar as materialized (
  select
    n.marketplace_id,
    n.first_day,
    n.last_day,
    n.first_day + d.number as business_date
  from newest as n
  cross join lateral generate_series(0, n.last_day - n.first_day) as d (number)
),

sold as materialized (
  select
    n.marketplace_id,
    s.sku,
    p.product_type,
    s.sale_date,
    greatest(s.units_ordered, 0) as units
  from newest as n
  inner join sales_data as s on n.marketplace_id = s.marketplace_id and s.sale_date between n.first_day and n.last_day
  left join products as p
    on p.seller_id = %(seller_id)s and s.marketplace_id = p.marketplace_id and s.sku = p.sku
  where s.seller_id = %(seller_id)s and s.units_ordered > 0
),

parts as (
  select
    marketplace_id,
    'ACCOUNT' as level,
    '(all)' as subject_id,
    sale_date,
    sum(units) as units
  from sold
  group by marketplace_id, sale_date
  union all
  select
    marketplace_id,
    'CATEGORY' as level,
    product_type as subject_id,
    sale_date,
    sum(units) as units
  from sold
  where product_type is not null
  group by marketplace_id, product_type, sale_date
  union all
  select
    marketplace_id,
    'SKU' as level,
    sku as subject_id,
    sale_date,
    units
  from sold
),

subjects as materialized (
  select
    p.marketplace_id,
    p.level,
    p.subject_id
  from parts as p
  group by p.marketplace_id, p.level, p.subject_id
  having p.level = 'ACCOUNT' or sum(p.units) >= 50
  union distinct
  select
    marketplace_id,
    'ACCOUNT' as level,
    '(all)' as subject_id
  from newest
),

without as materialized (
  select
    l.marketplace_id,
    l.sku,
    l.snapshot_date
  from subjects as k
  inner join inventory_levels as l on k.marketplace_id = l.marketplace_id and k.subject_id = l.sku
  where l.seller_id = %(seller_id)s and k.level = 'SKU'
  group by l.marketplace_id, l.sku, l.snapshot_date
  having not bool_or(coalesce(l.is_in_stock, true))
),

-- NULL units: a day of a SKU that does not count, because it was out of stock and sold nothing
series as materialized (
  select
    k.marketplace_id,
    k.level,
    k.subject_id,
    c.first_day,
    c.last_day,
    c.business_date,
    coalesce(p.units, case when w.sku is null then 0 end) as units
  from subjects as k
  inner join calendar as c on k.marketplace_id = c.marketplace_id
  left join parts as p
    on
      k.marketplace_id = p.marketplace_id and k.level = p.level and k.subject_id = p.subject_id
      and c.business_date = p.sale_date
  left join without as w
    on
      k.level = 'SKU' and k.marketplace_id = w.marketplace_id and k.subject_id = w.sku
      and c.business_date = w.snapshot_date
),

week_days as (
  select
    marketplace_id,
    level,
    subject_id,
    business_date,
    units,
    case
      when
        count(*) over around = 7 and count(units) over around >= 4 and sum(units) over around > 0
        then units / avg(units) over around
    end as ratio
  from series
  where business_date > last_day - 364
  window around as (
    partition by marketplace_id, level, subject_id order by business_date rows between 3 preceding and 3 following
  )
),

complete_months as (
  select
    marketplace_id,
    level,
    subject_id,
    date_trunc('month', business_date)::date as month_start,
    avg(units) as units,
    sum(units) as sum_units
  from series
  where
    date_trunc('month', business_date)::date >= first_day
    and date_trunc('month', business_date)::date + interval '1 month' <= last_day + 1
  group by marketplace_id, level, subject_id, date_trunc('month', business_date)
),

month_values as (
  select
    marketplace_id,
    level,
    subject_id,
    month_start as business_date,
    units,
    sum_units,
    case
      when
        count(units) over around = 13 and avg(units) over around > 0
        then
          units * 24 / nullif(sum(units) over around + sum(units) over inner_year, 0)
    end as ratio
  from complete_months
  window
    around as (
      partition by marketplace_id, level, subject_id order by month_start rows between 6 preceding and 6 following
    ),
    inner_year as (
      partition by marketplace_id, level, subject_id order by month_start rows between 5 preceding and 5 following
    )
),

points as materialized (
  select
    marketplace_id,
    level,
    subject_id,
    'DOW' as season_type,
    extract(isodow from business_date)::integer as season_index,
    business_date,
    business_date as last_date,
    units,
    units as sum_units,
    ratio
  from week_days
  union all
  select
    marketplace_id,
    level,
    subject_id,
    'MONTH' as season_type,
    extract(month from business_date)::integer as season_index,
    business_date,
    (business_date + interval '1 month' - interval '1 day')::date as last_date,
    units,
    sum_units,
    ratio
  from month_values
),

raw as (
  select
    marketplace_id,
    level,
    subject_id,
    season_type,
    season_index,
    avg(ratio) as index_value,
    count(ratio) as observations
  from points
  group by marketplace_id, level, subject_id, season_type, season_index
),

-- how much of the ratios' variance the indices explain
fits as (
  select
    p.marketplace_id,
    p.level,
    p.subject_id,
    p.season_type,
    count(p.units) as known,
    sum(p.sum_units) as units,
    avg(p.units) as baseline,
    min(p.business_date) as window_start,
    max(p.last_date) as window_end,
    greatest(0, 1 - var_pop(p.ratio - r.index_value) / nullif(var_pop(p.ratio), 0)) as strength
  from points as p
  inner join raw as r
    on
      p.marketplace_id = r.marketplace_id and p.level = r.level and p.subject_id = r.subject_id
      and p.season_type = r.season_type and p.season_index = r.season_index
  group by p.marketplace_id, p.level, p.subject_id, p.season_type
),

sizes as (
  select
    marketplace_id,
    level,
    subject_id,
    season_type,
    count(*) filter (where observations >= case when season_type = 'DOW' then 4 else 1 end) as seasons,
    avg(index_value) as mean_index
  from raw
  group by marketplace_id, level, subject_id, season_type
),

kinds (season_type, least_known, least_seasons, cycle, names) as (
  values
  ('DOW', 56, 7, 7, array['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday']),
  (
    'MONTH', 24, 12, 12,
    array[
      'January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December'
    ]
  )
),

judged as (
  select
    k.marketplace_id,
    k.level,
    k.subject_id,
    t.season_type,
    t.names,
    s.mean_index,
    f.baseline,
    f.strength,
    f.window_start,
    f.window_end,
    coalesce(f.known, 0) as known,
    round(coalesce(f.known, 0)::numeric / t.cycle, 4) as cycles,
    case
      when coalesce(f.known, 0) < t.least_known then 'SHORT_HISTORY'
      when f.units < 50 or s.seasons < t.least_seasons then 'FEW_UNITS'
    end as reason
  from subjects as k
  cross join kinds as t
  left join fits as f
    on
      k.marketplace_id = f.marketplace_id and k.level = f.level and k.subject_id = f.subject_id
      and t.season_type = f.season_type
  left join sizes as s
    on
      k.marketplace_id = s.marketplace_id and k.level = s.level and k.subject_id = s.subject_id
      and t.season_type = s.season_type
),

events as materialized (
  select
    n.marketplace_id,
    n.first_day,
    n.last_day,
    e.event,
    e.first_date,
    e.last_date
  from newest as n
  inner join jsonb_to_recordset(%(events)s::jsonb) as e (marketplace_id text, event text, first_date date, last_date date)
    on n.marketplace_id = e.marketplace_id
),

-- the days of each event, and the 28 days before it that are in no event
event_calendar as materialized (
  select
    e.marketplace_id,
    e.event,
    e.first_date,
    e.last_date,
    c.business_date,
    c.business_date >= e.first_date as is_event
  from events as e
  inner join calendar as c
    on e.marketplace_id = c.marketplace_id and c.business_date between e.first_date - 28 and e.last_date
  where
    e.first_date >= e.first_day and e.last_date <= e.last_day
    and (
      c.business_date >= e.first_date
      or not exists (
        select from events as o
        where o.marketplace_id = e.marketplace_id and c.business_date between o.first_date and o.last_date
      )
    )
),

event_days as (
  select
    e.marketplace_id,
    e.event,
    e.first_date,
    e.last_date,
    e.is_event,
    s.level,
    s.subject_id,
    s.units
  from event_calendar as e
  inner join series as s on e.marketplace_id = s.marketplace_id and e.business_date = s.business_date
),

uplifts as (
  select
    marketplace_id,
    level,
    subject_id,
    event,
    first_date,
    last_date,
    avg(units) filter (where is_event) as event_units,
    count(units) filter (where is_event) as observations,
    avg(units) filter (where not is_event) as baseline,
    coalesce(sum(units) filter (where not is_event), 0) as baseline_units,
    count(units) filter (where not is_event) as baseline_days
  from event_days
  group by marketplace_id, level, subject_id, event, first_date, last_date
),

told as (
  select
    marketplace_id,
    level,
    subject_id,
    event,
    first_date,
    last_date,
    event_units,
    observations,
    baseline,
    case
      when baseline_days < 14 then 'SHORT_HISTORY'
      when baseline_units < 28 or observations = 0 then 'FEW_UNITS'
    end as reason
  from uplifts
)

select
  j.marketplace_id,
  j.level,
  j.subject_id,
  j.season_type,
  j.names[r.season_index] as season_name,
  r.season_index,
  true as is_sufficient,
  null as reason,
  r.index_value / j.mean_index as index_value,
  j.baseline,
  coalesce(j.strength, 0) as strength,
  r.observations,
  j.cycles,
  j.window_start,
  j.window_end
from judged as j
inner join raw as r
  on
    j.marketplace_id = r.marketplace_id and j.level = r.level and j.subject_id = r.subject_id
    and j.season_type = r.season_type
where j.reason is null
union all
select
  j.marketplace_id,
  j.level,
  j.subject_id,
  j.season_type,
  '(none)' as season_name,
  0 as season_index,
  false as is_sufficient,
  j.reason,
  null::numeric as index_value,
  null::numeric as baseline,
  null::numeric as strength,
  j.known as observations,
  j.cycles,
  j.window_start,
  j.window_end
from judged as j
where j.reason is not null and j.level = 'ACCOUNT'
union all
select
  t.marketplace_id,
  t.level,
  t.subject_id,
  'EVENT' as season_type,
  t.event as season_name,
  extract(year from t.last_date)::integer as season_index,
  t.reason is null as is_sufficient,
  t.reason,
  case when t.reason is null then t.event_units / t.baseline end as index_value,
  case when t.reason is null then t.baseline end as baseline,
  null::numeric as strength,
  t.observations,
  case when t.reason is null then 1 else 0 end as cycles,
  t.first_date as window_start,
  t.last_date as window_end
from told as t
where t.reason is null or t.level = 'ACCOUNT'
