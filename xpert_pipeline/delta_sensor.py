"""The sensor that asks Amazon for each seller's changes and requests a run only if there are any.

Dagster gives a tick a limited time. The tick asks the sellers that waited longest first, so the next one continues with
those that were left out. `change_asks` keeps the last question of each seller; without news it writes nothing else.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import UUID

import dagster as dg

from xpert_pipeline.asking import Asking, Reply
from xpert_pipeline.deltas import CALLS, Choice, Stream, choose_due, room_in_queue
from xpert_pipeline.fact_stream import log_refusal
from xpert_pipeline.partitions import local_today, range_tags, sellers_of_run
from xpert_pipeline.postgres.change_asks import ChangeAsk, change_asks, record_ask
from xpert_pipeline.postgres.coverage import first_load_started, followed_until
from xpert_pipeline.postgres.sellers import Seller
from xpert_pipeline.postgres.source_coverage import refusing_marketplaces
from xpert_pipeline.resources.postgres import PostgresResource
from xpert_pipeline.resources.spapi import SpApiResource
from xpert_pipeline.sources.run import scopes_of, today_of
from xpert_pipeline.sources.source import Source
from xpert_pipeline.spapi.sending.retry import RetryPolicy
from xpert_pipeline.watchdog import UNFINISHED
from xpert_pipeline.wording import counted

SHOWN = 5
"""Maximum number of sellers that the message of a tick names."""
TICK_SECONDS = 40.0
"""After this time a tick asks nobody else. Dagster gives up a tick after 60 seconds."""
BRIEF = RetryPolicy(attempts=2, base_seconds=1.0, attempt_seconds=8.0, deadline_seconds=12.0)
"""A question is repeated at the next tick anyway."""
NOT_LOADED = "the last run for this seller's changes did not load them: see the failure of that run"


def build_orders_delta_sensor(
    job_name: str, feeds: Sequence[Source], minutes: int, timezone: str, *, is_sandbox: bool
) -> dg.SensorDefinition:
    """Return the sensor that asks for the changes of each active seller every `minutes`.

    Args:
        job_name: The job that loads changes, which is also the sensor's name.
        feeds: Sources with a change stream.
        minutes: Time between two questions about a seller.
        timezone: Time zone of the partitions.
        is_sandbox: Whether the sandbox replaces Amazon. If so, only its sellers are followed; otherwise only real ones.
    """

    @dg.sensor(
        name=job_name,
        job_name=job_name,
        minimum_interval_seconds=minutes * 60,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Asks Amazon whether a seller's records changed, and loads the changes if there are any.",
    )
    def orders_delta(
        context: dg.SensorEvaluationContext, postgres: PostgresResource, sp_api: SpApiResource
    ) -> dg.SensorResult:
        tick = Tick(context, postgres, sp_api, feeds, timedelta(minutes=minutes))
        choice = tick.choose(is_sandbox=is_sandbox)
        newest = local_today(timezone)
        requests = [
            dg.RunRequest(
                f"{seller.amazon_seller_id}:{tick.now:%Y-%m-%dT%H:%M:%S}",
                tags=range_tags([min(today_of(seller), newest)], seller.amazon_seller_id, seller.name),
            )
            for seller in tick.sellers_with_news(choice)
        ]
        return dg.SensorResult(run_requests=requests, skip_reason=None if requests else tick.why_none(choice))

    return orders_delta


@dataclass
class Tick:
    """One evaluation of the sensor."""

    context: dg.SensorEvaluationContext
    postgres: PostgresResource
    sp_api: SpApiResource
    feeds: Sequence[Source]
    interval: timedelta
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    began: float = field(default_factory=time.monotonic)
    asked: int = 0
    failed: list[str] = field(default_factory=list)
    _sellers: dict[str, Seller] = field(default_factory=dict)
    _streams: dict[str, Stream] = field(default_factory=dict)
    _asks: Mapping[UUID, ChangeAsk] = field(default_factory=dict)
    _room: int = 0

    def choose(self, *, is_sandbox: bool) -> Choice:
        """Choose the sellers to ask for, and log why others have to wait."""
        known = self.context.instance.get_dynamic_partitions("sellers")
        unfinished = self.context.instance.get_runs(dg.RunsFilter(statuses=UNFINISHED))
        self._asks = change_asks(self.postgres.pool)
        self._sellers = {
            seller.amazon_seller_id: seller
            for seller in self.postgres.sellers.active()
            if seller.is_sandbox == is_sandbox and seller.amazon_seller_id in known
        }
        self._streams = {who: self._stream(who, seller) for who, seller in self._sellers.items()}
        self._room = room_in_queue(self.interval, len(unfinished))
        choice = choose_due(
            list(self._streams.values()),
            now=self.now,
            interval=self.interval,
            busy={who for run in unfinished for who in sellers_of_run(run.tags, known)},
            room=len(self._sellers) if self._room else 0,
            lacking=self._lacking,
        )
        for who, reason in sorted(choice.left.items()):
            self.context.log.info("%s has to wait: %s", who, reason)
        return choice

    def sellers_with_news(self, choice: Choice) -> Iterator[Seller]:
        """Ask for the chosen sellers, and record every reply."""
        asking = Asking(
            self.feeds,
            self.postgres.pool,
            partial(self.sp_api.client, policy=BRIEF),
            self.context.log,
            lambda: datetime.now(UTC),
        )
        seconds = TICK_SECONDS - (time.monotonic() - self.began)
        chosen = [self._sellers[who] for who in choice.chosen]
        for seller, reply in asking.ask_all(chosen, seconds=seconds, enough=self._room):
            self.asked += 1
            if reply.error:
                self._record_failure(seller, reply)
            elif reply.news:
                self.context.log.info("%s: %s", seller.amazon_seller_id, reply.news)
                self._record_news(seller, reply)
                yield seller
            else:
                record_ask(self.postgres.pool, seller.id, reply.at)
        if left := len(chosen) - self.asked:
            self.context.log.info("%s not asked for now: the next tick begins with them", counted(left, "seller"))

    def why_none(self, choice: Choice) -> str:
        """Return why the tick requests no run."""
        about = [f"asked Amazon for {counted(self.asked, 'seller')}: nothing new"] if self.asked else []
        reasons = [*self.failed, *(f"{who}: {reason}" for who, reason in sorted(choice.left.items()))]
        more = [f"{len(reasons) - SHOWN} more"] if len(reasons) > SHOWN else []
        return "; ".join([*(about or ["no seller is due now"]), *reasons[:SHOWN], *more])

    def _record_failure(self, seller: Seller, reply: Reply) -> None:
        """Record a failed question; the first of several is also an event of `fact_stream`."""
        reason = f"Amazon could not be asked for changes: {reply.error}"
        self.failed.append(f"{seller.amazon_seller_id}: {reason}")
        self.context.log.warning("%s: %s", seller.amazon_seller_id, reason)
        failures = self._streams[seller.amazon_seller_id].failures + 1
        record_ask(self.postgres.pool, seller.id, reply.at, failures=failures, error=reason, is_answered=False)
        if failures == 1:
            log_refusal(self.postgres.pool, seller, reason)

    def _record_news(self, seller: Seller, reply: Reply) -> None:
        """Record that a run is requested; a run for the same changes that came to nothing counts as a failure."""
        stream, before = self._streams[seller.amazon_seller_id], self._asks.get(seller.id)
        mark = stream.followed_until
        in_vain = before is not None and before.run_requested_at is not None and before.followed_until == mark
        record_ask(
            self.postgres.pool,
            seller.id,
            reply.at,
            failures=stream.failures + 1 if in_vain else 0,
            error=NOT_LOADED if in_vain else None,
            run_from=mark or reply.at,
        )

    def _stream(self, who: str, seller: Seller) -> Stream:
        ask = self._asks.get(seller.id)
        mark = _followed_until(self.postgres, seller, self.feeds)
        if ask is None:
            return Stream(who, mark)
        return Stream(who, mark, ask.asked_at, 0 if ask.is_over(mark) else ask.failures)

    def _lacking(self, who: str) -> str | None:
        return lacking_tokens(self.sp_api, self._sellers[who], [feed.operations[0] for feed in self.feeds])


def lacking_tokens(sp_api: SpApiResource, seller: Seller, operations: Sequence[str]) -> str | None:
    """Return why a seller has too few requests left; None if it has enough."""
    for operation in operations:
        level, needed = sp_api.tokens(seller, operation), CALLS + sp_api.kept_for_others(operation)
        if level < needed:
            return f"{level:.1f} requests to {operation} are left, {needed:.0f} are needed"
    return None


def _followed_until(postgres: PostgresResource, seller: Seller, feeds: Sequence[Source]) -> datetime | None:
    """Return how far the seller's changes are loaded in all marketplaces and feeds that have a first load.

    A marketplace that Amazon refuses is left to the daily sync: its changes stand still, whatever a run loads.
    """
    marks = [
        followed_until(postgres.pool, scope, feed.tables[0].name)
        or first_load_started(postgres.pool, scope, feed.tables[0].name)
        for feed in feeds
        for refusing in [refusing_marketplaces(postgres.pool, seller.id, feed.tables[0].name)]
        for scope in scopes_of(seller, feed.marketplaces)
        if scope.marketplace_id not in refusing
    ]
    return min((mark for mark in marks if mark), default=None)
