"""Answers for many subjects of a lookup at once, from one Data Kiosk query.

The query only saves calls. A record that answers another question, such as one for another price, is left out, and its
subject is looked up in a batch. So are all subjects if Amazon does not grant the query, refuses it, or is not done in
time. So each subject has an answer from the query or from a batch, never from both.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from xpert_pipeline.postgres.source_coverage import NOT_GRANTED, coverage_of
from xpert_pipeline.sources.collect import Collector, Row, Unfit
from xpert_pipeline.sources.jobs import document_of, failure_of, patience_left
from xpert_pipeline.sources.kiosk.queries import KioskQuery, fields_of, query_ahead
from xpert_pipeline.sources.rows import unknown_fields
from xpert_pipeline.sources.run import Market, SellerRun
from xpert_pipeline.spapi.documents.download import DATA_KIOSK
from xpert_pipeline.spapi.documents.json_lines import read_objects
from xpert_pipeline.spapi.errors import SpApiError, Stopped
from xpert_pipeline.spapi.jobs.api import JobRequest
from xpert_pipeline.spapi.jobs.job import Job, JobState
from xpert_pipeline.spapi.jobs.kiosk_queries import next_page
from xpert_pipeline.spapi.jobs.query_api import QueryApi
from xpert_pipeline.spapi.jobs.requesting import request_jobs
from xpert_pipeline.spapi.jobs.waiting import wait_for_jobs
from xpert_pipeline.spapi.operations.batch import Subject
from xpert_pipeline.spapi.operations.paging import PageGuard
from xpert_pipeline.spapi.planning.planner import BucketLevels, predict_made
from xpert_pipeline.spapi.planning.source_choice import Prediction, how_known
from xpert_pipeline.tables.validation import SHAPE_ERRORS, shape_reason

JOB_API = QueryApi()
OPERATIONS = ("createQuery", "getQuery", "getDocument")
LONGEST_WAIT = timedelta(minutes=10)
"""Batches can answer all the time, so a run does not wait longer for the query."""
NOT_IN_TIME = "it was not ready in time; batches were asked instead"

Parse = Callable[[Any, Subject, Market, Counter[str]], Row]


@dataclass(frozen=True, kw_only=True)
class BulkQuery:
    """A query about the coming days whose records answer for many subjects.

    Attributes:
        query: The query.
        days: How many days it covers, from today on.
        above: It is asked if more subjects are due than this.
        subject: Field of a record that names its subject.
        parse: Turns a record into a row; it counts what is unusual. It raises `Unfit` if the record answers another
            question.
    """

    query: KioskQuery
    days: int
    above: int
    subject: str
    parse: Parse

    def is_for(self, run: SellerRun, market: Market, due: int) -> bool:
        """Whether to ask, given the subjects that are due: not if Amazon is known to refuse the dataset."""
        return due > self.above and not any(
            each.state == NOT_GRANTED and each.marketplace_id == market.id and each.source == self.query.dataset
            for each in coverage_of(run.pool, run.seller.id)
        )

    def request(self, market: Market) -> JobRequest:
        """The request for a marketplace. Amazon does not say where "today" is, so it is today here and in UTC."""
        first = max(market.today, datetime.now(UTC).date())
        last = first + timedelta(days=self.days - 1)
        return query_ahead(self.query, market.id, first, last, today=market.today)


def request_bulk(run: SellerRun, bulk: BulkQuery, markets: Sequence[Market]) -> Mapping[str, Job]:
    """Request the query for each marketplace; return the jobs that Amazon accepted, by marketplace."""
    if not markets:
        return {}
    requests = [bulk.request(market) for market in markets]
    try:
        jobs = request_jobs(run.client(), run.jobs, JOB_API, requests, done_within=timedelta(0))
    except Stopped:
        raise
    except SpApiError as error:
        if len(markets) == 1:
            _warn(run, bulk, markets[0], error)
            return {}
        alone = [request_bulk(run, bulk, [market]) for market in markets]
        return {marketplace_id: job for jobs in alone for marketplace_id, job in jobs.items()}
    return {market.id: job for market, job in zip(markets, jobs, strict=True)}


def predict_bulk(run: SellerRun, bulk: BulkQuery, levels: BucketLevels) -> tuple[Prediction, str]:
    """Predict the query; return also how its time is known."""
    learnt = run.jobs.generation_seconds(JOB_API.kind, bulk.query.dataset)
    create, document = levels["createQuery"], levels["getDocument"]
    made = predict_made(1, learnt, create=create, document=document, kind=JOB_API.kind, pace=levels.pace)
    return made, how_known(learnt)


@dataclass
class BulkReading:
    """Reads the answers of one query.

    Attributes:
        run: The seller's run.
        bulk: The query.
        market: The marketplace.
        collector: Collects pairs of a record and its row.
        answered: Subjects with an answer.
        left: Why records were left out.
    """

    run: SellerRun
    bulk: BulkQuery
    market: Market
    collector: Collector
    answered: list[Subject] = field(default_factory=list)
    left: Counter[str] = field(default_factory=Counter)

    def read(self, job: Job, subjects: Sequence[Subject], folder: Path) -> None:
        """Collect the answers about the subjects, or those before the first error: batches answer for the others."""
        waiting = {subject.name: subject for subject in subjects}
        try:
            for page in self._pages(job):
                self._read_page(page, waiting, folder)
                self.run.jobs.mark_collected(page)
        except Stopped:
            raise
        except SpApiError as error:
            _warn(self.run, self.bulk, self.market, error)

    def _pages(self, job: Job) -> Iterator[Job]:
        """Wait for the pages of the query, one after the other.

        Raises:
            SpApiError: A page failed, or was not ready in time.
        """
        run, guard, first = self.run, PageGuard(JOB_API.poll, self.run.who), job
        while True:
            (page,) = wait_for_jobs(run.client(), run.jobs, JOB_API, [job], budget_seconds=_patience(run, job))
            if page.is_live:
                page = replace(page, state=JobState.FATAL, reason=NOT_IN_TIME)
                run.jobs.update(page)
            if page.state not in (JobState.DONE, JobState.EMPTY):
                raise failure_of(run, JOB_API, page)
            yield page
            if page.next_page is None:
                return
            guard.check(page.next_page, [page.amazon_id])
            request = next_page(first.request, page.next_page)
            (job,) = request_jobs(run.client(), run.jobs, JOB_API, [request], done_within=timedelta(0))

    def _read_page(self, page: Job, waiting: dict[str, Subject], folder: Path) -> None:
        if page.document_id is None:  # no records
            return
        with document_of(self.run, page, folder, DATA_KIOSK) as document:
            with document.open_text() as lines:
                for record in read_objects(lines, source=f"Data Kiosk query {page.amazon_id}"):
                    self._take(record, waiting)
            document.remove()

    def _take(self, record: Mapping[str, Any] | None, waiting: dict[str, Subject]) -> None:
        signals = self.collector.signals
        if record is None:
            signals["null among records"] += 1
            return
        signals.update(unknown_fields(record, fields_of(self.bulk.query)))
        subject = waiting.get(str(record.get(self.bulk.subject)))
        if subject is None or record.get("marketplaceId") != self.market.id:
            self.left["it is about nothing that is due"] += 1
            return
        try:
            row = self.bulk.parse(record, subject, self.market, signals)
        except Unfit as error:
            self.left[str(error)] += 1
            return
        except SHAPE_ERRORS as error:
            self.left[shape_reason(error)] += 1
            return
        rejects = len(self.collector.main.rejects)
        self.collector.add([(record, row)])
        if len(self.collector.main.rejects) == rejects:
            self.answered.append(waiting.pop(subject.name))


def _patience(run: SellerRun, job: Job) -> float:
    """Seconds left to wait for a query: all those that were requested together share the time."""
    age = run.client().server_now() - (job.created_at or job.written_at)
    return max(0.0, min(patience_left(run, [job]), (LONGEST_WAIT - age).total_seconds()))


def _warn(run: SellerRun, bulk: BulkQuery, market: Market, error: SpApiError) -> None:
    run.log.warning(
        "seller %s: %s%s cannot be used, so batches are asked instead: %s",
        run.who,
        bulk.query.name,
        run.place_of(market),
        error,
    )
