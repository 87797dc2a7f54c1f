"""Kind 7: reports that Amazon makes by itself, such as settlements. They cannot be requested, only listed.

Amazon lists the reports of the last 90 days and then drops them, so each one is collected from the first day on and
kept for good. It lists the same document again and again; `lookups` remembers which ones were read, and the documents'
table has at most one row for each content. `listed_loading` loads the documents.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar

from xpert_pipeline.postgres.present_state import first_day, last_snapshot
from xpert_pipeline.postgres.read_documents import documents_read
from xpert_pipeline.progress import step
from xpert_pipeline.sources.listed_document import Contents, ListedDocument
from xpert_pipeline.sources.listed_loading import DOWNLOAD, LIST, URGENT, Listing, load_documents
from xpert_pipeline.sources.plan import StreamPlan
from xpert_pipeline.sources.run import Market, SellerRun
from xpert_pipeline.sources.source import Probe, Source
from xpert_pipeline.spapi.jobs.listed_reports import KEPT_FOR, ListedReport, list_finished_reports
from xpert_pipeline.spapi.planning.planner import SECONDS_PER_CALL, BucketLevels
from xpert_pipeline.spapi.session import SellerApi
from xpert_pipeline.tables.contract import Table
from xpert_pipeline.wording import counted, duration_words

A_DAY, USUAL_PERIOD = timedelta(days=1), timedelta(days=7)


@dataclass(frozen=True, kw_only=True)
class ListedReports(Source):
    """Two tables filled by reports that Amazon makes by itself: one row for each document, and one for each line.

    Attributes:
        documents: The documents' table. Its key identifies the content of a document, however often Amazon lists it.
        lines: The lines' table; a document replaces all of its lines.
        report: Amazon's report type.
        needs: Columns that a document must have.
        optional: Other columns that are read if a document has them.
        read: Reads a document once and decides its style; raises Unfit if it cannot be understood.
        is_whole: A column of the documents' table: whether everything in the document was understood. A document that
            is not whole never replaces one that is.
        content: Columns of the documents' table that are equal in two copies of one document.
    """

    documents: Table
    lines: Table
    report: str
    needs: tuple[str, ...]
    optional: tuple[str, ...]
    read: Callable[[ListedDocument], Contents]
    is_whole: str
    content: tuple[str, ...]

    rank: ClassVar[int] = 1  # after requested reports of the same pace: both need DOWNLOAD, and only these can wait

    @property
    def tables(self) -> tuple[Table, ...]:
        """The documents, then their lines."""
        return (self.documents, self.lines)

    @property
    def operations(self) -> tuple[str, ...]:
        """The operations that list and download."""
        return (LIST, DOWNLOAD)

    def prepare(self, run: SellerRun) -> None:
        """Do nothing: Amazon makes the reports without a request."""

    def sync(self, run: SellerRun, prepared: Any) -> None:
        """List the reports, and load every document that is not known.

        Raises:
            SpApiError: Amazon did not list them, or a document could not be downloaded; the others are loaded.
        """
        if not self._is_due(run):
            self._tell_days(run)
            return
        listed = list_finished_reports(run.client(), self.report)
        ours = [report for report in listed if self.markets_of(run, report)]
        new = self._unknown(run, ours)
        step(run.who, self.step, f"{counted(len(new), 'new document')} among {counted(len(ours), 'report')}")
        try:
            with run.lease(self.step) as lease:
                load_documents(run, self, lease, new, Listing(len(ours), len(listed) - len(ours)))
        finally:
            self._tell_days(run)
        if not ours:
            for table in self.tables:
                run.outcome(table.name).explain(
                    f"Amazon lists no {self.report} of the last {KEPT_FOR.days} days for this account. That does not "
                    "mean that nothing was paid"
                )

    def plan(self, run: SellerRun, levels: BucketLevels) -> Sequence[StreamPlan]:
        """Plan one listing, and as many documents as are usual for the time since the last one; ask for nothing."""
        if not self._is_due(run):
            return []
        last = self._last_listing(run)
        days = min(KEPT_FOR, run.client().server_now() - last) / A_DAY if last else KEPT_FOR.days
        documents = math.ceil(days / USUAL_PERIOD.days) if days >= 1 else 0
        calls = {LIST: 1, **({DOWNLOAD: documents} if documents else {})}
        sure = {name: min(count, URGENT) for name, count in calls.items()}  # for the others, a run does not wait
        seconds = max(levels[name].wait_for(count) for name, count in sure.items())
        seconds += sum(calls.values()) * SECONDS_PER_CALL
        levels.spend(sure)
        what = f"about {counted(documents, 'new document')}" if documents else "the list of documents"
        return [
            StreamPlan(
                table=self.step,
                marketplaces=tuple(market.id for market in run.markets),
                window=f"the last {KEPT_FOR.days} days",
                source=self.report,
                seconds=seconds,
                calls=calls,
                predicted={"reports": seconds},
                why="Amazon makes these reports by itself; that there is one a week is a guess. Documents for which "
                "there is no quota are left to the next run",
                plain=f"{what} (~{duration_words(seconds)})",
            )
        ]

    def probe(self, api: SellerApi, market: Market, now: datetime) -> Probe | None:
        """List one report of the type; this needs the role."""
        api.call(LIST, expects={"reports": list}, reportTypes=[self.report], pageSize=1)
        return Probe(f"reports ({self.report})")

    def _last_listing(self, run: SellerRun) -> datetime | None:
        """When everything that Amazon listed was known; None before that."""
        return last_snapshot(run.pool, run.markets[0].scope, self.step)

    def _is_due(self, run: SellerRun) -> bool:
        """Whether a run lists the reports: one that includes today, or any other if that was not done for a day."""
        last = self._last_listing(run)
        return run.is_live or run.refetch or last is None or run.client().server_now() - last >= A_DAY

    def _tell_days(self, run: SellerRun) -> None:
        """Say since when there is data: Amazon's list goes back 90 days, the tables as far as they were collected."""
        last = self._last_listing(run)
        is_whole = last is not None and run.client().server_now() - last < A_DAY
        for table in self.tables:
            for market in run.markets:
                first = first_day(run.pool, market.scope, table)
                oldest = market.today - KEPT_FOR
                run.outcome(table.name).no_history(market.id, min(oldest, first or oldest))
                if is_whole and first is not None:
                    run.outcome(table.name).read_whole.add(market.id)

    def markets_of(self, run: SellerRun, report: ListedReport) -> list[Market]:
        """The seller's marketplaces that a report is for; all of them if it names none."""
        ids = report.marketplace_ids
        return [market for market in run.markets if not ids or market.id in ids]

    def market_of(self, run: SellerRun, report: ListedReport, contents: Contents) -> Market:
        """The marketplace that a document belongs to: the only one, or the first with its currency, or the first."""
        markets = self.markets_of(run, report)
        return next((market for market in markets if market.place.currency == contents.currency), markets[0])

    def _unknown(self, run: SellerRun, reports: Sequence[ListedReport]) -> list[ListedReport]:
        """The reports whose documents were not read yet; all of them in a refetch."""
        if run.refetch:
            return list(reports)
        ids = [report.document_id for report in reports]
        known = documents_read(run.pool, run.seller.id, self.step, ids)
        return [report for report in reports if report.document_id not in known]
