-- Incomplete readings of the current state are loaded as changes and never count as a snapshot. Lookups ask Amazon about known
-- SKUs or ASINs and record when it answered.

-- squawk-ignore ban-drop-constraint
alter table public.loads drop constraint if exists loads_window_kind_check;
alter table public.loads add constraint loads_window_kind_check
check (window_kind in ('created', 'updated', 'snapshot', 'partial', 'derived')) not valid;
alter table public.loads validate constraint loads_window_kind_check;
comment on column public.loads.window_kind is
'created, updated: the time that the request filtered by; snapshot: the complete state; partial: part of it; derived: recomputed.';

comment on column public.fact_stream.marketplace_id is
'The marketplace of the seller; NULL if the seller has several: data then contains the state of each.';

create table if not exists public.lookups (
  seller_id uuid not null references public.sellers on delete cascade,
  marketplace_id text not null,
  table_name text not null,
  subject text not null,
  answered_at timestamptz not null default clock_timestamp(),
  constraint lookups_key primary key (seller_id, marketplace_id, table_name, subject)
);
comment on table public.lookups is 'When Amazon last answered for a SKU or ASIN; one row per table and subject.';
comment on column public.lookups.seller_id is 'The seller.';
comment on column public.lookups.marketplace_id is 'Amazon''s id of the marketplace.';
comment on column public.lookups.table_name is 'Table that the answers fill.';
comment on column public.lookups.subject is 'SKU or ASIN.';
comment on column public.lookups.answered_at is 'When Amazon last answered for it.';
select public.xpert_protect_tenant_table('public.lookups');

insert into public.schema_migrations (name) values ('0019_partial_readings') on conflict do nothing;
