"""Keeps the planner's statistics useful after large loads, until autovacuum refreshes them."""

import logging
from collections.abc import Sequence

from xpert_pipeline.postgres.errors import DatabaseError
from xpert_pipeline.postgres.pool import Pool, operator

logger = logging.getLogger(__name__)


def refresh_statistics(pool: Pool, tables: Sequence[str]) -> list[str]:
    """Take statistics of those tables that have doubled since PostgreSQL last counted their pages.

    Without them the planner takes a table that was just filled for empty, and joins it row by row: minutes instead of
    a second. Tables of up to 8 pages need none, and a table that another connection is analyzing is left to it.
    Statistics only make statements faster, so a failure is logged, and nothing else happens.

    Returns:
        The names of the tables.
    """
    try:
        with operator(pool) as conn:
            row = conn.execute("select public.xpert_refresh_statistics(%s)", [list(tables)]).fetchone()
    except DatabaseError as error:
        logger.warning("no statistics of %s: %s", ", ".join(tables), error)
        return []
    return list(row[0]) if row else []
