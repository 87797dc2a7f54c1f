"""Kind 7: reports that Amazon makes by itself, such as settlements. They cannot be requested, only listed.

Amazon lists the reports of the last 90 days and then drops them, so each one is collected from the first day on and
kept for good. It lists the same document again and again; `lookups` remembers which ones were read, and the documents'
table has at most one row for each content. Every document is loaded in a transaction of its own, so that a run that
ends early loses nothing.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

from xpert_pipeline.postgres.known_rows import find_row
from xpert_pipeline.postgres.lease import Lease
from xpert_pipeline.postgres.ledger import LoadWindow
from xpert_pipeline.postgres.present_state import first_day, last_snapshot
from xpert_pipeline.postgres.read_documents import documents_read, mark_read
from xpert_pipeline.postgres.spool import spool_folder
from xpert_pipeline.progress import step
from xpert_pipeline.sources.collect import Collector, Row, Rows, Unfit, collecting
from xpert_pipeline.sources.listed_collecting import collecting_contents
from xpert_pipeline.sources.listed_document import Contents, ListedDocument
from xpert_pipeline.sources.plan import StreamPlan
from xpert_pipeline.sources.run import Market, SellerRun
from xpert_pipeline.sources.source import Probe, Source
from xpert_pipeline.spapi.documents.download import fetch_document
from xpert_pipeline.spapi.documents.flat_files import BadHeader
from xpert_pipeline.spapi.errors import NotGranted, SpApiError, Stopped, Throttled, Transient
from xpert_pipeline.spapi.jobs.listed_reports import KEPT_FOR, ListedReport, list_finished_reports
from xpert_pipeline.spapi.planning.planner import SECONDS_PER_CALL, BucketLevels
from xpert_pipeline.spapi.session import SellerApi
from xpert_pipeline.tables.contract import MARKETPLACE, Table
from xpert_pipeline.wording import counted, duration_words

A_DAY, USUAL_PERIOD = timedelta(days=1), timedelta(days=7)
LIST, DOWNLOAD = "getReports", "getReportDocument"
LONGEST_WAIT = 10.0
"""Seconds that a run waits for the token of a document; the others are left to the next run."""


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

    rank: ClassVar[int] = 1  # after reports that were requested: both need DOWNLOAD, and only these can wait

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
        ours = [report for report in listed if self._markets_of(run, report)]
        new = self._unknown(run, ours)
        step(run.who, self.step, f"{counted(len(new), 'new document')} among {counted(len(ours), 'report')}")
        try:
            with run.lease(self.step) as lease:
                _Loader(run, self, lease).load_all(new, len(ours), len(listed) - len(ours))
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
        seconds = max(levels[name].wait_for(count) for name, count in calls.items())
        seconds += sum(calls.values()) * SECONDS_PER_CALL
        levels.spend(calls)
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
                why="Amazon makes these reports by itself; that there is one a week is a guess",
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

    def _markets_of(self, run: SellerRun, report: ListedReport) -> list[Market]:
        """The seller's marketplaces that a report is for; all of them if it names none."""
        ids = report.marketplace_ids
        return [market for market in run.markets if not ids or market.id in ids]

    def market_of(self, run: SellerRun, report: ListedReport, contents: Contents) -> Market:
        """The marketplace that a document belongs to: the only one, or the first with its currency, or the first."""
        markets = self._markets_of(run, report)
        return next((market for market in markets if market.place.currency == contents.currency), markets[0])

    def _unknown(self, run: SellerRun, reports: Sequence[ListedReport]) -> list[ListedReport]:
        """The reports whose documents were not read yet; all of them in a refetch."""
        if run.refetch:
            return list(reports)
        ids = [report.document_id for report in reports]
        known = documents_read(run.pool, run.seller.id, self.step, ids)
        return [report for report in reports if report.document_id not in known]


class _Loader:
    """Loads the documents of one run."""

    def __init__(self, run: SellerRun, source: ListedReports, lease: Lease) -> None:
        self._run, self._source, self._lease = run, source, lease
        self._failed: list[SpApiError] = []

    def load_all(self, new: Sequence[ListedReport], count: int, foreign: int) -> None:
        """Load documents, newest first; note in the outcome what is left to the next run."""
        began, left = self._run.client().server_now(), 0
        for number, report in enumerate(new):
            if not self._has_time():
                left = len(new) - number
                break
            try:
                self._load(report)
            except (Stopped, NotGranted):
                raise
            except SpApiError as error:
                self._failed.append(error)
                if type(error) in (Transient, Throttled):  # the next document would most likely fail, too
                    left = len(new) - number - 1
                    break
        if left:
            self._skip(
                f"{counted(left, 'document')} of {self._source.report} left to the next run: Amazon returns one "
                "document a minute",
                continues=True,
            )
        if not left and not self._failed:
            self._record_listing(began, count, foreign)
        if self._failed:
            raise self._failed[0]

    def _has_time(self) -> bool:
        """Whether there soon is a token for another document; Amazon keeps documents for weeks, so none is urgent."""
        client = self._run.client()
        return max(0.0, 1 - client.level(DOWNLOAD)) / client.rate(DOWNLOAD) <= LONGEST_WAIT

    def _load(self, report: ListedReport) -> None:
        """Download and load one document; a document that cannot be understood goes to quarantine as a whole."""
        run, source = self._run, self._source
        with spool_folder(run.spool, source.step) as folder:
            file = fetch_document(run.client(), report.document_id, folder)
            document = ListedDocument(file, report, source.report, source.needs, source.optional)
            try:
                contents = source.read(document)
            except (Unfit, BadHeader) as error:
                reason = error.message if isinstance(error, BadHeader) else str(error)
                self._refuse(report, f"the report {report.report_id} cannot be read: {reason}")
                return
            market = source.market_of(run, report, contents)
            if self._load_contents(document, contents, market, folder):
                mark_read(run.pool, market.scope, source.step, report.document_id)

    def _load_contents(self, document: ListedDocument, contents: Contents, market: Market, folder: Path) -> bool:
        """Load a document; return False if it went to quarantine instead."""
        run, source, report = self._run, self._source, document.report
        known = find_row(run.pool, run.seller.id, source.documents, contents.key)
        if known:  # the rows stay in the marketplace in which they are
            market = next((one for one in run.markets if one.id == known[MARKETPLACE]), market)
        with collecting_contents(folder, source, document, contents, market) as (lines, whole, row):
            if whole.main.rejects:
                self._refuse(report, f"the report {report.report_id} cannot be read: {whole.main.rejects[0].reason}")
                return False
            if self._is_needed(known, row):
                self._write(report, contents, market, whole, lines)
            return True

    def _is_needed(self, known: Mapping[str, Any] | None, new: Row) -> bool:
        """Whether a document says more than the known one of the same content."""
        if known is None or self._run.refetch:
            return True
        if known[self._source.is_whole] and not new[self._source.is_whole]:
            self._run.log.warning(
                "seller %s: %s: a copy of %s is not whole, so the known one stays",
                self._run.who,
                self._source.step,
                " ".join(str(new[name]) for name in self._source.documents.key),
            )
            return False
        names = (self._source.is_whole, *self._source.content)
        return any(new[name] != known[name] for name in names)

    def _write(
        self, report: ListedReport, contents: Contents, market: Market, whole: Collector, lines: Collector
    ) -> None:
        run, source = self._run, self._source
        moment = report.created_at or run.client().server_now()
        own_set = tuple(contents.key[name] for name in source.lines.set_columns)
        run.load(
            self._lease,
            source=source.report,
            window=LoadWindow("partial", moment, moment),
            parts=[*whole.loads(), *lines.loads([own_set])],
            markets=[market],
            began=datetime.now(UTC),
            details={"report": report.report_id, **{name: str(value) for name, value in contents.key.items()}},
        )
        if lines.main.rejects:
            self._skip(
                f"{counted(len(lines.main.rejects), 'line')} of the report {report.report_id} cannot be read; see "
                "rejected_records",
                market,
            )

    def _refuse(self, report: ListedReport, reason: str) -> None:
        """Quarantine a document that cannot be understood. The next run reads it again, as long as Amazon lists it."""
        run, source = self._run, self._source
        market = source._markets_of(run, report)[0]  # noqa: SLF001  one module, two classes
        entry = {"reportId": report.report_id, "reportDocumentId": report.document_id}
        moment = report.created_at or run.client().server_now()

        def refuse(_record: Any) -> Rows:
            raise Unfit(reason, may_be=())

        with collecting(run.spool, [source.documents], refuse) as (_, collector):
            collector.add([entry])
            run.load(
                self._lease,
                source=source.report,
                window=LoadWindow("partial", moment, moment),
                parts=collector.loads(),
                markets=[market],
                began=datetime.now(UTC),
                details={"report": report.report_id},
            )
        self._skip(f"{source.step}: {reason}. It is read again as long as Amazon lists it", market)

    def _skip(self, reason: str, market: Market | None = None, *, continues: bool = False) -> None:
        for one in [market] if market else self._run.markets:
            names = [table.name for table in self._source.tables]
            self._run.skip(names, one, [one.partition_of_today], reason, continues=continues)

    def _record_listing(self, began: datetime, count: int, foreign: int) -> None:
        """Record in the ledger that everything that Amazon listed at a moment is known."""
        run, source = self._run, self._source
        with ExitStack() as spools:
            parts = [
                load
                for table in source.tables
                for load in spools.enter_context(collecting(run.spool, [table], lambda _: ([],)))[1].loads()
            ]
            run.load(
                self._lease,
                source=LIST,
                window=LoadWindow("snapshot", began, began),
                parts=parts,
                markets=run.markets,
                began=began,
                details={"listed": count, **({"of other marketplaces": foreign} if foreign else {})},
            )
