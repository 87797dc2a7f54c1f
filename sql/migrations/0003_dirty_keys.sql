-- What derived tables have to recompute: one append-only row per consumer, seller, day and writing statement,
-- written in the data's own transaction. No unique key on purpose: a shared key would make writers wait and lose late commits.

create table if not exists public.dirty_keys (
  id bigint generated always as identity primary key,
  consumer text not null,
  seller_id uuid not null references public.sellers on delete cascade,
  business_date date not null,
  created_at timestamptz not null default now()
);
create index if not exists dirty_keys_consumer_idx on public.dirty_keys (consumer, seller_id, business_date);
create index if not exists dirty_keys_seller_idx on public.dirty_keys (seller_id);
comment on table public.dirty_keys is 'Days that a derived table must recompute; a row goes when its consumer has done so.';
comment on column public.dirty_keys.id is 'Row number.';
comment on column public.dirty_keys.consumer is 'The derived table.';
comment on column public.dirty_keys.seller_id is 'The seller.';
comment on column public.dirty_keys.business_date is 'The marketplace-local day.';
comment on column public.dirty_keys.created_at is 'Start of the transaction that changed the inputs.';
select public.xpert_protect_operator_table('public.dirty_keys');

-- Arguments of the trigger: the table's day column, then the consumers.
-- The seller must still exist: a purge deletes rows whose keys nobody needs any more.
create or replace function public.xpert_mark_dirty() returns trigger
language plpgsql set search_path = public, pg_temp
as $$
declare
  touched text;
begin
  if tg_nargs < 2 then
    return null;
  end if;
  touched := case tg_op
    when 'INSERT' then format('select seller_id, %1$I from new_rows', tg_argv[0])
    when 'DELETE' then format('select seller_id, %1$I from old_rows', tg_argv[0])
    else format('select seller_id, %1$I from new_rows union select seller_id, %1$I from old_rows', tg_argv[0])
  end;
  execute format(
    'insert into dirty_keys (consumer, seller_id, business_date)'
    ' select c.consumer, k.seller_id, k.business_date'
    ' from (select distinct seller_id, business_date from (%s) as t (seller_id, business_date)) as k'
    ' cross join unnest($1) as c (consumer)'
    ' where k.business_date is not null and exists (select from sellers as s where s.id = k.seller_id)', touched)
    using tg_argv[1:];
  return null;
end $$;
comment on function public.xpert_mark_dirty() is 'Statement trigger: marks the touched days of its table dirty for each consumer.';

create or replace function public.xpert_watch(_table regclass, variadic _arguments text[]) returns void
language plpgsql set search_path = pg_catalog, public
as $$
declare
  arguments text := (select string_agg(quote_literal(a), ', ') from unnest(_arguments) as a);
begin
  execute format('create or replace trigger mark_dirty_insert after insert on %s referencing new table as new_rows'
                 ' for each statement execute function public.xpert_mark_dirty(%s)', _table, arguments);
  execute format('create or replace trigger mark_dirty_update after update on %s referencing new table as new_rows'
                 ' old table as old_rows for each statement execute function public.xpert_mark_dirty(%s)', _table, arguments);
  execute format('create or replace trigger mark_dirty_delete after delete on %s referencing old table as old_rows'
                 ' for each statement execute function public.xpert_mark_dirty(%s)', _table, arguments);
end $$;
comment on function public.xpert_watch(regclass, text[]) is 'Watches a table: its day column, then who derives from it.';
select public.xpert_close_function('public.xpert_watch(regclass, text[])');
select public.xpert_close_function('public.xpert_mark_dirty()');

insert into public.schema_migrations (name) values ('0003_dirty_keys') on conflict do nothing;
