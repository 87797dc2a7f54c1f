-- The ledger may be compacted: old rows are replaced by fewer rows that cover the same windows. See `xpert prune`.
-- Rows of the last day cannot be deleted, and no row can be changed.

grant delete on public.loads to xpert_pipeline;
drop policy if exists only_old on public.loads;
create policy only_old on public.loads as restrictive for delete to xpert_pipeline
using (finished_at < now() - interval '1 day');
comment on table public.loads is
'One row per load, table and marketplace, committed together with the data. `xpert prune` joins rows older than XPERT_KEEP_HISTORY_DAYS.';
comment on column public.loads.run_id is 'The Dagster run; "compacted" for a row that stands for several old loads.';

insert into public.schema_migrations (name) values ('0030_retention') on conflict do nothing;
