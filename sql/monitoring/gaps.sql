-- Which days are not complete?
-- Ranges of local days of a marketplace, before today, that the windows of `loads` do not fully cover.
-- Fill a range with `xpert backfill --from first_day --to last_day`.
-- Parameters: amazon_seller_id, marketplace_id, timezone (the marketplace's: Asia/Kolkata), table_name (orders),
-- first_day (a date).
with windows as (
  select coalesce(range_agg(tstzrange(l.window_start, l.window_end)), '{}'::tstzmultirange) as covered
  from loads as l
  inner join sellers as s on l.seller_id = s.id
  where
    s.amazon_seller_id = %(amazon_seller_id)s and l.marketplace_id = %(marketplace_id)s
    and l.table_name = %(table_name)s and l.window_kind in ('created', 'updated')
),

days as (
  select g.midnight::date as business_day
  from generate_series(
    %(first_day)s::date::timestamp, (now() at time zone %(timezone)s)::date - interval '1 day', interval '1 day'
  ) as g (midnight)
),

incomplete as (
  select
    days.business_day,
    days.business_day - (row_number() over (order by days.business_day))::integer as island
  from days
  cross join windows
  where
    not tstzrange(
      days.business_day::timestamp at time zone %(timezone)s,
      (days.business_day + 1)::timestamp at time zone %(timezone)s
    ) <@ windows.covered
)

select
  min(incomplete.business_day) as first_day,
  max(incomplete.business_day) as last_day,
  count(*) as day_count
from incomplete
group by incomplete.island
order by first_day
