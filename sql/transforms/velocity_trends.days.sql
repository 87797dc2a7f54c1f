-- The days of velocity_trends to compute for the days in `dirty`: a day is part of the windows that end with it and with the
-- 89 days after it. Besides, the stored days that are now too old to be kept; they are deleted.
select distinct d.business_date + n.number as business_date
from dirty as d
cross join generate_series(0, 89) as n (number)
where d.business_date + n.number <= (now() at time zone 'Etc/GMT-14')::date
union
select o.first_day + n.number as business_date
from (
  select min(as_of_date) as first_day from velocity_trends
  where seller_id = %(seller_id)s
) as o
cross join lateral generate_series(0, (now() at time zone 'Etc/GMT-14')::date - 90 - o.first_day) as n (number)
where
  extract(isodow from o.first_day + n.number) != 6
  and exists (
    select from velocity_trends as v
    where v.seller_id = %(seller_id)s and v.as_of_date = o.first_day + n.number
  )
