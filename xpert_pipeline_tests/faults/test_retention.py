"""Pruning removes what is old, and no sync notices it: nothing is loaded again, and nothing is announced twice."""

import os
import re
import time
from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest
from dagster._core.storage.partition_status_cache import get_and_update_asset_status_cache_value

from xpert_pipeline import retention
from xpert_pipeline.assets.registry import SOURCES
from xpert_pipeline.fact_stream import collect_events
from xpert_pipeline.keep import Keep
from xpert_pipeline.log_files import ROTATED_ABOVE, rotate_logs
from xpert_pipeline.partitions import partition_key, range_tags
from xpert_pipeline.postgres.compaction import CoverageWouldChange
from xpert_pipeline.postgres.pool import tenant
from xpert_pipeline.prune_job import what_grows
from xpert_pipeline.retention import prune
from xpert_pipeline.settings import Settings, SettingsError
from xpert_pipeline_tests.faults.pipeline import NAMES
from xpert_pipeline_tests.faults.test_deltas import asked, changes

pytestmark = pytest.mark.long
LATER = timedelta(days=200)
FEW = ["products", "orders", "order_items", "sales_data"]
"""Enough tables for what is kept and removed."""


@pytest.fixture
def grown(pipeline):
    settings = Settings.from_env(pipeline.environ)
    return what_grows(pipeline.instance, pipeline.pool, settings, SOURCES, None)


@pytest.fixture
def pruned(grown, admin):
    """Prunes as if so many days had passed."""

    def prune_(days=LATER, keep=None, **options):
        admin.execute("update loads set finished_at = finished_at - %s", [days])
        try:
            done = prune(grown, keep or Keep(), now=datetime.now(UTC) + days, **options)
        finally:
            admin.execute("update loads set finished_at = finished_at + %s", [days])
        return {part.what: part for part in done}

    return prune_


def counts(pipeline):
    tables = ("loads", "fact_stream", "report_requests", "rejected_records", "dirty_keys")
    with tenant(pipeline.pool, pipeline.book.get(pipeline.sellers[0]).id) as connection:
        rows = {table: connection.execute(f"select count(*) from {table}").fetchone()[0] for table in tables}
    return rows | {"runs": pipeline.instance.get_runs_count()}


def test_after_pruning_the_next_sync_loads_nothing_again(pipeline, pruned):
    """Nothing was ever deleted, because deleted loads were loaded again."""
    for _ in range(3):
        assert pipeline.run().success
    collect_events(pipeline.instance, pipeline.pool, NAMES)
    data = {table: pipeline.rows(table) for table in NAMES}
    before = counts(pipeline)
    done = pruned()
    after = counts(pipeline)
    assert done["Dagster's runs"].removed == before["runs"]
    assert after["runs"] == 0
    assert after["loads"] == before["loads"] - done["loads"].removed + done["loads"].added < before["loads"]
    assert (after["fact_stream"], done["fact_stream"].removed) == (0, before["fact_stream"])
    assert {table: pipeline.rows(table) for table in NAMES} == data
    asked_before = asked(pipeline)
    again = pipeline.run()
    assert again.success, again.errors
    assert changes(again) == 0
    assert {name for name in asked(pipeline) - asked_before if name.startswith("create")} <= {"createQuery"}
    written = collect_events(pipeline.instance, pipeline.pool, NAMES)
    assert counts(pipeline)["fact_stream"] == written, "events of the new run only"
    pipeline.assert_whole()


def test_days_whose_runs_are_gone_stay_materialized_in_the_ui(pipeline, pruned, grown):
    """Dagster reads a partition's state from the events of its runs, which go with the runs."""
    assert pipeline.run(tables=FEW).success
    pruned()
    status = get_and_update_asset_status_cache_value(
        pipeline.instance, dg.AssetKey("orders"), grown.partitions, pipeline.instance
    )
    done = status.deserialize_materialized_partition_subsets(grown.partitions)
    assert partition_key(pipeline.days[0], pipeline.sellers[0]) in done.get_partition_keys()


def test_a_ledger_that_cannot_be_compacted_keeps_nothing_else_from_being_pruned(pipeline, pruned, monkeypatch):
    """One seller's ledger ended the whole prune, every day, for all sellers after it."""
    assert pipeline.run(tables=FEW).success
    collect_events(pipeline.instance, pipeline.pool, NAMES)

    def refuse(*_args, **_options):
        raise CoverageWouldChange("the ledger of seller A was not compacted")

    monkeypatch.setattr(retention, "compact_loads", refuse)
    with pytest.raises(CoverageWouldChange):
        pruned()
    assert (counts(pipeline)["fact_stream"], counts(pipeline)["runs"]) == (0, 0)


def test_a_dry_run_counts_the_same_and_removes_nothing(pipeline, pruned):
    for _ in range(3):  # a run at once after another may have nothing to ask and to note, so each asks again
        assert pipeline.run(tables=FEW, refetch=True).success
    collect_events(pipeline.instance, pipeline.pool, NAMES)
    before = counts(pipeline)
    would = pruned(dry_run=True)
    assert counts(pipeline) == before
    assert would == pruned()
    assert would["loads"].removed > 0
    assert would["fact_stream"].removed > 0
    assert would["Dagster's runs"].removed == 3


def test_what_is_young_stays_and_zero_days_keep_everything(pipeline, pruned):
    assert pipeline.run(tables=FEW).success
    collect_events(pipeline.instance, pipeline.pool, NAMES)
    before = counts(pipeline)
    pruned(days=timedelta(days=20))
    assert counts(pipeline) == before
    pruned(keep=Keep(runs_days=0, history_days=0, requests_days=0))
    assert counts(pipeline) == before


def test_the_newest_result_of_each_check_stays(pipeline, pruned):
    key = dg.AssetCheckKey(dg.AssetKey("orders"), "loaded_lately")
    for _ in range(2):
        pipeline.run_job("sync", range_tags([pipeline.today], pipeline.sellers[0]))
    storage = pipeline.instance.event_log_storage
    assert len(storage.get_asset_check_execution_history(key, limit=9)) == 2
    pruned()
    assert len(storage.get_asset_check_execution_history(key, limit=9)) == 1


def test_keys_of_a_table_that_does_not_exist_any_more_are_deleted(pipeline, pruned, admin):
    seller = pipeline.book.get(pipeline.sellers[0])
    for consumer in ("sales_data", "a_table_of_the_past"):
        admin.execute(
            "insert into dirty_keys (consumer, seller_id, business_date) values (%s, %s, current_date)",
            [consumer, seller.id],
        )
    assert pruned()["dirty_keys"].removed == 1
    assert admin.execute("select consumer from dirty_keys").fetchall() == [("sales_data",)]


def test_the_job_of_the_schedule_prunes(pipeline, admin):
    assert pipeline.run(tables=FEW).success
    admin.execute("update loads set finished_at = finished_at - interval '200 days'")
    before = counts(pipeline)
    done = pipeline.run_job("prune", {})
    assert done.success, done.errors
    assert counts(pipeline)["loads"] <= before["loads"]
    schedules = {schedule.name: schedule for schedule in pipeline.definitions().schedules}
    assert schedules["daily_prune"].job_name == "prune"
    assert schedules["daily_prune"].execution_timezone == "Asia/Kolkata"


def test_the_command_shows_what_it_would_remove_and_then_removes_it(xpert, amazon, admin):
    environ = amazon()
    assert xpert("sync", "--select", "orders,order_items", **environ).exit_code == 0
    admin.execute("update fact_stream set timestamp = timestamp - interval '200 days'")
    old = {"XPERT_KEEP_RUNS_DAYS": "1", "XPERT_KEEP_HISTORY_DAYS": "1"}
    said = xpert("prune", "--dry-run", **environ, **old)
    assert said.exit_code == 0, said.output
    assert "Dagster's runs" in said.stdout
    assert re.search(r"fact_stream +\d+ would be removed", said.stdout), said.stdout
    assert re.search(r"Dagster's runs +nothing to remove", said.stdout), said.stdout
    done = xpert("--json", "prune", **environ, **old)
    assert {part["what"] for part in done.json["pruned"]} >= {
        "loads",
        "fact_stream",
        "report_requests",
        "log files, bytes",
    }
    assert done.json["dry_run"] is False


@pytest.mark.parametrize(
    ("environ", "problem"),
    [
        ({"XPERT_KEEP_RUNS_DAYS": "-1"}, "XPERT_KEEP_RUNS_DAYS must be a number of days"),
        ({"XPERT_KEEP_LOGS_DAYS": "soon"}, "XPERT_KEEP_LOGS_DAYS must be a number of days"),
        ({"XPERT_KEEP_REQUESTS_DAYS": "99999999999"}, "XPERT_KEEP_REQUESTS_DAYS must be a number of days"),
        ({"XPERT_KEEP_RUNS_DAYS": "91"}, "must be at least XPERT_KEEP_RUNS_DAYS"),
        ({"XPERT_KEEP_RUNS_DAYS": "0"}, "must be at least XPERT_KEEP_RUNS_DAYS"),
    ],
)
def test_wrong_numbers_of_days_are_named(environ, problem):
    with pytest.raises(SettingsError, match=problem):
        Settings.from_env(environ)


@pytest.mark.skipif("FAKETIME" in os.environ, reason="times of files are the machine's, not those of the faked clock")
def test_large_logs_are_rotated_while_they_are_written_and_old_copies_go(tmp_path):
    log, small = tmp_path / "daemon.log", tmp_path / "sandbox.log"
    small.write_text("little\n")
    with log.open("ab") as writing:
        writing.write(b"x" * (ROTATED_ABOVE + 1))
        writing.flush()
        rotate_logs(tmp_path, 30)
        writing.write(b"new line\n")
    assert log.read_bytes() == b"new line\n"
    assert small.read_text() == "little\n"
    (copy,) = tmp_path.glob("daemon.log.*")
    assert copy.stat().st_size == ROTATED_ABOVE + 1
    assert rotate_logs(tmp_path, 30) == 0
    month_ago = time.time() - 31 * 86_400
    os.utime(copy, (month_ago, month_ago))
    assert rotate_logs(tmp_path, 30, dry_run=True) == ROTATED_ABOVE + 1
    assert copy.exists()
    assert rotate_logs(tmp_path, 30) == ROTATED_ABOVE + 1
    assert not copy.exists()
