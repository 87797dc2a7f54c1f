-- What happened, for people and dashboards: one row per materialization (or failure), day and seller, exactly once.

create table if not exists public.fact_stream (
  id uuid primary key default gen_random_uuid(),
  seller_id uuid not null references public.sellers on delete cascade,
  asin text,
  marketplace_id text,
  event_type text not null,
  event_category text not null,
  timestamp timestamptz not null default now(),
  data jsonb not null default '{}',
  metadata jsonb not null default '{}',
  importance_score integer not null default 5 check (importance_score between 1 and 10),
  requires_action boolean not null default false,
  processing_status text not null default 'pending',
  retry_count integer not null default 0,
  event_id text not null,
  partition_key text not null default '',
  created_at timestamptz not null default now(),
  constraint fact_stream_once unique (seller_id, event_id, partition_key)
);
create index if not exists fact_stream_seller_timestamp_idx on public.fact_stream (seller_id, timestamp desc);
comment on table public.fact_stream is 'Event log: syncs completed and failed, by seller and day.';
comment on column public.fact_stream.id is 'Random row id.';
comment on column public.fact_stream.seller_id is 'The seller.';
comment on column public.fact_stream.asin is 'The ASIN concerned, if one is.';
comment on column public.fact_stream.marketplace_id is 'The marketplace concerned.';
comment on column public.fact_stream.event_type is 'sync.completed, sync.failed, ...';
comment on column public.fact_stream.event_category is 'sync, ...';
comment on column public.fact_stream.timestamp is 'When it happened.';
comment on column public.fact_stream.data is 'Table, counts, duration, error.';
comment on column public.fact_stream.metadata is 'Run, step and origin.';
comment on column public.fact_stream.importance_score is '1 (noise) to 10 (act now).';
comment on column public.fact_stream.requires_action is 'Somebody has to do something.';
comment on column public.fact_stream.processing_status is 'For consumers of the stream: pending until handled.';
comment on column public.fact_stream.retry_count is 'For consumers of the stream: attempts so far.';
comment on column public.fact_stream.event_id is 'Id of the event where it came from (Dagster''s storage id, or the run).';
comment on column public.fact_stream.partition_key is 'Dagster''s partition, or empty; with event and seller the row is unique.';
comment on column public.fact_stream.created_at is 'When the row was written.';
select public.xpert_protect_tenant_table('public.fact_stream');

create table if not exists public.fact_cursor (
  name text primary key,
  cursor text not null,
  updated_at timestamptz not null default now()
);
comment on table public.fact_cursor is 'How far a collector of events has come; moved in the transaction that writes them.';
comment on column public.fact_cursor.name is 'The collector.';
comment on column public.fact_cursor.cursor is 'Its position, in its own notation.';
comment on column public.fact_cursor.updated_at is 'When it last moved.';
select public.xpert_protect_operator_table('public.fact_cursor');

insert into public.schema_migrations (name) values ('0007_fact_stream') on conflict do nothing;
