-- Who estimated a fee: Data Kiosk's preview or a batch. Estimates until now are from batches.

alter table public.fee_estimates add column if not exists estimated_by text not null default 'getMyFeesEstimates';
alter table public.fee_estimates add column if not exists expected_units integer;
alter table public.fee_estimates add column if not exists previewed_until date;
alter table public.fees_breakdown add column if not exists estimated_by text;

update public.fees_breakdown set estimated_by = 'getMyFeesEstimates'
where fee_source = 'estimate';

insert into public.schema_migrations (name) values ('0049_fee_previews') on conflict do nothing;
