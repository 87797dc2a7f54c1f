"""Predicts which source delivers a span of orders soonest: pages of searchOrders, or XML reports.

Pure arithmetic over token buckets. `BucketLevels` reads each bucket once and subtracts what a plan spends. Predicted
seconds count from the start of the plan.
"""

import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

from xpert_pipeline.spapi.planning.pace import AMAZON, ServerPace
from xpert_pipeline.spapi.planning.source_choice import ExpectedRecords, Prediction, Source, SourcePlan, choose
from xpert_pipeline.spapi.quota import usage_plans
from xpert_pipeline.spapi.session import SellerApi

PAGE_SIZE = 100
SECONDS_PER_CALL = 0.5
MAX_WINDOW_DAYS = 30
GENERATION_SECONDS = 20.0  # guess: Amazon's time for the smallest report, used until earlier reports show it
GENERATION_SECONDS_PER_ROW = 1 / 20_000
QUERY_SECONDS = 60.0  # guess: Amazon's time for a Data Kiosk query, used until earlier queries show it
REPORTS_AHEAD = 10  # we request the reports of this many spans at the start of a run, with one look-up per type
REPORTS_TOGETHER = 5  # we request further reports in groups of this size, with one look-up per group
SECONDS_PER_PAGE = 0.1
ROWS_PER_SECOND = 20_000  # downloading and parsing


@dataclass(frozen=True, slots=True)
class BucketLevel:
    """The current state of a token bucket.

    Attributes:
        level: Requests that may be sent at once; negative while other requests are queueing ahead of ours.
        rate: Requests per second after that.
    """

    level: float
    rate: float

    def wait_for(self, calls: int) -> float:
        """Return the seconds until the last of `calls` calls gets its token."""
        return max(0.0, (calls - self.level) / self.rate)


@dataclass(frozen=True, slots=True)
class PlannedReports:
    """The reports of one type that a plan contains so far.

    Attributes:
        reports: Their number.
        ahead: How many of them, at most, are requested together at the start of the run.
    """

    reports: int = 0
    ahead: int = REPORTS_AHEAD

    def __add__(self, reports: int) -> "PlannedReports":
        """Return the plan with more reports."""
        return replace(self, reports=self.reports + reports)

    def beside_pages(self) -> "PlannedReports":
        """Return the plan after a span that is read in pages, which takes one of the places at the start."""
        return replace(self, ahead=self.ahead - 1) if self.reports < self.ahead else self

    @property
    def look_ups(self) -> int:
        """The number of getReports calls for all reports."""
        return min(1, self.reports, self.ahead) + math.ceil(max(0, self.reports - self.ahead) / REPORTS_TOGETHER)

    def polls(self, generation: float) -> int:
        """Return the number of getReport calls for all reports, if Amazon takes `generation` seconds for each.

        We poll the first report most often. We poll the others requested with it in turn: together about once a second,
        later each one whenever the wait has grown by 20%, and once more when they are ready. We poll reports requested
        later once.
        """
        if not self.reports:
            return 0
        count = max(1, min(self.reports, self.ahead))
        early_polls = max(1.0, min(generation / count, 5.0))
        later_polls = max(0.0, math.log(generation / (5.0 * count), 1.2))
        follower_polls = early_polls + later_polls + 1
        return _polls(generation) + math.ceil((count - 1) * follower_polls) + self.reports - count


NO_REPORTS = PlannedReports()


class BucketLevels:
    """A seller's buckets while planning several steps: each step finds only the tokens that earlier steps left.

    Args:
        api: The seller; each bucket is read once.
        pace: How fast the server is, if more is known about it than Amazon's rates.

    Attributes:
        pace: As above.
        planned: The plan's reports so far, by type; later reports share look-ups and polls with them.
    """

    def __init__(self, api: SellerApi, pace: ServerPace = AMAZON) -> None:
        self._api = api
        self.pace = pace
        self._read: dict[str, BucketLevel] = {}
        self.planned: defaultdict[str, PlannedReports] = defaultdict(PlannedReports)

    def __getitem__(self, operation: str) -> BucketLevel:
        """Return an operation's bucket, minus the tokens that the plan has spent."""
        if operation not in self._read:
            level = self._api.level(operation)
            self._read[operation] = BucketLevel(level, self._api.rate(operation))
        bucket = self._read[operation]
        return replace(bucket, rate=self.pace.rate(usage_plans.plan(operation).rate, bucket.rate))

    def as_a_run(self) -> "BucketLevels":
        """Return the same buckets as a run knows them, which learns the server's pace only from its answers."""
        known = BucketLevels(self._api)
        known._read, known.planned = self._read, self.planned
        return known

    def begin(self, report_type: str, *, beside: int) -> int:
        """Reserve places at the start of the run for `beside` other spans; return how many places are left."""
        ahead = max(0, REPORTS_AHEAD - beside)
        self.planned[report_type] = PlannedReports(ahead=ahead)
        return ahead

    def spend(self, calls: Mapping[str, int]) -> None:
        """Subtract the tokens of planned calls."""
        for operation, count in calls.items():
            level = self[operation].level
            self._read[operation] = replace(self._read[operation], level=level - count)


def predict_pages(
    expected: float, level: BucketLevel, *, operation: str = "searchOrders", page_size: int = PAGE_SIZE
) -> Prediction:
    """Predict reading pages of an operation: the waits for tokens, and the calls themselves."""
    pages = max(1, math.ceil(expected / page_size))
    return Prediction(level.wait_for(pages) + pages * SECONDS_PER_CALL, {operation: pages})


def predict_report(
    expected_orders: float,
    days: float,
    *,
    create_report: BucketLevel,
    get_report_document: BucketLevel,
    get_reports: BucketLevel,
    get_report: BucketLevel,
    generation_seconds: float | None = None,
    planned: PlannedReports = NO_REPORTS,
) -> Prediction:
    """Predict XML reports for windows of at most 30 days; Amazon generates them in parallel.

    Reports requested together share one look-up and the polls of the first. The time depends on the window requested
    last, or on the tokens for all documents if those take longer: we collect documents while Amazon still generates
    later windows.

    Args:
        expected_orders: Orders in the span.
        days: Length of the span.
        create_report: Bucket of createReport.
        get_report_document: Bucket of getReportDocument.
        get_reports: Bucket of getReports.
        get_report: Bucket of getReport.
        generation_seconds: How long Amazon took for earlier reports; if None, a guess that grows with the rows.
        planned: Reports of this type that the same plan requests before these. The buckets no longer contain their
            tokens, and their look-ups and polls are already counted.
    """
    windows = max(1, math.ceil(days / MAX_WINDOW_DAYS))
    after = planned + windows
    generation = generation_seconds or guess_generation(expected_orders, days)
    look_ups = after.look_ups - planned.look_ups
    created = get_reports.wait_for(look_ups) + create_report.wait_for(windows) + (after.reports + 1) * SECONDS_PER_CALL
    polled = get_report.wait_for(windows) + windows * SECONDS_PER_CALL
    ready = max(created + max(generation, polled), get_report_document.wait_for(windows))
    seconds = ready + after.reports * 2 * SECONDS_PER_CALL + expected_orders / ROWS_PER_SECOND
    polls = after.polls(generation) - planned.polls(generation)
    calls = {"getReports": look_ups, "createReport": windows, "getReport": polls, "getReportDocument": windows}
    return Prediction(seconds, calls)


def guess_generation(expected_orders: float, days: float) -> float:
    """Guess how long Amazon takes for the XML report of each window of a span."""
    windows = max(1, math.ceil(days / MAX_WINDOW_DAYS))
    return GENERATION_SECONDS + expected_orders / windows * GENERATION_SECONDS_PER_ROW


def predict_walk(records: int, per_call: Mapping[str, int], levels: BucketLevels) -> Prediction:
    """Predict a walk through records by operations that take turns, such as a search followed by look-ups.

    Args:
        records: Records to read.
        per_call: Records per call, by operation; the first operation walks, the others look up the records it finds.
        levels: The seller's buckets.
    """
    walking, *_ = per_call
    calls = {name: math.ceil(records / size) for name, size in per_call.items()}
    calls[walking] = max(1, calls[walking])
    waits = max(levels[name].wait_for(max(1, count)) for name, count in calls.items())
    return Prediction(waits + len(calls) * max(calls.values()) * SECONDS_PER_PAGE, calls)


def predict_made(
    count: int,
    generation_seconds: float | None,
    *,
    create: BucketLevel,
    document: BucketLevel,
    kind: Literal["report", "query"] = "report",
    pace: ServerPace = AMAZON,
) -> Prediction:
    """Predict reports or queries that Amazon runs in parallel; their time is a guess if there are no earlier ones."""
    generation = generation_seconds or pace.generation(GENERATION_SECONDS if kind == "report" else QUERY_SECONDS)
    seconds = max(create.wait_for(count) + generation, document.wait_for(count)) + count * 3 * SECONDS_PER_CALL
    if kind == "report":
        names = ("getReports", "createReport", "getReport", "getReportDocument")
    else:
        names = ("getQueries", "createQuery", "getQuery", "getDocument")
    return Prediction(seconds, dict(zip(names, (1, count, _polls(generation) + count - 1, count), strict=True)))


def plan_records(
    levels: BucketLevels,
    expected: ExpectedRecords,
    *,
    days: float,
    operation: str = "searchOrders",
    page_size: int = PAGE_SIZE,
    generation_seconds: float | None = None,
    report_type: str | None = None,
    pages_because: str | None = None,
) -> SourcePlan:
    """Predict the pages and, if there is one, the report for a span; choose one, and spend its tokens.

    Args:
        levels: The seller's buckets as they are now.
        expected: Records in the span.
        days: Length of the span.
        operation: The operation that returns the pages.
        page_size: Records per page.
        generation_seconds: How long Amazon took for the seller's earlier reports of this type; None if there are none.
        report_type: Amazon's report type; reports of one type share look-ups and polls. None if there is no report.
        pages_because: A reason to read pages even if they take longer; None to choose the quicker source.
    """
    predict = partial(
        _predict_sources,
        expected.count,
        days,
        operation=operation,
        page_size=page_size,
        generation_seconds=generation_seconds,
        report_type=report_type,
    )
    choose_from = partial(
        choose, expected=expected, days=days, generation_seconds=generation_seconds, operation=operation
    )
    plan = choose_from(predict(levels))
    as_chosen = choose_from(predict(levels.as_a_run())).source
    if as_chosen != plan.source:
        plan = plan.forced(as_chosen, "a run chooses before it knows the server's pace")
    if report_type is None:
        levels.spend(plan.calls)
        return plan
    if pages_because and plan.source == "report":
        plan = plan.forced("pages", pages_because)
    if plan.source == "report":
        reports = plan.calls["createReport"]
        levels.planned[report_type] += reports
        levels.spend({**plan.calls, "getReport": reports})  # tokens for the other polls refill during the wait
    else:
        levels.spend(plan.calls)
        levels.planned[report_type] = levels.planned[report_type].beside_pages()
    return plan


def _predict_sources(
    expected: float,
    days: float,
    levels: BucketLevels,
    *,
    operation: str,
    page_size: int,
    generation_seconds: float | None,
    report_type: str | None,
) -> dict[Source, Prediction]:
    """Predict the pages of a span and, if there is one, its report."""
    pages = predict_pages(expected, levels[operation], operation=operation, page_size=page_size)
    if report_type is None:
        return {"pages": pages}
    report = predict_report(
        expected,
        days,
        create_report=levels["createReport"],
        get_report_document=levels["getReportDocument"],
        get_reports=levels["getReports"],
        get_report=levels["getReport"],
        generation_seconds=generation_seconds or levels.pace.generation(guess_generation(expected, days)),
        planned=levels.planned[report_type],
    )
    return {"pages": pages, "report": report}


def _polls(generation: float) -> int:
    """Return the polls of the first report until it is ready: every 0.5 s, later whenever the wait has grown by 5%."""
    return (
        1
        + math.ceil(min(generation, 10.0) / 0.5)
        + (math.ceil(math.log(generation / 10.0, 1.05)) if generation > 10.0 else 0)
    )
