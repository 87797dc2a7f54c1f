"""Kind 5: facts about SKUs or ASINs that the pipeline already knows, looked up in batches.

A subject is looked up again when its last answer is older than `every`, or when the facts change with which it was
asked. Subjects without an answer are left to the next run; the others are loaded. A table without a day keeps the
newest answer about each subject; a table with a day keeps one answer for each local day on which Amazon answered.
If many subjects are due, `lookup_bulk` may ask about all of them with one query first.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, ClassVar, LiteralString

from xpert_pipeline.postgres.ledger import LoadWindow
from xpert_pipeline.postgres.pool import Pool
from xpert_pipeline.postgres.sellers import Seller
from xpert_pipeline.postgres.subjects import count_subjects, mark_answered, newest_answers, subjects_due
from xpert_pipeline.progress import step
from xpert_pipeline.sources.collect import Collector, Row, Rows, collecting
from xpert_pipeline.sources.lookup_bulk import OPERATIONS, BulkQuery, BulkReading, predict_bulk, request_bulk
from xpert_pipeline.sources.lookup_reading import Reading
from xpert_pipeline.sources.market_failures import Failures
from xpert_pipeline.sources.plan import StreamPlan
from xpert_pipeline.sources.run import Market, SellerRun, market_of
from xpert_pipeline.sources.source import LATER, Later, Probe, Source
from xpert_pipeline.spapi.jobs.job import Job
from xpert_pipeline.spapi.operations.batch import Answer, Subject
from xpert_pipeline.spapi.planning.planner import BucketLevels, predict_walk
from xpert_pipeline.spapi.session import SellerApi
from xpert_pipeline.tables.contract import MARKETPLACE, Table
from xpert_pipeline.wording import counted, duration_words

Ask = Callable[[SellerApi, str, Sequence[Subject]], Sequence[Answer]]


@dataclass(frozen=True, kw_only=True)
class Lines:
    """A child table: each record of the lookup has lines, such as the offers for a SKU.

    Attributes:
        table: Its row contract. `replaced_by` is the key of the lookup's table: a record brings all of its lines.
        parse: Turns a record into the rows of its lines.
    """

    table: Table
    parse: Callable[[Any, Subject, Market], Sequence[Row]]


@dataclass(frozen=True, kw_only=True)
class BatchLookup(Source):
    """A table of facts about known SKUs or ASINs.

    Attributes:
        table: Its row contract; an answer replaces all rows of its subject, or those of its subject and day.
        subjects: SQL that returns the known subjects as `subject`, and as further columns the facts that a request
            needs; it has `%(seller_id)s` and `%(marketplace_id)s`.
        operation: Amazon's operation.
        batch: Subjects per call.
        noun: What a subject is called in messages, such as "listing".
        ask: Looks up a batch.
        parse: Turns a record into a row.
        lines: A child table that each record also fills.
        count: Asks Amazon how many subjects there are, for a plan before the tables are loaded that know them.
        every: How long an answer stays valid.
        bulk: A query that is asked first if many subjects are due; batches answer for those that it leaves out. Only
            for a table without a child table.
    """

    table: Table
    subjects: LiteralString
    operation: str
    batch: int
    noun: str
    ask: Ask
    parse: Callable[[Any, Subject, Market], Row]
    lines: Lines | None = None
    count: Callable[[SellerApi, str], int] | None = None
    every: timedelta = timedelta(hours=24)
    bulk: BulkQuery | None = None

    rank: ClassVar[int] = 0

    @property
    def tables(self) -> tuple[Table, ...]:
        """The table, and its child table if it has one."""
        return (self.table, self.lines.table) if self.lines else (self.table,)

    @property
    def operations(self) -> tuple[str, ...]:
        """The operation, and those of the query if there is one."""
        return (self.operation, *(OPERATIONS if self.bulk else ()))

    @property
    def origins(self) -> tuple[str, ...]:
        """The query, if there is one, and the operation."""
        return (*((self.bulk.query.name,) if self.bulk else ()), self.operation)

    @property
    def fresh_for(self) -> timedelta:
        """Answers are renewed after `every`, by the next daily sync."""
        return self.every + super().fresh_for - timedelta(days=1)

    def last_answers(self, pool: Pool, seller: Seller, table: Table) -> Mapping[str, datetime] | None:
        """When Amazon last answered for any subject, by marketplace: each load is only a part of the table.

        A marketplace without a subject needs no answer, so it is fresh.
        """
        places = [market_of(seller, marketplace_id, ()).scope for marketplace_id in seller.marketplace_ids]
        idle = [place.marketplace_id for place in places if not count_subjects(pool, place, self.subjects)]
        return dict.fromkeys(idle, datetime.now(UTC)) | newest_answers(pool, seller.id, self.table.name)

    def prepare(self, run: SellerRun) -> Later:
        """Return LATER: the subjects come from other tables, so they are not known at the start."""
        return LATER

    def sync(self, run: SellerRun, prepared: Any) -> None:
        """Look up every subject that is due; past days have no history.

        Raises:
            SpApiError: The first error, raised after all marketplaces were tried. A marketplace that Amazon does not
                grant is no error if it grants another one.
        """
        failures = Failures(run, self.table.name)
        jobs = self._request_bulk(run)
        for market in run.markets:
            for table in self.tables:
                first = market.today if market.is_live else date.max
                run.outcome(table.name).no_history(market.id, first, keeps_days=table.day is not None)
            if market.is_live:
                with failures.of(market):
                    self._sync_market(run, market, jobs.get(market.id))
        failures.raise_first()

    def plan(self, run: SellerRun, levels: BucketLevels) -> Sequence[StreamPlan]:
        """Plan the batches of each live marketplace."""
        return [self._plan(run, market, levels) for market in run.markets if market.is_live]

    def probe(self, api: SellerApi, market: Market, now: datetime) -> Probe | None:
        """Return None: a call needs a subject, so only the first sync shows whether Amazon grants access."""
        return None

    def _due(self, run: SellerRun, market: Market) -> list[Subject]:
        every = timedelta(0) if run.refetch else self.every
        due = subjects_due(run.pool, market.scope, self.table.name, self.subjects, every)
        return [Subject(name, facts) for name, facts in due]

    def _request_bulk(self, run: SellerRun) -> Mapping[str, Job]:
        """Request the query for each marketplace with many due subjects."""
        bulk = self.bulk
        if bulk is None:
            return {}
        live = [market for market in run.markets if market.is_live]
        return request_bulk(run, bulk, [each for each in live if bulk.is_for(run, each, len(self._due(run, each)))])

    def _sync_market(self, run: SellerRun, market: Market, job: Job | None) -> None:
        subjects = self._due(run, market)
        step(run.who, self.table.name, f"{counted(len(subjects), self.noun)} to look up{run.place_of(market)}")
        if job is not None:
            answered = self._look_up_at_once(run, market, subjects, job)
            subjects = [subject for subject in subjects if subject.name not in answered]
        if subjects:
            self._look_up(run, market, subjects)

    def _look_up_at_once(self, run: SellerRun, market: Market, subjects: Sequence[Subject], job: Job) -> set[str]:
        """Load what the query answers; return the names of the subjects with an answer."""
        assert self.bulk is not None
        name = self.table.name
        with collecting(run.spool, self.tables, lambda pair: ([pair[1]],)) as (folder, collector):
            collector.original = lambda pair: pair[0]
            reading = BulkReading(run, self.bulk, market, collector)
            reading.read(job, subjects, folder)
            if not reading.answered and not reading.left and not collector.fetched:
                return set()
            began = job.created_at or run.client().server_now()
            with run.lease(name) as lease:
                run.load(
                    lease,
                    source=self.bulk.query.name,
                    window=LoadWindow("partial", began, began),
                    parts=collector.loads([self._set_of(market, subject) for subject in reading.answered]),
                    markets=[market],
                    began=began,
                    partitions=[market.partition_of_today],
                    details={"asked": len(subjects), "answered": len(reading.answered), "left": dict(reading.left)},
                )
        mark_answered(run.pool, market.scope, name, [(subject.name, subject.facts) for subject in reading.answered])
        return {subject.name for subject in reading.answered}

    def _look_up(self, run: SellerRun, market: Market, subjects: Sequence[Subject]) -> None:
        name = self.table.name
        with run.lease(name) as lease, self._collecting(run, market) as collector:
            began = run.client().server_now()
            reading = Reading(lambda batch: self.ask(run.client(), market.id, batch), self.batch, collector)
            reading.read(subjects)
            lease.check()
            if reading.answered or reading.error is None:
                run.load(
                    lease,
                    source=self.operation,
                    window=LoadWindow("partial", began, began),
                    parts=collector.loads([self._set_of(market, subject) for subject in reading.whole]),
                    markets=[market],
                    began=began,
                    partitions=[market.partition_of_today],
                    details={"asked": len(subjects), "answered": len(reading.answered)},
                )
        mark_answered(run.pool, market.scope, name, [(subject.name, subject.facts) for subject in reading.answered])
        if reading.error is not None:
            raise reading.error
        if missing := len(subjects) - len(reading.answered):
            reason = (
                f"{name}: Amazon did not answer for {counted(missing, self.noun)}; the next run looks them up again"
            )
            names = [table.name for table in self.tables]
            run.skip(names, market, [market.partition_of_today], reason, continues=True)

    @contextmanager
    def _collecting(self, run: SellerRun, market: Market) -> Iterator[Collector]:
        """Collect pairs of a subject and a record about it."""

        def parse(pair: tuple[Subject, Any]) -> Rows:
            subject, record = pair
            row = [self.parse(record, subject, market)]
            return (row, self.lines.parse(record, subject, market)) if self.lines else (row,)

        with collecting(run.spool, self.tables, parse) as (_, collector):
            collector.original = lambda pair: pair[1]
            yield collector

    def _set_of(self, market: Market, subject: Subject) -> tuple[Any, ...]:
        """The values of the table's set columns for one subject: the marketplace, the subject, and the day if any."""
        known = {MARKETPLACE: market.id, self.table.day: market.today}
        return tuple(known.get(name, subject.name) for name in self.table.set_columns)

    def _plan(self, run: SellerRun, market: Market, levels: BucketLevels) -> StreamPlan:
        due = len(self._due(run, market))
        why = f"{counted(due, self.noun)} known and due, {self.batch} in a call"
        if not due and self.count and not count_subjects(run.pool, market.scope, self.subjects):
            due = self.count(run.client(), market.id)
            why = f"{counted(due, self.noun)} by Amazon's own count, {self.batch} in a call"
        prediction, source, kind = predict_walk(due, {self.operation: self.batch}, levels), self.operation, "batches"
        predicted = {kind: prediction.seconds if due else 0.0}
        if self.bulk is not None and self.bulk.is_for(run, market, due):
            prediction, known = predict_bulk(run, self.bulk, levels)
            source, kind = self.bulk.query.name, "queries"
            predicted[kind] = prediction.seconds
            why = f"{counted(due, self.noun)}, more than in a call: one query, and batches for what it lacks; {known}"
        calls, seconds = (prediction.calls, prediction.seconds) if due else ({}, 0.0)
        levels.spend(calls)
        plain = f"{counted(due, self.noun)} to look up (~{duration_words(seconds)})"
        if not due and not count_subjects(run.pool, market.scope, self.subjects):
            plain = f"not known before {' and '.join(self.after)} are loaded: no {self.noun} is known yet"
        elif not due:
            plain = "every answer is still valid"
        return StreamPlan(
            table=self.table.name,
            marketplaces=(market.id,),
            window="now",
            source=source,
            seconds=seconds,
            calls=calls,
            predicted=predicted,
            why=why,
            plain=plain,
        )
