"""Kind 2: records that are selected by creation date and kept current by a change stream.

A run requests days that no load covers by creation date. After the first load, a live run continues the change stream
where the last run stopped, so it need not request complete days again. If many records are expected, a report may be
faster than pages. `change_spans` decides what to request, `span_plans` from which source, `change_pieces` requests
reports, `change_loading` loads.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from xpert_pipeline.sources.change_filling import plan_filling
from xpert_pipeline.sources.change_loading import sync_feed
from xpert_pipeline.sources.change_news import first_news
from xpert_pipeline.sources.change_pieces import Piece, prepare_pieces
from xpert_pipeline.sources.change_spans import (
    Feed,
    changed_spans,
    complete_days,
    created_spans,
    open_days,
    report_complete,
)
from xpert_pipeline.sources.plan import StreamPlan, days_text
from xpert_pipeline.sources.run import Market, SellerRun
from xpert_pipeline.sources.source import Probe, Source
from xpert_pipeline.sources.span_plans import plan_spans
from xpert_pipeline.sources.windows import Span
from xpert_pipeline.spapi.errors import NotGranted
from xpert_pipeline.spapi.planning.planner import BucketLevels
from xpert_pipeline.spapi.planning.source_choice import SourcePlan
from xpert_pipeline.spapi.session import SellerApi
from xpert_pipeline.tables.contract import Table

PROBED = timedelta(days=30)


@dataclass(frozen=True, kw_only=True)
class ChangeFeed(Source):
    """A change feed as a source.

    Attributes:
        name: Name of the step, if it differs from the name of the first table.
        feed: The declaration of the feed.
    """

    feed: Feed
    name: str = ""

    rank: ClassVar[int] = 4

    @property
    def tables(self) -> tuple[Table, ...]:
        """The feed's tables."""
        return self.feed.tables

    @property
    def step(self) -> str:
        """The step's name."""
        return self.name or self.feed.name

    @property
    def operations(self) -> tuple[str, ...]:
        """The paged operation, and the operations of the report if there is one."""
        reports = ("createReport", "getReport", "getReportDocument") if self.feed.bulk else ()
        return (self.feed.operation, *reports)

    @property
    def is_followed(self) -> bool:
        """Feeds with a change stream are followed between daily syncs."""
        return self.feed.follows

    @property
    def sets_daily_range(self) -> bool:
        """A daily sync starts at the feed's first incomplete day, unless a restatement rule chooses the days."""
        return self.feed.rule is None

    @property
    def settled_after(self) -> timedelta:
        """As the restatement rule says, if there is one."""
        return self.feed.rule.restated if self.feed.rule else timedelta(0)

    def prepare(self, run: SellerRun) -> list[Piece]:
        """Plan the run and request the first reports."""
        report_complete(run, self.feed)
        return prepare_pieces(run, self.feed)

    def sync(self, run: SellerRun, prepared: list[Piece]) -> None:
        """Load incomplete days and changes."""
        sync_feed(run, self.feed, prepared)

    def news(self, run: SellerRun) -> str | None:
        """Ask for the first page of changes."""
        return first_news(run, self.feed)

    def complete_days(self, run: SellerRun) -> Mapping[str, int]:
        """The number of days that are complete in all of the seller's marketplaces."""
        days = Counter(day for market in run.markets for day in complete_days(run, self.feed, market))
        return {self.feed.name: sum(count == len(run.markets) for count in days.values())}

    def plan(self, run: SellerRun, levels: BucketLevels) -> Sequence[StreamPlan]:
        """Plan changes first, then days, then what pages fill, in the order in which a run reads them."""
        changes = [span for spans in changed_spans(run, self.feed) for span in spans]
        if self.feed.bulk is not None:
            levels.begin(self.feed.bulk.types["created"], beside=len(changes))
        spans = [*changes, *created_spans(run, self.feed, open_days(run, self.feed))]
        planned = plan_spans(run, self.feed, spans, levels)
        if filling := plan_filling(run, self.feed, levels[self.feed.operation]):
            levels.spend(filling.plan.calls)
            planned.append((filling.span, filling.plan))
        return [self._stream(span, plan) for span, plan in planned]

    def probe(self, api: SellerApi, market: Market, now: datetime) -> Probe | None:
        """Count the records of the last 30 days; if Amazon does not grant the count, read the first page.

        The count may need a different role than the records.
        """
        noun, days = self.feed.noun, PROBED.days
        what, if_none = (
            f"{noun}s created in the last {days} days",
            f"0 means that a sync of these days returns no {noun}s",
        )
        if self.feed.count_created is not None:
            count, _ = self.feed.count_created
            with suppress(NotGranted):
                return Probe(f"{what}, as Amazon counts them", count(api, market.id, now - PROBED, now), if_none)
        page = next(self.feed.walk(api, (market.id,), created=(now - PROBED, now - self.feed.settling)), None)
        what += f", on the first page of {self.feed.operation}"
        return Probe(what, len(page.records) if page else 0, if_none)

    def _stream(self, span: Span, plan: SourcePlan) -> StreamPlan:
        first, last = span.local_days
        created = (first, last) if span.kind == "created" else None
        bulk = self.feed.bulk
        return StreamPlan(
            table=self.feed.name,
            marketplaces=span.marketplace_ids,
            window=f"created {days_text(first, last)}" if created else span.in_words,
            source=bulk.types[span.kind] if bulk and plan.source == "report" else self.feed.operation,
            seconds=plan.seconds,
            calls=plan.calls,
            predicted={str(name): prediction.seconds for name, prediction in plan.predictions.items()},
            why=plan.why,
            plain=plan.plain,
            is_made="createReport" in plan.calls,
            created=created,
            choice=plan,
        )
