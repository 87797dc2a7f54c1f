"""The unit for which loads, coverage, gaps and days are recorded: one marketplace of one seller."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from psycopg.sql import Composed

from xpert_pipeline.postgres.pool import Pool, tenant


@dataclass(frozen=True)
class Scope:
    """One marketplace of one seller, with its own loads, coverage, gaps and days.

    Attributes:
        seller_id: The seller's row id.
        marketplace_id: Amazon's id of the marketplace.
        timezone: IANA name of the marketplace's time zone: its days begin at midnight there.
    """

    seller_id: UUID
    marketplace_id: str
    timezone: str


def rows_of(pool: Pool, scope: Scope, query: str | Composed, **values: Any) -> list[tuple[Any, ...]]:
    """Return the rows of a query, whose parameters are the scope's attributes and these values."""
    about = {"seller_id": scope.seller_id, "marketplace_id": scope.marketplace_id, "timezone": scope.timezone}
    with tenant(pool, scope.seller_id) as conn:
        return conn.execute(query, {**about, **values}).fetchall()
