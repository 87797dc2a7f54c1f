-- How fresh is each table?
-- For each table of a seller in each marketplace: its last load, its newest local day, how far changes are followed, and
-- when Amazon last answered the question whether there are newer ones.
-- Parameters: amazon_seller_id.
select
  l.table_name,
  l.marketplace_id,
  max(l.finished_at) as last_load_at,
  round(extract(epoch from now() - max(l.finished_at))::numeric / 3600, 1) as hours_since_load,
  max(l.newest_day) as newest_day,
  max(l.window_end) filter (where l.window_kind = 'updated') as changes_followed_until,
  max(a.answered_at) filter (where l.window_kind = 'updated') as changes_asked_at
from loads as l
inner join sellers as s on l.seller_id = s.id
left join change_asks as a on l.seller_id = a.seller_id
where s.amazon_seller_id = %(amazon_seller_id)s
group by l.table_name, l.marketplace_id
order by l.table_name, l.marketplace_id
