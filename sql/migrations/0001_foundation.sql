-- The pipeline's role, and what every later file uses to protect its table.
-- Each file may be run by hand (Supabase's SQL editor), in order; it ends by recording itself.

create table if not exists public.schema_migrations (
  name text primary key,
  checksum text,
  applied_at timestamptz not null default now()
);
comment on table public.schema_migrations is 'Migration files applied to this database, one row per file.';
comment on column public.schema_migrations.name is 'File name without .sql.';
comment on column public.schema_migrations.checksum is 'SHA-256 of the file; NULL after a run by hand, until the next migrate.';
comment on column public.schema_migrations.applied_at is 'When the file was applied.';

-- xpert_pipeline is the pipeline. xpert_reader is for people and dashboards: granted to the role that shall read (Supabase:
-- authenticated), it shows the rows of the seller that the request's JWT names.
do $$
declare
  wanted text;
begin
  foreach wanted in array array['xpert_pipeline', 'xpert_reader'] loop
    if not exists (select from pg_roles where rolname = wanted) then
      execute format('create role %I nologin', wanted);
    end if;
  end loop;
exception when duplicate_object then
  null;
end $$;

grant usage on schema public to xpert_pipeline, xpert_reader;

create schema if not exists dagster;
comment on schema dagster is 'Storage of Dagster (runs, events, schedules); its tables belong to xpert_pipeline.';
grant usage, create on schema dagster to xpert_pipeline;

-- The tenant of the transaction. nullif: after a transaction-local set_config the value is '' for the rest of a pooled session.
create or replace function public.xpert_tenant() returns uuid
language sql stable set search_path = ''
as $$ select nullif(current_setting('app.seller_id', true), '')::uuid $$;
comment on function public.xpert_tenant() is 'The seller whose rows this transaction may touch (app.seller_id); NULL = none.';

create or replace function public.xpert_reader() returns uuid
language sql stable set search_path = ''
as $$ select nullif(nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'seller_id', '')::uuid $$;
comment on function public.xpert_reader() is 'The seller named by the claim seller_id of the request''s JWT; NULL = none.';

create or replace function public.xpert_close_to_api(_table regclass) returns void
language plpgsql set search_path = pg_catalog, public
as $$
declare
  api_role text;
begin
  for api_role in select rolname from pg_roles where rolname in ('anon', 'authenticated') loop
    execute format('revoke all on table %s from %I', _table, api_role);
  end loop;
end $$;
comment on function public.xpert_close_to_api(regclass) is 'Takes the rights that Supabase gives its API roles by default.';

create or replace function public.xpert_protect_tenant_table(_table regclass, _rights text default 'select, insert, update, delete')
returns void
language plpgsql set search_path = pg_catalog, public
as $$
begin
  execute format('alter table %s enable row level security', _table);
  execute format('alter table %s force row level security', _table);
  execute format('drop policy if exists tenant on %s', _table);
  execute format('drop policy if exists reader on %s', _table);
  execute format('create policy tenant on %s to xpert_pipeline using (seller_id = (select public.xpert_tenant()))'
                 || ' with check (seller_id = (select public.xpert_tenant()))', _table);
  execute format('create policy reader on %s for select to xpert_reader using (seller_id = (select public.xpert_reader()))', _table);
  execute format('grant %s on %s to xpert_pipeline', _rights, _table);
  execute format('grant select on %s to xpert_reader', _table);
  perform public.xpert_close_to_api(_table);
end $$;
comment on function public.xpert_protect_tenant_table(regclass, text) is 'Row level security: the pipeline''s tenant, the reader''s JWT.';

create or replace function public.xpert_protect_operator_table(_table regclass, _rights text default 'select, insert, update, delete')
returns void
language plpgsql set search_path = pg_catalog, public
as $$
begin
  execute format('alter table %s enable row level security', _table);
  execute format('alter table %s force row level security', _table);
  execute format('drop policy if exists operator on %s', _table);
  execute format('create policy operator on %s to xpert_pipeline using (true) with check (true)', _table);
  execute format('grant %s on %s to xpert_pipeline', _rights, _table);
  perform public.xpert_close_to_api(_table);
end $$;
comment on function public.xpert_protect_operator_table(regclass, text) is 'For the pipeline''s own records: its role alone, all sellers.';

create or replace function public.xpert_close_function(_function regprocedure) returns void
language plpgsql set search_path = pg_catalog, public
as $$
declare
  other text;
begin
  execute format('revoke all on function %s from public', _function);
  for other in select rolname from pg_roles where rolname in ('anon', 'authenticated') loop
    execute format('revoke all on function %s from %I', _function, other);
  end loop;
end $$;
comment on function public.xpert_close_function(regprocedure) is 'Only its owner may call it.';

create or replace function public.xpert_protect_function(_function regprocedure) returns void
language plpgsql set search_path = pg_catalog, public
as $$
begin
  perform public.xpert_close_function(_function);
  execute format('grant execute on function %s to xpert_pipeline', _function);
end $$;
comment on function public.xpert_protect_function(regprocedure) is 'Only the pipeline''s role may call it.';

-- The columns that every table of the pipeline shares, in one place.
create or replace function public.xpert_describe_standard_columns(_table regclass) returns void
language plpgsql set search_path = pg_catalog, public
as $$
begin
  execute format('comment on column %s.id is %L', _table, 'Random row id.');
  execute format('comment on column %s.seller_id is %L', _table, 'The seller the row belongs to.');
  execute format('comment on column %s.marketplace_id is %L', _table, 'Amazon''s id of the marketplace.');
  execute format('comment on column %s.source is %L', _table, 'Operation or report that last changed the row.');
  execute format('comment on column %s.load_id is %L', _table, 'The load (see loads) that last changed the row.');
  execute format('comment on column %s.created_at is %L', _table, 'When the row was first written.');
  execute format('comment on column %s.updated_at is %L', _table, 'When the row last changed.');
end $$;
comment on function public.xpert_describe_standard_columns(regclass) is 'Comments of the columns that all tables share.';

select public.xpert_close_function(f::regprocedure)
from unnest(array[
  'public.xpert_close_to_api(regclass)',
  'public.xpert_protect_tenant_table(regclass, text)',
  'public.xpert_protect_operator_table(regclass, text)',
  'public.xpert_protect_function(regprocedure)',
  'public.xpert_describe_standard_columns(regclass)',
  'public.xpert_close_function(regprocedure)'
]) as f;

alter table public.schema_migrations enable row level security;
drop policy if exists operator on public.schema_migrations;
create policy operator on public.schema_migrations for select to xpert_pipeline using (true);
grant select on public.schema_migrations to xpert_pipeline;
select public.xpert_close_to_api('public.schema_migrations');

insert into public.schema_migrations (name) values ('0001_foundation') on conflict do nothing;
