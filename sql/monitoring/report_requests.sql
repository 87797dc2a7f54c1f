-- Which reports and queries are being made, which wait for the next run, and which came to nothing?
-- What is open comes first, then what ended lately; generation_seconds is Amazon's own time.
-- Parameters: amazon_seller_id; since (timestamptz).
select
  r.kind,
  r.report_type,
  r.window_start,
  r.window_end,
  r.state,
  r.collected_at is not null as is_loaded,
  r.amazon_id,
  r.tries,
  r.created_at,
  round(extract(epoch from r.ready_at - r.asked_at)::numeric, 1) as generation_seconds,
  r.not_before,
  r.reason
from report_requests as r
inner join sellers as s on r.seller_id = s.id
where
  s.amazon_seller_id = %(amazon_seller_id)s
  and (r.state in ('WANTED', 'IN_QUEUE', 'IN_PROGRESS') or r.created_at >= %(since)s)
order by r.state in ('WANTED', 'IN_QUEUE', 'IN_PROGRESS') desc, r.created_at desc
