"""Amazon's Selling Partner API. Start at `session.SellerApi`.

- `sending`: sends one request and reads its answer; `quota`: the token buckets that pace requests.
- `operations`: records that Amazon returns directly; `jobs`: reports and queries, which Amazon creates asynchronously;
  `documents`: the files with their data; `planning`: which source is quickest.

Nothing here depends on Dagster, a database or a table. It returns records in Amazon's shape; other packages parse them.
"""
