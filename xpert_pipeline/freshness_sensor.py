"""The sensor that keeps the check `loaded_lately` true to the ledger between runs.

A check is evaluated at the end of a run. If no run of a seller succeeds, nothing would evaluate it, and it would stay
green.
"""

import json
from collections.abc import Sequence

import dagster as dg

from xpert_pipeline.postgres.sellers import STOPPED
from xpert_pipeline.resources.postgres import PostgresResource
from xpert_pipeline.sources.freshness import LOADED_LATELY, freshness_of
from xpert_pipeline.sources.source import Source
from xpert_pipeline.wording import counted

INTERVAL_SECONDS = 900


def build_freshness_sensor(sources: Sequence[Source], *, is_sandbox: bool) -> dg.SensorDefinition:
    """Return the sensor that reports each table whose freshness has turned since the last tick.

    Args:
        sources: All sources.
        is_sandbox: Whether the sandbox replaces Amazon. If so, only its sellers count; otherwise only real ones.
    """

    @dg.sensor(
        name="freshness",
        minimum_interval_seconds=INTERVAL_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Fails the check loaded_lately of a table that was not loaded for 36 hours for any seller in any "
        "marketplace, although no run of it succeeds.",
    )
    def freshness(context: dg.SensorEvaluationContext, postgres: PostgresResource) -> dg.SensorResult:
        sellers = [
            seller
            for seller in postgres.sellers.all()
            if seller.status not in STOPPED and seller.is_sandbox == is_sandbox
        ]
        if not sellers:
            return dg.SensorResult(cursor=context.cursor, skip_reason="there is no seller to watch")
        known: dict[str, bool] = json.loads(context.cursor or "{}")
        events, passed = [], {}
        for source in sources:
            for table in source.tables:
                result = freshness_of(postgres.pool, sellers, source, table)
                passed[table.name] = result.passed
                if known.get(table.name, True) != result.passed:
                    events.append(
                        dg.AssetCheckEvaluation(
                            asset_key=dg.AssetKey(table.name),
                            check_name=LOADED_LATELY,
                            passed=result.passed,
                            metadata=result.metadata,
                            severity=result.severity,
                            description=result.description,
                        )
                    )
        late = [name for name, is_fresh in passed.items() if not is_fresh]
        return dg.SensorResult(
            asset_events=events,
            cursor=json.dumps(passed),
            skip_reason=f"not loaded lately: {', '.join(late)}" if late else f"{counted(len(passed), 'table')} fresh",
        )

    return freshness
