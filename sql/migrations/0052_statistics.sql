-- Statistics for the planner after a large load. Autovacuum takes them a minute later; until then the planner takes a
-- table for empty, and joins thousands of rows one by one. Only the owner of a table may analyze it, so the pipeline
-- calls a function of the owner.

create or replace function public.xpert_refresh_statistics(_tables text[]) returns text[]
language plpgsql security definer set search_path = pg_catalog, public, pg_temp
as $$
declare
  stale regclass;
  refreshed text[] := '{}';
begin
  for stale in
    select c.oid::regclass
    from pg_class as c
    where
      c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and c.relname = any(_tables)
      and exists (select 1 from pg_policy as p where p.polrelid = c.oid and p.polname = 'tenant')
      and pg_relation_size(c.oid) / current_setting('block_size')::bigint > 8 + 2 * greatest(c.relpages, 0)
  loop
    execute format('analyze (skip_locked) %s', stale);
    refreshed := refreshed || stale::text;
  end loop;
  return refreshed;
end $$;
comment on function public.xpert_refresh_statistics(text[]) is
'Takes statistics of those of the pipeline''s tables of more than 8 pages that have doubled since VACUUM or ANALYZE last counted '
'their pages, except for those that another connection is analyzing; returns their names.';
select public.xpert_protect_function('public.xpert_refresh_statistics(text[])');

insert into public.schema_migrations (name) values ('0052_statistics') on conflict do nothing;
