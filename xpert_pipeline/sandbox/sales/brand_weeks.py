"""What the reports of Amazon's Brand Analytics have in common: one store, whole weeks, and no data in the first days.

Every ASIN of the seller belongs to a brand of the seller. A week without data, or not yet with data, ends FATAL, and so
does a period that is not made of weeks; the reason tells which.
"""

from collections.abc import Collection, Iterator
from datetime import UTC, date, datetime
from typing import Any

from xpert_pipeline.sandbox.jobs.report_store import Report
from xpert_pipeline.sandbox.serving.errors import invalid
from xpert_pipeline.sandbox.world.ledger import last_day
from xpert_pipeline.sandbox.world.records import World
from xpert_pipeline.sandbox.world.searches import DAYS, LATE_DAYS

READ_AFTER = LATE_DAYS + 1
"""The pipeline reads a week one day after Amazon has it."""
PERIODS = ("WEEK", "MONTH", "QUARTER")
UNAVAILABLE = "The requested data is unavailable for the given period and ASINs."
MISALIGNED = "dataStartTime must be a Sunday and dataEndTime {saturday}, for reportPeriod WEEK."
ONE_MARKETPLACE = "This report type supports only one marketplaceId."
NO_WEEKS = "The sandbox has weeks only."


def period_options(requested: Any, known: Collection[str]) -> dict[str, Any]:
    """Return the requested options, if their names and the period are right.

    Raises:
        ApiError: 400 for an unknown option, or a missing or bad period.
    """
    options = requested if isinstance(requested, dict) else {}
    if unknown := options.keys() - {"reportPeriod", *known}:
        raise invalid(f"reportOptions: {', '.join(sorted(unknown))} is not supported by this report type.")
    if options.get("reportPeriod") not in PERIODS:
        raise invalid(f"reportOptions: reportPeriod must be one of {', '.join(PERIODS)}.")
    return options


def why_refused(world: World, report: Report, found: Iterator[object], *, one_week: bool) -> str | None:
    """Return why a report ends FATAL; None if it has data.

    Args:
        world: The seller's world.
        report: The report.
        found: What the report would have.
        one_week: Whether it may cover no more than one week.
    """
    if len(report.marketplace_ids) != 1:
        return ONE_MARKETPLACE
    if report.options["reportPeriod"] != "WEEK":
        return NO_WEEKS
    start, end = (day.toordinal() for day in bounds(report))
    if start % DAYS or (end + 1) % DAYS or end < start or (one_week and end - start >= DAYS):
        return MISALIGNED.format(saturday="the Saturday that follows" if one_week else "a Saturday")
    is_late = last_day(world, report.marketplace_ids[0], report.created) - end > LATE_DAYS
    return None if is_late and any(found) else UNAVAILABLE


def bounds(report: Report) -> tuple[date, date]:
    """Return the UTC dates of both times in the request; Amazon ignores their time of day."""
    first, last = (datetime.fromtimestamp(seconds, UTC).date() for seconds in (report.start, report.end))
    return first, last


def specification(report: Report) -> dict[str, Any]:
    """Return what a document repeats of its request."""
    first, last = bounds(report)
    return {
        "reportType": report.report_type,
        "reportOptions": dict(report.options),
        "dataStartTime": first.isoformat(),
        "dataEndTime": last.isoformat(),
        "marketplaceIds": list(report.marketplace_ids),
    }
