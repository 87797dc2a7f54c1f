"""Kind 1: the present state, read whole page by page, or by a report where it is large. Amazon keeps no history of it.

A reading is complete only if the source came to its end and Amazon's own count, where it gives one, agrees with what
arrived. Only a complete reading is recorded as a snapshot and deletes the rows that Amazon no longer returns. A reading
with far fewer rows than the table has is doubted: it counts only if a second one, an hour later, agrees.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar, TextIO

from xpert_pipeline.postgres.coverage import followed_until
from xpert_pipeline.postgres.ledger import LoadWindow
from xpert_pipeline.postgres.present_state import count_rows, doubted_counts
from xpert_pipeline.progress import step
from xpert_pipeline.sources.collect import Collector, Row, collecting
from xpert_pipeline.sources.jobs import document_of, failure_of, park, ready
from xpert_pipeline.sources.plan import StreamPlan
from xpert_pipeline.sources.rows import row_parser, unfilled_columns
from xpert_pipeline.sources.run import Market, SellerRun
from xpert_pipeline.sources.source import Probe, Source
from xpert_pipeline.spapi.errors import BadRequest, PageTokenExpired
from xpert_pipeline.spapi.jobs.api import JobRequest
from xpert_pipeline.spapi.jobs.job import Job, JobState
from xpert_pipeline.spapi.jobs.report_api import ReportApi
from xpert_pipeline.spapi.jobs.requesting import request_jobs
from xpert_pipeline.spapi.operations.paging import Page
from xpert_pipeline.spapi.planning.planner import BucketLevels, predict_made, predict_walk
from xpert_pipeline.spapi.planning.source_choice import how_known
from xpert_pipeline.spapi.session import SellerApi
from xpert_pipeline.tables.contract import Table
from xpert_pipeline.tables.validation import chunks
from xpert_pipeline.wording import counted

SHRINKS_BY = 0.3
"""A reading that lacks more than this share of the table's rows is doubted."""
AGREES_WITHIN = 0.1
"""Two doubted readings agree if their counts differ by at most this share."""
BELIEVED_AFTER = timedelta(hours=1)
"""How long after the first doubted reading a second one must have begun."""
READINGS = 2
"""How often a run reads pages whose count does not agree before it leaves them to the next run."""
OVERLAP = timedelta(minutes=5)
JOB_API = ReportApi()
Walk = Callable[[SellerApi, str, datetime | None], Iterator[Page]]


@dataclass(frozen=True)
class BulkReport:
    """A report that replaces the pages where there is much to read.

    Attributes:
        report_type: Amazon's name of it.
        above: Records from which on the report is read instead of pages.
        read: Reads its lines from the text of the document.
        parse: Turns a line into a row, given the marketplace.
        columns: Columns that it carries; the table's other columns stay as they are.
        because: Why pages do not serve, for `xpert plan`.
    """

    report_type: str
    above: int
    read: Callable[[TextIO], Iterator[Any]]
    parse: Callable[[Any, Market], Row]
    columns: tuple[str, ...]
    because: str


@dataclass(frozen=True)
class Lookup:
    """What a second operation knows about the records of a page.

    Attributes:
        operation: Amazon's name of it.
        batch: Records looked up in one call.
        fetch: Returns the records' counterparts, by position.
    """

    operation: str
    batch: int
    fetch: Callable[[SellerApi, str, Sequence[Any]], Sequence[Any]]


@dataclass(frozen=True)
class Reading:
    """What is to be read of one marketplace.

    Attributes:
        market: The marketplace.
        since: Only records that changed since then; None for all.
        total: Amazon's count before the reading; None where Amazon gives none.
        job: The report that brings the records, if not pages.
    """

    market: Market
    since: datetime | None = None
    total: int | None = None
    job: Job | None = None


@dataclass(frozen=True, kw_only=True)
class Snapshot(Source):
    """A table of the present state.

    Attributes:
        table: Its row contract.
        operation: Amazon's operation that `walk` calls.
        walk: Yields the pages of a marketplace, of records that changed since a moment or of all.
        page_size: Records of a page, for planning.
        count: Amazon's own count of what the walk would yield; None where Amazon has none.
        follows_changes: Whether `walk` can yield only what changed since a moment; later runs then read only changes.
        parse: Turns a record, its counterpart and the marketplace into a row; by default the columns' paths do.
        lookup: A second operation that knows more about each record.
        bulk: A report for many records.
        empty_on: Code of a BadRequest that means "this seller has none", and what to tell the operator.
        noun: What a record is, in words.
    """

    table: Table
    operation: str
    walk: Walk
    page_size: int
    count: Callable[[SellerApi, str, datetime | None], int] | None = None
    follows_changes: bool = False
    parse: Callable[[Any, Any, Market], Row] | None = None
    lookup: Lookup | None = None
    bulk: BulkReport | None = None
    empty_on: tuple[str, str] | None = None
    noun: str = "record"

    rank: ClassVar[int] = 4

    @property
    def tables(self) -> tuple[Table, ...]:
        """The table."""
        return (self.table,)

    @property
    def operations(self) -> tuple[str, ...]:
        """The operations of pages and lookups."""
        return (self.operation, *((self.lookup.operation,) if self.lookup else ()))

    def unfilled(self) -> Mapping[Table, Sequence[str]]:
        """Columns without a path, where the source has no parser."""
        return {self.table: unfilled_columns(self.table, ("*",) if self.parse else ())}

    def prepare(self, run: SellerRun) -> list[Reading]:
        """Count what is to be read, and request the report where there is much; nothing for past days."""
        return [self._prepared(run, market) for market in run.markets if market.is_live]

    def sync(self, run: SellerRun, prepared: list[Reading] | None) -> None:
        """Read and load every marketplace; past days have no history."""
        for market in run.markets:
            run.outcome(self.table.name).no_history(market.id, market.today if market.is_live else date.max)
        readings = prepared or []
        for reading in readings:
            if reading.job is None:
                self._load(run, reading)
        self._load_reports(run, {reading.job.id: reading for reading in readings if reading.job})

    def plan(self, run: SellerRun, levels: BucketLevels) -> Sequence[StreamPlan]:
        """Pages or the report of each live marketplace."""
        return [self._plan(run, market, levels) for market in run.markets if market.is_live]

    def probe(self, api: SellerApi, market: Market, now: datetime) -> Probe | None:
        """Count the records, or read the first page where Amazon gives no count."""
        if_none = f"0 means {self.table.name} stays empty: there is no {self.noun} in this marketplace"
        if self.count is not None:
            return Probe(f"{self.noun}s", self.count(api, market.id, None), if_none)
        try:
            page = next(self.walk(api, market.id, None), None)
        except BadRequest as error:
            if self._means_empty(error):
                return Probe(f"{self.noun}s", 0, f"{if_none} ({self.empty_on[1]})" if self.empty_on else if_none)
            raise
        return Probe(f"{self.noun}s on the first page", len(page.records) if page else 0, if_none)

    def _since(self, run: SellerRun, market: Market) -> datetime | None:
        """The moment from which on changes are read; None for a whole reading."""
        if not self.follows_changes or run.refetch:
            return None
        return followed_until(run.pool, market.scope, self.table.name)

    def _count(self, run: SellerRun, market: Market, since: datetime | None) -> int | None:
        """Amazon's own count of what is to be read."""
        return None if self.count is None else self.count(run.client(), market.id, _with_overlap(since))

    def _prepared(self, run: SellerRun, market: Market) -> Reading:
        since = self._since(run, market)
        total = self._count(run, market, since)
        if self.bulk is None or (total or 0) <= self.bulk.above:
            return Reading(market, since, total)
        request = JobRequest(self.bulk.report_type, marketplace_ids=(market.id,))
        not_older_than = run.client().server_now() - timedelta(seconds=1) if run.refetch else since
        (job,) = request_jobs(run.client(), run.jobs, JOB_API, [request], not_older_than=not_older_than)
        return Reading(market, since, total, job)

    def _load_reports(self, run: SellerRun, waiting: Mapping[Any, Reading]) -> None:
        for job in ready(run, JOB_API, [reading.job for reading in waiting.values() if reading.job]):
            reading = replace(waiting[job.id], job=job)
            if job.is_live or job.state is JobState.THROTTLED:
                park(run, [self.table.name], [reading.market], [reading.market.partition_of_today], job)
            elif job.state is JobState.DONE:
                self._load(run, reading)
                run.jobs.mark_collected(job)
            else:
                raise failure_of(run, JOB_API, job)

    def _load(self, run: SellerRun, reading: Reading) -> None:
        market, name = reading.market, self.table.name
        what = "reading all of it" if reading.total is None else f"{counted(reading.total, self.noun)} to read"
        step(f"{run.who}: {name}{place_text(run, market)}: {what}")
        parse, key_of = self._parser(market), self._key_of(market)
        with run.lease(name) as lease, collecting(run.spool, self.tables, parse, key_of) as (folder, collector):
            began = run.client().server_now()
            result = self._read(run, reading, collector, folder, began)
            lease.check()
            if result.is_whole and (rows := self._doubted(run, market, collector, began)):
                result = replace(
                    result, is_whole=False, doubted=len(collector.main.spool), problem=_doubt(self, rows, collector)
                )
            run.load(
                lease,
                source=result.source,
                window=result.window(reading.since),
                parts=collector.loads([(market.id,)] if result.is_whole else ()),
                markets=[market],
                began=began,
                partitions=[market.partition_of_today],
                details=result.details(reading.total, collector.fetched),
            )
        if result.problem:
            reason = f"{name}{place_text(run, market)}: {result.problem}"
            run.skip([name], market, [market.partition_of_today], reason)
        elif result.empty_because:
            run.outcome(name).explain(f"{name}{place_text(run, market)}: {result.empty_because}")

    def _read(self, run: SellerRun, reading: Reading, collector: Collector, folder: Path, began: datetime) -> "_Result":
        if reading.job is not None and self.bulk is not None:
            result = self._read_report(run, reading.market, reading.job, collector, folder, began)
            total = reading.total
        else:
            result, total = self._read_pages(run, reading, collector, began)
        if result.empty_because or total is None or collector.fetched >= total:
            return replace(result, is_whole=reading.since is None and not result.empty_because)
        return replace(
            result,
            problem=f"Amazon counts {counted(total, self.noun)}, but {result.source} returned {collector.fetched:,}. What "
            "arrived is loaded, nothing is deleted, and the next sync reads it again",
        )

    def _read_report(
        self, run: SellerRun, market: Market, job: Job, collector: Collector, folder: Path, began: datetime
    ) -> "_Result":
        bulk = self.bulk
        assert bulk is not None
        collector.carry([bulk.columns])
        with document_of(run, job, folder) as document, document.open_text() as lines:
            collector.parse = lambda line: ([bulk.parse(line, market)],)
            collector.add(bulk.read(lines))
        known_at = min(began, job.created_at) if job.created_at else began  # a report made earlier is of that moment
        return _Result(bulk.report_type, known_at)

    def _read_pages(
        self, run: SellerRun, reading: Reading, collector: Collector, began: datetime
    ) -> tuple["_Result", int | None]:
        """Walk the pages, once more if Amazon's count does not agree."""
        result, total = _Result(self.operation, began), reading.total
        for number in range(READINGS):
            if number:
                total = self._count(run, reading.market, reading.since)
            try:
                total = self._walk_once(run, reading, collector, total)
            except PageTokenExpired:
                raise
            except BadRequest as error:
                if not self._means_empty(error) or collector.fetched:
                    raise
                assert self.empty_on is not None
                return replace(result, empty_because=f"{self.empty_on[1]} ({error.message})"), None
            if total is None or collector.fetched >= total:
                break
        return result, total

    def _walk_once(self, run: SellerRun, reading: Reading, collector: Collector, total: int | None) -> int | None:
        """Collect every page; returns Amazon's count."""
        collector.restart()
        if total == 0:
            return total
        for page in self.walk(run.client(), reading.market.id, _with_overlap(reading.since)):
            if page.is_first:
                collector.restart()
            total = page.total if page.total is not None else total
            collector.add(self._with_counterparts(run, reading.market, page.records))
        return total

    def _with_counterparts(self, run: SellerRun, market: Market, records: Sequence[Any]) -> Iterator[tuple[Any, Any]]:
        """Each record with what the lookup knows about it."""
        if self.lookup is None:
            yield from ((record, None) for record in records)
            return
        for batch in chunks(records, self.lookup.batch):
            yield from zip(batch, self.lookup.fetch(run.client(), market.id, batch), strict=True)

    def _parser(self, market: Market) -> Callable[[Any], Sequence[Sequence[Row]]]:
        if self.parse is not None:
            own = self.parse
            return lambda pair: ([own(pair[0], pair[1], market)],)
        by_paths = row_parser(self.table)
        return lambda pair: ([by_paths(pair[0], market.id)],)

    def _key_of(self, market: Market) -> Callable[[Any], Row]:
        """What is known of a record that cannot be parsed: the columns whose paths lead somewhere."""
        by_paths = row_parser(self.table)

        def key_of(record: Any) -> Row:
            row = by_paths(record[0] if isinstance(record, tuple) else record, market.id)
            return {name: row.get(name) for name in ("marketplace_id", *self.table.key)}

        return key_of

    def _doubted(self, run: SellerRun, market: Market, collector: Collector, began: datetime) -> int | None:
        """Rows that the table has, if the reading has so few that it is doubted and no earlier one agrees."""
        rows, arrived = count_rows(run.pool, market.scope, self.table.name), len(collector.main.spool)
        if arrived >= rows * (1 - SHRINKS_BY):
            return None
        earlier = doubted_counts(run.pool, market.scope, self.table.name, began - BELIEVED_AFTER)
        agrees = any(abs(count - arrived) <= AGREES_WITHIN * max(count, arrived) for count in earlier)
        return None if agrees else rows

    def _means_empty(self, error: BadRequest) -> bool:
        return self.empty_on is not None and error.code == self.empty_on[0]

    def _plan(self, run: SellerRun, market: Market, levels: BucketLevels) -> StreamPlan:
        since = self._since(run, market)
        total = self._count(run, market, since)
        expected = count_rows(run.pool, market.scope, self.table.name) if total is None else total
        per_call = {
            self.operation: self.page_size,
            **({self.lookup.operation: self.lookup.batch} if self.lookup else {}),
        }
        pages = predict_walk(expected, per_call, levels)
        predictions = {"pages": pages}
        why = f"{counted(expected, self.noun)}" + ("" if total is not None else " in the table now")
        if self.bulk is not None:
            learnt = run.jobs.generation_seconds("report", self.bulk.report_type)
            predictions["report"] = predict_made(
                1, learnt, create=levels["createReport"], document=levels["getReportDocument"]
            )
            why += (
                f": {self.bulk.because}; {how_known(learnt)}"
                if expected > self.bulk.above
                else ": pages carry more columns"
            )
        is_made = self.bulk is not None and expected > self.bulk.above
        chosen = predictions["report" if is_made else "pages"]
        levels.spend(chosen.calls)
        return StreamPlan(
            table=self.table.name,
            marketplaces=(market.id,),
            window=f"changed since {since:%F %R} UTC" if since else f"all {self.noun}s",
            source=self.bulk.report_type if is_made and self.bulk else " and ".join(self.operations),
            seconds=chosen.seconds,
            calls=chosen.calls,
            predicted={name: prediction.seconds for name, prediction in predictions.items()},
            why=why,
            is_made=is_made,
        )


@dataclass(frozen=True)
class _Result:
    """What became of a reading.

    Attributes:
        source: Operation or report that was read.
        known_at: The moment whose state was read.
        is_whole: Whether all records were read, so that missing ones are gone.
        empty_because: Why the seller has none, where Amazon answers so.
        problem: Why the reading is not complete.
        doubted: Its rows, if there were suspiciously few.
    """

    source: str
    known_at: datetime
    is_whole: bool = False
    empty_because: str = ""
    problem: str = ""
    doubted: int | None = None

    def window(self, since: datetime | None) -> LoadWindow:
        """What the ledger records: everything as it was, the changes since a moment, or an incomplete reading."""
        if self.problem:
            return LoadWindow("partial", self.known_at, self.known_at)
        if since is None:
            return LoadWindow("snapshot", self.known_at, self.known_at)
        return LoadWindow("updated", since, max(since, self.known_at))

    def details(self, total: int | None, received: int) -> dict[str, Any]:
        """For `loads.details`."""
        facts = {
            "counted_by_amazon": total,
            "received": received,
            "empty_because": self.empty_because or None,
            "incomplete": self.problem or None,
            "doubted": self.doubted,
        }
        return {name: value for name, value in facts.items() if value is not None}


def place_text(run: SellerRun, market: Market) -> str:
    """The marketplace in a message, where the seller has several."""
    return f" ({market.place.country})" if len(run.markets) > 1 else ""


def _doubt(source: Snapshot, rows: int, collector: Collector) -> str:
    return (
        f"Amazon returned {counted(len(collector.main.spool), source.noun)}, but the table has {rows:,}. What arrived is loaded and "
        "nothing is deleted until a second reading, at least an hour later, agrees"
    )


def _with_overlap(since: datetime | None) -> datetime | None:
    return since - OVERLAP if since else None
