"""fact_stream contains each materialization and failure once, even if something is killed, late or run twice."""

import threading
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import dagster as dg
import pytest

from xpert_pipeline import fact_stream
from xpert_pipeline.fact_stream import collect_events
from xpert_pipeline.partitions import SELLERS, build_partitions, range_tags
from xpert_pipeline.postgres.ledger import LedgerEntry, LoadCounts, LoadWindow, write_entry
from xpert_pipeline.postgres.pool import tenant

TODAY = datetime.now(UTC).date()
DAYS = [TODAY - timedelta(days=n) for n in (3, 2, 1)]
NOW = datetime.now(UTC)


def a_job(*, fails: str | None = None):
    partitions = build_partitions(TODAY - timedelta(days=10), "UTC")

    def build(name):
        @dg.asset(name=name, partitions_def=partitions, backfill_policy=dg.BackfillPolicy.single_run())
        def body() -> None:
            if name == fails:
                raise dg.Failure("ReauthRequired: seller A1TESTSELLER: ask again", allow_retries=False)

        return body

    definitions = dg.Definitions(assets=[build("orders"), build("products")], jobs=[dg.define_asset_job("sync")])
    return definitions.resolve_job_def("sync")


@pytest.fixture
def instance(tmp_path, seller):
    with dg.DagsterInstance.local_temp(str(tmp_path), overrides={"telemetry": {"enabled": False}}) as instance:
        instance.add_dynamic_partitions(SELLERS.name, [seller.amazon_seller_id])
        yield instance


def run(instance, seller, job):
    tags = range_tags(DAYS, seller.amazon_seller_id)
    return job.execute_in_process(instance=instance, tags=tags, raise_on_error=False).run_id


def collect(instance, pool):
    return collect_events(instance, pool, ["orders", "products"])


def rows(pool, seller, columns="*"):
    with tenant(pool, seller.id) as connection:
        return connection.execute(f"select {columns} from fact_stream order by timestamp, partition_key").fetchall()


def test_every_partition_of_every_asset_is_logged_once(instance, pool, seller):
    run(instance, seller, a_job())
    assert collect(instance, pool) == 6
    assert collect(instance, pool) == 0
    logged = rows(pool, seller, "data ->> 'table', (data ->> 'partition_date')::date, event_type")
    assert sorted(logged) == sorted((t, d, "sync.completed") for t in ("orders", "products") for d in DAYS)


def test_counts_are_those_of_the_ledger_by_partition(instance, pool, seller):
    run_id = run(instance, seller, a_job())
    by_day = {day: LoadCounts(fetched=n, inserted=n) for n, day in enumerate(DAYS, start=5)}
    with tenant(pool, seller.id) as connection:
        for _ in range(2):
            write_entry(
                connection,
                LedgerEntry(
                    uuid4(),
                    "orders",
                    seller.id,
                    seller.marketplace_ids[0],
                    "searchOrders",
                    LoadWindow("created", NOW, NOW),
                    run_id,
                    by_day,
                    NOW,
                ),
            )
    collect(instance, pool)
    logged = rows(
        pool, seller, "(data ->> 'partition_date')::date, (data ->> 'records_processed')::int, data ->> 'table'"
    )
    assert {(day, count) for day, count, table in logged if table == "orders"} == {
        (day, 2 * n) for n, day in enumerate(DAYS, start=5)
    }
    assert {count for _, count, table in logged if table == "products"} == {0}


def test_a_failure_writes_one_row_per_seller_that_requires_action(instance, pool, seller):
    run(instance, seller, a_job(fails="orders"))
    collect(instance, pool)
    collect(instance, pool)
    with tenant(pool, seller.id) as connection:
        failed = connection.execute(
            "select data ->> 'table', data ->> 'error', requires_action, importance_score from fact_stream "
            "where event_type = 'sync.failed'"
        ).fetchall()
    assert failed == [("orders", "ReauthRequired: seller A1TESTSELLER: ask again", True, 9)]
    assert len(rows(pool, seller)) == 1 + len(DAYS)


def test_an_event_that_commits_late_is_still_logged(instance, pool, seller):
    """Dagster assigns event ids before it commits, so an id below the cursor may appear after the cursor has passed it."""
    run(instance, seller, a_job())
    collect(instance, pool)
    with tenant(pool, seller.id) as connection:
        (lost,) = connection.execute(
            "delete from fact_stream where data ->> 'table' = 'orders' and partition_key like %s returning event_id",
            (f"{DAYS[0]}%",),
        ).fetchone()
    assert collect(instance, pool) == 1
    assert lost in {row[0] for row in rows(pool, seller, "event_id")}


def test_several_collectors_at_once_write_no_duplicates(instance, pool, seller):
    run(instance, seller, a_job())
    written = []
    threads = [threading.Thread(target=lambda: written.append(collect(instance, pool))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(written) == len(rows(pool, seller)) == 6


def test_a_collector_killed_before_its_commit_loses_nothing(instance, pool, seller, monkeypatch):
    run(instance, seller, a_job())

    def die(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(fact_stream, "_move_cursor", die)
    with pytest.raises(KeyboardInterrupt):
        collect(instance, pool)
    assert rows(pool, seller) == []
    monkeypatch.undo()
    assert collect(instance, pool) == 6


def test_events_of_a_seller_that_the_database_does_not_know_are_skipped(instance, pool, seller):
    instance.add_dynamic_partitions(SELLERS.name, ["A9UNKNOWN"])
    tags = range_tags([date.fromordinal(TODAY.toordinal() - 1)], "A9UNKNOWN")
    a_job().execute_in_process(instance=instance, tags=tags)
    assert collect(instance, pool) == 0
