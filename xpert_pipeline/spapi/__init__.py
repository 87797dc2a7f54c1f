"""Amazon's Selling Partner API. Start at `session.SellerApi`.

- `sending`: how one request reaches Amazon and how its answer is read; `quota`: the token buckets that pace requests.
- `operations`: records that Amazon returns directly; `jobs`: reports and queries, which Amazon creates asynchronously;
  `documents`: the files with their data; `planning`: which source is quickest.

Nothing here depends on Dagster, a database or a table. It returns records in Amazon's shape; other packages parse them.
"""
