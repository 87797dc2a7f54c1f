-- The ledger: what was loaded, committed together with the data; and the quarantine of what could not be.

create table if not exists public.loads (
  load_id uuid not null,
  table_name text not null,
  seller_id uuid not null references public.sellers on delete cascade,
  source text not null,
  window_kind text not null check (window_kind in ('created', 'updated', 'snapshot', 'derived')),
  window_start timestamptz not null,
  window_end timestamptz not null,
  run_id text not null,
  fetched bigint not null,
  inserted bigint not null,
  updated bigint not null,
  unchanged bigint not null,
  deleted bigint not null,
  rejected bigint not null,
  partitions jsonb not null default '{}',
  calls integer not null default 0,
  waited_seconds double precision not null default 0,
  newest_day date,
  started_at timestamptz not null,
  finished_at timestamptz not null default clock_timestamp(),
  details jsonb not null default '{}',
  constraint loads_pkey primary key (load_id, table_name),
  constraint loads_window_forward check (window_start <= window_end)
);
create index if not exists loads_seller_table_idx on public.loads (seller_id, table_name, window_end desc);
create index if not exists loads_run_idx on public.loads (run_id, table_name);
create index if not exists loads_finished_idx on public.loads (seller_id, finished_at desc);
comment on table public.loads is 'One row per load and table, committed with its rows: what has been asked for and what came of it.';
comment on column public.loads.load_id is 'The load; equals load_id of the rows it changed.';
comment on column public.loads.table_name is 'The table loaded.';
comment on column public.loads.seller_id is 'The seller.';
comment on column public.loads.source is 'Operation or report that was asked, or derived.';
comment on column public.loads.window_kind is 'created or updated: the source''s time filter; snapshot: state now; derived: recomputed.';
comment on column public.loads.window_start is 'Start of the window asked for, inclusive.';
comment on column public.loads.window_end is 'End of the window asked for, exclusive.';
comment on column public.loads.run_id is 'The Dagster run.';
comment on column public.loads.fetched is 'Records the source returned: inserted + updated + unchanged + rejected.';
comment on column public.loads.inserted is 'New rows.';
comment on column public.loads.updated is 'Rows that changed.';
comment on column public.loads.unchanged is 'Records that changed nothing: equal, repeated, or older than what is known.';
comment on column public.loads.deleted is 'Rows that are gone at the source.';
comment on column public.loads.rejected is 'Records put into rejected_records.';
comment on column public.loads.partitions is 'The same counts by business day: {"2026-01-31": {"fetched": 5, ...}}.';
comment on column public.loads.calls is 'API calls of the load, on the row of its first table.';
comment on column public.loads.waited_seconds is 'Seconds spent waiting for quota, on the row of its first table.';
comment on column public.loads.newest_day is 'Newest business day among the records.';
comment on column public.loads.started_at is 'When fetching began.';
comment on column public.loads.finished_at is 'When the rows were written.';
comment on column public.loads.details is 'What else is worth knowing: report ids, signals, choice of source.';
select public.xpert_protect_tenant_table('public.loads', 'select, insert');

create table if not exists public.rejected_records (
  id uuid primary key default gen_random_uuid(),
  seller_id uuid not null references public.sellers on delete cascade,
  table_name text not null,
  content_hash text not null,
  record_key text,
  reason text not null,
  record jsonb not null,
  source text not null,
  load_id uuid not null,
  run_id text not null,
  times_seen integer not null default 1,
  last_seen_at timestamptz not null default now(),
  created_at timestamptz not null default now(),
  constraint rejected_records_key unique (seller_id, table_name, content_hash)
);
create index if not exists rejected_records_seen_idx on public.rejected_records (seller_id, last_seen_at desc);
create index if not exists rejected_records_load_idx on public.rejected_records (load_id);
comment on table public.rejected_records is 'Records that break their table''s contract, whole, with the reason.';
comment on column public.rejected_records.id is 'Random row id.';
comment on column public.rejected_records.seller_id is 'The seller.';
comment on column public.rejected_records.table_name is 'The table it was meant for.';
comment on column public.rejected_records.content_hash is 'SHA-256 of the record: the same record is kept once.';
comment on column public.rejected_records.record_key is 'The record''s own key, where it has one.';
comment on column public.rejected_records.reason is 'What is wrong with it.';
comment on column public.rejected_records.record is 'The record as it came.';
comment on column public.rejected_records.source is 'Operation or report that returned it.';
comment on column public.rejected_records.load_id is 'The load that met it last.';
comment on column public.rejected_records.run_id is 'The Dagster run that met it last.';
comment on column public.rejected_records.times_seen is 'How many loads met it.';
comment on column public.rejected_records.last_seen_at is 'When a load met it last.';
comment on column public.rejected_records.created_at is 'When a load met it first.';
select public.xpert_protect_tenant_table('public.rejected_records');

insert into public.schema_migrations (name) values ('0004_loads') on conflict do nothing;
