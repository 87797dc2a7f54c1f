"""One seller with several stores on the command line: results, status and plans tell its marketplaces apart."""

from collections import Counter
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import httpx
import pytest

from xpert_pipeline.assets.registry import SOURCES, TABLES
from xpert_pipeline_tests.sandbox.client import LOCAL

pytestmark = pytest.mark.long
INDIA, BRITAIN, GERMANY = STORES = ("A21TJRUUN4KGV", "A1F83G8C2ARO7P", "A1PA6795UKMFR9")
NAMES = [table.name for table in TABLES]
TODAY = datetime.now(ZoneInfo("Asia/Kolkata")).date()
DAYS = ("--from", str(TODAY - timedelta(days=5)), "--to", str(TODAY))


@pytest.fixture
def environ(amazon, make_sandbox):
    amazon.sandbox = make_sandbox(marketplaces=STORES)
    return amazon(AMAZON_MARKETPLACE_IDS="IN,GB,DE")


def truth_rows(sandbox, table, marketplace_id):
    address = f"{sandbox.endpoint}/_sandbox/truth/{table}"
    return len(httpx.get(address, params={"marketplace": marketplace_id}, **LOCAL).text.splitlines())


@pytest.mark.usefixtures("no_interval_of_reports")
def test_a_sync_loads_every_store_and_reports_each_table_and_marketplace(xpert, amazon, environ):
    done = xpert("sync", "--json", *DAYS, **environ)
    assert done.exit_code == 0, done.stderr
    lines = done.json["tables"]
    assert [(line["table"], line["marketplace"]) for line in lines] == [(t, m) for t in NAMES for m in STORES]
    is_offered = {
        (table.name, store): source.is_offered_in(store)
        for source in SOURCES
        for table in source.tables
        for store in STORES
    }
    for line in lines:
        place = (line["table"], line["marketplace"])
        rows = truth_rows(amazon.sandbox, *place)
        state = "ok" if rows else "empty" if is_offered[place] else "not_available_in_marketplace"
        assert (line["state"], line["inserted"]) == (state, rows), place
    again = xpert("sync", "--select", "products", *DAYS, **environ)
    assert again.exit_code == 0
    header, *rows = again.stdout.splitlines()
    assert header.split()[:3] == ["table", "store", "state"]
    assert Counter(row.split()[1] for row in rows) == dict.fromkeys(("IN", "GB", "DE"), 1)


def test_status_shows_the_newest_day_of_each_store(xpert, environ):
    first = ("--from", str(TODAY - timedelta(days=2)), "--to", str(TODAY))
    assert xpert("sync", "--select", "orders", *first, **environ).exit_code == 0
    (found,) = xpert("status", "--json", **environ).json["sellers"]
    by_store = found["newest_days_by_marketplace"]
    yesterdays = {
        store: str(datetime.now(ZoneInfo(zone)).date() - timedelta(days=1))
        for store, zone in zip(STORES, ("Asia/Kolkata", "Europe/London", "Europe/Berlin"), strict=True)
    }
    assert {store: days["orders"] for store, days in by_store.items()} == yesterdays
    assert found["newest_days"]["orders"] == min(yesterdays.values())
    assert found["newest_days"]["products"] is None
    lines = xpert("status", **environ).stdout.splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith("  last good day"))
    assert [line[23:25] for line in lines[at : at + 3]] == ["IN", "GB", "DE"]
    assert all("orders, order_items" in line for line in lines[at : at + 3])


def test_a_plan_names_the_marketplaces_of_each_stream(xpert, environ):
    days = ("--from", str(TODAY - timedelta(days=4)), "--to", str(TODAY - timedelta(days=2)))
    (plan,) = xpert("plan", "--json", *days, **environ).json["plans"]
    assert plan["streams"]
    for stream in plan["streams"]:
        assert stream["marketplaces"], stream["table"]
        assert set(stream["marketplaces"]) <= set(STORES)
    orders = [stream["marketplaces"] for stream in plan["streams"] if stream["table"] == "orders"]
    assert {store for marketplaces in orders for store in marketplaces} == set(STORES)
    text = xpert("plan", *days, **environ).stdout
    (line,) = [line for line in text.splitlines() if line.startswith("  orders ")]
    assert " in IN, GB, DE: about " in line


def test_up_syncs_the_sandboxs_seller_in_all_its_stores(xpert, pipeline_dsn):
    done = xpert(
        *("up", "--no-ui", "--json", "--sandbox", "--select", "products", "--days", "2", "--skus", "20"),
        *("--rate-scale", "0", "--marketplaces", ",".join(STORES)),
        DATABASE_URL=pipeline_dsn,
    )
    assert done.exit_code == 0, done.stderr
    assert [line["marketplace"] for line in done.json["tables"]] == list(STORES)
    assert all(line["inserted"] > 0 for line in done.json["tables"])
    (seller,) = xpert("sellers", "list", "--json", DATABASE_URL=pipeline_dsn).json["sellers"]
    assert (seller["marketplaces"], seller["sandbox"]) == (list(STORES), True)


def test_with_one_store_no_marketplace_is_named(xpert, amazon):
    environ = amazon()
    done = xpert("sync", "--json", "--select", "products", *DAYS, **environ)
    assert ["marketplace" in line for line in done.json["tables"]] == [False]
    assert "store" not in xpert("sync", "--select", "products", *DAYS, **environ).stdout
