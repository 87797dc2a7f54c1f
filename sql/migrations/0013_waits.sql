-- Waits are told by operation, and a request may need tokens of several buckets at once.
-- A place in a queue lapses a few seconds after its holder's last question, however long the wait: nobody queues behind the dead.

alter table public.loads add column if not exists waits jsonb not null default '{}';
comment on column public.loads.waits is
'Calls and waits for quota by operation, on the row of the load''s first table: {"searchOrders": {"calls": 5, "waited_seconds": 3.2}}.';
comment on column public.loads.calls is 'API calls since the asset''s load before, its planning included; the sum of waits.';
comment on column public.loads.waited_seconds is 'Seconds spent waiting for quota, threads added up; the sum of waits.';
comment on column public.quota_waiters.expires_at is 'Dropped after this: whoever waits asks again within 5 seconds.';

alter table public.quota_waiters add column if not exists holds boolean not null default false;
comment on column public.quota_waiters.holds is 'Its token is due, but the request waits for one of another bucket, too.';

create or replace function public.quota_wait(
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
  holding integer;
  kept integer := 0;
begin
  perform set_config('synchronous_commit', 'off', true);  -- a token is worth no fsync
  loop
    select * into bucket from api_quota
    where (app, scope, region, operation) = (_app, _scope, _region, _operation) for update;
    exit when found;
    insert into api_quota (app, scope, region, operation, rate, burst, margin)
    values (_app, _scope, _region, _operation, _rate, _burst, quota_margin(_rate, _burst))
    on conflict do nothing;
  end loop;
  clock := clock_timestamp();  -- after the lock: now() is when the transaction began to wait for it
  step := make_interval(secs => 1 / bucket.rate);
  if bucket.full_at > clock + step * _burst then  -- a clock set back never means more than an empty bucket; kept, or it never fills
    bucket.full_at := clock + step * _burst;
    update api_quota as a set full_at = bucket.full_at
    where (a.app, a.scope, a.region, a.operation) = (_app, _scope, _region, _operation);
  end if;
  level := least(_burst, _burst - extract(epoch from bucket.full_at - clock) * bucket.rate);

  delete from quota_waiters as w  -- who came in the future came before the clock was set back, and may be long dead
  where (w.app, w.scope, w.region, w.operation) = (_app, _scope, _region, _operation)
    and (w.expires_at < clock or w.since > clock) and w.waiter <> _waiter;
  select least(w.since, clock) into arrived from quota_waiters as w
  where (w.app, w.scope, w.region, w.operation, w.waiter) = (_app, _scope, _region, _operation, _waiter);
  arrived := coalesce(arrived, clock);
  select count(*), count(*) filter (where w.holds) into ahead, holding from quota_waiters as w
  where (w.app, w.scope, w.region, w.operation) = (_app, _scope, _region, _operation) and w.waiter <> _waiter
    and (w.priority, w.since, w.waiter) < (_priority, arrived, _waiter);
  if _priority > 0 then
    kept := floor(_burst / 4);  -- the last quarter of a burst is for live work
  end if;

  due := bucket.full_at + step * (ahead + kept + 1 - _burst) + make_interval(secs => bucket.margin);
  if holding > 0 then  -- their tokens are spoken for, also in a bucket that has been full for long
    due := greatest(due, clock + step * (holding + kept + 1 - level));
  end if;
  wait := greatest(0, extract(epoch from due - clock));
  if wait > 0 then
    perform quota_queue(_app, _scope, _region, _operation, _waiter, _priority, arrived, wait, false);
  end if;
end $$;
comment on function public.quota_wait is 'Locks a bucket and tells how long to wait for a token (0 = due); who must wait is queued.';

create or replace function public.quota_margin(_rate double precision, _burst double precision) returns double precision
language sql immutable set search_path = public, pg_temp
as $$
  select case when _burst > 1 then least(0.25, 0.5 * (_burst - 1) / nullif(_rate, 0)) else least(0.25, 0.03 / nullif(_rate, 0)) end
$$;
comment on function public.quota_margin is
'Seconds a token is taken late, against jitter: once per burst, or with each token of a bucket of one, so less there.';

create or replace function public.quota_queue(
  _app text, _scope text, _region text, _operation text, _waiter uuid, _priority smallint, _since timestamptz, _wait double precision,
  _holds boolean
) returns void
language sql set search_path = public, pg_temp
as $$
  insert into quota_waiters as w (app, scope, region, operation, waiter, priority, since, expires_at, holds)
  values (_app, _scope, _region, _operation, _waiter, _priority, _since,
          clock_timestamp() + make_interval(secs => least(_wait, 5) + 1), _holds)
  on conflict (app, scope, region, operation, waiter) do update set since = excluded.since, expires_at = excluded.expires_at, holds = excluded.holds
$$;
comment on function public.quota_queue is 'Takes or renews a place in a bucket''s queue.';

create or replace function public.quota_grant(
  _app text, _scope text, _region text, _operation text, _burst double precision, _waiter uuid
) returns void
language sql set search_path = public, pg_temp
as $$
  update api_quota
  set full_at = greatest(least(full_at, clock_timestamp() + make_interval(secs => _burst / rate)), clock_timestamp())
                + make_interval(secs => 1 / rate),
      margin = case  -- what 429s have added heals with the time that passes without one
        when throttled_at < clock_timestamp() - greatest(interval '10 minutes', make_interval(secs => 20 / rate))
          then greatest(quota_margin(rate, _burst), margin * 0.9)
        else margin
      end,
      burst = _burst, granted_count = granted_count + 1, updated_at = clock_timestamp()
  where (app, scope, region, operation) = (_app, _scope, _region, _operation);
  delete from quota_waiters
  where (app, scope, region, operation, waiter) = (_app, _scope, _region, _operation, _waiter);
$$;
comment on function public.quota_grant is 'Takes a token that is due from a bucket that this transaction has locked.';

create or replace function public.quota_take(
  _app text, _scope text, _region text, _operation text, _rate double precision, _burst double precision,
  _waiter uuid, _priority smallint, out wait double precision, out level double precision
)
language plpgsql set search_path = public, pg_temp
as $$
begin
  select q.wait, q.level into wait, level
  from quota_wait(_app, _scope, _region, _operation, _rate, _burst, _waiter, _priority) as q;
  if wait = 0 then
    perform quota_grant(_app, _scope, _region, _operation, _burst, _waiter);
    level := level - 1;
  end if;
end $$;

-- Buckets come in one order, slowest first, so that two callers never lock them crosswise. All tokens are taken together or none:
-- a caller that must wait for a slow one takes nothing from the faster ones meanwhile, and its death costs nobody a token.
create or replace function public.quota_take_all(
  _app text, _region text, _scopes text[], _operations text[], _rates double precision[], _bursts double precision[],
  _waiter uuid, _priority smallint, out wait double precision, out awaited text
)
language plpgsql set search_path = public, pg_temp
as $$
declare
  arrived timestamptz;
begin
  for i in 1 .. cardinality(_operations) loop
    select q.wait into wait
    from quota_wait(_app, _scopes[i], _region, _operations[i], _rates[i], _bursts[i], _waiter, _priority) as q;
    if wait > 0 then
      awaited := _operations[i];
      for j in 1 .. i - 1 loop  -- what is due already keeps its place
        select w.since into arrived from quota_waiters as w
        where (w.app, w.scope, w.region, w.operation, w.waiter) = (_app, _scopes[j], _region, _operations[j], _waiter);
        perform quota_queue(_app, _scopes[j], _region, _operations[j], _waiter, _priority,
                            least(coalesce(arrived, clock_timestamp()), clock_timestamp()), wait, true);
      end loop;
      return;
    end if;
  end loop;
  for i in 1 .. cardinality(_operations) loop
    perform quota_grant(_app, _scopes[i], _region, _operations[i], _bursts[i], _waiter);
  end loop;
end $$;
comment on function public.quota_take_all is 'Takes a token of each bucket if all are due (wait = 0), else none, and queues the caller.';

-- A lowered rate was low already when the answer that tells it was made: what was counted on since is given back.
create or replace function public.quota_rate(_app text, _scope text, _region text, _operation text, _rate double precision) returns void
language sql set search_path = public, pg_temp
as $$
  update api_quota
  set rate = _rate, updated_at = clock_timestamp(), margin = quota_margin(_rate, burst),
      full_at = clock_timestamp() + least(
        greatest(full_at - clock_timestamp(), interval '0') * (rate / nullif(_rate, 0))
        + make_interval(secs => margin * greatest(0, rate - _rate) / nullif(_rate, 0)),
        make_interval(secs => burst / nullif(_rate, 0))
      )
  where (app, scope, region, operation) = (_app, _scope, _region, _operation)
    and _rate > 0 and _rate < 1e6 and abs(rate - _rate) > 0.005 * rate
$$;

select public.xpert_protect_function('public.quota_margin(double precision, double precision)');
select public.xpert_protect_function('public.quota_queue(text, text, text, text, uuid, smallint, timestamptz, float8, boolean)');
select public.xpert_protect_function('public.quota_wait(text, text, text, text, double precision, double precision, uuid, smallint)');
select public.xpert_protect_function('public.quota_grant(text, text, text, text, double precision, uuid)');
select public.xpert_protect_function('public.quota_take_all(text, text, text[], text[], float8[], float8[], uuid, smallint)');

insert into public.schema_migrations (name) values ('0013_waits') on conflict do nothing;
