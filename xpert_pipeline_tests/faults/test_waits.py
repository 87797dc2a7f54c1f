"""Calls and waits are counted once and can be seen: in the ledger, in a run's metadata, in its event log."""

import threading
from collections import Counter
from uuid import uuid4

import dagster as dg
import pytest

from xpert_pipeline.assets.registry import SOURCES
from xpert_pipeline.postgres.pool import operator
from xpert_pipeline.postgres.quota import PostgresQuota
from xpert_pipeline.spapi.session import SellerApi
from xpert_pipeline_tests.faults.pipeline import CLIENT_ID


@pytest.fixture
def clients(monkeypatch):
    """Every client that a run makes: what they spent is what happened."""
    made, build = [], SellerApi.__init__

    def keep(self, *args, **more):
        made.append(self)
        build(self, *args, **more)

    monkeypatch.setattr(SellerApi, "__init__", keep)
    return made


def ledger(pipeline, run_id):
    """Calls and waits by operation over all loads of a run; each row's sums equal its own operations."""
    calls, waited = Counter(), Counter()
    for row in pipeline.rows("loads"):
        if row["run_id"] != run_id:
            continue
        assert row["calls"] == sum(spent["calls"] for spent in row["waits"].values())
        assert row["waited_seconds"] == pytest.approx(
            sum(spent["waited_seconds"] for spent in row["waits"].values()), abs=0.002
        )
        for operation, spent in row["waits"].items():
            calls[operation] += spent["calls"]
            waited[operation] += spent["waited_seconds"]
    return calls, waited


def told(pipeline, run_id):
    """The `run_…` metadata of each table's materializations."""
    found = {}
    for entry in pipeline.instance.all_logs(run_id, of_type=dg.DagsterEventType.ASSET_MATERIALIZATION):
        metadata = entry.asset_materialization.metadata
        run_wide = {name: metadata[name].value for name in metadata if name.startswith("run_")}
        found.setdefault(entry.asset_materialization.asset_key.to_user_string(), []).append(run_wide)
    return found


def total(clients):
    calls, waited = Counter(), Counter()
    for api in clients:
        calls.update(api.calls)
        waited.update(api.waited_seconds)
    return calls, waited


@pytest.mark.usefixtures("no_interval_of_reports")
def test_the_ledger_holds_every_call_and_every_second_of_the_clients_planning_included(
    empty_pipeline, make_sandbox, clients
):
    """Calls made before a window was opened, such as the count of orders that the plan needs, used to be in no load."""
    empty_pipeline.serve(make_sandbox(rate_scale=5, skus=150))
    done = empty_pipeline.run()
    assert done.success
    calls, waited = ledger(empty_pipeline, done.run_id)
    made, slept = total(clients)
    assert calls == made
    assert {"getOrderMetrics", "searchOrders", "searchListingsItems", "searchCatalogItems"} <= set(calls)
    assert waited.total() == pytest.approx(slept.total(), abs=0.05)
    assert slept.total() > 0, "nothing was waited for, so the test has shown nothing"


@pytest.mark.usefixtures("no_interval_of_reports")
def test_a_runs_figures_stand_at_the_first_table_of_each_asset(pipeline, clients):
    done = pipeline.run()
    run_wide = told(pipeline, done.run_id)
    assert run_wide["order_items"] == [{}] * len(pipeline.days)
    assert run_wide["sales_data"] == [{}] * len(pipeline.days)
    calls = Counter()
    store = pipeline.sandbox.ready()["marketplace_id"]
    asked = {source.tables[0].name: source.is_offered_in(store) for source in SOURCES if not source.is_derived}
    assert run_wide.keys() & {table for table, is_offered in asked.items() if not is_offered} == set()
    for table in (table for table, is_offered in asked.items() if is_offered):
        assert len(run_wide[table]) == len(pipeline.days)
        assert all(each == run_wide[table][0] for each in run_wide[table])
        assert set(run_wide[table][0]) == {"run_calls", "run_waited_seconds"}
        calls.update(run_wide[table][0]["run_calls"])
    assert calls == total(clients)[0]


def test_what_a_failed_load_has_spent_stands_at_its_failure(pipeline, clients):
    pipeline.fault("200-html", operation="searchOrders")
    failed = pipeline.run(tables=["orders", "order_items"])
    assert not failed.success
    assert pipeline.rows("loads") == []
    (entry,) = pipeline.instance.all_logs(failed.run_id, of_type=dg.DagsterEventType.STEP_FAILURE)
    metadata = entry.dagster_event.step_failure_data.user_failure_data.metadata
    assert Counter(metadata["run_calls"].value) == total(clients)[0]
    outside = metadata["run_outside_loads"].value
    assert {operation: spent["calls"] for operation, spent in outside.items()} == metadata["run_calls"].value


def test_a_check_that_asks_amazon_tells_its_calls(pipeline, clients):
    done = pipeline.run(checks=True, days=pipeline.past_days, tables=["orders", "order_items", "sales_data"])
    assert done.success
    evaluations = pipeline.instance.all_logs(done.run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION)
    (found,) = [
        entry.dagster_event.asset_check_evaluation_data
        for entry in evaluations
        if "metrics" in entry.dagster_event.asset_check_evaluation_data.check_name
    ]
    assert found.metadata["run_calls"].value == {"getOrderMetrics": 1}
    calls, _ = ledger(pipeline, done.run_id)
    assert calls + Counter(getOrderMetrics=1) == total(clients)[0]


def test_a_long_wait_stands_in_the_runs_event_log_with_its_reason_and_its_end(pipeline):
    seller = pipeline.sellers[0]
    quota, bucket = PostgresQuota(pipeline.pool), (CLIENT_ID, seller, "eu", "searchListingsItems")
    quota.take(*bucket, 0.01, 5, uuid4(), 0)
    quota.throttled(*bucket)

    def rise():
        """Somebody's answer tells a higher rate as soon as the run waits."""
        while not stop.wait(0.1):
            with operator(pipeline.pool) as connection:
                if connection.execute("select count(*) from quota_waiters").fetchone()[0]:
                    quota.observed_rate(*bucket, 100_000.0)
                    return

    stop = threading.Event()
    riser = threading.Thread(target=rise)
    riser.start()
    try:
        done = pipeline.run(tables=["products"])
    finally:
        stop.set()
        riser.join()
    assert done.success
    said = [entry.user_message for entry in pipeline.instance.all_logs(done.run_id)]
    (line,) = [each for each in said if "for Amazon's quota" in each]
    assert line.startswith(f"searchListingsItems for seller {seller} waits ")
    assert ", until " in line
    (load,) = pipeline.rows("loads")
    assert load["waits"]["searchListingsItems"]["waited_seconds"] > 0
