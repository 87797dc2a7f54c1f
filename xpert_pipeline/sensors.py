"""The sensors for seller partitions, dead runs, Dagster's event log and change streams. Other modules do the work."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import dagster as dg

from xpert_pipeline.deltas import CALLS, Stream, choose_due, room_in_queue
from xpert_pipeline.fact_stream import collect_events
from xpert_pipeline.partitions import SELLERS, local_today, range_tags, sellers_of_run
from xpert_pipeline.postgres.coverage import first_load_started, followed_until
from xpert_pipeline.postgres.sellers import Seller
from xpert_pipeline.resources.postgres import PostgresResource
from xpert_pipeline.resources.spapi import SpApiResource
from xpert_pipeline.sources.run import scopes_of, today_of
from xpert_pipeline.sources.source import Source
from xpert_pipeline.watchdog import UNFINISHED, fail_dead_runs
from xpert_pipeline.wording import counted

SHOWN = 5
"""Maximum number of sellers that the message of a tick names."""


@dg.sensor(minimum_interval_seconds=30, default_status=dg.DefaultSensorStatus.RUNNING)
def sellers_partitions(context: dg.SensorEvaluationContext, postgres: PostgresResource) -> dg.SensorResult:
    """Keep the seller partitions equal to the `sellers` table."""
    known = set(context.instance.get_dynamic_partitions("sellers"))
    listed = {seller.amazon_seller_id for seller in postgres.sellers.all()}
    changes: list[dg.AddDynamicPartitionsRequest | dg.DeleteDynamicPartitionsRequest] = []
    if listed - known:
        changes.append(SELLERS.build_add_request(sorted(listed - known)))
    if known - listed:
        changes.append(SELLERS.build_delete_request(sorted(known - listed)))
    return dg.SensorResult(dynamic_partitions_requests=changes)


@dg.sensor(minimum_interval_seconds=30, default_status=dg.DefaultSensorStatus.RUNNING)
def run_watchdog(context: dg.SensorEvaluationContext) -> dg.SkipReason:
    """Fail started runs whose process is gone, so that the run is retried and its seller is not blocked."""
    dead = fail_dead_runs(context.instance)
    return dg.SkipReason(
        f"failed {counted(len(dead), 'dead run')}: {', '.join(dead)}" if dead else "every started run is alive"
    )


def build_fact_stream_sensor(assets: Sequence[str]) -> dg.SensorDefinition:
    """Return the sensor that copies every materialization and failure into `fact_stream`."""

    @dg.sensor(name="fact_stream", minimum_interval_seconds=15, default_status=dg.DefaultSensorStatus.RUNNING)
    def fact_stream(context: dg.SensorEvaluationContext, postgres: PostgresResource) -> dg.SkipReason:
        written = collect_events(context.instance, postgres.pool, assets)
        return dg.SkipReason(f"{counted(written, 'event')} logged" if written else "nothing new")

    return fact_stream


def build_orders_delta_sensor(
    job_name: str, feeds: Sequence[Source], minutes: int, timezone: str, *, is_sandbox: bool
) -> dg.SensorDefinition:
    """Return the sensor that requests a run for each active seller whose changes have not been read for `minutes`.

    Args:
        job_name: The job, which is also the sensor's name.
        feeds: Sources with a change stream.
        minutes: Time between two runs of a seller.
        timezone: Time zone of the partitions.
        is_sandbox: Whether the sandbox replaces Amazon. If so, only its sellers are followed; otherwise only real ones.
    """
    interval = timedelta(minutes=minutes)
    operations = [feed.operations[0] for feed in feeds]

    @dg.sensor(
        name=job_name,
        job_name=job_name,
        minimum_interval_seconds=minutes * 60,
        default_status=dg.DefaultSensorStatus.RUNNING,
    )
    def orders_delta(
        context: dg.SensorEvaluationContext, postgres: PostgresResource, sp_api: SpApiResource
    ) -> dg.SensorResult:
        now = datetime.now(UTC)
        requested = {
            seller: datetime.fromtimestamp(at, UTC) for seller, at in json.loads(context.cursor or "{}").items()
        }
        sellers = {s.amazon_seller_id: s for s in postgres.sellers.active() if s.is_sandbox == is_sandbox}
        unfinished = context.instance.get_runs(dg.RunsFilter(statuses=UNFINISHED))
        known = context.instance.get_dynamic_partitions("sellers")
        choice = choose_due(
            [
                Stream(who, _followed_until(postgres, seller, feeds), requested.get(who))
                for who, seller in sellers.items()
                if who in known
            ],
            now=now,
            interval=interval,
            busy={seller for run in unfinished for seller in sellers_of_run(run.tags, known)},
            room=room_in_queue(interval, len(unfinished)),
            lacking=lambda who: _lacking_tokens(sp_api, sellers[who], operations),
        )
        for seller, reason in sorted(choice.left.items()):
            context.log.info("%s has to wait: %s", seller, reason)
        times = {
            who: int((now if who in choice.chosen else requested[who]).timestamp())
            for who in sellers
            if who in choice.chosen or who in requested
        }
        newest = local_today(timezone)
        days = {who: min(today_of(sellers[who]), newest) for who in choice.chosen}
        return dg.SensorResult(
            run_requests=[
                dg.RunRequest(f"{who}:{now:%Y-%m-%dT%H:%M:%S}", tags=range_tags([day], who))
                for who, day in days.items()
            ],
            skip_reason=None if choice.chosen else _why_none(choice.left),
            cursor=json.dumps(times),
        )

    return orders_delta


def _followed_until(postgres: PostgresResource, seller: Seller, feeds: Sequence[Source]) -> datetime | None:
    """Return how far the seller's changes are loaded in all marketplaces and feeds that have a first load."""
    marks = [
        followed_until(postgres.pool, scope, feed.tables[0].name)
        or first_load_started(postgres.pool, scope, feed.tables[0].name)
        for feed in feeds
        for scope in scopes_of(seller)
    ]
    return min((mark for mark in marks if mark), default=None)


def _lacking_tokens(sp_api: SpApiResource, seller: Seller, operations: Sequence[str]) -> str | None:
    """Return why a seller has too few requests left; None if it has enough."""
    for operation in operations:
        level, needed = sp_api.tokens(seller, operation), CALLS + sp_api.kept_for_others(operation)
        if level < needed:
            return f"{level:.1f} requests to {operation} are left, {needed:.0f} are needed"
    return None


def _why_none(left: dict[str, str]) -> str:
    reasons = [f"{seller}: {reason}" for seller, reason in sorted(left.items())]
    more = [f"{len(reasons) - SHOWN} more"] if len(reasons) > SHOWN else []
    return "; ".join(["no seller is due now", *reasons[:SHOWN], *more])
