"""Decides whether to believe an answer without rows, if the table has rows for the same days.

An empty day is believed if the answer has rows for other days. If a whole window is empty, Amazon may have prepared the
answer too early or with an error, so the table's rows are deleted only if a second job, requested at least an hour
later, is empty too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta

from xpert_pipeline.postgres.emptied_days import days_said_empty, rows_by_day
from xpert_pipeline.sources.collect import Collector
from xpert_pipeline.sources.job_windows import JobWindow, WindowSource
from xpert_pipeline.sources.run import Market, SellerRun
from xpert_pipeline.sources.windows import DayWindow
from xpert_pipeline.spapi.jobs.job import Job, JobState
from xpert_pipeline.wording import counted, day_span

BELIEVED_AFTER = timedelta(hours=1)
"""Minimum time between the request of an empty job and that of a second one that confirms it."""
DOUBTED = "no rows although the table has some: believed only when a second job says the same"
"""Reason that the job store keeps for jobs that were not believed."""
EMPTIED = "days that became empty"

Emptied = Mapping[Market, Mapping[date, int]]
"""Number of rows in the table for days without a record in the answer, by marketplace and day."""


def emptied_days(run: SellerRun, source: WindowSource, window: DayWindow, collector: Collector) -> Emptied:
    """Days that have rows in the table but no record in the answer; none if every record was rejected."""
    if source.table.day is None or (collector.fetched and not len(collector.main.spool)):
        return {}
    emptied: dict[Market, dict[date, int]] = {}
    for market in window.markets:
        known = rows_by_day(run.pool, market.scope, source.table, window.days)
        days = {day: count for day, count in sorted(known.items()) if (market.id, day) not in collector.main.days}
        if days:
            emptied[market] = days
    return emptied


def is_believed(
    run: SellerRun, source: WindowSource, collector: Collector, pages: Sequence[Job], emptied: Emptied
) -> bool:
    """Whether to delete the rows: each marketplace has rows for other days, or an earlier job was empty too."""
    answered = {marketplace_id for marketplace_id, _ in collector.main.days}
    requested_at = min(page.created_at or page.written_at for page in pages)
    for market, days in emptied.items():
        if market.id in answered:
            continue
        said = days_said_empty(
            run.pool,
            market.scope,
            source.table.name,
            list(days),
            report_type=pages[0].request.report_type,
            reason=DOUBTED,
            before=requested_at - BELIEVED_AFTER,
        )
        if not said.issuperset(days):
            return False
    return True


def remember_doubt(
    run: SellerRun, source: WindowSource, window: JobWindow, pages: Sequence[Job], emptied: Emptied
) -> None:
    """Keep the table's rows, leave the days open, and store the doubt for the next run."""
    for page in pages:
        run.jobs.update(replace(page, state=JobState.EMPTY, reason=DOUBTED))
    again = "a later run with --refetch checks again" if run.refetch else "the next run checks again"
    name = source.table.name
    for market, days in emptied.items():
        known = counted(sum(days.values()), "row")
        run.skip(
            [name],
            market,
            window.days_in(run),
            f"{name}: Amazon returned no rows for {day_span(window.window.days)} although the table has {known}; "
            f"nothing was deleted; {again}",
        )


def report_emptied(run: SellerRun, table: str, collector: Collector, emptied: Emptied) -> None:
    """Count and log days whose rows are about to be deleted."""
    for days in emptied.values():
        collector.signals[EMPTIED] += len(days)
        run.log.warning(
            "seller %s: %s: Amazon returned no rows %sfor %s in %s; deleting %s from the table",
            run.who,
            table,
            "" if collector.fetched else "for the second time ",
            counted(len(days), "day"),
            day_span(days),
            counted(sum(days.values()), "row"),
        )
