-- seasonal_patterns: how much of the usual demand each day of the week has, for all SKUs together; 1 is usual.
select
  season_name as label,
  index_value,
  'times the usual' as unit
from seasonal_patterns
where
  seller_id = %(seller_id)s and marketplace_id = %(marketplace_id)s
  and level = 'ACCOUNT' and season_type = 'DOW' and is_sufficient
order by season_index
