-- Viewers: logins for BI tools and people (`xpert db grant-reader`). They read the rows of the sellers that they were given.
-- Unlike xpert_reader, who must be told the seller by Supabase's API, a viewer cannot choose its sellers: they belong to its role.

do $$
begin
  if not exists (select from pg_roles where rolname = 'xpert_viewer') then
    create role xpert_viewer nologin;
  end if;
exception when duplicate_object then
  null;
end $$;
grant usage on schema public to xpert_viewer;

create table if not exists public.viewer_sellers (
  role_name text not null,
  seller_id uuid references public.sellers on delete cascade,
  created_at timestamptz not null default now(),
  constraint viewer_sellers_key unique nulls not distinct (role_name, seller_id)
);
create index if not exists viewer_sellers_seller_idx on public.viewer_sellers (seller_id);
comment on table public.viewer_sellers is 'Which sellers each viewer may read. `xpert db grant-reader` writes it.';
comment on column public.viewer_sellers.role_name is 'The role that logs in; a member of xpert_viewer.';
comment on column public.viewer_sellers.seller_id is 'A seller that it may read; NULL = all, also those added later.';
comment on column public.viewer_sellers.created_at is 'When the right was given.';

alter table public.viewer_sellers enable row level security;
drop policy if exists viewer on public.viewer_sellers;
create policy viewer on public.viewer_sellers for select to xpert_viewer using (role_name = current_user);
grant select on public.viewer_sellers to xpert_viewer;
select public.xpert_close_to_api('public.viewer_sellers');

-- A viewer sees its sellers, without their tokens, and the rows of the sellers that it sees.
drop policy if exists viewer on public.sellers;
create policy viewer on public.sellers for select to xpert_viewer using (
  exists (
    select 1 from public.viewer_sellers as v
    where v.role_name = current_user and (v.seller_id is null or v.seller_id = sellers.id)
  )
);
grant select (id, amazon_seller_id, name, region, marketplace_ids, timezone, status, status_reason, is_sandbox, created_at, updated_at)
on public.sellers to xpert_viewer;

create or replace view public.seller_names with (security_invoker = true) as
select
  id as seller_id,
  name,
  amazon_seller_id,
  region,
  marketplace_ids,
  timezone,
  status,
  status_reason,
  is_sandbox
from public.sellers;
comment on view public.seller_names is 'Sellers with their names, without their tokens; join it by seller_id.';
grant select on public.seller_names to xpert_viewer, xpert_pipeline;
select public.xpert_close_to_api('public.seller_names');

create or replace function public.xpert_readable() returns uuid[]
language sql stable set search_path = ''
as $$ select array(select id from public.sellers) $$;
comment on function public.xpert_readable() is 'The sellers whose rows this viewer may read.';
select public.xpert_close_function('public.xpert_readable()');
grant execute on function public.xpert_readable() to xpert_viewer;

create or replace function public.xpert_show_to_viewers(_table regclass) returns void
language plpgsql set search_path = pg_catalog, public
as $$
begin
  execute format('drop policy if exists viewer on %s', _table);
  execute format('create policy viewer on %s for select to xpert_viewer'
                 ' using (seller_id = any((select public.xpert_readable())::uuid[]))', _table);
  execute format('grant select on %s to xpert_viewer', _table);
end $$;
comment on function public.xpert_show_to_viewers(regclass) is 'Viewers may read the rows of their sellers.';
select public.xpert_close_function('public.xpert_show_to_viewers(regclass)');

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
  perform public.xpert_show_to_viewers(_table);
  perform public.xpert_close_to_api(_table);
end $$;
comment on function public.xpert_protect_tenant_table(regclass, text) is
'Row level security: the pipeline''s tenant, the seller of the reader''s JWT, the sellers of a viewer.';

select public.xpert_show_to_viewers(c.oid::regclass)
from pg_class as c
where
  c.relnamespace = 'public'::regnamespace
  and exists (
    select 1 from pg_policy as p
    where p.polrelid = c.oid and p.polname = 'tenant'
  );

insert into public.schema_migrations (name) values ('0026_viewers') on conflict do nothing;
