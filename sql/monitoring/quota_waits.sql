-- What do requests wait for now, and has Amazon throttled us?
-- Token buckets by operation: the tokens left, the requests that wait, and Amazon's 429 answers.
-- Parameters: scope (Amazon's seller id; buckets that all sellers of the application share are always shown).
select
  q.operation,
  q.scope,
  q.region,
  q.rate as tokens_per_second,
  q.burst,
  q.granted_count as calls,
  q.throttled_count as answers_429,
  round(
    least(q.burst, greatest(0, q.burst - extract(epoch from q.full_at - clock_timestamp()) * q.rate))::numeric, 2
  ) as tokens_now,
  count(w.waiter) as waiting,
  round(extract(epoch from clock_timestamp() - min(w.since))::numeric, 1) as longest_wait_seconds,
  nullif(q.throttled_at, 'epoch') as last_429_at
from api_quota as q
left join quota_waiters as w
  on
    q.app = w.app and q.scope = w.scope and q.region = w.region and q.operation = w.operation
    and w.expires_at > clock_timestamp()
where q.scope in (%(scope)s, '*')
group by q.app, q.scope, q.region, q.operation
order by waiting desc, q.operation asc, q.scope asc
