"""Remembers which roles Amazon denies to a seller, and the check that names each of them once."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from xpert_pipeline.postgres.check_results import CheckResult, keep_result
from xpert_pipeline.postgres.source_coverage import Coverage
from xpert_pipeline.sources.run import SellerRun
from xpert_pipeline.sources.source import Source
from xpert_pipeline.wording import moment_words

ROLE_GRANTED = "role_granted"
HOW_TO_GRANT = "grant it to the application in the developer console and let the seller authorize again"
AFTER_A_LOSS = (
    "every sync asks again, because Amazon sometimes refuses for a while. If it stays so, look whether the application "
    "still has the role, and let the seller authorize it again"
)


def role_names(source: Source) -> str:
    """The roles that open a source; any one of them is enough."""
    return " or ".join(source.roles)


def refusal_of(source: Source, granted_at: datetime | None) -> tuple[str, str]:
    """Say that Amazon does not grant a source, and what to do: a role that was granted before is not asked for again.

    Args:
        source: The source.
        granted_at: When Amazon last granted it; None if it never did.
    """
    if granted_at is None:
        return f"Amazon does not grant the role {role_names(source)}", HOW_TO_GRANT
    until = moment_words(granted_at, ZoneInfo("UTC"))
    return f"Amazon granted the role {role_names(source)} until {until} UTC and refuses it now", AFTER_A_LOSS


def keep_role(run: SellerRun, source: Source, known: Sequence[Coverage], *, has_asked: bool) -> None:
    """Remember whether Amazon granted the source to the seller in this run.

    Args:
        run: The seller's run, after the source's work.
        source: The source.
        known: What is known of its tables, also by this run.
        has_asked: Whether the run sent a request; without one nothing is known, and the last answer stays.
    """
    refused = {market for table in source.tables for market in run.outcome(table.name).refused}
    first = source.tables[0].name
    if refused:
        places = sorted(market.place.domain for market in run.markets if market.id in refused)
        where = f" for {', '.join(places)}" if places and len(places) < len(run.markets) else ""
        tables = ", ".join(table.name for table in source.tables)
        since = max((each.granted_at for each in known if each.is_lost and each.granted_at), default=None)
        refusal, advice = refusal_of(source, since)
        sentence = f"{refusal}{where}, so {tables} cannot be loaded: {advice}"
        keep_result(run.pool, run.seller.id, first, ROLE_GRANTED, CheckResult(passed=False, sentence=sentence))
    elif has_asked:
        sentence = f"Amazon grants the role {role_names(source)}"
        keep_result(run.pool, run.seller.id, first, ROLE_GRANTED, CheckResult(passed=True, sentence=sentence))
