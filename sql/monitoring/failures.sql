-- What failed, why, and does somebody have to act?
-- Failures of a seller by table and reason, newest first; still_failing: no sync of that table has completed since.
-- Parameters: amazon_seller_id, since (a time).
with events as (
  select
    e.timestamp,
    e.event_type,
    e.requires_action,
    e.data ->> 'table' as table_name,
    e.data ->> 'error' as error
  from fact_stream as e
  inner join sellers as s on e.seller_id = s.id
  where s.amazon_seller_id = %(amazon_seller_id)s and e.timestamp >= %(since)s
),

completed as (
  select
    events.table_name,
    max(events.timestamp) as last_at
  from events
  where events.event_type = 'sync.completed'
  group by events.table_name
)

select
  f.table_name,
  f.error,
  count(*) as failures,
  min(f.timestamp) as first_at,
  max(f.timestamp) as last_at,
  bool_or(f.requires_action) as requires_action,
  coalesce(max(f.timestamp) > max(completed.last_at), true) as still_failing
from events as f
left join completed on f.table_name = completed.table_name
where f.event_type ~ '[.]failed$'
group by f.table_name, f.error
order by last_at desc
