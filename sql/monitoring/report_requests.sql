-- Which reports and queries are in progress, which wait for the next run, and which failed?
-- Open requests come first, then those that ended recently; generation_seconds is Amazon's own time.
-- A request is open until it is loaded, for at most 24 hours, or while it may not be sent again yet.
-- Parameters: amazon_seller_id; since (timestamptz).
with requests as (
  select
    *,
    case
      when state in ('WANTED', 'IN_QUEUE', 'IN_PROGRESS') then created_at > now() - interval '24 hours'
      when state = 'DONE' then collected_at is null and created_at > now() - interval '24 hours'
      when state = 'THROTTLED' then coalesce(not_before > now(), false)
      else false
    end as is_open
  from report_requests
)

select
  r.kind,
  r.report_type,
  r.marketplace_ids,
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
from requests as r
inner join sellers as s on r.seller_id = s.id
where
  s.amazon_seller_id = %(amazon_seller_id)s
  and (r.is_open or r.created_at >= %(since)s)
order by r.is_open desc, r.created_at desc
