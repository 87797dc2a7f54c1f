"""What watches by itself: the sellers' partitions, the event log, and runs whose process is gone. Shells only."""

from collections.abc import Sequence

import dagster as dg

from xpert_pipeline.fact_stream import collect_events
from xpert_pipeline.partitions import SELLERS
from xpert_pipeline.resources.postgres import PostgresResource
from xpert_pipeline.watchdog import fail_dead_runs


@dg.sensor(minimum_interval_seconds=30, default_status=dg.DefaultSensorStatus.RUNNING)
def sellers_partitions(context: dg.SensorEvaluationContext, postgres: PostgresResource) -> dg.SensorResult:
    """Keep the sellers' partitions in step with the `sellers` table."""
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
    """Fail started runs whose process is gone, so that their seller is free again and the run is retried."""
    dead = fail_dead_runs(context.instance)
    return dg.SkipReason(f"failed {len(dead)} dead runs: {', '.join(dead)}" if dead else "every started run is alive")


def build_fact_stream_sensor(assets: Sequence[str]) -> dg.SensorDefinition:
    """Logs every materialization and failure to `fact_stream`."""

    @dg.sensor(name="fact_stream", minimum_interval_seconds=15, default_status=dg.DefaultSensorStatus.RUNNING)
    def fact_stream(context: dg.SensorEvaluationContext, postgres: PostgresResource) -> dg.SkipReason:
        written = collect_events(context.instance, postgres.pool, assets)
        return dg.SkipReason(f"{written} events logged" if written else "nothing new")

    return fact_stream
