"""Runs that only follow changes: they ask little, write what changed, and nothing else."""

import time
from collections import Counter

import dagster as dg
import pytest

from xpert_pipeline.assets.catalog import products
from xpert_pipeline.assets.registry import RECONCILIATIONS, SOURCES
from xpert_pipeline.events import day_reports
from xpert_pipeline.partitions import range_tags
from xpert_pipeline.postgres.pool import tenant
from xpert_pipeline.sandbox.world.records import CANCELLED
from xpert_pipeline.sources.changes import ChangeFeed
from xpert_pipeline.sources.listed_report import ListedReports
from xpert_pipeline.sources.snapshot import Snapshot
from xpert_pipeline_tests.faults.pipeline import NAMES

pytestmark = pytest.mark.long
SALES = ["orders", "order_items", "sales_data"]


def asked(pipeline):
    """Calls by operation so far, without the token exchange."""
    counts = Counter()
    for (operation, _seller, _status), number in pipeline.sandbox.state.statistics.counts.items():
        counts[operation] += number
    del counts["requestAccessToken"]
    return counts


def delta(pipeline):
    """One run of the job, as the sensor asks for it."""
    return pipeline.run_job("orders_delta", range_tags([pipeline.today], pipeline.sellers[0]))


def changes(done):
    """Rows that a run wrote or deleted."""
    return sum(counts[name] for counts in done.counts.values() for name in ("inserted", "updated", "deleted"))


def test_a_delta_with_nothing_new_asks_one_page_and_changes_no_row(pipeline):
    assert pipeline.run(tables=SALES).success
    before = {table: pipeline.rows(table) for table in SALES}
    asked_before = asked(pipeline)
    done = delta(pipeline)
    assert done.success, done.errors
    assert asked(pipeline) - asked_before == {"searchOrders": 1, "getOrderMetrics": 1}
    assert set(done.counts) == set(before)
    assert changes(done) == 0
    assert before == {table: pipeline.rows(table) for table in before}


def is_sold(order):
    is_kept = order.is_sale and order.status != CANCELLED
    return is_kept and any(line.quantity and not line.cancelled for line in order.items)


def pictured(pipeline, done):
    """The tables whose newest day shows pictures."""
    return {
        report.asset_key.to_user_string()
        for report in day_reports(pipeline.instance, done.run_id)
        if "pictures" in report.metadata
    }


def test_a_delta_brings_a_change_as_far_as_the_sales_and_draws_no_picture(pipeline):
    """Pictures cost half a second of CPU, in a run that starts every five minutes."""
    synced = pipeline.run(tables=SALES)
    assert (synced.success, pictured(pipeline, synced)) == (True, {"sales_data"})
    orders = pipeline.sandbox.state.worlds[pipeline.sellers[0]].orders
    place = next(n for n, order in enumerate(orders) if is_sold(order))
    lines = tuple(line._replace(cancelled=True) for line in orders[place].items)
    pipeline.change_order(place, status="CANCELLED", items=lines)
    done = delta(pipeline)
    assert (done.counts["orders"]["updated"], done.counts["sales_data"]["updated"] >= 1) == (1, True)
    assert pictured(pipeline, done) == set()
    pipeline.assert_whole(*SALES)


def test_a_sync_of_what_is_complete_asks_each_stream_once(pipeline):
    assert pipeline.run().success
    asked_before = asked(pipeline)
    done = pipeline.run(days=[pipeline.today])
    assert done.success
    streams = Counter(
        source.operations[0] for source in SOURCES if isinstance(source, Snapshot | ChangeFeed | ListedReports)
    )
    assert asked(pipeline) - asked_before == streams + Counter(getOrderMetrics=1)
    assert changes(done) == 0


def test_a_report_of_all_listings_writes_only_those_that_changed(pipeline, monkeypatch):
    """Amazon's listings report knows no change filter: the whole snapshot comes, and is compared."""
    monkeypatch.setitem(vars(products.SOURCE.bulk), "above", 0)
    assert pipeline.run(tables=["products"], days=[pipeline.today]).success
    before = {row["sku"]: row["updated_at"] for row in pipeline.rows("products")}
    changed = pipeline.sandbox.state.worlds[pipeline.sellers[0]].listings[0]
    changed.title, changed.updated = "A new title", int(time.time())
    pipeline.sandbox.state.reports.reports.clear()  # hours later, when the first report serves no more
    with tenant(pipeline.pool, pipeline.book.get(pipeline.sellers[0]).id) as connection:
        connection.execute("update report_requests set asked_at = asked_at - interval '2 hours'")
    done = pipeline.run(tables=["products"], days=[pipeline.today])
    counts = done.counts["products"]
    assert counts["fetched"] == len(before)
    assert (counts["inserted"], counts["updated"], counts["unchanged"]) == (0, 1, len(before) - 1)
    after = {row["sku"]: row["updated_at"] for row in pipeline.rows("products")}
    assert {sku for sku in after if after[sku] != before[sku]} == {changed.sku}


@pytest.mark.usefixtures("no_interval_of_reports")
@pytest.mark.parametrize("kind", ["range", "one partition"])
def test_every_check_is_evaluated_whatever_partitions_a_run_has(pipeline, kind):
    """Dagster hands a single partition and a range to a run in different ways."""
    day, seller = pipeline.today, pipeline.sellers[0]
    key = f"{day}|{seller}"
    alone = {"dagster/partition": key, "dagster/partition/date": str(day), "dagster/partition/seller": seller}
    done = pipeline.run_job("sync", range_tags([day], seller) if kind == "range" else alone)
    assert done.success, done.errors
    entries = pipeline.instance.all_logs(done.run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION)
    evaluated = [entry.dagster_event.asset_check_evaluation_data for entry in entries]
    particular = sum(len(list(check.check_keys)) for source in SOURCES for check in source.checks)
    with_roles = sum(bool(source.roles) for source in SOURCES)
    assert len(evaluated) == 3 * len(NAMES) + with_roles + particular + len(RECONCILIATIONS)
    assert len({(check.asset_key, check.check_name) for check in evaluated}) == len(evaluated)
    assert {check.check_name: check.description for check in evaluated if not check.passed} == {}


def test_the_comparison_with_amazon_run_alone_compares_the_last_days(pipeline):
    """Run by hand from its page it has no days: it compared none, and a warning turned green."""
    assert pipeline.run(tables=SALES).success
    key = dg.AssetCheckKey(dg.AssetKey("sales_data"), "orders_match_amazon_order_metrics")
    job = dg.define_asset_job("alone", selection=dg.AssetSelection.checks(key))
    done = (
        dg.Definitions.merge(pipeline.definitions(), dg.Definitions(jobs=[job]))
        .resolve_job_def("alone")
        .execute_in_process(instance=pipeline.instance)
    )
    (found,) = done.get_asset_check_evaluations()
    assert found.passed
    assert found.metadata["days_compared"].value == len(pipeline.past_days)
