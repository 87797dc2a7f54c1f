"""The newest result of each check for each seller: a run checks its own sellers, the others keep their last result."""

from dataclasses import dataclass
from uuid import UUID

from xpert_pipeline.postgres.pool import Pool, operator

KEEP = """
insert into check_results (seller_id, table_name, check_name, passed, sentence)
values (%(seller)s, %(table)s, %(check)s, %(passed)s, %(sentence)s)
on conflict (seller_id, table_name, check_name) do update
set passed = excluded.passed, sentence = excluded.sentence, checked_at = excluded.checked_at
"""
NEWEST = "select seller_id, passed, sentence from check_results where table_name = %s and check_name = %s"


@dataclass(frozen=True)
class CheckResult:
    """What a check found for one seller.

    Attributes:
        passed: Whether all is well.
        sentence: The result in words, without the seller.
    """

    passed: bool
    sentence: str


def keep_result(pool: Pool, seller_id: UUID, table: str, check: str, result: CheckResult) -> None:
    """Store the newest result of a seller."""
    values = {"seller": seller_id, "table": table, "check": check, "passed": result.passed, "sentence": result.sentence}
    with operator(pool) as connection:
        connection.execute(KEEP, values)


def newest_results(pool: Pool, table: str, check: str) -> dict[UUID, CheckResult]:
    """Return the newest result of every seller."""
    with operator(pool) as connection:
        rows = connection.execute(NEWEST, (table, check)).fetchall()
    return {seller_id: CheckResult(passed, sentence) for seller_id, passed, sentence in rows}
