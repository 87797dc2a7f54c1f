-- Records each load and each rejected record with its marketplace; days are that marketplace's own local days.
-- Until now every load was for the seller's first marketplace. Row level security also applies to the owner of the tables,
-- so this file switches it off for the owner while it fills the new columns.

alter table public.loads add column if not exists marketplace_id text;
alter table public.rejected_records add column if not exists marketplace_id text;

alter table public.sellers no force row level security;
alter table public.loads no force row level security;
alter table public.rejected_records no force row level security;
update public.loads as l
set marketplace_id = s.marketplace_ids[1]
from public.sellers as s
where s.id = l.seller_id and l.marketplace_id is null;
update public.rejected_records as r
set marketplace_id = s.marketplace_ids[1]
from public.sellers as s
where
  s.id = r.seller_id and r.marketplace_id is null
  and not exists (
    select 1 from public.schema_migrations as m
    where m.name = '0017_loads_by_marketplace'
  );
alter table public.sellers force row level security;
alter table public.loads force row level security;
alter table public.rejected_records force row level security;

-- squawk-ignore adding-not-nullable-field
alter table public.loads alter column marketplace_id set not null;
-- squawk-ignore ban-drop-constraint
alter table public.loads drop constraint if exists loads_pkey;
-- squawk-ignore adding-serial-primary-key-field, constraint-missing-not-valid
alter table public.loads add constraint loads_pkey primary key (load_id, table_name, marketplace_id);
create index if not exists loads_marketplace_idx
on public.loads (seller_id, table_name, marketplace_id, window_end desc);
-- squawk-ignore require-concurrent-index-deletion
drop index if exists public.loads_seller_table_idx;

-- squawk-ignore ban-drop-constraint
alter table public.rejected_records drop constraint if exists rejected_records_key;
alter table public.rejected_records
-- squawk-ignore disallowed-unique-constraint, constraint-missing-not-valid
add constraint rejected_records_key unique nulls not distinct (seller_id, table_name, marketplace_id, content_hash);

comment on table public.loads is
'One row per load, table and marketplace, committed together with the data: what was requested and what was loaded.';
comment on column public.loads.marketplace_id is 'Amazon''s id of the marketplace; one load may cover several.';
comment on column public.loads.partitions is
'The same counts by the marketplace''s local day: {"2026-01-31": {"fetched": 5, ...}}.';
comment on column public.loads.newest_day is 'Newest local day among the marketplace''s records.';
comment on column public.loads.calls is
'API calls since the asset''s previous load, including planning: the sum of waits. Only on the load''s first row (table, marketplace).';
comment on column public.loads.waited_seconds is
'Seconds spent waiting for quota, summed over threads: the sum of waits. Only on the load''s first row (table, marketplace).';
comment on column public.loads.waits is
'Calls and waits for quota by operation, only on the load''s first row (table, marketplace): {"searchOrders": {"calls": 5, ...}}.';
comment on column public.rejected_records.marketplace_id is
'Amazon''s id of the marketplace; NULL if the record does not name it and the load covered several.';
comment on column public.rejected_records.content_hash is
'SHA-256 of the record: equal records of a marketplace are kept only once.';
comment on column public.sellers.marketplace_ids is
'Marketplaces to load, all in the same region, in the seller''s order. Business days are each marketplace''s own local days.';
comment on column public.sellers.timezone is
'IANA time zone of the first marketplace: its calendar days are the partitions. Other marketplaces have their own time zones.';
comment on column public.sales_data.is_final is 'The day is 14 or more days older than the marketplace''s newest order.';

insert into public.schema_migrations (name) values ('0017_loads_by_marketplace') on conflict do nothing;
