-- Whose business is kept. Every other table points here and goes with its seller.

create table if not exists public.sellers (
  id uuid primary key default gen_random_uuid(),
  amazon_seller_id text not null,
  name text not null,
  region text not null check (region in ('eu', 'na', 'fe')),
  marketplace_ids text[] not null check (cardinality(marketplace_ids) > 0),
  timezone text not null,
  status text not null default 'active' check (status in ('active', 'paused', 'reauth_required', 'revoked')),
  status_reason text,
  is_sandbox boolean not null default false,
  refresh_token_encrypted bytea,
  encryption_key_id text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint sellers_amazon_seller_id_key unique (amazon_seller_id),
  constraint sellers_token_has_key check ((refresh_token_encrypted is null) = (encryption_key_id is null))
);
comment on table public.sellers is 'Sellers whose data the pipeline keeps. For the pipeline''s role alone.';
comment on column public.sellers.id is 'Random row id, the seller_id of every other table.';
comment on column public.sellers.amazon_seller_id is 'Amazon''s merchant id.';
comment on column public.sellers.name is 'Name for people.';
comment on column public.sellers.region is 'SP-API region: eu (with India), na or fe.';
comment on column public.sellers.marketplace_ids is 'Marketplaces to keep, all of the region; the first gives the business days.';
comment on column public.sellers.timezone is 'IANA zone of the first marketplace: where its business days begin.';
comment on column public.sellers.status is 'active; paused by the operator; reauth_required or revoked: Amazon refuses the token.';
comment on column public.sellers.status_reason is 'Why the status is not active.';
comment on column public.sellers.is_sandbox is 'Served by the sandbox: its orders are invented.';
comment on column public.sellers.refresh_token_encrypted is 'AES-GCM: nonce, then ciphertext; bound to the row id.';
comment on column public.sellers.encryption_key_id is 'Which key encrypted the token (a fingerprint, not the key).';
comment on column public.sellers.created_at is 'When the seller was added.';
comment on column public.sellers.updated_at is 'When the row last changed.';

select public.xpert_protect_operator_table('public.sellers');

insert into public.schema_migrations (name) values ('0002_sellers') on conflict do nothing;
