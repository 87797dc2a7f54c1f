-- Token buckets shared by all processes. Only the database's clock counts, and nothing is reserved:
-- a due token is taken at once or the caller queues, so a killed waiter costs nothing.

create table if not exists public.api_quota (
  app text not null,
  scope text not null,
  region text not null,
  operation text not null,
  rate double precision not null check (rate > 0 and rate < 1e6),
  burst double precision not null check (burst >= 1),
  full_at timestamptz not null default 'epoch',
  margin double precision not null check (margin >= 0),
  throttled_at timestamptz not null default 'epoch',
  throttled_count bigint not null default 0,
  granted_count bigint not null default 0,
  updated_at timestamptz not null default now(),
  constraint api_quota_pkey primary key (app, scope, region, operation)
);
comment on table public.api_quota is 'One token bucket per application, scope, region and operation.';
comment on column public.api_quota.app is 'The application (a fingerprint of its client id).';
comment on column public.api_quota.scope is 'Amazon''s seller id, or * for plans shared by all sellers of the application.';
comment on column public.api_quota.region is 'SP-API region.';
comment on column public.api_quota.operation is 'SP-API operation.';
comment on column public.api_quota.rate is 'Tokens per second: Amazon''s published plan, then what its answers say.';
comment on column public.api_quota.burst is 'Tokens of a full bucket.';
comment on column public.api_quota.full_at is 'When the bucket is full again if nobody calls.';
comment on column public.api_quota.margin is 'Seconds a token is taken late, against jitter of the network; grows after a 429.';
comment on column public.api_quota.throttled_at is 'When Amazon last answered 429.';
comment on column public.api_quota.throttled_count is '429 answers.';
comment on column public.api_quota.granted_count is 'Tokens taken.';
comment on column public.api_quota.updated_at is 'When the row last changed.';
select public.xpert_protect_operator_table('public.api_quota');

create table if not exists public.quota_waiters (
  app text not null,
  scope text not null,
  region text not null,
  operation text not null,
  waiter uuid not null,
  priority smallint not null,
  since timestamptz not null,
  expires_at timestamptz not null,
  constraint quota_waiters_pkey primary key (app, scope, region, operation, waiter),
  constraint quota_waiters_bucket_fkey
  foreign key (app, scope, region, operation) references public.api_quota on delete cascade
);
comment on table public.quota_waiters is 'Who queues for a token: live work before backfill, then by arrival.';
comment on column public.quota_waiters.app is 'See api_quota.';
comment on column public.quota_waiters.scope is 'See api_quota.';
comment on column public.quota_waiters.region is 'See api_quota.';
comment on column public.quota_waiters.operation is 'See api_quota.';
comment on column public.quota_waiters.waiter is 'Random id of one request.';
comment on column public.quota_waiters.priority is '0 live, 1 backfill.';
comment on column public.quota_waiters.since is 'When it joined the queue.';
comment on column public.quota_waiters.expires_at is 'Dropped after this: whoever waits asks again before.';
select public.xpert_protect_operator_table('public.quota_waiters');

create or replace function public.quota_take(
  _app text, _scope text, _region text, _operation text, _rate double precision, _burst double precision,
  _waiter uuid, _priority smallint, out wait double precision, out level double precision
)
language plpgsql set search_path = public, pg_temp
as $$
declare
  bucket api_quota;
  clock timestamptz;
  step interval;
  arrived timestamptz;
  due timestamptz;
  ahead integer;
  kept integer := 0;
begin
  perform set_config('synchronous_commit', 'off', true);  -- a token is worth no fsync
  loop
    select * into bucket from api_quota where (app, scope, region, operation) = (_app, _scope, _region, _operation) for update;
    exit when found;
    insert into api_quota (app, scope, region, operation, rate, burst, margin)
    values (_app, _scope, _region, _operation, _rate, _burst,
            case when _burst > 1 then least(0.25, 0.5 * (_burst - 1) / _rate) else 0.02 / _rate end)
    on conflict do nothing;
  end loop;
  clock := clock_timestamp();  -- after the lock: now() is when the transaction began to wait for it
  step := make_interval(secs => 1 / bucket.rate);
  bucket.burst := _burst;
  bucket.full_at := least(bucket.full_at, clock + step * _burst);  -- a clock set back never means more than an empty bucket
  level := least(_burst, _burst - extract(epoch from bucket.full_at - clock) * bucket.rate);

  delete from quota_waiters as w
  where (w.app, w.scope, w.region, w.operation) = (_app, _scope, _region, _operation) and w.expires_at < clock and w.waiter <> _waiter;
  select w.since into arrived from quota_waiters as w
  where (w.app, w.scope, w.region, w.operation, w.waiter) = (_app, _scope, _region, _operation, _waiter);
  arrived := coalesce(arrived, clock);
  select count(*) into ahead from quota_waiters as w
  where (w.app, w.scope, w.region, w.operation) = (_app, _scope, _region, _operation) and w.waiter <> _waiter
    and (w.priority, w.since, w.waiter) < (_priority, arrived, _waiter);
  if _priority > 0 then
    kept := floor(_burst / 4);  -- the last quarter of a burst is for live work
  end if;

  due := bucket.full_at + step * (ahead + kept + 1 - _burst) + make_interval(secs => bucket.margin);
  wait := greatest(0, extract(epoch from due - clock));
  if wait = 0 then
    update api_quota as a
    set full_at = greatest(bucket.full_at, clock) + step, burst = _burst, granted_count = granted_count + 1, updated_at = clock
    where (a.app, a.scope, a.region, a.operation) = (_app, _scope, _region, _operation);
    delete from quota_waiters as w
    where (w.app, w.scope, w.region, w.operation, w.waiter) = (_app, _scope, _region, _operation, _waiter);
    level := level - 1;
  else
    insert into quota_waiters as w (app, scope, region, operation, waiter, priority, since, expires_at)
    values (_app, _scope, _region, _operation, _waiter, _priority, arrived, clock + make_interval(secs => wait + 1))
    on conflict (app, scope, region, operation, waiter) do update set expires_at = excluded.expires_at;
  end if;
end $$;
comment on function public.quota_take is 'Takes a due token if nobody stands before the caller (wait = 0), else queues it.';

create or replace function public.quota_throttled(_app text, _scope text, _region text, _operation text) returns void
language sql set search_path = public, pg_temp
as $$
  update api_quota
  set full_at = greatest(full_at, clock_timestamp() + make_interval(secs => burst / rate)),
      margin = case
        when throttled_at < clock_timestamp() - make_interval(secs => 1 / rate) then least(margin * 2, 1 / rate) else margin
      end,
      throttled_at = clock_timestamp(), throttled_count = throttled_count + 1, updated_at = clock_timestamp()
  where (app, scope, region, operation) = (_app, _scope, _region, _operation)
$$;
comment on function public.quota_throttled is 'After a 429: the bucket is empty for all; thirty late 429s do no more than one.';

create or replace function public.quota_rate(_app text, _scope text, _region text, _operation text, _rate double precision) returns void
language sql set search_path = public, pg_temp
as $$
  update api_quota
  set rate = _rate, updated_at = clock_timestamp(),
      margin = case when burst > 1 then least(0.25, 0.5 * (burst - 1) / nullif(_rate, 0)) else 0.02 / nullif(_rate, 0) end,
      full_at = clock_timestamp() + greatest(full_at - clock_timestamp(), interval '0') * (rate / nullif(_rate, 0))
  where (app, scope, region, operation) = (_app, _scope, _region, _operation)
    and _rate > 0 and _rate < 1e6 and abs(rate - _rate) > 0.005 * rate
$$;
comment on function public.quota_rate is 'Adopts the rate that an answer named: keeps the level, changes the speed.';

select public.xpert_protect_function('public.quota_take(text, text, text, text, double precision, double precision, uuid, smallint)');
select public.xpert_protect_function('public.quota_throttled(text, text, text, text)');
select public.xpert_protect_function('public.quota_rate(text, text, text, text, double precision)');

insert into public.schema_migrations (name) values ('0006_api_quota') on conflict do nothing;
