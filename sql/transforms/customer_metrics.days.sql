-- The days of customer_metrics to compute for the days in `dirty`: the first days of their weeks and months.
select distinct p.business_date
from dirty as d
cross join
  lateral (
    values
    (d.business_date - extract(dow from d.business_date)::integer),
    (date_trunc('month', d.business_date)::date)
  ) as p (business_date)
