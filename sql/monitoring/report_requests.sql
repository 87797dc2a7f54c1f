-- Which reports and queries are being made, which wait for the next run, and which came to nothing?
-- What is open comes first, then what ended lately; generation_seconds is Amazon's own time.
-- Parameters: amazon_seller_id; since (timestamptz).
select
  kind,
  report_type,
  window_start,
  window_end,
  state,
  collected_at is not null as is_loaded,
  amazon_id,
  tries,
  created_at,
  round(extract(epoch from ready_at - asked_at)::numeric, 1) as generation_seconds,
  not_before,
  reason
from report_requests
where
  seller_id = (select s.id from sellers as s where s.amazon_seller_id = %(amazon_seller_id)s)
  and (state in ('WANTED', 'IN_QUEUE', 'IN_PROGRESS') or created_at >= %(since)s)
order by state in ('WANTED', 'IN_QUEUE', 'IN_PROGRESS') desc, created_at desc
