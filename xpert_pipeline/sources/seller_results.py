"""The result of a check for all sellers, in sentences.

A run examines its own sellers, because whole tables of all sellers would take too long. For the others the check
repeats what was found last, so it does not turn green because a healthy seller ran last.
"""

from collections.abc import Callable, Sequence

import dagster as dg
from psycopg_pool import ConnectionPool

from xpert_pipeline.partitions import sellers_of_run
from xpert_pipeline.postgres.check_results import CheckResult, keep_result, newest_results
from xpert_pipeline.postgres.sellers import STOPPED, Seller
from xpert_pipeline.resources.postgres import PostgresResource
from xpert_pipeline.wording import counted

SHOWN = 20
"""Maximum number of sellers that a result names."""
NAMED = 3
"""Maximum number of failures that the sentence names."""
Examine = Callable[[Seller], CheckResult]


def sellers_to_examine(context: dg.AssetCheckExecutionContext, postgres: PostgresResource) -> list[Seller]:
    """The sellers of the run; all that are not paused or removed if the run names none."""
    named = sellers_of_run(context.run.tags, context.instance.get_dynamic_partitions("sellers"))
    return [
        seller
        for seller in postgres.sellers.all()
        if (seller.amazon_seller_id in named if named else seller.status not in STOPPED)
    ]


def sellers_to_report(postgres: PostgresResource, examined: Sequence[Seller]) -> list[Seller]:
    """Every seller that should be loaded, of the run's kind: sandbox and real sellers are never loaded together."""
    kinds = {seller.is_sandbox for seller in examined}
    ids = {seller.id for seller in examined}
    return [
        seller
        for seller in postgres.sellers.all()
        if seller.id in ids or (seller.status not in STOPPED and seller.is_sandbox in kinds)
    ]


def check_all_sellers(
    context: dg.AssetCheckExecutionContext,
    postgres: PostgresResource,
    table: str,
    check: str,
    examine: Examine,
    severity: dg.AssetCheckSeverity = dg.AssetCheckSeverity.ERROR,
) -> dg.AssetCheckResult:
    """Examine the run's sellers, keep their results, and return the result for all sellers.

    Args:
        context: The check.
        postgres: The database.
        table: The table that is checked.
        check: Name of the check.
        examine: Returns the result of one seller.
        severity: How bad a failure is.
    """
    examined = sellers_to_examine(context, postgres)
    for seller in examined:
        keep_result(postgres.pool, seller.id, table, check, examine(seller))
    results = results_of(postgres.pool, sellers_to_report(postgres, examined), table, check)
    return summary(results, severity)


def results_of(
    pool: ConnectionPool, sellers: Sequence[Seller], table: str, check: str
) -> list[tuple[Seller, CheckResult | None]]:
    """Each seller with the newest result; None if the check has not seen the seller yet."""
    newest = newest_results(pool, table, check)
    return [(seller, newest.get(seller.id)) for seller in sellers]


def summary(
    results: Sequence[tuple[Seller, CheckResult | None]], severity: dg.AssetCheckSeverity
) -> dg.AssetCheckResult:
    """Build the result for all sellers: a sentence, and one line per seller with the failures first."""
    failed = [(seller, result) for seller, result in results if result and not result.passed]
    passed = [(seller, result) for seller, result in results if result and result.passed]
    unknown = [seller for seller, result in results if result is None]
    lines = [f"- **{_name(seller)}**: {result.sentence}" for seller, result in failed]
    lines += [f"- {_name(seller)}: {result.sentence}" for seller, result in passed]
    lines += [f"- {_name(seller)}: not checked yet" for seller in unknown]
    more = [f"- and {len(lines) - SHOWN} more"] if len(lines) > SHOWN else []
    return dg.AssetCheckResult(
        passed=not failed,
        severity=severity,
        description=_sentence(failed, passed, unknown),
        metadata={"sellers": dg.MarkdownMetadataValue("\n".join([*lines[:SHOWN], *more]))},
    )


def _sentence(
    failed: Sequence[tuple[Seller, CheckResult]],
    passed: Sequence[tuple[Seller, CheckResult]],
    unknown: Sequence[Seller],
) -> str:
    """The result in one sentence: the only seller's own words, or how many sellers are well and which are not."""
    if len(failed) + len(passed) + len(unknown) == 1 and (failed or passed):
        return [*failed, *passed][0][1].sentence
    number = len(failed) + len(passed)
    parts = [f"{_name(seller)}: {result.sentence}" for seller, result in failed[:NAMED]]
    if len(failed) > NAMED:
        parts.append(f"{counted(len(failed) - NAMED, 'more seller')} with a failure")
    if number:
        parts.append(f"{len(passed)} of {counted(number, 'seller')} without a failure")
    if unknown:
        parts.append(f"{counted(len(unknown), 'seller')} not checked yet")
    return "; ".join(parts) or "there is no seller to check"


def _name(seller: Seller) -> str:
    """The seller's name and id."""
    return f"{seller.name} ({seller.amazon_seller_id})" if seller.name != seller.amazon_seller_id else seller.name
