-- Answers that took away what was known about some days, and were therefore not loaded.

alter table public.report_requests add column if not exists doubted_days jsonb;

comment on column public.report_requests.doubted_days is
'Days whose rows or sales the answer took away, by marketplace id; it was not loaded. A second job must say the same.';

insert into public.schema_migrations (name) values ('0021_doubted_days') on conflict do nothing;
