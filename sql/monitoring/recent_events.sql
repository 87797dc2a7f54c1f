-- What happened to a seller most recently?
-- Newest events of fact_stream: one row per table, store and kind of event of each run, with the sums over its business days; failures
-- with different errors apart.
-- Parameters: amazon_seller_id, rows (20).
select
  max(e.timestamp) as timestamp,
  e.event_type,
  max(e.importance_score) as importance_score,
  bool_or(e.requires_action) as requires_action,
  e.marketplace_id,
  e.data ->> 'table' as table_name,
  min(e.data ->> 'partition_date') as first_day,
  max(e.data ->> 'partition_date') as last_day,
  count(*) as events,
  sum((e.data ->> 'records_processed')::bigint)::bigint as records_processed,
  sum((e.data ->> 'inserted')::bigint)::bigint as inserted,
  sum((e.data ->> 'updated')::bigint)::bigint as updated,
  sum((e.data ->> 'unchanged')::bigint)::bigint as unchanged,
  sum((e.data ->> 'rejected')::bigint)::bigint as rejected,
  e.data ->> 'error' as error,
  e.data ->> 'run_id' as run_id
from fact_stream as e
inner join sellers as s on e.seller_id = s.id
where s.amazon_seller_id = %(amazon_seller_id)s
group by e.event_type, e.marketplace_id, e.data ->> 'table', e.data ->> 'error', e.data ->> 'run_id'
order by max(e.timestamp) desc, max(e.event_id) desc, table_name asc, e.marketplace_id asc
limit %(rows)s
