-- Which days are not complete?
-- Ranges of marketplace-local days before today that the windows of `loads` do not cover from midnight to midnight.
-- Fill one with `xpert backfill --from first_day --to last_day`.
-- Parameters: amazon_seller_id, table_name (orders), first_day (a date).
with seller as (
  select
    s.id,
    s.timezone
  from sellers as s
  where s.amazon_seller_id = %(amazon_seller_id)s
),

asked as (
  select coalesce(range_agg(tstzrange(l.window_start, l.window_end)), '{}'::tstzmultirange) as windows
  from loads as l
  inner join seller on l.seller_id = seller.id
  where l.table_name = %(table_name)s and l.window_kind in ('created', 'updated')
),

days as (
  select
    seller.timezone,
    g.midnight::date as business_day
  from seller
  cross join lateral generate_series(
    %(first_day)s::date::timestamp, (now() at time zone seller.timezone)::date - interval '1 day', interval '1 day'
  ) as g (midnight)
),

incomplete as (
  select
    days.business_day,
    days.business_day - (row_number() over (order by days.business_day))::integer as island
  from days
  cross join asked
  where
    not tstzrange(
      days.business_day::timestamp at time zone days.timezone,
      (days.business_day + 1)::timestamp at time zone days.timezone
    ) <@ asked.windows
)

select
  min(incomplete.business_day) as first_day,
  max(incomplete.business_day) as last_day,
  count(*) as day_count
from incomplete
group by incomplete.island
order by first_day
