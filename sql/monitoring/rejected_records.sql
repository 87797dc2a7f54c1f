-- Which records could not be loaded, and why?
-- The quarantine of a seller by table, marketplace and reason. rejected_records.record contains the whole records.
-- Parameters: amazon_seller_id, since (a time: only records that have arrived since then).
select
  r.table_name,
  r.marketplace_id,
  r.reason,
  count(*) as records,
  sum(r.times_seen) as times_seen,
  min(r.created_at) as first_seen_at,
  max(r.last_seen_at) as last_seen_at,
  string_agg(distinct r.source, ', ') as sources,
  min(r.record_key) as example_key
from rejected_records as r
inner join sellers as s on r.seller_id = s.id
where s.amazon_seller_id = %(amazon_seller_id)s and r.last_seen_at >= %(since)s
group by r.table_name, r.marketplace_id, r.reason
order by records desc, r.table_name asc, r.marketplace_id asc, r.reason asc
