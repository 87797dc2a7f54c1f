-- What each check found for each seller, so that a check speaks for all sellers, whoever ran last.

create table if not exists public.check_results (
  seller_id uuid not null references public.sellers on delete cascade,
  table_name text not null,
  check_name text not null,
  passed boolean not null,
  sentence text not null,
  checked_at timestamptz not null default clock_timestamp(),
  constraint check_results_pkey primary key (seller_id, table_name, check_name)
);
comment on table public.check_results is 'The newest result of each check for each seller.';
comment on column public.check_results.seller_id is 'The seller.';
comment on column public.check_results.table_name is 'The table that was checked.';
comment on column public.check_results.check_name is 'The check, as Dagster shows it.';
comment on column public.check_results.passed is 'Whether all was well.';
comment on column public.check_results.sentence is 'The result in words.';
comment on column public.check_results.checked_at is 'When it was found.';
select public.xpert_protect_operator_table('public.check_results');

insert into public.schema_migrations (name) values ('0024_check_results') on conflict do nothing;
