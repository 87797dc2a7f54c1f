"""Amazon's Selling Partner API. Start at `session.SellerApi`.

- `sending`: how one request reaches Amazon and how its answer is read; `quota`: the token buckets that pace requests.
- `operations`: records that Amazon returns directly; `jobs`: reports and queries that Amazon makes in its own time;
  `documents`: the files in which it delivers them; `planning`: which source is quickest.

Nothing here knows Dagster, a database or a table: records leave in Amazon's shape and are parsed elsewhere.
"""
