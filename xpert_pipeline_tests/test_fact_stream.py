"""fact_stream contains each materialization and failure once, even if something is killed, late or run twice."""

import threading
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import dagster as dg
import pytest
from dagster import AssetMaterialization, MultiPartitionKey
from dagster._core.events import DagsterEvent, DagsterEventType, StepMaterializationData

from xpert_pipeline import fact_gaps, fact_stream
from xpert_pipeline.fact_stream import FROM_LEDGER, collect_events
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


def load(pool, seller, run_id, by_day, table="orders"):
    """Commit a load as a run does."""
    with tenant(pool, seller.id) as connection:
        write_entry(
            connection,
            LedgerEntry(
                uuid4(),
                table,
                seller.id,
                seller.marketplace_ids[0],
                "searchOrders",
                LoadWindow("created", NOW, NOW),
                run_id,
                {day: LoadCounts(fetched=n, inserted=n - 1, rejected=1) for day, n in by_day.items()},
                NOW,
            ),
        )


def sums(pool, seller):
    """What the ledger and the event log count."""
    with tenant(pool, seller.id) as connection:
        loaded = connection.execute("select sum(fetched), sum(inserted), sum(rejected) from loads").fetchone()
        logged = connection.execute(
            "select sum((data ->> 'fetched')::int), sum((data ->> 'inserted')::int), sum((data ->> 'rejected')::int)"
            " from fact_stream"
        ).fetchone()
    return loaded, logged


def a_killed_run(instance, seller):
    """A run that has begun and will never report anything."""
    run = instance.create_run_for_job(a_job(), tags=range_tags(DAYS, seller.amazon_seller_id))
    instance.report_dagster_event(DagsterEvent(DagsterEventType.RUN_START.value, "sync", message=""), run.run_id)
    return instance.get_run_by_id(run.run_id)


def test_loads_of_a_killed_run_are_logged_from_the_ledger_once_it_has_ended(instance, pool, seller):
    """In 16 of 25 kills the ledger had orders and the event log nothing: the next run found the days complete."""
    killed = a_killed_run(instance, seller)
    load(pool, seller, killed.run_id, {DAYS[0]: 5, DAYS[1]: 7})
    assert collect(instance, pool) == 0, "it may still report"
    instance.report_run_failed(killed, "its process is gone")
    assert collect(instance, pool) == 3
    assert collect(instance, pool) == 0
    loaded, logged = sums(pool, seller)
    assert loaded == logged == (12, 10, 2)
    told = rows(pool, seller, "partition_key, data ->> 'reason', data ->> 'state', metadata ->> 'origin'")
    assert [row for row in told if row[0]] == [
        (f"{day}|{seller.amazon_seller_id}", FROM_LEDGER, "ok", "ledger") for day in (DAYS[0], DAYS[1])
    ]


def test_a_run_killed_between_two_of_its_reports_is_completed_day_by_day(instance, pool, seller):
    run_id = run(instance, seller, a_job())
    load(pool, seller, run_id, {DAYS[0]: 5})
    collect(instance, pool)
    load(pool, seller, run_id, {DAYS[0]: 3, DAYS[2]: 4})
    load(pool, seller, run_id, {DAYS[1]: 2}, table="products")
    assert collect(instance, pool) == 3
    loaded, logged = sums(pool, seller)
    assert loaded == logged == (14, 10, 4)


def test_an_event_that_arrives_after_the_ledger_was_read_counts_nothing_twice(instance, pool, seller):
    """The collector of a killed command wrote from the ledger; then the events of the run arrived after all."""
    killed = a_killed_run(instance, seller)
    load(pool, seller, killed.run_id, {DAYS[0]: 5})
    instance.report_run_failed(killed, "its process is gone")
    collect(instance, pool)
    partition = MultiPartitionKey({"date": str(DAYS[0]), "seller": seller.amazon_seller_id})
    event = AssetMaterialization("orders", partition=partition, metadata={"state": "ok"})
    for _ in range(2):
        instance.report_dagster_event(
            DagsterEvent(
                DagsterEventType.ASSET_MATERIALIZATION.value,
                "sync",
                event_specific_data=StepMaterializationData(event),
            ),
            killed.run_id,
        )
    load(pool, seller, killed.run_id, {DAYS[0]: 2})
    assert collect(instance, pool) == 2
    assert collect(instance, pool) == 0
    loaded, logged = sums(pool, seller)
    assert loaded == logged == (7, 5, 2)


def test_a_run_of_another_dagster_is_logged_when_it_has_long_been_silent(instance, pool, seller, monkeypatch):
    load(pool, seller, str(uuid4()), {DAYS[0]: 5})
    assert collect(instance, pool) == 0
    monkeypatch.setattr(fact_gaps, "SETTLED", timedelta(0))
    assert collect(instance, pool) == 1
    assert sums(pool, seller)[1] == (5, 4, 1)


def test_a_long_run_holds_the_place_in_the_ledger_until_it_ends(instance, pool, seller, admin):
    killed = a_killed_run(instance, seller)
    load(pool, seller, killed.run_id, {DAYS[0]: 5})
    admin.execute("update loads set finished_at = finished_at - interval '2 days'")
    for _ in range(2):
        assert collect(instance, pool) == 0
    instance.report_run_failed(killed, "its process is gone")
    assert collect(instance, pool) == 2
    (place,) = admin.execute("select now() - cursor::timestamptz from fact_cursor where name = 'ledger'").fetchone()
    assert timedelta(minutes=59) < place < timedelta(hours=2)


def test_what_has_been_removed_from_the_event_log_is_not_logged_again(instance, pool, seller, admin):
    killed = a_killed_run(instance, seller)
    load(pool, seller, killed.run_id, {DAYS[0]: 5})
    instance.report_run_failed(killed, "its process is gone")
    collect(instance, pool)
    admin.execute("update loads set finished_at = finished_at - interval '2 days'")
    admin.execute("delete from fact_stream")
    collect(instance, pool)
    assert [row for row in rows(pool, seller, "partition_key") if row[0]] == []


def test_events_of_a_seller_that_the_database_does_not_know_are_skipped(instance, pool, seller):
    instance.add_dynamic_partitions(SELLERS.name, ["A9UNKNOWN"])
    tags = range_tags([date.fromordinal(TODAY.toordinal() - 1)], "A9UNKNOWN")
    a_job().execute_in_process(instance=instance, tags=tags)
    assert collect(instance, pool) == 0
