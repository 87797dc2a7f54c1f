"""Kind 5: facts about SKUs or ASINs that the pipeline already knows, looked up in batches.

A subject is looked up again when its last answer is older than `every`. Subjects without an answer are left to the next
run; the others are loaded.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, ClassVar, LiteralString

from xpert_pipeline.postgres.ledger import LoadWindow
from xpert_pipeline.postgres.subjects import mark_answered, subjects_due
from xpert_pipeline.progress import step
from xpert_pipeline.sources.collect import Collector, Row, Rows, collecting
from xpert_pipeline.sources.plan import StreamPlan
from xpert_pipeline.sources.run import Market, SellerRun
from xpert_pipeline.sources.source import LATER, Later, Probe, Source
from xpert_pipeline.spapi.planning.planner import BucketLevels, predict_walk
from xpert_pipeline.spapi.session import SellerApi
from xpert_pipeline.tables.contract import Table
from xpert_pipeline.tables.validation import chunks
from xpert_pipeline.wording import counted, duration_words


@dataclass(frozen=True)
class Answer:
    """The answer about one subject of a batch.

    Attributes:
        subject: The SKU or ASIN.
        records: Records about it; an empty list is a valid answer.
        failed: Why Amazon gave no answer; the subject is then retried once on its own, and left to the next run if
            that fails, too.
    """

    subject: str
    records: Sequence[Any] = ()
    failed: str = ""


Ask = Callable[[SellerApi, str, Sequence[str]], Sequence[Answer]]


@dataclass(frozen=True, kw_only=True)
class BatchLookup(Source):
    """A table of facts about known SKUs or ASINs.

    Attributes:
        table: Its row contract; an answer replaces all rows of its subject.
        subjects: SQL that returns the known subjects as `subject`; it has `%(seller_id)s` and `%(marketplace_id)s`.
        operation: Amazon's operation.
        batch: Subjects per call.
        ask: Looks up a batch.
        parse: Turns a record into a row.
        every: How long an answer stays valid.
    """

    table: Table
    subjects: LiteralString
    operation: str
    batch: int
    ask: Ask
    parse: Callable[[Any, str, Market], Row]
    every: timedelta = timedelta(hours=24)

    rank: ClassVar[int] = 2

    @property
    def tables(self) -> tuple[Table, ...]:
        """The table."""
        return (self.table,)

    @property
    def operations(self) -> tuple[str, ...]:
        """The operation."""
        return (self.operation,)

    def prepare(self, run: SellerRun) -> Later:
        """Return LATER: the subjects come from other tables, so they are not known at the start."""
        return LATER

    def sync(self, run: SellerRun, prepared: Any) -> None:
        """Look up every subject that is due; past days have no history."""
        for market in run.markets:
            run.outcome(self.table.name).no_history(market.id, market.today if market.is_live else date.max)
            if market.is_live:
                self._sync_market(run, market)

    def plan(self, run: SellerRun, levels: BucketLevels) -> Sequence[StreamPlan]:
        """Plan the batches of each live marketplace."""
        return [self._plan(run, market, levels) for market in run.markets if market.is_live]

    def probe(self, api: SellerApi, market: Market, now: datetime) -> Probe | None:
        """Return None: a call needs a subject, so only the first sync shows whether Amazon grants access."""
        return None

    def _due(self, run: SellerRun, market: Market) -> list[str]:
        every = timedelta(0) if run.refetch else self.every
        return subjects_due(run.pool, market.scope, self.table.name, self.subjects, every)

    def _sync_market(self, run: SellerRun, market: Market) -> None:
        subjects, name = self._due(run, market), self.table.name
        step(run.who, name, f"{counted(len(subjects), 'subject')} to look up{run.place_of(market)}")
        if not subjects:
            return

        def parse(pair: tuple[str, Any]) -> Rows:
            return ([self.parse(pair[1], pair[0], market)],)

        with run.lease(name) as lease, collecting(run.spool, self.tables, parse) as (_, collector):
            collector.original = lambda pair: pair[1]
            began = run.client().server_now()
            answered = dict(self._answers(run, market, subjects, collector))
            lease.check()
            run.load(
                lease,
                source=self.operation,
                window=LoadWindow("partial", began, began),
                parts=collector.loads([(market.id, subject) for subject, is_whole in answered.items() if is_whole]),
                markets=[market],
                began=began,
                partitions=[market.partition_of_today],
                details={"asked": len(subjects), "answered": len(answered)},
            )
        mark_answered(run.pool, market.scope, name, list(answered))
        if missing := len(subjects) - len(answered):
            reason = (
                f"{name}: Amazon did not answer for {counted(missing, 'subject')}; the next run looks them up again"
            )
            run.skip([name], market, [market.partition_of_today], reason)

    def _answers(
        self, run: SellerRun, market: Market, subjects: Sequence[str], collector: Collector
    ) -> Iterator[tuple[str, bool]]:
        """Collect all answers.

        Yields:
            Each subject with an answer, and whether all its records are valid; if not, its existing rows stay.
        """
        for batch in chunks(subjects, self.batch):
            for answer in self.ask(run.client(), market.id, batch):
                final = answer
                if answer.failed:
                    (final,) = self.ask(run.client(), market.id, [answer.subject])
                if not final.failed:
                    rejects = len(collector.main.rejects)
                    collector.add((final.subject, record) for record in final.records)
                    yield final.subject, len(collector.main.rejects) == rejects

    def _plan(self, run: SellerRun, market: Market, levels: BucketLevels) -> StreamPlan:
        due = self._due(run, market)
        prediction = predict_walk(len(due), {self.operation: self.batch}, levels)
        levels.spend(prediction.calls)
        return StreamPlan(
            table=self.table.name,
            marketplaces=(market.id,),
            window="now",
            source=self.operation,
            seconds=prediction.seconds,
            calls=prediction.calls,
            predicted={"batches": prediction.seconds},
            why=f"{counted(len(due), 'subject')} known and due, {self.batch} in a call",
            plain=f"{counted(len(due), 'subject')} to look up (~{duration_words(prediction.seconds)})",
        )
