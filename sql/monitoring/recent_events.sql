-- What happened to a seller most recently?
-- Newest events of fact_stream: one row per table and business day of each sync, and one per failure.
-- Parameters: amazon_seller_id, rows (20).
select
  e.timestamp,
  e.event_type,
  e.importance_score,
  e.requires_action,
  e.marketplace_id,
  e.data ->> 'table' as table_name,
  e.data ->> 'partition_date' as business_day,
  (e.data ->> 'records_processed')::bigint as records_processed,
  (e.data ->> 'inserted')::bigint as inserted,
  (e.data ->> 'updated')::bigint as updated,
  (e.data ->> 'unchanged')::bigint as unchanged,
  (e.data ->> 'rejected')::bigint as rejected,
  e.data ->> 'error' as error,
  e.data ->> 'run_id' as run_id
from fact_stream as e
inner join sellers as s on e.seller_id = s.id
where s.amazon_seller_id = %(amazon_seller_id)s
order by e.timestamp desc, e.event_id desc, e.partition_key desc
limit %(rows)s
