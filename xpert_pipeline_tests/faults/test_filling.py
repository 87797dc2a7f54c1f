"""Orders that came with the report, which lacks columns, are read again by pages: newest first, within spare quota."""

from datetime import timedelta

import pytest

from xpert_pipeline.partitions import local_today
from xpert_pipeline.sources import change_fetching, change_filling, change_loading
from xpert_pipeline.spapi.errors import BadAnswer
from xpert_pipeline_tests.faults.conftest import SMALL

pytestmark = pytest.mark.long
ORDERS = ["orders", "order_items"]
BY_REPORT, BY_PAGES = "GET_XML_ALL_ORDERS_DATA_BY_ORDER_DATE_GENERAL", "searchOrders"


def sources(pipeline):
    """How many orders came last from which source."""
    rows = pipeline.rows("orders", "source, order_id")
    return {source: sum(row["source"] == source for row in rows) for source in {row["source"] for row in rows}}


def fillings(pipeline):
    """The loads by pages, oldest first: rows read, rows changed, and why."""
    return pipeline.rows(
        "loads",
        "finished_at, fetched, updated, window_start, window_end, details -> 'plan' ->> 'why' as why"
        " , source, table_name, window_kind",
    )


def filled(pipeline):
    return [
        load
        for load in fillings(pipeline)
        if (load["table_name"], load["source"], load["window_kind"]) == ("orders", BY_PAGES, "created")
    ]


@pytest.fixture
def small_pages(monkeypatch):
    """A page has 20 orders; the sandbox has 60."""
    monkeypatch.setattr(change_filling.usage_plans, "page", lambda _operation: 20)


def test_what_the_report_lacks_is_filled_by_pages_in_the_same_run(pipeline, by_report):
    """After a first sync by the report, ship-by times and programmes were NULL in every row until an order changed."""
    assert pipeline.run(tables=[*ORDERS, "sales_data"]).success
    assert sources(pipeline) == {BY_PAGES: len(pipeline.truth("orders"))}
    pipeline.assert_whole(*ORDERS, "sales_data")
    (load,) = filled(pipeline)
    assert load["fetched"] == load["updated"] == len(pipeline.truth("orders"))
    assert "came with a report, which lacks columns" in load["why"]


def test_a_run_fills_a_part_newest_first_and_the_next_runs_go_on_until_nothing_is_left(
    pipeline, by_report, small_pages
):
    pipeline.environ["XPERT_FILL_PAGES"] = "1"
    assert pipeline.run(tables=ORDERS).success
    total = len(pipeline.truth("orders"))
    assert sources(pipeline) == {BY_PAGES: 20, BY_REPORT: total - 20}
    done = pipeline.rows("orders", "source, purchase_date")
    oldest_filled = min(row["purchase_date"] for row in done if row["source"] == BY_PAGES)
    assert all(row["purchase_date"] < oldest_filled for row in done if row["source"] == BY_REPORT)
    by_report.source = None
    for _ in range(total // 20):
        assert pipeline.run(tables=ORDERS).success
    assert sources(pipeline) == {BY_PAGES: total}
    pipeline.assert_whole(*ORDERS)
    loads = len(filled(pipeline))
    calm = pipeline.run(tables=ORDERS)
    assert {table: counts["updated"] + counts["inserted"] for table, counts in calm.counts.items()} == dict.fromkeys(
        ORDERS, 0
    )
    assert len(filled(pipeline)) == loads, "it settles"


def test_nothing_is_filled_without_spare_requests(pipeline, by_report):
    """The bucket's lower half is for live work: a run that finds it so leaves the report's rows as they are."""
    levels = change_loading.BucketLevels.__getitem__

    def low(self, operation):
        bucket = levels(self, operation)
        return type(bucket)(10.4, bucket.rate) if operation == BY_PAGES else bucket

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(change_loading.BucketLevels, "__getitem__", low)
        assert pipeline.run(tables=ORDERS).success
    assert filled(pipeline) == []
    assert BY_PAGES not in sources(pipeline)


def test_a_failure_leaves_the_run_good_and_the_rest_to_the_next_run(pipeline, by_report, monkeypatch):
    pages = change_fetching.Fetch.pages

    def broken(self):
        if self.span.kind == "created":
            raise BadAnswer("a page was cut off", operation=BY_PAGES)
        return pages(self)

    with monkeypatch.context() as patch:
        patch.setattr(change_fetching.Fetch, "pages", broken)
        assert pipeline.run(tables=ORDERS).success
    assert sources(pipeline) == {BY_REPORT: len(pipeline.truth("orders"))}
    assert "could not be read again to fill what a report lacks" in pipeline.everything_said()
    assert pipeline.run(tables=ORDERS).success
    assert sources(pipeline) == {BY_PAGES: len(pipeline.truth("orders"))}


def test_an_order_that_pages_no_longer_return_is_not_asked_for_again_and_again(pipeline, by_report):
    pipeline.environ["XPERT_FILL_PAGES"] = "0"
    assert pipeline.run(tables=ORDERS).success
    assert BY_PAGES not in sources(pipeline)
    del pipeline.environ["XPERT_FILL_PAGES"]
    lost = max(pipeline.truth("orders"), key=lambda row: row["purchase_date"])["order_id"]
    world = pipeline.sandbox.state.worlds[pipeline.sellers[0]]
    place = world.places[lost]
    pipeline.change_order(place, marketplace_id="A1PA6795UKMFR9", updated=world.orders[place].updated)
    by_report.source = None
    assert pipeline.run(tables=ORDERS).success
    assert sources(pipeline)[BY_REPORT] == 1
    loads = len(filled(pipeline))
    assert pipeline.run(tables=ORDERS).success
    assert len(filled(pipeline)) == loads


def test_a_backfill_of_past_days_fills_nothing_but_its_next_live_run_does(pipeline, by_report):
    assert pipeline.run(tables=ORDERS, days=pipeline.past_days).success
    assert BY_PAGES not in sources(pipeline)
    by_report.source = None
    assert pipeline.run(tables=ORDERS).success
    assert BY_REPORT not in sources(pipeline)


def test_sellers_with_several_stores_are_filled_in_the_same_requests(empty_pipeline, make_sandbox, by_report):
    stores = ("A21TJRUUN4KGV", "A1F83G8C2ARO7P")
    empty_pipeline.serve(make_sandbox(**SMALL, marketplaces=stores), onboard=False)
    for world in empty_pipeline.sandbox.state.worlds.values():
        empty_pipeline.add_seller(world.seller_id, "Atzr|sandbox-1", marketplaces=stores)
    assert empty_pipeline.run(tables=ORDERS).success
    assert set(sources(empty_pipeline)) == {BY_PAGES}
    empty_pipeline.assert_whole(*ORDERS)
    windows = {(load["window_start"], load["window_end"]) for load in filled(empty_pipeline)}
    same_day = local_today("Asia/Kolkata") == local_today("Europe/London")
    assert len(windows) == (1 if same_day else 2), "stores with the same days share requests"
    assert all(end - start <= timedelta(days=len(empty_pipeline.days) + 1) for start, end in windows)


def test_days_between_that_nobody_loaded_are_not_read(empty_pipeline, make_sandbox, by_report):
    """The stretch to fill reached across days that nobody had asked for, so a run read all their orders by pages."""
    pipeline = empty_pipeline
    pipeline.serve(make_sandbox(**{**SMALL, "days": 5}))
    first, *between, last = pipeline.past_days
    pipeline.environ["XPERT_FILL_PAGES"] = "0"
    for days in ([first], [last, pipeline.today]):
        assert pipeline.run(tables=ORDERS, days=days).success
    loaded = {row["order_date"] for row in pipeline.rows("orders", "order_date")}
    assert {first, last} <= loaded
    assert not loaded.intersection(between)
    del pipeline.environ["XPERT_FILL_PAGES"]
    by_report.source = None
    for _ in range(2):
        assert pipeline.run(tables=ORDERS, days=[pipeline.today]).success
    assert {row["order_date"] for row in pipeline.rows("orders", "order_date")} == loaded
    assert set(sources(pipeline)) == {BY_PAGES}
