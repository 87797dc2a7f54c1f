-- When each seller's daily sync starts, and sellers that were removed.

alter table public.sellers add column if not exists sync_hour smallint not null default 2;
alter table public.sellers add column if not exists sync_timezone text;

-- squawk-ignore ban-drop-constraint
alter table public.sellers drop constraint if exists sellers_sync_hour_check;
-- squawk-ignore constraint-missing-not-valid
alter table public.sellers add constraint sellers_sync_hour_check check (sync_hour between 0 and 23);
-- squawk-ignore ban-drop-constraint
alter table public.sellers drop constraint if exists sellers_status_check;
-- squawk-ignore constraint-missing-not-valid
alter table public.sellers add constraint sellers_status_check
check (status in ('active', 'paused', 'reauth_required', 'revoked', 'removed'));

comment on column public.sellers.sync_hour is 'Hour of the day, 0 to 23, at which the daily sync starts.';
comment on column public.sellers.sync_timezone is 'IANA zone of sync_hour; NULL: that of the first marketplace.';
comment on column public.sellers.status is
'active; paused or removed by the operator; reauth_required or revoked: Amazon refuses the token.';

insert into public.schema_migrations (name) values ('0027_seller_schedule') on conflict do nothing;
