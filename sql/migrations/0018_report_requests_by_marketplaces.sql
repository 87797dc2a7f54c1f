-- A report or query may cover several marketplaces: an array of ids replaces the single id.
-- The old column stays, because 0012 comments on it and may be run again; nothing writes to it any more.
-- Row level security also applies to the owner of the table, so it is off for the owner during the update.

alter table public.report_requests add column if not exists marketplace_ids text[] not null default '{}';
-- squawk-ignore ban-drop-not-null
alter table public.report_requests alter column marketplace_id drop not null;

alter table public.report_requests no force row level security;
update public.report_requests
set marketplace_ids = array[marketplace_id]
where marketplace_ids = '{}' and marketplace_id is not null;
alter table public.report_requests force row level security;

-- squawk-ignore require-concurrent-index-deletion
drop index if exists public.report_requests_live_key;
create unique index report_requests_live_key
on public.report_requests (seller_id, marketplace_ids, kind, report_type, window_start, window_end, md5(options::text))
nulls not distinct where state in ('WANTED', 'IN_QUEUE', 'IN_PROGRESS');

comment on column public.report_requests.marketplace_id is 'No longer written: see marketplace_ids.';
comment on column public.report_requests.marketplace_ids is
'Amazon''s ids of the marketplaces that the request covers, sorted; empty if it names none.';
comment on column public.report_requests.options is
'Report options; for a query its text, its page, and the ASINs it covers by marketplace (not sent to Amazon).';

insert into public.schema_migrations (name) values ('0018_report_requests_by_marketplaces') on conflict do nothing;
