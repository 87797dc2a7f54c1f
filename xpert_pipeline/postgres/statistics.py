"""Keeps the planner's statistics useful after large loads, until autovacuum refreshes them."""

from collections.abc import Sequence

from xpert_pipeline.postgres.pool import Pool, operator


def refresh_statistics(pool: Pool, tables: Sequence[str]) -> list[str]:
    """Take statistics of those tables that have more than doubled since the last ones.

    Without them the planner takes a table that was just filled for empty, and joins it row by row: minutes instead of
    a second. A table that another connection is analyzing is left to it.

    Returns:
        Their names.

    Raises:
        DatabaseError: The database failed.
    """
    with operator(pool) as conn:
        row = conn.execute("select public.xpert_refresh_statistics(%s)", [list(tables)]).fetchone()
    return list(row[0]) if row else []
