"""Asset checks: the standard checks of every table, and the tools for the checks that a domain adds.

Checks read the database, and some read Amazon; they repair nothing. A check covers a whole table and has no partitions,
because Dagster would show the partitions of a range as skipped, whatever the result.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import wraps
from typing import Any, LiteralString, cast

import dagster as dg
from psycopg import Connection, sql

from xpert_pipeline.partitions import days_of_run, sellers_of_run
from xpert_pipeline.postgres.coverage import covered_days
from xpert_pipeline.postgres.pool import tenant
from xpert_pipeline.postgres.sellers import Seller
from xpert_pipeline.resources.postgres import PostgresResource
from xpert_pipeline.sources.run import Market, market_of
from xpert_pipeline.tables.contract import Table

FRESH_FOR = timedelta(hours=36)
COMPARED_DAYS = 14
Body = Callable[..., dg.AssetCheckResult]


def table_checks(table: Table) -> list[dg.AssetChecksDefinition]:
    """The checks that every table has."""
    return [build(table) for build in (_unique_key, _freshness, _matches_ledger)]


def asset_check(asset: str, **options: Any) -> Callable[[Body], dg.AssetChecksDefinition]:
    """Like Dagster's `asset_check` for a function that returns a result, but build the evaluation here.

    To build it, Dagster would list every day of every seller for each check.
    """

    def define(body: Body) -> dg.AssetChecksDefinition:
        name = options.get("name", body.__name__)

        @wraps(body)
        def check(context: dg.AssetCheckExecutionContext, **resources: Any) -> Iterator[Any]:
            result = body(context, **resources)
            yield dg.Output(None, context.op_def.output_defs[0].name)
            yield dg.AssetCheckEvaluation(
                asset_key=dg.AssetKey(asset),
                check_name=name,
                passed=result.passed,
                metadata=result.metadata,
                severity=result.severity,
                description=result.description,
                blocking=False,
            )

        return dg.asset_check(asset=asset, **options)(cast("Body", check))

    return define


def count_check(
    asset: str, name: str, meaning: str, statement: LiteralString, **options: Any
) -> dg.AssetChecksDefinition:
    """Return a check that fails if a statement counts any wrong rows of a seller.

    Args:
        asset: The table.
        name: Name of the check.
        meaning: What is true if the check passes.
        statement: SQL that returns one number; its parameter is `%(seller_id)s`.
        options: Further options of Dagster's `asset_check`.
    """

    @asset_check(asset, name=name, description=meaning, **options)
    def check(context: dg.AssetCheckExecutionContext, postgres: PostgresResource) -> dg.AssetCheckResult:
        return passed_if_none(
            {
                seller.amazon_seller_id: _number(connection, sql.SQL(statement), {"seller_id": seller.id})
                for seller, connection in _each_seller(context, postgres)
            }
        )

    return check


def sellers_to_check(context: dg.AssetCheckExecutionContext, postgres: PostgresResource) -> Sequence[Seller]:
    """The sellers of the run; all of them if the run names none."""
    named = sellers_of_run(context.run.tags, context.instance.get_dynamic_partitions("sellers"))
    return [seller for seller in postgres.sellers.all() if not named or seller.amazon_seller_id in named]


def markets_to_check(seller: Seller) -> list[Market]:
    """Every marketplace of a seller."""
    return [market_of(seller, marketplace_id, ()) for marketplace_id in seller.marketplace_ids]


def complete_days(
    context: dg.AssetCheckExecutionContext, postgres: PostgresResource, market: Market, table: str
) -> list[date]:
    """Return the days to compare: the run's days before today, because today's figures still change on both sides.

    For a run without partitions, such as a check on its own: the last days for which the table is loaded.
    """
    if days := days_of_run(context.run.tags):
        return [day for day in days if day < market.today]
    recent = [market.today - timedelta(days=n) for n in range(COMPARED_DAYS, 0, -1)]
    return sorted(covered_days(postgres.pool, market.scope, table, recent))


def select_rows(
    postgres: PostgresResource, market: Market, statement: LiteralString, **values: Any
) -> list[tuple[Any, ...]]:
    """Run a statement for one marketplace, with the parameters `seller_id`, `marketplace_id` and `values`."""
    with tenant(postgres.pool, market.scope.seller_id) as connection:
        # right after a first load the tables have no statistics, and nested loops over them take minutes
        connection.execute("select set_config('enable_nestloop', 'off', true)")
        place = {"seller_id": market.scope.seller_id, "marketplace_id": market.id}
        return connection.execute(sql.SQL(statement), {**place, **values}).fetchall()


def passed_if_none(wrong: dict[str, int], **metadata: Any) -> dg.AssetCheckResult:
    """Build the result of a check that counts wrong rows by seller."""
    return dg.AssetCheckResult(
        passed=not any(wrong.values()), metadata={"wrong_rows_by_seller": dg.JsonMetadataValue(wrong), **metadata}
    )


def _unique_key(table: Table) -> dg.AssetChecksDefinition:
    @asset_check(table.name, name="key_is_unique")
    def key_is_unique(context: dg.AssetCheckExecutionContext, postgres: PostgresResource) -> dg.AssetCheckResult:
        """No two rows of a seller share the natural key."""
        statement = sql.SQL(
            "select count(*) from (select from {} where seller_id = %(seller_id)s group by {} having count(*) > 1) d"
        )
        query = statement.format(sql.Identifier(table.name), sql.SQL(", ").join(map(sql.Identifier, table.key)))
        repeated = {
            seller.amazon_seller_id: _number(connection, query, {"seller_id": seller.id})
            for seller, connection in _each_seller(context, postgres)
        }
        return passed_if_none(repeated, key=", ".join(table.key))

    return key_is_unique


def _freshness(table: Table) -> dg.AssetChecksDefinition:
    @asset_check(table.name, name="loaded_lately")
    def loaded_lately(context: dg.AssetCheckExecutionContext, postgres: PostgresResource) -> dg.AssetCheckResult:
        """The newest load of each marketplace is at most 36 hours old."""
        newest: dict[str, datetime | None] = {}
        for seller, connection in _each_seller(context, postgres):
            rows = connection.execute(
                "select marketplace_id, max(finished_at) from loads where seller_id = %s and table_name = %s "
                "group by 1",
                (seller.id, table.name),
            ).fetchall()
            loaded: dict[str, datetime] = dict(rows)
            for marketplace_id in seller.marketplace_ids:
                newest[f"{seller.amazon_seller_id}, {marketplace_id}"] = loaded.get(marketplace_id)
        stale = {who: at for who, at in newest.items() if at is None or datetime.now(UTC) - at > FRESH_FOR}
        return dg.AssetCheckResult(
            passed=not stale,
            severity=dg.AssetCheckSeverity.WARN,
            metadata={"newest_load": {who: at.isoformat() if at else "never" for who, at in newest.items()}},
        )

    return loaded_lately


def _matches_ledger(table: Table) -> dg.AssetChecksDefinition:
    @asset_check(table.name, name="rows_match_ledger")
    def rows_match_ledger(context: dg.AssetCheckExecutionContext, postgres: PostgresResource) -> dg.AssetCheckResult:
        """In each marketplace, the table has as many rows as all loads inserted minus those they deleted."""
        statement = sql.SQL(
            "select coalesce(sum(abs(coalesce(t.rows, 0) - coalesce(l.rows, 0))), 0) "
            "from (select marketplace_id, count(*) as rows from {} where seller_id = %(seller_id)s group by 1) as t "
            "full join (select marketplace_id, sum(inserted - deleted) as rows from loads "
            "where seller_id = %(seller_id)s and table_name = %(table)s group by 1) as l using (marketplace_id)"
        ).format(sql.Identifier(table.name))
        off = {
            seller.amazon_seller_id: _number(connection, statement, {"seller_id": seller.id, "table": table.name})
            for seller, connection in _each_seller(context, postgres)
        }
        return passed_if_none(off)

    return rows_match_ledger


def _each_seller(
    context: dg.AssetCheckExecutionContext, postgres: PostgresResource
) -> Iterator[tuple[Seller, Connection]]:
    for seller in sellers_to_check(context, postgres):
        with tenant(postgres.pool, seller.id) as connection:
            yield seller, connection


def _number(connection: Connection, query: sql.SQL | sql.Composed, parameters: dict[str, Any]) -> int:
    row = connection.execute(query, parameters).fetchone()
    return int(row[0]) if row else 0
