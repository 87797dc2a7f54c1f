-- New ids are in order of time where the server can make such ids (PostgreSQL 18): the index of the primary key then
-- grows at its end, instead of in random places. Older servers keep random ids; both are unique everywhere.
do $$
declare
  random_id record;
begin
  if current_setting('server_version_num')::integer < 180000 then
    return;
  end if;
  for random_id in
    select table_schema, table_name, column_name
    from information_schema.columns
    where table_schema = 'public' and data_type = 'uuid' and column_default = 'gen_random_uuid()'
  loop
    execute format(
      'alter table %I.%I alter column %I set default uuidv7()',
      random_id.table_schema, random_id.table_name, random_id.column_name
    );
  end loop;
end
$$;

insert into public.schema_migrations (name) values ('0076_ordered_ids') on conflict do nothing;
