"""`xpert plan`: the run then does what the plan predicts, and the plan says what is guessed."""

import math
import re
from datetime import datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import psycopg
import pytest

from xpert_pipeline.assets.catalog import products
from xpert_pipeline.assets.finance.transaction_feed import TRANSACTIONS_PER_ORDER
from xpert_pipeline.assets.registry import TABLES
from xpert_pipeline.assets.sales.search_query_performance import ASINS_PER_REPORT, MOST_ASINS
from xpert_pipeline.assets.sales.search_query_performance import SOURCE as SEARCHES
from xpert_pipeline.postgres.quota import PostgresQuota
from xpert_pipeline.sandbox.jobs.report_store import ReportStore
from xpert_pipeline.wording import day_words

pytestmark = pytest.mark.long
TODAY = datetime.now(ZoneInfo("Asia/Kolkata")).date()
SPAN = ("--from", str(TODAY - timedelta(days=4)), "--to", str(TODAY - timedelta(days=1)))
LIVE = ("--from", str(TODAY - timedelta(days=3)), "--to", str(TODAY))


def calls(amazon):
    counts = amazon.sandbox.state.statistics.counts
    found = {}
    for (name, _, _), count in counts.items():
        found[name] = found.get(name, 0) + count
    return found


def test_the_predicted_calls_are_those_that_the_backfill_makes(xpert, amazon):
    environ = amazon()
    planned = xpert("plan", "--json", *SPAN, **environ)
    assert (planned.exit_code, planned.stderr) == (0, "")
    (plan,) = planned.json["plans"]
    (stream,) = (each for each in plan["streams"] if each["table"] == "orders")
    before = calls(amazon)
    assert (stream["table"], stream["source"]) == ("orders", "searchOrders")
    assert set(stream["predicted"]) == {"pages", "report"}
    assert "(by Amazon's order metrics)" in stream["why"]
    assert "generation time is a guess" in stream["why"]
    assert xpert("backfill", "--select", "orders", *SPAN, **environ).exit_code == 0
    made = {name: count - before.get(name, 0) for name, count in calls(amazon).items()}
    assert made["searchOrders"] == plan["calls"]["searchOrders"] == stream["calls"]["searchOrders"]


@pytest.fixture
def no_pages(amazon, pool):
    """The bucket of searchOrders is empty, so that orders come by report, however few they are."""

    def empty(environ):
        bucket = (environ["AMAZON_CLIENT_ID"], environ["AMAZON_SELLER_ID"], "eu", "searchOrders")
        PostgresQuota(pool).take(*bucket, 0.0056, 20, uuid4(), 0)
        PostgresQuota(pool).observed_rate(*bucket, 0.0056)
        PostgresQuota(pool).throttled(*bucket)

    return empty


def days_ago(first, last):
    return "--from", str(TODAY - timedelta(days=first)), "--to", str(TODAY - timedelta(days=last))


@pytest.mark.timeout(300)
def test_the_predicted_calls_of_many_report_windows_are_those_that_the_backfill_makes(
    xpert, amazon, make_sandbox, by_report, no_pages, monkeypatch
):
    """Each window was planned with a look-up and all the polls of its own; those asked for together share them.

    Looks at reports (getReport) depend on the machine: half as many, or half as many again, are as predicted.
    """
    amazon.sandbox = make_sandbox(days=390, orders_per_day=4)
    environ = amazon()
    monkeypatch.setattr(ReportStore, "processing_seconds", lambda _store, _rows: 3.0)
    assert xpert("backfill", "--select", "orders", *days_ago(30, 1), **environ).exit_code == 0  # its time is learnt
    by_report.source = None  # the planner is free to choose
    no_pages(environ)
    (plan,) = xpert("plan", "--json", "--select", "orders", *days_ago(390, 31), **environ).json["plans"]
    windows = plan["streams"]
    assert {each["table"] for each in windows} == {"orders"}
    assert [each["source"] for each in windows] == ["GET_XML_ALL_ORDERS_DATA_BY_ORDER_DATE_GENERAL"] * 12
    assert "made in 3 s as before" in windows[0]["why"]
    before = calls(amazon)
    assert xpert("backfill", "--select", "orders", *days_ago(390, 31), **environ).exit_code == 0
    made = {name: count - before.get(name, 0) for name, count in calls(amazon).items()}
    for name in ("createReport", "getReports", "getReportDocument"):
        assert made[name] == plan["calls"][name] == sum(each["calls"].get(name, 0) for each in windows), name
    assert (made["createReport"], made["getReports"]) == (12, 2)
    assert made["getReport"] == pytest.approx(plan["calls"]["getReport"], rel=0.5)


def test_search_reports_are_planned_for_the_asins_that_are_asked_about(xpert, amazon, monkeypatch):
    """A first sync of 6,690 listings was predicted to take five hours for 2,604 reports; it made 28."""
    monkeypatch.setitem(vars(SEARCHES), "count", lambda *_: 6_690)
    planned = xpert("plan", "--json", "--select", f"products,{SEARCHES.step}", *days_ago(24, 0), **amazon())
    calls_of = {each["table"]: each["calls"] for each in planned.json["plans"][0]["streams"]}
    batches = math.ceil(MOST_ASINS / ASINS_PER_REPORT)
    assert calls_of[SEARCHES.step]["createReport"] in (batches, 2 * batches), "one or two weeks are over for ten days"


def test_a_plan_of_many_listings_says_that_the_time_of_their_report_is_guessed(xpert, amazon, monkeypatch):
    """Orders and queries said so, but 23 s for the listings looked like a known figure."""
    environ = amazon()
    monkeypatch.setitem(vars(products.SOURCE.bulk), "above", 10)
    (plan,) = xpert("plan", "--json", *LIVE, **environ).json["plans"]
    whys = {each["table"]: each["why"] for each in plan["streams"]}
    assert whys["products"].endswith("listings: the search returns at most 1,000 listings; generation time is a guess")
    assert whys["economics_daily"].endswith("generation time is a guess")


def test_a_plan_asks_for_nothing_and_writes_nothing(xpert, amazon, admin_dsn):
    assert xpert("plan", *LIVE, **amazon()).exit_code == 0
    assert set(calls(amazon)) <= {
        "getOrderMetrics",
        "searchListingsItems",
        "getMarketplaceParticipations",
        "requestAccessToken",
    }
    with psycopg.connect(admin_dsn) as connection:
        for table in ("orders", "loads", "report_requests"):
            assert connection.execute(f"select count(*) from {table}").fetchone() == (0,)


def test_without_history_and_without_the_role_for_metrics_the_number_is_called_a_guess(xpert, amazon):
    said = xpert("plan", "-v", *SPAN, **amazon(denied_roles=("Pricing",)))
    assert said.exit_code == 0
    assert "about 400 orders (a guess" in said.stdout
    assert "about 400 transactions (a guess: Amazon's order metrics are not available)" in " ".join(said.stdout.split())
    assert re.search(r"400 orders \(a guess[^)]*\) in 4 days", " ".join(said.stdout.split()))


def test_transactions_are_expected_by_the_orders_that_they_follow(xpert, amazon, admin):
    """A plan guessed 1,470 transactions, where the known orders told of 29,000."""
    environ = amazon()
    money = ("plan", "--json", "--select", "financial_events", "--refetch")

    def expected():
        (plan,) = xpert(*money, *SPAN, **environ).json["plans"]
        (stream,) = plan["streams"]
        return re.match(r"([\d,]+) transactions \((.*?)\) in ", stream["why"]).groups()

    count, known = expected()
    assert known == "1.1 for each order as is usual, by Amazon's order metrics"
    assert xpert("backfill", "--select", "orders,financial_events", *SPAN, **environ).exit_code == 0
    alive = "count(*) filter (where fulfillment_status <> 'CANCELLED' and sales_channel = 'AMAZON')"
    orders, counted = admin.execute(f"select count(*), {alive} from orders").fetchone()
    assert float(count) == pytest.approx(counted * TRANSACTIONS_PER_ORDER, abs=TRANSACTIONS_PER_ORDER), "Amazon's count"
    (events,) = admin.execute("select count(*) from financial_events where item_index = -1").fetchone()
    ratio = f"{events / orders:.1f}"
    assert expected() == (str(events), f"{ratio} for each order as on earlier days, by the orders of these days")


def test_a_plan_for_a_server_whose_pace_nobody_knows_says_so(xpert, amazon):
    """Predictions for somebody's own server looked as certain as those for Amazon."""
    (plan,) = xpert("plan", "--json", "--select", "economics_daily", *SPAN, **amazon()).json["plans"]
    assert plan["pace"].startswith("the pace of the server in SP_API_ENDPOINT is known only where it has answered")


def test_windows_that_are_alike_share_a_row_and_the_end_is_printed(xpert, amazon):
    """Two years were 24 rows, and a sentence for each of them below."""
    long_ago = ("--from", str(TODAY - timedelta(days=75)), "--to", str(TODAY - timedelta(days=1)))
    said = xpert("plan", *long_ago, **amazon()).stdout
    days = day_words(TODAY - timedelta(days=75), TODAY - timedelta(days=1))
    assert re.findall(r"^  orders +(.*?): about", said, re.MULTILINE) == [days]
    assert re.search(r"started now, it would end on \d+ \w+ \d\d:\d\d [+\w-]+$", " ".join(said.split()))


def test_days_that_are_complete_are_not_planned(xpert, amazon):
    environ = amazon()
    some = ("--select", "orders,economics_daily,traffic_daily", *SPAN)
    assert xpert("backfill", *some, **environ).exit_code == 0
    (plan,) = xpert("plan", "--json", *some, **environ).json["plans"]
    assert (plan["streams"], plan["days_complete"], plan["seconds"]) == ([], {"orders": 4}, 0)
    (again,) = xpert("plan", "--json", "--refetch", *some, **environ).json["plans"]
    assert {each["table"] for each in again["streams"]} == {"orders", "economics_daily", "traffic_daily"}
    assert again["days_complete"] == {"orders": 0}


def test_every_table_has_a_plan_or_a_reason_in_the_order_of_the_run(xpert, amazon):
    """Tables that come with others or are computed were not in the plan at all."""
    environ = amazon()
    (plan,) = xpert("plan", "--json", *LIVE, **environ).json["plans"]
    planned = {each["table"] for each in plan["streams"]} | plan["without_a_plan"].keys()
    assert planned == {table.name for table in TABLES}
    assert plan["without_a_plan"]["order_items"] == "comes with orders"
    assert plan["without_a_plan"]["sales_data"].startswith("computed from orders, order_items")
    said = xpert("plan", *LIVE, **environ).stdout
    lines = re.findall(r"^  (\w+) ", said, re.MULTILINE)
    assert set(lines) >= {table.name for table in TABLES}
    assert lines.index("orders") < lines.index("economics_daily") < lines.index("traffic_daily")


def test_the_plan_of_a_first_sync_counts_what_it_will_ask_about_listings(xpert, amazon):
    """Traffic was planned with a query for each day, and searches not at all, because no listing was known yet."""
    (plan,) = xpert("plan", "--json", *days_ago(35, 0), **amazon()).json["plans"]
    streams = {each["table"]: each for each in plan["streams"]}
    products = streams["products"]["why"].split(" ")[0]
    assert 0 < int(products) <= 30, "one query of trends has room for 30"
    assert streams["traffic_daily"]["calls"]["createQuery"] == 1
    weeks = streams["search_query_performance"]["calls"]["createReport"] / math.ceil(int(products) / SEARCHES.most)
    assert 3 <= weeks <= 5
    assert streams["offer_summaries"]["why"].startswith(f"{products} listings by Amazon's own count")


def test_a_source_that_is_refused_is_named_and_the_others_are_planned(xpert, amazon):
    """A missing role for listings left a seller without any plan."""
    said = xpert("plan", "--json", *LIVE, **amazon(denied_roles=("Product Listing",)))
    assert said.exit_code == 0
    (plan,) = said.json["plans"]
    assert plan["without_a_plan"]["products"].startswith("cannot be planned: searchListingsItems")
    assert {"orders", "economics_daily"} <= {each["table"] for each in plan["streams"]}


@pytest.mark.parametrize("words", [("--from", "2026-11-02"), ("--from", str(TODAY), "--to", "2026-01-01")])
def test_half_a_range_and_a_reversed_one_are_usage_errors(xpert, amazon, words):
    assert xpert("plan", *words, **amazon()).exit_code == 2


def test_a_seller_that_cannot_be_planned_is_named_and_the_others_are_planned(xpert, amazon):
    environ = amazon()
    amazon.fault("lwa-invalid-grant", environ["AMAZON_SELLER_ID"])
    said = xpert("plan", "--json", *SPAN, **environ)
    assert (said.exit_code, said.json) == (1, {"plans": []})
    assert f"seller {environ['AMAZON_SELLER_ID']} cannot be planned" in said.stderr


def test_the_plan_shows_which_orders_pages_will_fill(xpert, amazon, by_report, no_pages, admin):
    """Orders that came with a report lack columns; a run with requests to spare reads the newest of them again."""
    environ = amazon()
    assert xpert("backfill", "--select", "orders", *SPAN, **environ).exit_code == 0
    by_report.source = None
    no_pages(environ)
    assert admin.execute("select distinct split_part(source, '_DATA', 1) from orders").fetchall() == [
        ("GET_XML_ALL_ORDERS",)
    ]
    assert "came with a report" not in xpert("plan", *LIVE, **environ).stdout, "nothing is to spare"
    admin.execute("delete from api_quota")
    (plan,) = xpert("plan", "--json", *LIVE, **environ).json["plans"]
    *_, last = (stream for stream in plan["streams"] if stream["table"] == "orders")
    (count,) = admin.execute("select count(*) from orders").fetchone()
    assert f"{count} orders ({count} of these orders came with a report, which lacks columns)" in last["why"]
    assert (last["source"], last["calls"]) == ("searchOrders", {"searchOrders": 1})
