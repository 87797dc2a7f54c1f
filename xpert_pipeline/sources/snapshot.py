"""Kind 1: the current state, read in full by pages, or from a report if it is large. Amazon keeps no history of it.

A reading is complete if it reached the end and returned as many records as Amazon counts, if Amazon has a count
(`snapshot_reading` compares). Only a complete reading is recorded as a snapshot and deletes rows that Amazon no longer
returns. A reading with far fewer rows than the table is doubtful: it counts only if a second one, at least an hour
later, agrees.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar
from uuid import UUID

from xpert_pipeline.postgres.coverage import followed_until
from xpert_pipeline.postgres.present_state import count_rows, doubted_counts, last_snapshot
from xpert_pipeline.progress import step
from xpert_pipeline.sources.collect import Collector, Row, Rows, collecting
from xpert_pipeline.sources.jobs import failure_of, park, ready, why_unreadable
from xpert_pipeline.sources.market_failures import Failures
from xpert_pipeline.sources.plan import StreamPlan
from xpert_pipeline.sources.rereading import reread_after
from xpert_pipeline.sources.rows import known_key, unfilled_columns, unknown_fields
from xpert_pipeline.sources.run import Market, SellerRun
from xpert_pipeline.sources.snapshot_pages import Pages
from xpert_pipeline.sources.snapshot_reading import Reading, Result, read, row_of
from xpert_pipeline.sources.snapshot_report import BulkReport
from xpert_pipeline.sources.source import Probe, Source
from xpert_pipeline.spapi.errors import BadRequest, SpApiError, Stopped
from xpert_pipeline.spapi.jobs.api import JobRequest
from xpert_pipeline.spapi.jobs.job import Job, JobState
from xpert_pipeline.spapi.jobs.report_api import ReportApi
from xpert_pipeline.spapi.jobs.requesting import request_jobs
from xpert_pipeline.spapi.planning.planner import BucketLevels, predict_made, predict_walk
from xpert_pipeline.spapi.planning.source_choice import how_known
from xpert_pipeline.spapi.session import SellerApi
from xpert_pipeline.tables.contract import Table
from xpert_pipeline.wording import counted, duration_words, moment_in_zone

SHRINKS_BY = 0.3
"""A reading is doubtful if it lacks more than this share of the table's rows."""
AGREES_WITHIN = 0.1
"""Two doubtful readings agree if their counts differ by at most this share."""
BELIEVED_AFTER = timedelta(hours=1)
"""Minimum time between a doubtful reading and a second one that confirms it."""
A_SECOND = timedelta(seconds=1)
JOB_API = ReportApi()


@dataclass(frozen=True, kw_only=True)
class Snapshot(Source):
    """A table that holds the current state.

    Attributes:
        table: Its row contract.
        pages: How the pages are read.
        bulk: A report for many records.
        parse: Builds a row from a record, its lookup result and the marketplace; by default, the columns' paths (`At`)
            are read.
        fields: The fields that Amazon is known to send in a record of a page. Others are counted and reported.
        noun: Singular word for a record, for messages.
    """

    table: Table
    pages: Pages
    bulk: BulkReport | None = None
    parse: Callable[[Any, Any, Market], Row] | None = None
    fields: tuple[str, ...] = ()
    noun: str = "record"

    rank: ClassVar[int] = 5

    @property
    def tables(self) -> tuple[Table, ...]:
        """The table."""
        return (self.table,)

    @property
    def operations(self) -> tuple[str, ...]:
        """The operations of the pages and of the lookup."""
        return self.pages.operations

    def unfilled(self) -> Mapping[Table, Sequence[str]]:
        """Columns without a path, if the source has no parser."""
        return {self.table: unfilled_columns(self.table, ("*",) if self.parse else ())}

    def prepare(self, run: SellerRun) -> list[Reading]:
        """Count the records, and request the report if there are many; do nothing for past days.

        Raises:
            SpApiError: Amazon refused every marketplace. A refusal of some is left to `sync`.
        """
        readings = [self._prepared(run, market) for market in run.markets if market.is_live]
        if readings and all(reading.refused for reading in readings):
            raise readings[0].refused or AssertionError("unreachable")
        return readings

    def sync(self, run: SellerRun, prepared: list[Reading] | None) -> None:
        """Read and load every marketplace; past days have no history.

        Raises:
            SpApiError: The first error, raised after all marketplaces were tried. A marketplace that Amazon does not
                grant is no error if it grants another one.
        """
        for market in run.markets:
            run.outcome(self.table.name).no_history(market.id, market.today if market.is_live else date.max)
        readings, failures = prepared or [], Failures(run, self.table.name)
        for reading in readings:
            with failures.of(reading.market):
                if reading.refused:
                    raise reading.refused
                if reading.job is None:
                    self._load(run, reading)
        self._load_reports(run, {reading.job.id: reading for reading in readings if reading.job}, failures)
        failures.raise_first()

    def plan(self, run: SellerRun, levels: BucketLevels) -> Sequence[StreamPlan]:
        """Plan the pages or the report of each live marketplace."""
        return [self._plan(run, market, levels) for market in run.markets if market.is_live]

    def probe(self, api: SellerApi, market: Market, now: datetime) -> Probe | None:
        """Count the records, or read the first page if Amazon has no count."""
        if_none = f"0 means {self.table.name} stays empty: there is no {self.noun} in this marketplace"
        total = self.pages.count_since(api, market.id, None)
        if total is not None:
            return Probe(f"{self.noun}s", total, if_none)
        try:
            page = next(self.pages.walk(api, market.id, None), None)
        except BadRequest as error:
            if not self.pages.means_empty(error):
                raise
            return Probe(f"{self.noun}s", 0, if_none)
        return Probe(f"{self.noun}s on the first page", len(page.records) if page else 0, if_none)

    def _since(self, run: SellerRun, market: Market) -> datetime | None:
        """The time from which to read changes; None to read everything.

        A record can change without its update time moving, and one that is gone is in no list of changes. So everything
        is read again from time to time (`RunOptions.reread_after`).
        """
        if not self.pages.follows_changes or run.refetch:
            return None
        last = last_snapshot(run.pool, market.scope, self.table.name)
        if last is None or run.client().server_now() >= last + reread_after(run, market, self.table.name):
            return None
        return followed_until(run.pool, market.scope, self.table.name)

    def _prepared(self, run: SellerRun, market: Market) -> Reading:
        """Decide what to read; an error of Amazon concerns this marketplace alone."""
        try:
            return self._planned(run, market)
        except Stopped:
            raise
        except SpApiError as error:
            return Reading(market, refused=error)

    def _planned(self, run: SellerRun, market: Market) -> Reading:
        since = self._since(run, market)
        total = self.pages.count_since(run.client(), market.id, since)
        if self.bulk is None or not self.bulk.is_for(total) or self._why_no_report(run, market, total):
            return Reading(market, since, total)
        if since is not None:  # the report has all records anyway
            total = self.pages.count_since(run.client(), market.id, None)
        request = JobRequest(self.bulk.report_type, marketplace_ids=(market.id,))
        if run.refetch:
            oldest: datetime | None = run.client().server_now() - A_SECOND
        else:  # Amazon tells whole seconds: a report of the same second may be the one that was loaded
            loaded = since or last_snapshot(run.pool, market.scope, self.table.name)
            oldest = loaded + A_SECOND if loaded else None
        (job,) = request_jobs(run.client(), run.jobs, JOB_API, [request], not_older_than=oldest)
        return Reading(market, None, total, job)

    def _why_no_report(self, run: SellerRun, market: Market, total: int | None) -> str | None:
        """Why pages are read although there are many records: an earlier report could not be read."""
        if self.bulk is None or not self.bulk.is_for(total) or (total or 0) > self.bulk.pages_up_to:
            return None
        return why_unreadable(run, JOB_API, JobRequest(self.bulk.report_type, marketplace_ids=(market.id,)))

    def _load_reports(self, run: SellerRun, waiting: Mapping[UUID, Reading], failures: Failures) -> None:
        jobs = ready(run, JOB_API, [reading.job for reading in waiting.values() if reading.job])
        with failures.of(None):
            for job in jobs:
                reading = replace(waiting[job.id], job=job)
                with failures.of(reading.market):
                    self._load_report(run, reading, job)

    def _load_report(self, run: SellerRun, reading: Reading, job: Job) -> None:
        if job.is_live or job.state is JobState.THROTTLED:
            park(run, [self.table.name], [reading.market], [reading.market.partition_of_today], job)
            return
        if job.state is not JobState.DONE:
            raise failure_of(run, JOB_API, job)
        result = self._load(run, reading)
        run.jobs.mark_collected(job)
        if problem := result.short_report or result.problem:  # otherwise the next sync would read the same document
            run.jobs.update(replace(job, state=JobState.FATAL, reason=problem))

    def _load(self, run: SellerRun, reading: Reading) -> Result:
        """Read and load a marketplace."""
        market, name = reading.market, self.table.name
        what = "reading everything" if reading.total is None else f"{counted(reading.total, self.noun)} to read"
        step(run.who, name, f"{what}{run.place_of(market)}")

        with run.lease(name) as lease, self._collecting(run, market) as (folder, collector):
            began = run.client().server_now()
            result = read(run, self, reading, collector, folder, began)
            lease.check()
            result = self._doubted(run, market, result, collector, began)
            if collector.signals:
                run.log.warning("seller %s: %s: unusual, but kept: %s", run.who, name, dict(collector.signals))
            run.load(
                lease,
                source=result.source,
                window=result.window(reading.since),
                parts=collector.loads([(market.id,)] if result.is_whole else ()),
                markets=[market],
                began=began,
                partitions=[market.partition_of_today],
                details=result.details(collector.fetched),
            )
        if result.problem:
            reason = f"{name}{run.place_of(market)}: {result.problem}"
            run.skip([name], market, [market.partition_of_today], reason)
            if result.doubted is None:
                run.outcome(name).mark_incomplete(market.id, [market.partition_of_today])
        elif result.empty_because:
            run.outcome(name).explain(f"{name}{run.place_of(market)}: {result.empty_because}")
            run.outcome(name).why_empty[market.id] = result.empty_because
        return result

    @contextmanager
    def _collecting(self, run: SellerRun, market: Market) -> Iterator[tuple[Path, Collector]]:
        """Create the collector of a reading; it counts fields that nobody has declared."""
        parse = row_of(self, market)

        def original(record: Any) -> Any:
            return record[0] if isinstance(record, tuple) else record

        def parse_and_count(record: Any) -> Rows:
            collector.signals.update(unknown_fields(original(record), self.fields))
            return parse(record)

        def key_of(record: Any) -> Row:
            return known_key(self.table, record, market)

        with collecting(run.spool, self.tables, parse_and_count, key_of) as (folder, collector):
            collector.original = original
            yield folder, collector

    def _doubted(self, run: SellerRun, market: Market, result: Result, collector: Collector, began: datetime) -> Result:
        """Mark a complete reading with far fewer rows than the table as doubtful, unless an earlier one agrees."""
        rows, arrived = count_rows(run.pool, market.scope, self.table.name), len(collector.main.spool)
        if not result.is_whole or arrived >= rows * (1 - SHRINKS_BY):
            return result
        earlier = doubted_counts(run.pool, market.scope, self.table.name, began - BELIEVED_AFTER)
        if any(abs(count - arrived) <= AGREES_WITHIN * max(count, arrived) for count in earlier):
            return result
        problem = (
            f"Amazon returned {counted(arrived, self.noun)}, but the table has {rows:,}. These were loaded, and "
            "nothing is deleted until a second reading, at least an hour later, agrees"
        )
        return replace(result, is_whole=False, doubted=arrived, problem=problem)

    def _plan(self, run: SellerRun, market: Market, levels: BucketLevels) -> StreamPlan:
        since = self._since(run, market)
        total = self.pages.count_since(run.client(), market.id, since)
        unreadable = self._why_no_report(run, market, total)
        if since is not None and self.bulk is not None and self.bulk.is_for(total) and not unreadable:
            since, total = None, self.pages.count_since(run.client(), market.id, None)
        expected = count_rows(run.pool, market.scope, self.table.name) if total is None else total
        predictions = {"pages": predict_walk(expected, self.pages.per_call, levels)}
        why = counted(expected, self.noun) + ("" if total is not None else " in the table now")
        source, is_made = " and ".join(self.operations), False
        if self.bulk is not None:
            learnt = run.jobs.generation_seconds("report", self.bulk.report_type)
            create, document = levels["createReport"], levels["getReportDocument"]
            predictions["report"] = predict_made(1, learnt, create=create, document=document, pace=levels.pace)
            is_made = self.bulk.is_for(total) and not unreadable
            source = self.bulk.report_type if is_made else source
            pages_because = unreadable or "pages carry more columns"
            why += f": {self.bulk.because}; {how_known(learnt)}" if is_made else f": {pages_because}"
        chosen = predictions["report" if is_made else "pages"]
        levels.spend(chosen.calls)
        return StreamPlan(
            table=self.table.name,
            marketplaces=(market.id,),
            window=f"changes since {moment_in_zone(since, market.zone)}" if since else f"all {self.noun}s",
            source=source,
            seconds=chosen.seconds,
            calls=chosen.calls,
            predicted={name: prediction.seconds for name, prediction in predictions.items()},
            why=why,
            plain=f"{counted(expected, self.noun)}{' by bulk report' * is_made} (~{duration_words(chosen.seconds)})",
            is_made=is_made,
        )
