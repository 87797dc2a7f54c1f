"""One seller with stores in India, Germany and the United Kingdom: each marketplace has its own days, rows and ledger.

What Amazon can answer for several stores is asked for once.
"""

import time
from datetime import date, timedelta

import httpx
import pytest

from xpert_pipeline.assets.registry import SOURCES
from xpert_pipeline.sources import span_plans
from xpert_pipeline.sources.account_report import AccountReport
from xpert_pipeline.sources.changes import ChangeFeed
from xpert_pipeline.sources.listed_report import ListedReports
from xpert_pipeline.sources.order import in_order_of_work
from xpert_pipeline.sources.run import market_of
from xpert_pipeline.sources.snapshot import Snapshot
from xpert_pipeline.spapi.sending.retry import RetryPolicy
from xpert_pipeline_tests.faults.conftest import DAGSTERS_OWN
from xpert_pipeline_tests.faults.pipeline import NAMES
from xpert_pipeline_tests.sandbox.client import LOCAL
from xpert_pipeline_tests.sources.conftest import BRITAIN, GERMANY, INDIA

pytestmark = [pytest.mark.long, pytest.mark.filterwarnings(DAGSTERS_OWN), pytest.mark.timeout(300)]
STORES = (INDIA, GERMANY, BRITAIN)
NUMBERS = ("inserted", "updated", "deleted", "rejected")
PAGE = 100


@pytest.fixture
def sandbox(make_sandbox, no_interval_of_reports):
    return make_sandbox(marketplaces=STORES, days=4, orders_per_day=10, skus=60)


@pytest.fixture
def shop(empty_pipeline, sandbox):
    """The seller, with all of its stores; its days are those of the store that is ahead."""
    empty_pipeline.serve(sandbox, onboard=False)
    authorize(empty_pipeline, STORES)
    return empty_pipeline


def authorize(pipeline, marketplaces):
    return pipeline.add_seller(pipeline.sellers[0], "Atzr|sandbox-1", marketplaces=marketplaces)


def past_everywhere(pipeline):
    """The sandbox's days that are over in every store."""
    return [day for day in pipeline.days if day <= pipeline.today - timedelta(days=2)]


def calls(pipeline):
    """Calls by operation, as the sandbox counted them."""
    counted = httpx.get(f"{pipeline.sandbox.endpoint}/_sandbox/stats", **LOCAL).json()["calls"]
    return {
        operation: sum(sum(by_status.values()) for by_status in by_seller.values())
        for operation, by_seller in counted.items()
    }


def queries(pipeline):
    return list(pipeline.sandbox.state.queries.of(pipeline.sellers[0], time.time()))


def economics_queries(pipeline):
    """The marketplaces of each economics query."""
    asked = [query.question for query in queries(pipeline) if query.question.dataset == "economics"]
    return [sorted(question.arguments["marketplaceIds"]) for question in asked]


def by_store(pipeline, table):
    """Rows by marketplace."""
    found = {}
    for row in pipeline.rows(table):
        found.setdefault(row["marketplace_id"], []).append(row)
    return found


def stores_with_truth(pipeline, table):
    return {row["marketplace_id"] for row in pipeline.truth(table)}


def offered(*stores):
    """Tables by store, as far as Amazon offers them there."""
    return {
        (table.name, store)
        for source in SOURCES
        for table in source.tables
        for store in stores
        if source.is_offered_in(store)
    }


def assert_told_nothing_but_what_is_not_offered(outcome, stores):
    missing = {(table, store) for table in NAMES for store in stores} - offered(*stores)
    assert set(outcome.reasons) == {table for table, _ in missing}, outcome.reasons
    for table, reason in outcome.reasons.items():
        assert reason.count("Amazon does not offer") == reason.count(table), reason
        assert reason.count(";") + 1 == sum(name == table for name, _ in missing), reason


def numbers(outcome):
    return {table: {name: counts[name] for name in NUMBERS} for table, counts in outcome.counts.items()}


COUNTRIES = {source.table.name: source.country for source in SOURCES if isinstance(source, AccountReport)}
"""The column with the country. Lines of a country where the seller has no store yet are kept by the first store."""


def computed_from(tables):
    """The tables that are derived from these, and those that are derived from them."""
    found = set(tables)
    for source in in_order_of_work(SOURCES):
        if source.is_derived and found & set(source.after):
            found |= {table.name for table in source.tables}
    return found - set(tables)


COMPUTED_OF_COUNTRIES = computed_from(COUNTRIES)
UNCHANGED = dict.fromkeys(NAMES, dict.fromkeys(NUMBERS, 0))


def test_every_table_holds_the_truth_of_every_store(shop):
    done = shop.run()
    assert (done.success, done.errors) == (True, {})
    assert_told_nothing_but_what_is_not_offered(done, STORES)
    shop.assert_whole()
    held = {table: stores_with_truth(shop, table) for table in NAMES}
    assert done.states == {table: "ok" if stores else "empty" for table, stores in held.items()}
    assert {(table, store) for table, stores in held.items() for store in stores} <= offered(*STORES)
    assert {table: set(by_store(shop, table)) for table in NAMES} == held
    currencies = {row["marketplace_id"]: row["currency"] for row in shop.rows("orders") if row["currency"]}
    assert currencies == {INDIA: "INR", GERMANY: "EUR", BRITAIN: "GBP"}
    ledger = {(load["table_name"], load["marketplace_id"]) for load in shop.rows("loads")}
    assert {(table, store) for table, stores in held.items() for store in stores} <= ledger <= offered(*STORES)


def test_a_second_sync_changes_nothing_and_asks_only_for_changes(shop):
    shop.run()
    before, asked = {table: shop.rows(table) for table in NAMES}, calls(shop)
    again = shop.run()
    assert again.success
    assert numbers(again) == UNCHANGED
    assert {table: shop.rows(table) for table in NAMES} == before
    new = {name: count - asked.get(name, 0) for name, count in calls(shop).items() if count > asked.get(name, 0)}
    assert new.pop("searchOrders") == 1, "one walk follows the changes of all stores"
    pages = sum(-(-len(rows) // 50) for rows in by_store(shop, "fba_inventory").values())
    assert new.pop("getInventorySummaries") == pages, "stock is read whole, store by store"
    assert new.pop("searchListingsItems") == len(STORES), "a count of changed listings for each store"
    listed = sum(isinstance(source, ListedReports) for source in SOURCES)
    assert new.pop("getReports") == listed, "the lists of what Amazon makes by itself"
    followed = {
        source.pages.operation for source in SOURCES if isinstance(source, Snapshot) and source.pages.follows_changes
    }
    read_again = {
        operation
        for source in SOURCES
        if isinstance(source, ChangeFeed) and not source.is_followed
        for operation in source.operations
    }
    assert set(new) <= {"requestAccessToken", "getOrderMetrics", *followed, *read_again}


def test_one_walk_and_one_query_serve_all_stores(shop):
    """A store by itself would need the quota once more, and the quota is the seller's."""
    days = past_everywhere(shop)
    done = shop.run(days=days, tables=["orders", "order_items", "economics_daily"])
    assert (done.success, done.reasons) == (True, {})
    assert economics_queries(shop) == [sorted(STORES)]
    assert calls(shop)["createQuery"] == 1
    orders = shop.rows("orders")
    assert {row["marketplace_id"] for row in orders} == set(STORES)
    assert calls(shop)["searchOrders"] == -(-len(orders) // PAGE)
    loads = [load for load in shop.rows("loads") if load["table_name"] in ("orders", "economics_daily")]
    assert {load["table_name"] for load in loads} == {"orders", "economics_daily"}
    for table in ("orders", "economics_daily"):
        own = [load for load in loads if load["table_name"] == table]
        assert len({load["load_id"] for load in own}) == 1, table
        assert {load["marketplace_id"] for load in own} == set(STORES)
        for load in own:
            start, end = market_of(shop.book.get(shop.sellers[0]), load["marketplace_id"], ()).bounds(days[0], days[-1])
            assert load["window_start"] <= start, (table, load["marketplace_id"])
            assert load["window_end"] >= end, (table, load["marketplace_id"])
    spent = [load["waits"] for load in loads if load["waits"]]
    assert sum(wait["searchOrders"]["calls"] for wait in spent if "searchOrders" in wait) == calls(shop)["searchOrders"]


def test_rows_of_a_day_are_those_of_the_stores_own_day(shop):
    day = past_everywhere(shop)[2]
    shop.run(days=[day], tables=["economics_daily"])
    truth = [row for row in shop.truth("economics_daily") if row["business_date"] == day.isoformat()]
    rows = shop.rows("economics_daily")
    assert {row["business_date"] for row in rows} == {day}
    assert {(row["marketplace_id"], row["sku"]) for row in rows} == {
        (row["marketplace_id"], row["sku"]) for row in truth
    }


def test_a_store_that_is_added_later_gets_its_history_and_no_row_of_the_others_changes(empty_pipeline, sandbox):
    empty_pipeline.serve(sandbox, onboard=False)
    authorize(empty_pipeline, (INDIA, BRITAIN))
    assert empty_pipeline.run().success
    before = {table: empty_pipeline.rows(table) for table in NAMES}
    assert {row["marketplace_id"] for rows in before.values() for row in rows} == {INDIA, BRITAIN}

    authorize(empty_pipeline, STORES)
    added = empty_pipeline.run()
    assert added.success
    assert_told_nothing_but_what_is_not_offered(added, STORES)
    empty_pipeline.assert_whole()
    assert {table for table in NAMES if GERMANY in by_store(empty_pipeline, table)} == {
        table for table in NAMES if GERMANY in stores_with_truth(empty_pipeline, table)
    }
    for table in NAMES:
        rows = empty_pipeline.rows(table)
        country = COUNTRIES.get(table)
        kept = [row for row in before[table] if not (country and row[country] == "DE")]
        others = {BRITAIN} if table in COMPUTED_OF_COUNTRIES else {INDIA, BRITAIN}
        assert [row for row in rows if row["marketplace_id"] in others] == [
            row for row in kept if row["marketplace_id"] in others
        ], table
        assert {
            row["business_date"] for row in rows if "business_date" in row and row["marketplace_id"] == GERMANY
        } <= {
            date.fromisoformat(row["business_date"])
            for row in (empty_pipeline.truth(table) if rows and "business_date" in rows[0] else [])
        }
    german = [sorted(ids) for ids in economics_queries(empty_pipeline) if GERMANY in ids]
    assert german == [[GERMANY]], "the other stores' days were complete"
    assert numbers(empty_pipeline.run()) == UNCHANGED


def test_a_store_that_the_seller_left_is_no_longer_asked_for_and_keeps_its_rows(shop, hours_pass):
    shop.run()
    before = {table: by_store(shop, table).get(GERMANY, []) for table in NAMES}
    assert {table for table in NAMES if before[table]} == {
        table for table in NAMES if GERMANY in stores_with_truth(shop, table)
    }
    loads = {load["load_id"] for load in shop.rows("loads")}
    asked = {query.id for query in queries(shop)}

    authorize(shop, (INDIA, BRITAIN))
    hours_pass()
    done = shop.run()
    assert done.success
    assert {table: by_store(shop, table).get(GERMANY, []) for table in NAMES} == before
    new = [load for load in shop.rows("loads") if load["load_id"] not in loads]
    assert {load["marketplace_id"] for load in new} == {INDIA, BRITAIN}
    new_queries = [query for query in queries(shop) if query.id not in asked]
    assert new_queries
    for query in new_queries:
        ids = query.question.arguments.get("marketplaceIds") or [
            part["marketplaceId"] for part in query.question.arguments["filters"]
        ]
        assert GERMANY not in ids


def test_orders_by_report_belong_to_their_stores(shop, monkeypatch):
    """A European report holds the orders of all stores; other shops' orders belong to the country of delivery."""
    plan_records = span_plans.plan_records
    monkeypatch.setattr(
        span_plans, "plan_records", lambda *args, **options: plan_records(*args, **options).forced("report", "a test")
    )
    days = past_everywhere(shop)
    assert shop.run(days=days, tables=["orders", "order_items"]).success
    assert calls(shop)["createReport"] == 1
    truth = {row["order_id"]: row["marketplace_id"] for row in shop.truth("orders")}
    rows = {row["order_id"]: row["marketplace_id"] for row in shop.rows("orders")}
    assert rows.items() <= truth.items()
    assert set(rows.values()) == set(STORES)
    own_channels = [row for row in shop.rows("orders") if row["sales_channel"] == "NON_AMAZON"]
    assert {row["marketplace_id"] for row in own_channels} <= set(STORES)


def test_one_store_without_fba_does_not_keep_the_others_from_their_stock(shop):
    shop.fault("not-enrolled-in-fba", count=1)
    done = shop.run(tables=["fba_inventory"])
    assert (done.success, done.states) == (True, {"fba_inventory": "ok"})
    assert "fba_inventory (IN): the seller is not enrolled in FBA" in done.reasons["fba_inventory"]
    assert set(by_store(shop, "fba_inventory")) == {GERMANY, BRITAIN}


def test_one_store_that_fails_does_not_keep_the_others_from_their_stock(shop):
    shop.fault("500-json", operation="getInventorySummaries", count=RetryPolicy().attempts)
    failed = shop.run(tables=["fba_inventory"])
    assert failed.error.startswith("Transient: ")
    assert set(by_store(shop, "fba_inventory")) == {GERMANY, BRITAIN}
    assert shop.run(tables=["fba_inventory"]).success
    shop.assert_whole("fba_inventory")


def test_a_doubted_reading_of_one_store_leaves_the_others_complete(shop):
    shop.run(tables=["fba_inventory"])
    before = by_store(shop, "fba_inventory")
    shop.fault("inventory-shrunk", count=1)
    done = shop.run(tables=["fba_inventory"])
    assert done.states == {"fba_inventory": "incomplete"}
    assert "fba_inventory (IN): Amazon returned" in done.reasons["fba_inventory"]
    assert by_store(shop, "fba_inventory") == before
    kinds = {}
    for load in sorted(shop.rows("loads"), key=lambda load: load["finished_at"]):
        kinds.setdefault(load["marketplace_id"], []).append(load["window_kind"])
    assert kinds == {INDIA: ["snapshot", "partial"], **dict.fromkeys((GERMANY, BRITAIN), ["snapshot"] * 2)}


@pytest.mark.parametrize(
    ("table", "tables"), [("orders", ["orders", "order_items"]), ("economics_daily", ["economics_daily"])]
)
def test_a_store_that_amazon_does_not_grant_does_not_keep_the_days_of_the_others(
    empty_pipeline, make_sandbox, table, tables
):
    """A 403 for one store made the table `not_granted` in all of them, and nothing was loaded."""
    sandbox = make_sandbox(
        marketplaces=STORES, days=4, orders_per_day=10, skus=60, rate_scale=0, denied_marketplaces=(GERMANY,)
    )
    empty_pipeline.serve(sandbox, onboard=False)
    authorize(empty_pipeline, STORES)
    done = empty_pipeline.run(tables=tables, days=past_everywhere(empty_pipeline))
    assert (done.success, done.errors) == (True, {})
    assert set(by_store(empty_pipeline, table)) == {INDIA, BRITAIN}
    assert {row["marketplace_id"] for row in empty_pipeline.rows("loads")} == {INDIA, BRITAIN}
    assert "Grant the role" in done.reasons[table]
    (sentence,) = empty_pipeline.one("select sentence from check_results where check_name = 'role_granted'")
    assert "for Amazon.de" in sentence
