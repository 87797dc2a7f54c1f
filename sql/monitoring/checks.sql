-- What did the checks of the tables find last?
-- The newest result of each check of a seller in words: failures first, then by table. Comparisons between two tables name
-- the day, the SKU and both figures. Dagster shows the same results beside each table.
-- Parameters: amazon_seller_id.
select
  c.table_name,
  c.check_name,
  c.passed,
  c.sentence,
  c.checked_at
from check_results as c
inner join sellers as s on c.seller_id = s.id
where s.amazon_seller_id = %(amazon_seller_id)s
order by c.passed, c.table_name, c.check_name
