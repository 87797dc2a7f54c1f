-- The local days that loads cover from midnight to midnight, for pictures that tell days without sales from days not loaded.

create or replace function public.xpert_loaded_days(_seller_id uuid, _marketplace_id text, _table text, _timezone text)
returns table (business_date date)
language sql stable set search_path = pg_catalog, public
as $$
  select l.local_start::date + n.number
  from xpert_loaded_spans(_seller_id, _marketplace_id, _table, _timezone) as l
  cross join lateral generate_series(
    case when l.local_start > l.local_start::date then 1 else 0 end, l.local_end::date - l.local_start::date - 1
  ) as n (number)
$$;
comment on function public.xpert_loaded_days(uuid, text, text, text) is
'The local days for which a table is loaded as a whole in a marketplace. It has the rights of whoever calls it.';
select public.xpert_protect_function('public.xpert_loaded_days(uuid, text, text, text)');

insert into public.schema_migrations (name) values ('0065_loaded_days') on conflict do nothing;
