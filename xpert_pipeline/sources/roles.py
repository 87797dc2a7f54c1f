"""Remembers which roles Amazon denies to a seller, and the check that names each of them once."""

from xpert_pipeline.postgres.check_results import CheckResult, keep_result
from xpert_pipeline.sources.run import SellerRun
from xpert_pipeline.sources.source import Source

ROLE_GRANTED = "role_granted"
HOW_TO_GRANT = "grant it to the application in the developer console and let the seller authorize again"


def role_names(source: Source) -> str:
    """The roles that open a source; any one of them is enough."""
    return " or ".join(source.roles)


def keep_role(run: SellerRun, source: Source, *, has_asked: bool) -> None:
    """Remember whether Amazon granted the source to the seller in this run.

    Args:
        run: The seller's run, after the source's work.
        source: The source.
        has_asked: Whether the run sent a request; without one nothing is known, and the last answer stays.
    """
    refused = {market for table in source.tables for market in run.outcome(table.name).refused}
    first = source.tables[0].name
    if refused:
        places = sorted(market.place.domain for market in run.markets if market.id in refused)
        where = f" for {', '.join(places)}" if places and len(places) < len(run.markets) else ""
        tables = ", ".join(table.name for table in source.tables)
        sentence = (
            f"Amazon does not grant the role {role_names(source)}{where}, so {tables} cannot be loaded: {HOW_TO_GRANT}"
        )
        keep_result(run.pool, run.seller.id, first, ROLE_GRANTED, CheckResult(passed=False, sentence=sentence))
    elif has_asked:
        sentence = f"Amazon grants the role {role_names(source)}"
        keep_result(run.pool, run.seller.id, first, ROLE_GRANTED, CheckResult(passed=True, sentence=sentence))
