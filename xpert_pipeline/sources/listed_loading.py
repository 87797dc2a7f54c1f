"""Loads the documents of reports that Amazon made by itself, each in a transaction of its own.

So a run that ends early loses nothing, and the next one goes on with the documents that are not known yet.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from xpert_pipeline.postgres.known_rows import find_row
from xpert_pipeline.postgres.lease import Lease
from xpert_pipeline.postgres.ledger import LoadWindow
from xpert_pipeline.postgres.read_documents import mark_read
from xpert_pipeline.postgres.spool import spool_folder
from xpert_pipeline.sources.collect import Collector, Row, Rows, Unfit, collecting
from xpert_pipeline.sources.listed_collecting import collecting_contents
from xpert_pipeline.sources.listed_document import Contents, ListedDocument
from xpert_pipeline.sources.run import Market, SellerRun
from xpert_pipeline.spapi.documents.download import fetch_document
from xpert_pipeline.spapi.documents.flat_files import BadHeader
from xpert_pipeline.spapi.errors import NotGranted, SpApiError, Stopped, Throttled, Transient
from xpert_pipeline.spapi.jobs.job import GIVEN_UP_AFTER
from xpert_pipeline.spapi.jobs.listed_reports import ListedReport
from xpert_pipeline.tables.contract import MARKETPLACE, Table
from xpert_pipeline.wording import counted

LIST, DOWNLOAD = "getReports", "getReportDocument"
LONGEST_WAIT = 10.0
"""Seconds that a run waits for the token of a document; the others are left to the next run."""
URGENT = 2
"""The newest documents, such as the last two payouts. Older ones leave the tokens that requested reports still need."""


@dataclass(frozen=True)
class Listing:
    """How many reports Amazon listed: for the seller's marketplaces, and for others."""

    own: int
    foreign: int


class ListedSource(Protocol):
    """The part of a source that loading needs; `ListedReports` explains its attributes."""

    @property
    def step(self) -> str:
        """Name of the step."""

    @property
    def tables(self) -> tuple[Table, ...]:
        """The documents, then their lines."""

    @property
    def documents(self) -> Table:
        """The documents' table."""

    @property
    def lines(self) -> Table:
        """The lines' table."""

    @property
    def report(self) -> str:
        """The report type."""

    @property
    def needs(self) -> tuple[str, ...]:
        """Columns that a document must have."""

    @property
    def optional(self) -> tuple[str, ...]:
        """Other columns that are read."""

    @property
    def read(self) -> Callable[[ListedDocument], Contents]:
        """Reads a document."""

    @property
    def is_whole(self) -> str:
        """The column that tells whether everything was understood."""

    @property
    def content(self) -> tuple[str, ...]:
        """Columns that are equal in two copies of one document."""

    def markets_of(self, run: SellerRun, report: ListedReport) -> list[Market]:
        """The seller's marketplaces that a report is for."""

    def market_of(self, run: SellerRun, report: ListedReport, contents: Contents) -> Market:
        """The marketplace that a document belongs to."""


def load_documents(
    run: SellerRun, source: ListedSource, lease: Lease, new: Sequence[ListedReport], listing: Listing
) -> None:
    """Load documents, newest first; note in the outcome what is left to the next run.

    Raises:
        SpApiError: A document could not be downloaded; the others are loaded.
    """
    _Loader(run, source, lease).load_all(new, listing)


class _Loader:
    """Loads the documents of one run."""

    def __init__(self, run: SellerRun, source: ListedSource, lease: Lease) -> None:
        self._run, self._source, self._lease = run, source, lease
        self._failed: list[SpApiError] = []

    def load_all(self, new: Sequence[ListedReport], listing: Listing) -> None:
        """Load documents, newest first; note in the outcome what is left to the next run."""
        began, left = self._run.client().server_now(), 0
        for number, report in enumerate(new):
            if not self._has_time(number):
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
            self._record_listing(began, listing)
        if self._failed:
            raise self._failed[0]

    def _has_time(self, number: int) -> bool:
        """Whether there soon is a token for another document. Amazon keeps documents for weeks, so the older can wait.

        Requested reports cannot: the run would wait for their tokens.
        """
        client = self._run.client()
        needed = 1 if number < URGENT else 1 + len(self._run.jobs.unfinished("report", (), GIVEN_UP_AFTER))
        return max(0.0, needed - client.level(DOWNLOAD)) / client.rate(DOWNLOAD) <= LONGEST_WAIT

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
        market = source.markets_of(run, report)[0]
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

    def _record_listing(self, began: datetime, listing: Listing) -> None:
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
                details={
                    "listed": listing.own,
                    **({"of other marketplaces": listing.foreign} if listing.foreign else {}),
                },
            )
