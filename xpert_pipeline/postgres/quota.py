"""Token buckets in PostgreSQL, shared by every process that calls Amazon; SQL functions implement the rules.

`PostgresQuota` implements the Quota protocol of `xpert_pipeline.spapi`. Each call is one short transaction.
"""

from collections.abc import Sequence
from uuid import UUID

from xpert_pipeline.postgres.pool import Pool, operator

TAKE = """
select wait, level from quota_take(%(app)s, %(scope)s, %(region)s, %(operation)s, %(rate)s, %(burst)s, %(waiter)s,
                                   %(priority)s::smallint)
"""
TAKE_ALL = """
select wait, awaited from quota_take_all(%(app)s, %(region)s, %(scopes)s::text[], %(operations)s::text[],
                                         %(rates)s::float8[], %(bursts)s::float8[], %(waiter)s, %(priority)s::smallint)
"""
RATE = """
select rate from api_quota where (app, scope, region, operation) = (%(app)s, %(scope)s, %(region)s, %(operation)s)
"""
LEVEL = """
select least(%(burst)s, %(burst)s - extract(epoch from full_at - clock_timestamp()) * rate)::double precision
from api_quota where (app, scope, region, operation) = (%(app)s, %(scope)s, %(region)s, %(operation)s)
"""


class PostgresQuota:
    """The quota that all processes of one database share.

    Args:
        pool: The pipeline's pool.
    """

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def take(
        self,
        app: str,
        scope: str,
        region: str,
        operation: str,
        rate: float,
        burst: float,
        waiter: UUID,
        priority: int,
    ) -> tuple[float, float]:
        """Take a token, or queue for one.

        Returns:
            Seconds to sleep before asking again (0 = granted), and tokens left.
        """
        values = {
            "app": app,
            "scope": scope,
            "region": region,
            "operation": operation,
            "rate": rate,
            "burst": burst,
            "waiter": waiter,
            "priority": priority,
        }
        with operator(self._pool) as conn:
            row = conn.execute(TAKE, values).fetchone()
        assert row is not None
        return float(row[0]), float(row[1])

    def take_all(
        self,
        app: str,
        region: str,
        buckets: Sequence[tuple[str, str, float, float]],
        waiter: UUID,
        priority: int,
    ) -> tuple[float, str]:
        """Take a token from each bucket (scope, operation, rate, burst), or from none and queue.

        Args:
            app: The application.
            region: SP-API region.
            buckets: The slowest first. They are locked in this order, so every caller must pass the same order.
            waiter: Id of the request.
            priority: 0 live, 1 backfill.

        Returns:
            Seconds to sleep before asking again (0 = granted), and the operation whose bucket has no token yet.
        """
        values = {
            "app": app,
            "region": region,
            "scopes": [scope for scope, _, _, _ in buckets],
            "operations": [operation for _, operation, _, _ in buckets],
            "rates": [float(rate) for _, _, rate, _ in buckets],
            "bursts": [float(burst) for _, _, _, burst in buckets],
            "waiter": waiter,
            "priority": priority,
        }
        with operator(self._pool) as conn:
            row = conn.execute(TAKE_ALL, values).fetchone()
        assert row is not None
        return float(row[0]), str(row[1] or "")

    def throttled(self, app: str, scope: str, region: str, operation: str) -> None:
        """Empty the bucket for all processes after a 429."""
        with operator(self._pool) as conn:
            conn.execute("select quota_throttled(%s, %s, %s, %s)", [app, scope, region, operation])

    def observed_rate(self, app: str, scope: str, region: str, operation: str, rate: float) -> None:
        """Store the rate that a response from Amazon reported."""
        with operator(self._pool) as conn:
            conn.execute("select quota_rate(%s, %s, %s, %s, %s)", [app, scope, region, operation, rate])

    def level(self, app: str, scope: str, region: str, operation: str, rate: float, burst: float) -> float:  # noqa: ARG002
        """Return the tokens in the bucket now: negative while callers wait, full if the bucket was never used."""
        values = {"app": app, "scope": scope, "region": region, "operation": operation, "burst": burst}
        with operator(self._pool) as conn:
            row = conn.execute(LEVEL, values).fetchone()
        return float(row[0]) if row else burst

    def rate(self, app: str, scope: str, region: str, operation: str) -> float | None:
        """Return the tokens per second that Amazon last reported to any process; None if the bucket was never used."""
        values = {"app": app, "scope": scope, "region": region, "operation": operation}
        with operator(self._pool) as conn:
            row = conn.execute(RATE, values).fetchone()
        return float(row[0]) if row else None
