-- The days of velocity_trends to compute for the days in `dirty`: a day, or a SKU's day, is part of the windows that end with
-- it and with the 89 days after it. Besides, the stored days that are now too old to be kept, or are before the first sale;
-- they are deleted. "Order by" lets these look at one row of a day.
with newest as (
  select (now() at time zone 'Etc/GMT-14')::date as last_day
),

spans as (
  select
    d.subject,
    unnest(range_agg(daterange(d.business_date, least(d.business_date + 90, n.last_day + 1)))) as span
  from dirty as d
  inner join newest as n on d.business_date <= n.last_day
  group by d.subject
),

stores as (
  select unnest(marketplace_ids) as marketplace_id
  from sellers
  where id = %(seller_id)s
  union distinct
  select marketplace_id
  from loads
  where seller_id = %(seller_id)s and table_name = 'orders'
),

markets as (
  select
    m.marketplace_id,
    n.last_day,
    coalesce(
      (
        select s.sale_date from sales_data as s
        where s.seller_id = %(seller_id)s and s.marketplace_id = m.marketplace_id
        order by s.sale_date asc limit 1
      ),
      n.last_day + 1
    ) as first_day,
    (
      select v.as_of_date from velocity_trends as v
      where v.seller_id = %(seller_id)s and v.marketplace_id = m.marketplace_id
      order by v.as_of_date asc limit 1
    ) as stored_from
  from newest as n
  cross join stores as m
),

old_days as (
  select
    m.marketplace_id,
    m.stored_from + n.number as business_date
  from markets as m
  cross join lateral generate_series(0, greatest(m.first_day - 1, m.last_day - 90) - m.stored_from) as n (number)
  where
    m.stored_from + n.number < m.first_day
    or (m.stored_from + n.number <= m.last_day - 90 and extract(isodow from m.stored_from + n.number) != 6)
)

select
  s.subject,
  lower(s.span) + n.number as business_date
from spans as s
cross join lateral generate_series(0, upper(s.span) - lower(s.span) - 1) as n (number)
union
select
  null as subject,
  o.business_date
from old_days as o
where (
  select v.as_of_date from velocity_trends as v
  where v.seller_id = %(seller_id)s and v.marketplace_id = o.marketplace_id and v.as_of_date = o.business_date
  order by v.as_of_date asc, v.sku asc limit 1
) is not null
