-- How long do syncs take, and what do they wait for?
-- One row per run and table of a seller, newest first; waited_seconds is time spent waiting for Amazon's quota.
-- Calls and waits of a fetch that fills two tables stand at the first of them.
-- Parameters: amazon_seller_id, since (a time).
select
  l.run_id,
  l.table_name,
  string_agg(distinct l.source, ', ') as sources,
  min(l.started_at) as started_at,
  max(l.finished_at) as finished_at,
  round(extract(epoch from sum(l.finished_at - l.started_at))::numeric, 1) as seconds,
  round(sum(l.waited_seconds)::numeric, 1) as waited_seconds,
  sum(l.calls) as calls,
  count(*) as windows,
  sum(l.fetched) as records_processed,
  sum(l.inserted) as inserted,
  sum(l.updated) as updated,
  sum(l.rejected) as rejected
from loads as l
inner join sellers as s on l.seller_id = s.id
where s.amazon_seller_id = %(amazon_seller_id)s and l.started_at >= %(since)s
group by l.run_id, l.table_name
order by finished_at desc, l.table_name asc
