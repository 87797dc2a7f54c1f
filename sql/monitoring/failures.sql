-- What failed, why, and does anyone have to act?
-- Failures of a seller by table, marketplace and reason, newest first. marketplace_id is NULL if all marketplaces failed.
-- still_failing: no later sync of the table has succeeded. One fetch fills orders and order_items; its failures are named
-- orders_and_items. A failure without a table name is a failure of the whole run.
-- Parameters: amazon_seller_id, since (a time).
with events as (
  select
    e.timestamp,
    e.event_type,
    e.requires_action,
    e.marketplace_id,
    e.data ->> 'table' as table_name,
    e.data ->> 'error' as error
  from fact_stream as e
  inner join sellers as s on e.seller_id = s.id
  where s.amazon_seller_id = %(amazon_seller_id)s and e.timestamp >= %(since)s
),

failures as (
  select
    f.table_name,
    f.marketplace_id,
    f.error,
    count(*) as failures,
    min(f.timestamp) as first_at,
    max(f.timestamp) as last_at,
    bool_or(f.requires_action) as requires_action
  from events as f
  where f.event_type ~ '[.]failed$'
  group by f.table_name, f.marketplace_id, f.error
)

select
  failures.table_name,
  failures.marketplace_id,
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
      and coalesce(c.marketplace_id = failures.marketplace_id, true)
  ) as still_failing
from failures
order by failures.last_at desc
