-- What does Amazon still owe?
-- Deferred money, money that no settlement has paid, units that Amazon lost or damaged, and refunds whose return has not come.
-- Parameters: seller_id, marketplace_id.
select
  kind,
  currency,
  count(*) as rows,
  sum(amount) as amount,
  sum(units) as units,
  min(since) as oldest,
  max(expected_date) as latest_expected
from xpert_views.owed_money
where seller_id = %(seller_id)s and marketplace_id = %(marketplace_id)s
group by kind, currency
order by sum(amount) desc nulls last, kind
