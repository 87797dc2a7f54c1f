"""Finds the days that a span of a change feed read completely, so that what did not come again is gone.

Only for feeds that say so (`Feed.replaces_days`). A day of which nothing came, although the table has rows of it, keeps
its rows: an answer without a single record may be Amazon's mistake. The log and the ledger name such days.
"""

from datetime import date, datetime, timedelta

from xpert_pipeline.postgres.known_days import figures_by_day
from xpert_pipeline.sources.change_spans import Feed
from xpert_pipeline.sources.collect import Collector
from xpert_pipeline.sources.run import Market, SellerRun
from xpert_pipeline.sources.windows import Span
from xpert_pipeline.wording import counted, day_span

EMPTIED = "days that came empty, whose rows were kept"


def whole_days(run: SellerRun, feed: Feed, span: Span, end: datetime, collector: Collector) -> list[tuple[str, date]]:
    """Return the marketplaces and days that a span read completely and of which at least one row came.

    Args:
        run: The seller's run.
        feed: The feed.
        span: The span.
        end: The end of what was read.
        collector: What came.
    """
    if not feed.replaces_days or span.kind != "created":
        return []
    found: list[tuple[str, date]] = []
    for market in span.markets:
        days = _days_within(market, span.start, end)
        came = {day for place, day in collector.main.days if place == market.id}
        found += [(market.id, day) for day in days if day in came]
        _report_emptied(run, feed, market, [day for day in days if day not in came], collector)
    return found


def _days_within(market: Market, start: datetime, end: datetime) -> list[date]:
    """Return the local days that lie between two moments as a whole."""
    first, last = start.astimezone(market.zone).date(), end.astimezone(market.zone).date()
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    return [day for day in days if start <= market.bounds(day, day)[0] and market.bounds(day, day)[1] <= end]


def _report_emptied(run: SellerRun, feed: Feed, market: Market, days: list[date], collector: Collector) -> None:
    """Count and log days of which the table has rows and nothing came."""
    known = figures_by_day(run.pool, market.scope, feed.tables[0], days) if days else {}
    if not known:
        return
    collector.signals[EMPTIED] += len(known)
    run.log.warning(
        "seller %s: %s: Amazon returned no %s for %s in %s%s; the table keeps its rows",
        run.who,
        feed.name,
        feed.noun,
        counted(len(known), "day"),
        day_span(sorted(known)),
        run.place_of(market),
    )
