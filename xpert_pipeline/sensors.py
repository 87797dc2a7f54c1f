"""The sensors for seller partitions, dead runs and Dagster's event log. Other modules do the work."""

from collections.abc import Sequence

import dagster as dg

from xpert_pipeline.fact_stream import collect_events
from xpert_pipeline.partitions import SELLERS
from xpert_pipeline.resources.postgres import PostgresResource
from xpert_pipeline.watchdog import end_dead_runs
from xpert_pipeline.wording import counted


@dg.sensor(
    minimum_interval_seconds=30,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Gives each seller of the sellers table its partitions, and removes those of sellers that are gone.",
)
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


@dg.sensor(
    minimum_interval_seconds=30,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Fails runs whose process is gone, so that they do not block their seller.",
)
def run_watchdog(context: dg.SensorEvaluationContext) -> dg.SkipReason:
    """End runs that nobody works on any more, so that they are retried and their seller is not blocked."""
    dead = end_dead_runs(context.instance)
    return dg.SkipReason(
        f"ended {counted(len(dead), 'dead run')}: {', '.join(dead)}" if dead else "every unfinished run is alive"
    )


def build_fact_stream_sensor(assets: Sequence[str]) -> dg.SensorDefinition:
    """Return the sensor that copies every materialization and failure into `fact_stream`."""

    @dg.sensor(
        name="fact_stream",
        minimum_interval_seconds=15,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Copies what each run did, and each failure, into the table fact_stream.",
    )
    def fact_stream(context: dg.SensorEvaluationContext, postgres: PostgresResource) -> dg.SkipReason:
        written = collect_events(context.instance, postgres.pool, assets)
        return dg.SkipReason(f"{counted(written, 'event')} logged" if written else "nothing new")

    return fact_stream
