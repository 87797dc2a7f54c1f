-- How long do syncs take, and what do they wait for?
-- One row per run and table of a seller over all marketplaces, newest first. waited_seconds is time spent waiting for
-- Amazon's quota. If one fetch fills two tables, its calls and waits are on the row of the first table.
-- Parameters: amazon_seller_id, since (a time).
with windows as (
  select
    l.load_id,
    l.run_id,
    l.table_name,
    l.source,
    min(l.started_at) as started_at,
    max(l.finished_at) as finished_at,
    sum(l.waited_seconds) as waited_seconds,
    sum(l.calls) as calls,
    sum(l.fetched) as fetched,
    sum(l.inserted) as inserted,
    sum(l.updated) as updated,
    sum(l.rejected) as rejected
  from loads as l
  inner join sellers as s on l.seller_id = s.id
  where s.amazon_seller_id = %(amazon_seller_id)s and l.started_at >= %(since)s
  group by l.load_id, l.run_id, l.table_name, l.source
)

select
  w.run_id,
  w.table_name,
  string_agg(distinct w.source, ', ') as sources,
  min(w.started_at) as started_at,
  max(w.finished_at) as finished_at,
  round(extract(epoch from sum(w.finished_at - w.started_at))::numeric, 1) as seconds,
  round(sum(w.waited_seconds)::numeric, 1) as waited_seconds,
  sum(w.calls) as calls,
  count(*) as windows,
  sum(w.fetched) as records_processed,
  sum(w.inserted) as inserted,
  sum(w.updated) as updated,
  sum(w.rejected) as rejected
from windows as w
group by w.run_id, w.table_name
order by finished_at desc, w.table_name asc
