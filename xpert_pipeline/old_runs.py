"""Deletes Dagster's old runs with their events, output and check results.

Before that, Dagster's own cache of materialized partitions is brought up to date, so that days whose runs are gone stay
green in the UI.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

import dagster as dg
import sqlalchemy as sa
from dagster._core.storage.event_log.schema import AssetCheckExecutionsTable
from dagster._core.storage.event_log.sql_event_log import SqlEventLogStorage
from dagster._core.storage.partition_status_cache import get_and_update_asset_status_cache_value

ENDED = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]
BATCH = 200


def delete_old_runs(
    instance: dg.DagsterInstance,
    before: datetime,
    assets: Sequence[str],
    partitions: dg.PartitionsDefinition,
    *,
    dry_run: bool = False,
) -> int:
    """Delete runs that ended before a time.

    Args:
        instance: Dagster's instance.
        before: Younger runs stay.
        assets: Names of the assets with partitions.
        partitions: Their partitions.
        dry_run: Only count.

    Returns:
        The number of runs.
    """
    old = dg.RunsFilter(statuses=ENDED, updated_before=before)
    if dry_run:
        return instance.get_runs_count(old)
    if instance.get_runs_count(old):
        for asset in assets:
            get_and_update_asset_status_cache_value(instance, dg.AssetKey(asset), partitions)
    deleted = 0
    while runs := instance.get_runs(old, limit=BATCH):
        for run in runs:
            instance.compute_log_manager.delete_logs(prefix=[run.run_id])
            instance.delete_run(run.run_id)
        deleted += len(runs)
    return deleted


def delete_old_checks(instance: dg.DagsterInstance, before: datetime, *, dry_run: bool = False) -> int:
    """Delete results of asset checks before a time, except the newest of each check; return how many."""
    storage = instance.event_log_storage
    store = getattr(storage, "_storage", storage)  # Dagster wraps the storage if runs and events share one
    if not isinstance(store, SqlEventLogStorage):
        inner = getattr(store, "event_log_storage", None)
        if not isinstance(inner, SqlEventLogStorage):
            return 0
        store = inner
    table = AssetCheckExecutionsTable
    newest = sa.select(sa.func.max(table.c.id)).group_by(table.c.asset_key, table.c.check_name)
    is_old = sa.and_(table.c.create_timestamp < before.astimezone(UTC).replace(tzinfo=None), table.c.id.not_in(newest))
    with store.index_connection() as connection:
        if dry_run:
            return int(connection.execute(sa.select(sa.func.count()).select_from(table).where(is_old)).scalar() or 0)
        return connection.execute(sa.delete(table).where(is_old)).rowcount
