"""Decides whether to believe an answer that takes away what the table knows about a day.

Two kinds of days are doubted: a day that has rows in the table and none in the answer, and a day with sales in the
table and none in the answer. Amazon may have prepared the answer too early or with an error. The loss is believed at
once if the answer has rows (or sales) for other days of the marketplace, and no other table knows sales of that day.
Otherwise the table keeps its rows until a second job, requested at least an hour later, says the same.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal

from xpert_pipeline.postgres.known_days import DayFigures, days_doubted_before, days_selected, figures_by_day
from xpert_pipeline.sources.collect import Collector
from xpert_pipeline.sources.job_windows import JobWindow, SalesEvidence, WindowSource
from xpert_pipeline.sources.run import Market, SellerRun
from xpert_pipeline.sources.windows import DayWindow
from xpert_pipeline.spapi.jobs.job import Job, JobState
from xpert_pipeline.wording import counted, day_span

BELIEVED_AFTER = timedelta(hours=1)
"""Minimum time between the request of a doubted job and that of a second one that confirms it."""
EMPTIED = "days that became empty"
ZEROED = "days whose sales became 0"


@dataclass(frozen=True)
class Loss:
    """What the answer takes away from a day: all `rows` of the table, or its sales."""

    kind: Literal["rows", "sales"]
    rows: int


Losses = Mapping[Market, Mapping[date, Loss]]


def losses_of(run: SellerRun, source: WindowSource, window: DayWindow, collector: Collector) -> Losses:
    """Days of which the table knows more than the answer.

    There are none if every record was rejected, or if a load deletes no rows of the table.
    """
    table = source.table
    if table.day is None or not table.replaced_by or (collector.fetched and not len(collector.main.spool)):
        return {}
    columns = source.evidence.columns if source.evidence else ()
    losses: dict[Market, dict[date, Loss]] = {}
    for market in window.markets:
        known = figures_by_day(run.pool, market.scope, source.table, window.days, columns)
        lost = {day: _loss(collector, market, day, figures) for day, figures in sorted(known.items())}
        if some := {day: loss for day, loss in lost.items() if loss}:
            losses[market] = some
    return losses


def _loss(collector: Collector, market: Market, day: date, known: DayFigures) -> Loss | None:
    place = (market.id, day)
    if place not in collector.main.days:
        return Loss("rows", known.rows)
    if known.has_sales and place not in collector.main.days_with_sales:
        return Loss("sales", known.rows)
    return None


def doubted_days(
    run: SellerRun, source: WindowSource, collector: Collector, pages: Sequence[Job], losses: Losses
) -> Losses:
    """The losses that are not believed yet."""
    requested_at = min(page.created_at or page.written_at for page in pages)
    doubted: dict[Market, Mapping[date, Loss]] = {}
    for market, lost in losses.items():
        suspicious = _suspicious(run, market, source.evidence, collector, lost)
        confirmed = days_doubted_before(
            run.pool,
            market.scope,
            source.table.name,
            list(suspicious),
            report_type=pages[0].request.report_type,
            before=requested_at - BELIEVED_AFTER,
        )
        if not confirmed.issuperset(suspicious):
            doubted[market] = suspicious
    return doubted


def _suspicious(
    run: SellerRun, market: Market, evidence: SalesEvidence | None, collector: Collector, lost: Mapping[date, Loss]
) -> dict[date, Loss]:
    """Days that other tables contradict; and all of a kind if the answer has no day with that figure at all."""
    sold = days_selected(run.pool, market.scope, evidence.sold_days, list(lost)) if evidence else set()
    told = {
        "rows": {day for name, day in collector.main.days if name == market.id},
        "sales": {day for name, day in collector.main.days_with_sales if name == market.id},
    }
    return {day: loss for day, loss in lost.items() if day in sold or not told[loss.kind]}


def remember_doubt(
    run: SellerRun, source: WindowSource, window: JobWindow, pages: Sequence[Job], doubted: Losses
) -> None:
    """Keep the table's rows, leave the days open, and store the doubted days for the next run."""
    days_of = {market.id: sorted(day.isoformat() for day in lost) for market, lost in doubted.items()}
    for page in pages:
        reason = "it takes away what is known; believed only when a second job says the same"
        run.jobs.update(replace(page, state=JobState.EMPTY, reason=reason, doubted_days=days_of))
    again = "a later run with --refetch checks again" if run.refetch else "the next run checks again"
    name = source.table.name
    for market, lost in doubted.items():
        run.skip([name], market, window.days_in(run), f"{name}: {_said(lost)}; nothing was changed; {again}")


def _said(lost: Mapping[date, Loss]) -> str:
    """What Amazon's answer says, against what the table has."""
    parts = []
    if gone := {day: loss for day, loss in lost.items() if loss.kind == "rows"}:
        rows = counted(sum(loss.rows for loss in gone.values()), "row")
        parts.append(f"Amazon returned no rows for {_days(gone)} although the table has {rows}")
    if unsold := [day for day, loss in lost.items() if loss.kind == "sales"]:
        parts.append(f"Amazon reports sales of 0 for {_days(unsold)} although the table has sales")
    return "; ".join(parts)


def _days(days: Iterable[date]) -> str:
    ordered = sorted(days)
    return day_span(ordered) if len(ordered) <= 1 else f"{counted(len(ordered), 'day')} in {day_span(ordered)}"


def report_losses(run: SellerRun, table: str, collector: Collector, losses: Losses) -> None:
    """Count and log days that are about to lose rows or sales."""
    for lost in losses.values():
        for kind, signal, what in (("rows", EMPTIED, "rows"), ("sales", ZEROED, "sales")):
            days = {day: loss for day, loss in lost.items() if loss.kind == kind}
            if not days:
                continue
            collector.signals[signal] += len(days)
            rows = counted(sum(loss.rows for loss in days.values()), "row")
            run.log.warning(
                "seller %s: %s: Amazon returned no %s for %s in %s; %s",
                run.who,
                table,
                what,
                counted(len(days), "day"),
                day_span(days),
                f"deleting {rows} from the table" if kind == "rows" else f"replacing {rows} of the table",
            )
