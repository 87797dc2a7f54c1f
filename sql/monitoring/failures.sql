-- What failed, why, and does somebody have to act?
-- Failures of a seller by table and reason, newest first; still_failing: no sync of that table has completed since.
-- orders and order_items come by one fetch, whose failures are named orders_and_items; without a name the whole run failed.
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

failures as (
  select
    f.table_name,
    f.error,
    count(*) as failures,
    min(f.timestamp) as first_at,
    max(f.timestamp) as last_at,
    bool_or(f.requires_action) as requires_action
  from events as f
  where f.event_type ~ '[.]failed$'
  group by f.table_name, f.error
)

select
  failures.table_name,
  failures.error,
  failures.failures,
  failures.first_at,
  failures.last_at,
  failures.requires_action,
  not exists (
    select 1 from events as c
    where
      c.event_type = 'sync.completed' and c.timestamp > failures.last_at
      and c.table_name = coalesce(replace(failures.table_name, 'orders_and_items', 'orders'), c.table_name)
  ) as still_failing
from failures
order by failures.last_at desc
