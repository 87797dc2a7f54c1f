-- A changed cost also marks the days on which its SKU has only advertising, or a row for another reason: these rows show the
-- cost of a unit, too.

create or replace function public.xpert_mark_costs() returns trigger
language plpgsql set search_path = public, pg_temp
as $$
declare
  spans text := case tg_op
    when 'INSERT' then
      'select seller_id, sku, marketplace_id, valid_from as first_day, valid_from, coalesce(valid_to, stated_to) as last_day from new_rows'
    when 'DELETE' then
      'select seller_id, sku, marketplace_id, valid_from as first_day, valid_from, coalesce(valid_to, stated_to) as last_day from old_rows'
    else
      'select r.seller_id, r.sku, r.marketplace_id, case when s.is_same then least(o.last_day, n.last_day) + 1'
      ' else r.valid_from end, r.valid_from, case when s.is_same then greatest(o.last_day, n.last_day)'
      ' else nullif(r.last_day, ''infinity'') end'
      ' from (select *, coalesce(valid_to, stated_to, ''infinity'') as last_day from old_rows) as o'
      ' join (select *, coalesce(valid_to, stated_to, ''infinity'') as last_day from new_rows) as n on o.id = n.id'
      ' cross join lateral (select (o.sku, o.valid_from, o.unit_cost, o.currency) = (n.sku, n.valid_from, n.unit_cost, n.currency)'
      ' and o.marketplace_id is not distinct from n.marketplace_id) as s (is_same)'
      ' cross join lateral (values (o.seller_id, o.sku, o.marketplace_id, o.valid_from, o.last_day),'
      ' (n.seller_id, n.sku, n.marketplace_id, n.valid_from, n.last_day)) as r (seller_id, sku, marketplace_id, valid_from, last_day)'
      ' where not (s.is_same and o.last_day = n.last_day)'
  end;
begin
  execute 'insert into dirty_keys (consumer, seller_id, business_date)'
    ' select distinct ''profit_margins'', c.seller_id, e.day'
    ' from (' || spans || ') as c (seller_id, sku, marketplace_id, first_day, valid_from, last_day)'
    ' left join lateral (select min(p.valid_from) - 1 as last_day from product_costs as p'
    ' where p.seller_id = c.seller_id and p.sku = c.sku and p.marketplace_id is not distinct from c.marketplace_id'
    ' and p.valid_from > c.valid_from) as f on c.last_day is null'
    ' join (select seller_id, marketplace_id, sku, posted_date from financial_events where item_index >= 0'
    ' union all select seller_id, marketplace_id, sku, spend_date from advertising_spend'
    ' union all select seller_id, marketplace_id, sku, business_date from profit_margins'
    ' ) as e (seller_id, marketplace_id, sku, day) on e.seller_id = c.seller_id and e.sku = c.sku'
    ' and e.day between c.first_day and coalesce(c.last_day, f.last_day, ''infinity'')'
    ' and e.marketplace_id = coalesce(c.marketplace_id, e.marketplace_id)'
    ' where exists (select from sellers as s where s.id = c.seller_id)';
  return null;
end $$;
comment on function public.xpert_mark_costs() is
'Statement trigger: marks the days of profit_margins that a changed cost is for.';
select public.xpert_close_function('public.xpert_mark_costs()');

insert into public.schema_migrations (name) values ('0068_cost_days') on conflict do nothing;
