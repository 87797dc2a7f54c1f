-- The loaded days of each marketplace in rows without a gap, for the tables that need every day of a window.

create or replace function public.xpert_days_in_a_row(_seller_id uuid, _zones jsonb)
returns table (marketplace_id text, first_day date, last_day date, last_whole_day date, today date)
language sql stable rows 10 set search_path = pg_catalog, public
as $$
  select
    m.marketplace_id,
    greatest(m.first_sale, l.local_start::date + case when l.local_start > l.local_start::date then 1 else 0 end),
    case
      when l.local_end::date = n.today and n.local_now < n.today + interval '10 minutes' then n.today
      else least(n.today, (l.local_end - interval '10 minutes 1 microsecond')::date)
    end,
    least(n.today, l.local_end::date) - 1,
    n.today
  from (
    select s.marketplace_id, min(s.sale_date) as first_sale, coalesce(_zones ->> s.marketplace_id, o.timezone) as timezone
    from sales_data as s
    inner join sellers as o on s.seller_id = o.id
    where s.seller_id = _seller_id
    group by s.marketplace_id, o.timezone
  ) as m
  cross join lateral (
    select now() at time zone m.timezone as local_now, (now() at time zone m.timezone)::date as today
  ) as n
  cross join lateral xpert_loaded_spans(_seller_id, m.marketplace_id, 'orders', m.timezone) as l
$$;
comment on function public.xpert_days_in_a_row(uuid, jsonb) is
'The days without a gap for which orders are loaded, from the first sale of each marketplace on, with the last day that is loaded '
'in part or as a whole, and the last whole one. _zones has time zones by marketplace. It has the rights of whoever calls it.';
select public.xpert_protect_function('public.xpert_days_in_a_row(uuid, jsonb)');

insert into public.schema_migrations (name) values ('0069_days_in_a_row') on conflict do nothing;
