"""How fresh a table is for every seller and marketplace, by the ledger.

Dagster's own freshness policy sees the newest materialization of a table, whichever seller it belongs to: one healthy
seller would hide all others. The check of a table and the freshness sensor both use this.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

import dagster as dg
from psycopg_pool import ConnectionPool

from xpert_pipeline.postgres.check_results import CheckResult, newest_results
from xpert_pipeline.postgres.pool import tenant
from xpert_pipeline.postgres.sellers import ACTIVE, Seller
from xpert_pipeline.sources.roles import ROLE_GRANTED
from xpert_pipeline.sources.seller_results import summary
from xpert_pipeline.sources.source import Source
from xpert_pipeline.spapi.marketplaces import by_id
from xpert_pipeline.tables.contract import Table

LOADED_LATELY = "loaded_lately"
NEWEST = """
select marketplace_id, max(finished_at) from loads
where seller_id = %s and table_name = %s and window_kind <> 'partial' group by 1
"""
"""A partial reading does not count: a table whose readings are always incomplete is not fresh."""


def freshness_of(pool: ConnectionPool, sellers: Sequence[Seller], source: Source, table: Table) -> dg.AssetCheckResult:
    """Return whether the table was loaded lately for each of the sellers; a failure is a warning."""
    roles = newest_results(pool, source.tables[0].name, ROLE_GRANTED)
    results = [(seller, _freshness(pool, seller, source, table, roles.get(seller.id))) for seller in sellers]
    return summary(results, dg.AssetCheckSeverity.WARN)


def _freshness(
    pool: ConnectionPool, seller: Seller, source: Source, table: Table, role: CheckResult | None
) -> CheckResult:
    places = [place for place in seller.marketplace_ids if source.is_offered_in(place)]
    if not places:
        return CheckResult(passed=True, sentence="Amazon does not offer it in the seller's marketplaces")
    newest = source.last_answers(pool, seller, table)
    if newest is None:
        with tenant(pool, seller.id) as connection:
            newest = dict(connection.execute(NEWEST, (seller.id, table.name)).fetchall())
    oldest = datetime.now(UTC) - source.fresh_for
    stale = [place for place in places if place not in newest or newest[place] < oldest]
    if not stale:
        first = min(newest[place] for place in places)
        return CheckResult(passed=True, sentence=f"loaded at {first:%F %R} UTC")
    if role and not role.passed:
        return CheckResult(passed=True, sentence=f"not granted: see the check {ROLE_GRANTED}")
    why = f" ({seller.status_reason or seller.status})" if seller.status != ACTIVE else ""
    return CheckResult(passed=False, sentence="; ".join(_stale(place, newest.get(place)) for place in stale) + why)


def _stale(marketplace_id: str, at: datetime | None) -> str:
    since = f"not loaded since {at:%F %R} UTC" if at else "never loaded"
    return f"{by_id(marketplace_id).domain} {since}"
