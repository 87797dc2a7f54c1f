-- What Amazon gives to each seller: one row per marketplace and table. Runs write it, and a cheap call once a day.

create table if not exists public.coverage (
  seller_id uuid not null references public.sellers on delete cascade,
  marketplace_id text not null,
  table_name text not null,
  source text not null,
  state text not null,
  since timestamptz not null default clock_timestamp(),
  checked_at timestamptz not null default clock_timestamp(),
  granted_at timestamptz,
  reason text,
  what_to_do text,
  constraint coverage_pkey primary key (seller_id, marketplace_id, table_name),
  constraint coverage_state_check check (
    state in ('available', 'not_granted', 'not_available_in_marketplace', 'no_history', 'empty')
  )
);
comment on table public.coverage is 'What Amazon gives to each seller: one row per marketplace and table.';
comment on column public.coverage.seller_id is 'The seller.';
comment on column public.coverage.marketplace_id is 'Amazon''s id of the marketplace.';
comment on column public.coverage.table_name is 'The table.';
comment on column public.coverage.source is 'Amazon''s operations, reports or datasets that fill the table; "derived" if it is computed.';
comment on column public.coverage.state is
'available; not_granted: a role is missing; not_available_in_marketplace; no_history: only the present is kept; empty: no records.';
comment on column public.coverage.since is 'When the state began, as far as the pipeline knows.';
comment on column public.coverage.checked_at is 'When Amazon last answered.';
comment on column public.coverage.granted_at is 'When Amazon last granted access; NULL if it never did, or was never asked.';
comment on column public.coverage.reason is 'Why the table is not filled, or is still empty; NULL if it is filled.';
comment on column public.coverage.what_to_do is 'What a person can do; NULL if there is nothing to do.';
select public.xpert_protect_tenant_table('public.coverage');

comment on column public.fact_stream.event_type is 'sync.completed, sync.failed, sync.not_granted, coverage.changed.';
comment on column public.fact_stream.event_category is 'sync or coverage.';

insert into public.schema_migrations (name) values ('0038_coverage') on conflict do nothing;
