-- A derived table may compute only some subjects (such as SKUs) of a changed day. Its name in `xpert_watch` then ends with the
-- column that narrows a change: 'velocity_trends:sku'. Keys that were written before name whole days.

alter table public.dirty_keys add column if not exists subjects text[];
comment on column public.dirty_keys.subjects is 'The subjects of the day that changed, such as SKUs; NULL: all of them.';
comment on table public.dirty_keys is
'Days, or subjects of days, that a derived table must recompute; a row goes when its consumer has done so.';
-- what an older trigger would write for a name with a column fails here, and so is not lost
-- squawk-ignore ban-drop-constraint
alter table public.dirty_keys drop constraint if exists dirty_keys_consumer_check;
-- squawk-ignore constraint-missing-not-valid
alter table public.dirty_keys add constraint dirty_keys_consumer_check check (consumer !~ ':');

-- Arguments of the trigger: the table's day column, then the consumers, each with ':' and the column that narrows a change, if any.
-- A day is marked as a whole if more than 500 rows of it changed, or one without a subject: the keys stay few.
-- An update of `is_final`, of bookkeeping columns, or of nothing marks no day: a day becomes final because it is old, and those
-- who derive from it see that for themselves.
-- The seller must still exist: a purge deletes rows whose keys nobody needs any more.
create or replace function public.xpert_mark_dirty() returns trigger
language plpgsql set search_path = public, pg_temp
as $$
declare
  own_columns text := (
    select string_agg(format('%%1$s.%I', a.attname), ', ' order by a.attnum)
    from pg_attribute as a
    where
      tg_op = 'UPDATE' and a.attrelid = tg_relid and a.attnum > 0 and not a.attisdropped
      and a.attname not in ('id', 'is_final', 'source', 'load_id', 'created_at', 'updated_at')
      and exists (
        select from pg_attribute as f where f.attrelid = tg_relid and f.attname = 'is_final' and not f.attisdropped
      )
  );
  own_consumers text[];
  own_subject text;
  own_row text;
  touched text;
begin
  for own_subject, own_consumers in
    select nullif(split_part(a.word, ':', 2), ''), array_agg(split_part(a.word, ':', 1))
    from unnest(tg_argv[1:]) as a (word)
    group by 1
  loop
    own_row := format('%%1$s.seller_id, %%1$s.%I, ', tg_argv[0])
      || case when own_subject is null then 'null::text' else format('%%1$s.%I::text', own_subject) end;
    touched := case
      when tg_op = 'INSERT' then format('select ' || own_row || ' from new_rows as n', 'n')
      when tg_op = 'DELETE' then format('select ' || own_row || ' from old_rows as o', 'o')
      when own_columns is null then
        format('select ' || own_row || ' from new_rows as n', 'n')
        || ' union all ' || format('select ' || own_row || ' from old_rows as o', 'o')
      else
        'select r.* from old_rows as o inner join new_rows as n on o.id = n.id cross join lateral (values ('
        || format(own_row, 'o') || '), (' || format(own_row, 'n') || ')) as r'
        ' where (' || format(own_columns, 'o') || ') is distinct from (' || format(own_columns, 'n') || ')'
    end;
    execute
      'with touched (seller_id, business_date, subject) as not materialized (' || touched || '),'
      ' days as materialized ('
      '   select seller_id, business_date, count(*) <= 500 and count(subject) = count(*) as is_narrow'
      '   from touched where business_date is not null group by seller_id, business_date),'
      ' narrow as ('
      '   select t.seller_id, t.business_date, array_agg(distinct t.subject) as subjects'
      '   from (select seller_id, business_date from days where is_narrow) as d'
      '   inner join touched as t on t.seller_id = d.seller_id and t.business_date = d.business_date'
      '   group by t.seller_id, t.business_date)'
      ' insert into dirty_keys (consumer, seller_id, business_date, subjects)'
      ' select c.consumer, d.seller_id, d.business_date, n.subjects'
      ' from days as d left join narrow as n on n.seller_id = d.seller_id and n.business_date = d.business_date'
      ' cross join unnest($1) as c (consumer)'
      ' where exists (select from sellers as s where s.id = d.seller_id)'
      using own_consumers;
  end loop;
  return null;
end $$;
comment on function public.xpert_mark_dirty() is
'Statement trigger: marks the touched days of its table dirty for each consumer, or what changed of them.';
comment on function public.xpert_watch(regclass, text[]) is
'Watches a table: its day column, then who derives from it, each with '':'' and the column that narrows a change, if any.';

create or replace function public.xpert_watch_also(_table regclass, _consumer text) returns void
language plpgsql set search_path = pg_catalog, public
as $$
declare
  known text[] := (
    select string_to_array(rtrim(encode(t.tgargs, 'escape'), E'\\000'), E'\\000')
    from pg_trigger as t where t.tgrelid = _table and t.tgname = 'mark_dirty_insert'
  );
  place integer;
begin
  if known is null then
    raise exception '% is not watched: call xpert_watch first', _table;
  end if;
  place := (
    select k.place from unnest(known[2:]) with ordinality as k (word, place)
    where split_part(k.word, ':', 1) = split_part(_consumer, ':', 1)
  );
  if place is null then
    perform public.xpert_watch(_table, variadic known || _consumer);
  elsif _consumer like '%:%' and known[place + 1] <> _consumer then
    known[place + 1] := _consumer;
    perform public.xpert_watch(_table, variadic known);
  end if;
end $$;
comment on function public.xpert_watch_also(regclass, text) is
'Adds one who derives from a watched table, or the column that narrows its changes; the others stay.';
select public.xpert_close_function('public.xpert_mark_dirty()');
select public.xpert_close_function('public.xpert_watch_also(regclass, text)');

select public.xpert_watch_also('public.sales_data', 'velocity_trends:sku');
select public.xpert_watch_also('public.inventory_levels', 'velocity_trends:sku');

insert into public.schema_migrations (name) values ('0067_dirty_subjects') on conflict do nothing;
