"""Reads ids from the pipeline's own tables, for sources that ask Amazon about them."""

from collections.abc import Callable
from typing import Any, LiteralString

from psycopg.sql import SQL

from xpert_pipeline.postgres.pool import tenant
from xpert_pipeline.postgres.present_state import last_snapshot
from xpert_pipeline.sources.run import Market, SellerRun


def known_values(
    run: SellerRun, market: Market, statement: LiteralString, is_valid: Callable[[str], bool], what: str, **values: Any
) -> list[str]:
    """Return the values of a one-column statement in their order; skip invalid ones with a warning.

    Args:
        run: The seller's run.
        market: The marketplace.
        statement: SQL with `%(seller_id)s`, `%(marketplace_id)s` and the names in `values`.
        is_valid: Whether Amazon can be asked about a value.
        what: What is wrong with the invalid values, for the log.
        values: Further parameters.
    """
    place = {"seller_id": run.seller.id, "marketplace_id": market.id}
    with tenant(run.pool, run.seller.id) as connection:
        known = [value for (value,) in connection.execute(SQL(statement), {**place, **values}).fetchall()]
    valid = [value for value in known if is_valid(value)]
    if invalid := len(known) - len(valid):
        run.log.warning("seller %s: %d %s; skipped", run.who, invalid, what)
    return valid


def was_read_whole(run: SellerRun, market: Market, table: str) -> bool:
    """Whether a table of the current state was read as a whole at least once."""
    return last_snapshot(run.pool, market.scope, table) is not None
