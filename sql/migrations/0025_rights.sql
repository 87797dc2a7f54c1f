-- Closes everything that the migrations make to the roles of Supabase's API: tables, their sequences, and functions.
-- Supabase's default privileges give these roles all rights on new objects of the schema public, not only on tables.

create or replace function public.xpert_api_roles() returns setof name
language sql stable set search_path = pg_catalog
as $$ select rolname from pg_roles where rolname in ('anon', 'authenticated', 'service_role') $$;
comment on function public.xpert_api_roles() is 'The roles of Supabase''s API that exist here.';

create or replace function public.xpert_close_to_api(_table regclass) returns void
language plpgsql set search_path = pg_catalog, public
as $$
declare
  api_role name;
  owned regclass;
begin
  for api_role in select public.xpert_api_roles() loop
    execute format('revoke all on table %s from %I', _table, api_role);
    for owned in
      select d.objid::regclass from pg_depend as d join pg_class as c on c.oid = d.objid and c.relkind = 'S'
      where d.classid = 'pg_class'::regclass and d.refclassid = 'pg_class'::regclass and d.refobjid = _table
        and d.deptype in ('a', 'i')
    loop
      execute format('revoke all on sequence %s from %I', owned, api_role);
    end loop;
  end loop;
end $$;
comment on function public.xpert_close_to_api(regclass) is
'Takes the rights on a table and on its sequences that Supabase gives its API roles by default.';

create or replace function public.xpert_close_function(_function regprocedure) returns void
language plpgsql set search_path = pg_catalog, public
as $$
declare
  api_role name;
begin
  execute format('revoke all on function %s from public', _function);
  for api_role in select public.xpert_api_roles() loop
    execute format('revoke all on function %s from %I', _function, api_role);
  end loop;
end $$;
comment on function public.xpert_close_function(regprocedure) is 'Only its owner may call it.';

-- What exists already: the pipeline's tables are those with one of its policies, its functions have one of these names.
select public.xpert_close_to_api(c.oid::regclass)
from pg_class as c
where
  c.relnamespace = 'public'::regnamespace
  and exists (
    select 1 from pg_policy as p
    where p.polrelid = c.oid and p.polname in ('tenant', 'operator')
  );

select public.xpert_close_function(p.oid::regprocedure)
from pg_proc as p
where p.pronamespace = 'public'::regnamespace and (p.proname like 'xpert\_%' or p.proname like 'quota\_%');

-- Row level security asks these two with the rights of whoever reads.
grant execute on function public.xpert_tenant() to xpert_pipeline;
grant execute on function public.xpert_reader() to xpert_reader;

insert into public.schema_migrations (name) values ('0025_rights') on conflict do nothing;
