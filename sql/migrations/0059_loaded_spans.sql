-- The spans of local time that loads cover, in one place for the tables that count days without sales.

create or replace function public.xpert_loaded_spans(_seller_id uuid, _marketplace_id text, _table text, _timezone text)
returns table (local_start timestamp, local_end timestamp)
language sql stable set search_path = pg_catalog, public
as $$
  select lower(span) at time zone _timezone, upper(span) at time zone _timezone
  from (
    select unnest(range_agg(tstzrange(window_start, window_end + interval '10 minutes'))) as span
    from loads
    where
      seller_id = _seller_id and marketplace_id = _marketplace_id and table_name = _table
      and window_kind in ('created', 'updated')
  ) as covered
$$;
comment on function public.xpert_loaded_spans(uuid, text, text, text) is
'The spans without a gap for which a table is loaded in a marketplace, in local time. A search shows a record some minutes '
'late, so a load counts for 10 minutes more. It has the rights of whoever calls it.';
select public.xpert_protect_function('public.xpert_loaded_spans(uuid, text, text, text)');

insert into public.schema_migrations (name) values ('0059_loaded_spans') on conflict do nothing;
