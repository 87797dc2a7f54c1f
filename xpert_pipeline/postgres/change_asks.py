"""When Amazon was last asked whether a seller's records changed, and what came of it: one row per seller.

The row is updated in place, so questions without news keep no bytes.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg.rows import class_row

from xpert_pipeline.postgres.pool import Pool, operator

COLUMNS = "seller_id, asked_at, answered_at, run_requested_at, followed_until, failures, failing_since, error"
RECORD = """
insert into change_asks as a
  (seller_id, asked_at, answered_at, run_requested_at, followed_until, failures, failing_since, error)
values
  (%(seller_id)s, %(at)s, %(answered_at)s, %(run_requested_at)s, %(followed_until)s,
   %(failures)s, case when %(failures)s > 0 then %(at)s end, %(error)s)
on conflict (seller_id) do update set
  asked_at = excluded.asked_at,
  answered_at = coalesce(excluded.answered_at, a.answered_at),
  run_requested_at = coalesce(excluded.run_requested_at, a.run_requested_at),
  followed_until = case when excluded.run_requested_at is null then a.followed_until else excluded.followed_until end,
  failures = excluded.failures,
  failing_since = case when %(failures)s > 1 then coalesce(a.failing_since, excluded.failing_since)
                       else excluded.failing_since end,
  error = excluded.error
"""


@dataclass(frozen=True)
class ChangeAsk:
    """The last question about a seller's changes.

    Attributes:
        seller_id: The seller.
        asked_at: When Amazon was asked.
        answered_at: When Amazon last answered.
        run_requested_at: When an answer last led to a run.
        followed_until: Up to where changes were loaded when that run was requested.
        failures: Failures in a row.
        failing_since: When the first of them happened; None if the last question succeeded.
        error: The reason of the last one.
    """

    seller_id: UUID
    asked_at: datetime
    answered_at: datetime | None = None
    run_requested_at: datetime | None = None
    followed_until: datetime | None = None
    failures: int = 0
    failing_since: datetime | None = None
    error: str | None = None

    def is_over(self, followed_until: datetime | None) -> bool:
        """Whether the run that the last question requested has loaded the changes since then."""
        if self.followed_until is None or followed_until is None or self.answered_at != self.asked_at:
            return False
        return followed_until > self.followed_until


def change_asks(pool: Pool) -> dict[UUID, ChangeAsk]:
    """Return the last question of each seller that was ever asked about."""
    with operator(pool) as conn, conn.cursor(row_factory=class_row(ChangeAsk)) as cursor:
        rows = cursor.execute(f"select {COLUMNS} from change_asks").fetchall()  # noqa: S608  a constant
    return {row.seller_id: row for row in rows}


def record_ask(
    pool: Pool,
    seller_id: UUID,
    at: datetime,
    *,
    failures: int = 0,
    error: str | None = None,
    is_answered: bool = True,
    run_from: datetime | None = None,
) -> None:
    """Record a question and its outcome.

    Args:
        pool: The pipeline's pool.
        seller_id: The seller.
        at: When Amazon was asked.
        failures: Failures in a row, with this one.
        error: Why the question failed, or why the run that the last question requested did not help.
        is_answered: Whether Amazon answered.
        run_from: If a run was requested: up to where changes were loaded before it.
    """
    values = {
        "seller_id": seller_id,
        "at": at,
        "answered_at": at if is_answered else None,
        "run_requested_at": at if run_from else None,
        "followed_until": run_from,
        "failures": failures,
        "error": error,
    }
    with operator(pool) as conn:
        conn.execute(RECORD, values)
