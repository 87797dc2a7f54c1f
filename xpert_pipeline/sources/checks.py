"""Asset checks: the standard checks of every table, and the tools for the checks that a domain adds.

Checks read the database, and some read Amazon; they repair nothing. A check covers a whole table and has no partitions,
because Dagster would show the partitions of a range as skipped, whatever the result. It speaks for every seller,
whoever ran last (`seller_results`).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import wraps
from typing import Any, LiteralString, cast

import dagster as dg
from psycopg import sql

from xpert_pipeline.partitions import days_of_run
from xpert_pipeline.postgres.check_results import CheckResult
from xpert_pipeline.postgres.coverage import covered_days
from xpert_pipeline.postgres.pool import tenant
from xpert_pipeline.postgres.sellers import Seller
from xpert_pipeline.postgres.source_coverage import sellers_that_lost
from xpert_pipeline.resources.postgres import PostgresResource
from xpert_pipeline.sources.freshness import LOADED_LATELY, freshness_of
from xpert_pipeline.sources.roles import ROLE_GRANTED
from xpert_pipeline.sources.run import Market, market_of
from xpert_pipeline.sources.seller_results import (
    Examine,
    check_all_sellers,
    results_of,
    sellers_to_examine,
    sellers_to_report,
    summary,
)
from xpert_pipeline.sources.source import Source
from xpert_pipeline.tables.contract import Table
from xpert_pipeline.wording import counted

COMPARED_DAYS = 14
Body = Callable[..., dg.AssetCheckResult]


def source_checks(source: Source) -> list[dg.AssetChecksDefinition]:
    """Every check of a source: those that every table has, whether its role is granted, and its own."""
    standard = [
        each
        for table in source.tables
        for each in (_unique_key(table), _freshness(source, table), _matches_ledger(table))
    ]
    return [_in_one_step(source, [*standard, *([_role_granted(source)] if source.roles else [])]), *source.checks]


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
            yield _evaluation(dg.AssetCheckKey(dg.AssetKey(asset), name), result)

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
        return check_all_sellers(context, postgres, asset, name, _count_wrong(postgres, sql.SQL(statement)))

    return check


def sentences_check(asset: str, name: str, meaning: str, statement: LiteralString) -> dg.AssetChecksDefinition:
    """Return a check that tells what a statement found of each seller, and warns if some of it is wrong.

    Args:
        asset: The table.
        name: Name of the check.
        meaning: What is true if the check passes.
        statement: SQL that returns whether something is wrong, and a sentence about it, in the order to show them; its
            parameter is `%(seller_id)s`.
    """

    @asset_check(asset, name=name, description=meaning)
    def check(context: dg.AssetCheckExecutionContext, postgres: PostgresResource) -> dg.AssetCheckResult:
        def examine(seller: Seller) -> CheckResult:
            with tenant(postgres.pool, seller.id) as connection:
                rows = connection.execute(sql.SQL(statement), {"seller_id": seller.id}).fetchall()
            is_wrong = any(wrong for wrong, _ in rows)
            return CheckResult(passed=not is_wrong, sentence="; ".join(text for _, text in rows) or "nothing to tell")

        return check_all_sellers(context, postgres, asset, name, examine, dg.AssetCheckSeverity.WARN)

    return check


def markets_of(seller: Seller) -> list[Market]:
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


@dataclass(frozen=True)
class _Standard:
    """A check that tables have in common."""

    table: Table
    name: str
    meaning: str
    judge: Callable[[dg.AssetCheckExecutionContext, PostgresResource], dg.AssetCheckResult]

    @property
    def spec(self) -> dg.AssetCheckSpec:
        return dg.AssetCheckSpec(self.name, asset=self.table.name, description=self.meaning)


def _in_one_step(source: Source, standard: Sequence[_Standard]) -> dg.AssetChecksDefinition:
    """The standard checks of a source as one step: a run has fewer steps to read, and leaves a fifth fewer events.

    If one raises, the others still give their results; then the step fails.
    """
    specs = [each.spec for each in standard]

    @dg.multi_asset_check(name=f"{source.step}_standard_checks", specs=specs, can_subset=True)
    def check(context: dg.AssetCheckExecutionContext, postgres: PostgresResource) -> Iterator[Any]:
        errors = []
        for each, spec in zip(standard, specs, strict=True):
            if spec.key not in context.selected_asset_check_keys:
                continue
            try:
                result = each.judge(context, postgres)
            except Exception as error:  # noqa: BLE001 (raised below)
                error.add_note(f"in the check {each.name} of {each.table.name}")
                errors.append(error)
                continue
            yield dg.Output(None, spec.get_python_identifier())
            yield _evaluation(spec.key, result)
        if errors:
            raise errors[0] if len(errors) == 1 else ExceptionGroup("several checks failed", errors)

    return check


def _evaluation(key: dg.AssetCheckKey, result: dg.AssetCheckResult) -> dg.AssetCheckEvaluation:
    return dg.AssetCheckEvaluation(
        asset_key=key.asset_key,
        check_name=key.name,
        passed=result.passed,
        metadata=result.metadata,
        severity=result.severity,
        description=result.description,
        blocking=False,
    )


def _unique_key(table: Table) -> _Standard:
    name = "key_is_unique"
    statement = sql.SQL(
        "select count(*) from (select from {} where seller_id = %(seller_id)s group by {} having count(*) > 1) d"
    )
    query = statement.format(sql.Identifier(table.name), sql.SQL(", ").join(map(sql.Identifier, table.key)))

    def judge(context: dg.AssetCheckExecutionContext, postgres: PostgresResource) -> dg.AssetCheckResult:
        examine = _count_wrong(postgres, query, "key occurs", "keys occur", " more than once", "every key is unique")
        return check_all_sellers(context, postgres, table.name, name, examine)

    return _Standard(table, name, "No two rows of a seller share the natural key.", judge)


def _freshness(source: Source, table: Table) -> _Standard:
    def judge(context: dg.AssetCheckExecutionContext, postgres: PostgresResource) -> dg.AssetCheckResult:
        sellers = sellers_to_report(postgres, sellers_to_examine(context, postgres))
        return freshness_of(postgres.pool, sellers, source, table)

    meaning = "The newest load of every seller's marketplaces is at most 36 hours old, whoever ran last."
    return _Standard(table, LOADED_LATELY, meaning, judge)


def _matches_ledger(table: Table) -> _Standard:
    name = "rows_match_ledger"
    statement = sql.SQL(
        "select coalesce(sum(abs(coalesce(t.rows, 0) - coalesce(l.rows, 0))), 0) "
        "from (select marketplace_id, count(*) as rows from {} where seller_id = %(seller_id)s group by 1) as t "
        "full join (select marketplace_id, sum(inserted - deleted) as rows from loads "
        "where seller_id = %(seller_id)s and table_name = {} group by 1) as l using (marketplace_id)"
    ).format(sql.Identifier(table.name), sql.Literal(table.name))

    def judge(context: dg.AssetCheckExecutionContext, postgres: PostgresResource) -> dg.AssetCheckResult:
        well = "the table has as many rows as the loads inserted and did not delete"
        examine = _count_wrong(postgres, statement, "row differs", "rows differ", " from the ledger", well)
        return check_all_sellers(context, postgres, table.name, name, examine)

    meaning = "In each marketplace, the table has as many rows as all loads inserted minus those they deleted."
    return _Standard(table, name, meaning, judge)


def _role_granted(source: Source) -> _Standard:
    table = source.tables[0]

    def judge(context: dg.AssetCheckExecutionContext, postgres: PostgresResource) -> dg.AssetCheckResult:
        sellers = sellers_to_report(postgres, sellers_to_examine(context, postgres))
        results = results_of(postgres.pool, sellers, table.name, ROLE_GRANTED)
        refused = {seller.id for seller, result in results if result and not result.passed}
        is_loss = refused <= sellers_that_lost(postgres.pool, sellers, table.name)
        return summary(results, dg.AssetCheckSeverity.WARN if is_loss else dg.AssetCheckSeverity.ERROR)

    meaning = (
        "Amazon grants every seller the role that this source needs, as of the newest answer.\n\n"
        "A role that was granted before and is refused now is a warning."
    )
    return _Standard(table, ROLE_GRANTED, meaning, judge)


def _count_wrong(
    postgres: PostgresResource,
    query: sql.SQL | sql.Composed,
    one: str = "wrong row",
    many: str = "wrong rows",
    end: str = "",
    well: str = "no wrong rows",
) -> Examine:
    """An examination that fails if a query counts anything; its parameter is `%(seller_id)s`."""

    def examine(seller: Seller) -> CheckResult:
        with tenant(postgres.pool, seller.id) as connection:
            row = connection.execute(query, {"seller_id": seller.id}).fetchone()
        wrong = int(row[0]) if row else 0
        return CheckResult(passed=not wrong, sentence=f"{counted(wrong, one, many)}{end}" if wrong else well)

    return examine
