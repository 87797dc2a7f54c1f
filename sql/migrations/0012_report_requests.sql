-- Reports and Data Kiosk queries as work that outlives a run: what was asked for, its id at Amazon, and what came of it.

create table if not exists public.report_requests (
  id uuid primary key default gen_random_uuid(),
  seller_id uuid not null references public.sellers on delete cascade,
  marketplace_id text not null,
  kind text not null check (kind in ('report', 'query')),
  report_type text not null,
  window_start timestamptz,
  window_end timestamptz,
  options jsonb not null default '{}',
  state text not null check (state in ('WANTED', 'IN_QUEUE', 'IN_PROGRESS', 'DONE', 'EMPTY', 'THROTTLED', 'FATAL')),
  amazon_id text,
  document_id text,
  next_page text,
  reused boolean not null default false,
  reason text,
  tries integer not null default 0,
  run_id text not null,
  asked_at timestamptz,
  ready_at timestamptz,
  not_before timestamptz,
  collected_at timestamptz,
  created_at timestamptz not null default clock_timestamp(),
  updated_at timestamptz not null default clock_timestamp(),
  constraint report_requests_window_forward check (window_start <= window_end)
);
-- Two runs that want the same share one live request.
create unique index if not exists report_requests_live_key
on public.report_requests (seller_id, marketplace_id, kind, report_type, window_start, window_end, md5(options::text))
nulls not distinct where state in ('WANTED', 'IN_QUEUE', 'IN_PROGRESS');
create index if not exists report_requests_type_idx on public.report_requests (seller_id, kind, report_type, created_at desc);
comment on table public.report_requests is
'One row per request for a report or Data Kiosk query: its id, state and document, for the next run to resume.';
comment on column public.report_requests.id is 'Random row id.';
comment on column public.report_requests.seller_id is 'The seller.';
comment on column public.report_requests.marketplace_id is 'Amazon''s id of the marketplace.';
comment on column public.report_requests.kind is 'report (Reports API) or query (Data Kiosk).';
comment on column public.report_requests.report_type is 'Amazon''s report type, or the dataset of a query.';
comment on column public.report_requests.window_start is 'Start of the data asked for, inclusive; NULL for a snapshot.';
comment on column public.report_requests.window_end is 'End of the data asked for, exclusive; NULL for a snapshot.';
comment on column public.report_requests.options is 'Report options, or the text of a query and its page.';
comment on column public.report_requests.state is
'WANTED (not sent, or its answer was lost), IN_QUEUE, IN_PROGRESS, DONE, EMPTY (no data), THROTTLED (asked too often), FATAL.';
comment on column public.report_requests.amazon_id is 'reportId or queryId; NULL until Amazon has told it.';
comment on column public.report_requests.document_id is 'The document of a finished request.';
comment on column public.report_requests.next_page is 'Token of the next page of a query.';
comment on column public.report_requests.reused is 'An earlier request at Amazon serves this one.';
comment on column public.report_requests.reason is 'Why there is no document, in Amazon''s words where it gave any.';
comment on column public.report_requests.tries is 'How often Amazon was asked for it.';
comment on column public.report_requests.run_id is 'The Dagster run that asked first.';
comment on column public.report_requests.asked_at is 'When Amazon took it in, by its clock.';
comment on column public.report_requests.ready_at is 'When Amazon finished it, by its clock; less asked_at it is the time of generation.';
comment on column public.report_requests.not_before is 'A throttled request is not asked again before.';
comment on column public.report_requests.collected_at is 'When its document was loaded.';
comment on column public.report_requests.created_at is 'When the row was first written.';
comment on column public.report_requests.updated_at is 'When the row last changed.';

select public.xpert_protect_tenant_table('public.report_requests');

insert into public.schema_migrations (name) values ('0012_report_requests') on conflict do nothing;
