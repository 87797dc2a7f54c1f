"""What must hold after each load. Checks that are the same for every table are generated from the table list.

A check reads the database (and, for order metrics, Amazon); it never repairs. It speaks for a whole table and so has no
partitions: those of a range stand as skipped in the UI, whatever the check found.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import wraps
from typing import Any, cast

import dagster as dg
from psycopg import Connection, sql

from xpert_pipeline.assets.order_metrics import compare_with_amazon
from xpert_pipeline.assets.run_figures import RunFigures
from xpert_pipeline.partitions import days_of_run, local_today, sellers_of_run
from xpert_pipeline.postgres.coverage import covered_days
from xpert_pipeline.postgres.pool import tenant
from xpert_pipeline.postgres.scope import Scope
from xpert_pipeline.postgres.sellers import Seller
from xpert_pipeline.resources.postgres import PostgresResource
from xpert_pipeline.resources.spapi import SpApiResource
from xpert_pipeline.spapi.errors import SpApiError
from xpert_pipeline.tables.contract import Table
from xpert_pipeline.tables.registry import TABLES
from xpert_pipeline.wording import counted

FRESH_FOR = timedelta(hours=36)
COMPARED_DAYS = 14


Body = Callable[..., dg.AssetCheckResult]


def build_checks() -> list[dg.AssetChecksDefinition]:
    """Every asset check of the pipeline."""
    build = (_unique_key, _freshness, _matches_ledger)
    return [*(one(table) for table in TABLES for one in build), no_orphan_items, orders_match_amazon_order_metrics]


def asset_check(asset: str, **options: Any) -> Callable[[Body], dg.AssetChecksDefinition]:
    """Dagster's `asset_check` of a function that returns a result, of which the evaluation is made here.

    Dagster would list every day of every seller, for each check, to make it.
    """

    def define(body: Body) -> dg.AssetChecksDefinition:
        name = options.get("name", body.__name__)

        @wraps(body)
        def check(context: dg.AssetCheckExecutionContext, **resources: Any) -> Iterator[Any]:
            found = body(context, **resources)
            yield dg.Output(None, context.op_def.output_defs[0].name)
            yield dg.AssetCheckEvaluation(
                asset_key=dg.AssetKey(asset),
                check_name=name,
                passed=found.passed,
                metadata=found.metadata,
                severity=found.severity,
                description=found.description,
                blocking=False,
            )

        return dg.asset_check(asset=asset, **options)(cast("Body", check))

    return define


def _unique_key(table: Table) -> dg.AssetChecksDefinition:
    @asset_check(table.name, name="key_is_unique")
    def key_is_unique(context: dg.AssetCheckExecutionContext, postgres: PostgresResource) -> dg.AssetCheckResult:
        """No two rows of a seller share the natural key."""
        statement = sql.SQL(
            "select count(*) from (select from {} where seller_id = %s group by {} having count(*) > 1) d"
        )
        query = statement.format(sql.Identifier(table.name), sql.SQL(", ").join(map(sql.Identifier, table.key)))
        doubled = {
            seller.amazon_seller_id: _number(connection, query, (seller.id,))
            for seller, connection in _each_seller(context, postgres)
        }
        return _result(doubled, key=", ".join(table.key))

    return key_is_unique


def _freshness(table: Table) -> dg.AssetChecksDefinition:
    @asset_check(table.name, name="loaded_lately")
    def loaded_lately(context: dg.AssetCheckExecutionContext, postgres: PostgresResource) -> dg.AssetCheckResult:
        """The ledger's newest load is at most 36 hours old."""
        newest: dict[str, datetime | None] = {}
        for seller, connection in _each_seller(context, postgres):
            row = connection.execute(
                "select max(finished_at) from loads where seller_id = %s and table_name = %s", (seller.id, table.name)
            ).fetchone()
            newest[seller.amazon_seller_id] = row[0] if row else None
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
        """Rows in the table = rows inserted minus rows deleted, as every load recorded them."""
        statement = sql.SQL(
            "select (select count(*) from {} where seller_id = %s) - coalesce((select sum(inserted - deleted) "
            "from loads where seller_id = %s and table_name = %s), 0)"
        ).format(sql.Identifier(table.name))
        off = {
            seller.amazon_seller_id: _number(connection, statement, (seller.id, seller.id, table.name))
            for seller, connection in _each_seller(context, postgres)
        }
        return _result(off)

    return rows_match_ledger


@asset_check("order_items", additional_deps=["orders"])
def no_orphan_items(context: dg.AssetCheckExecutionContext, postgres: PostgresResource) -> dg.AssetCheckResult:
    """Every order item belongs to an order, and every order has as many items as it says."""
    statement = sql.SQL(
        "select count(*) from (select o.item_count, count(i.id) as found from orders o full join order_items i "
        "using (seller_id, marketplace_id, order_id) where seller_id = %s "
        "group by marketplace_id, order_id, o.item_count having o.item_count is distinct from count(i.id)) d"
    )
    wrong = {
        seller.amazon_seller_id: _number(connection, statement, (seller.id,))
        for seller, connection in _each_seller(context, postgres)
    }
    return _result(wrong)


@asset_check("sales_data")
def orders_match_amazon_order_metrics(
    context: dg.AssetCheckExecutionContext, postgres: PostgresResource, sp_api: SpApiResource
) -> dg.AssetCheckResult:
    """Each day's orders, units and sales equal Amazon's own order metrics (Sales API, one call per seller).

    A day that differs is a warning: Amazon may know changes that have not reached the change stream yet.
    """
    differing: list[dict[str, Any]] = []
    compared, unasked, figures = 0, {}, RunFigures()
    for seller in _sellers(context, postgres):
        days = _complete_days(context, postgres, seller)
        if not days:
            continue
        try:
            with sp_api.client(seller) as api:
                try:
                    found = compare_with_amazon(postgres.pool, api, seller, days)
                finally:
                    figures.add(api)
        except SpApiError as error:
            unasked[seller.amazon_seller_id] = str(error)
            continue
        compared += len(days)
        differing += found
    return dg.AssetCheckResult(
        passed=not differing and not unasked,
        severity=dg.AssetCheckSeverity.WARN,
        description=f"{counted(compared, 'day')} compared, {len(differing)} differ"
        + (f"; not asked: {unasked}" if unasked else ""),
        metadata={
            "days_compared": compared,
            "days_differing": dg.JsonMetadataValue(differing[:100]),
            **figures.metadata(),
        },
    )


def _complete_days(context: dg.AssetCheckExecutionContext, postgres: PostgresResource, seller: Seller) -> list[date]:
    """The run's days before the seller's today: today's figures still move on both sides.

    Of a run that names none, as the check alone does, the last days whose orders are loaded.
    """
    today = local_today(seller.timezone)
    if named := days_of_run(context.run.tags):
        return [day for day in named if day < today]
    lately = [today - timedelta(days=n) for n in range(COMPARED_DAYS, 0, -1)]
    scope = Scope(seller.id, seller.marketplace_ids[0], seller.timezone)
    return sorted(covered_days(postgres.pool, scope, "orders", lately))


def _sellers(context: dg.AssetCheckExecutionContext, postgres: PostgresResource) -> Sequence[Seller]:
    named = sellers_of_run(context.run.tags, context.instance.get_dynamic_partitions("sellers"))
    return [seller for seller in postgres.sellers.all() if not named or seller.amazon_seller_id in named]


def _each_seller(
    context: dg.AssetCheckExecutionContext, postgres: PostgresResource
) -> Iterator[tuple[Seller, Connection]]:
    for seller in _sellers(context, postgres):
        with tenant(postgres.pool, seller.id) as connection:
            yield seller, connection


def _number(connection: Connection, query: sql.SQL | sql.Composed, parameters: tuple[Any, ...]) -> int:
    row = connection.execute(query, parameters).fetchone()
    return int(row[0]) if row else 0


def _result(wrong: dict[str, int], **metadata: Any) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        passed=not any(wrong.values()), metadata={"wrong_rows_by_seller": dg.JsonMetadataValue(wrong), **metadata}
    )
