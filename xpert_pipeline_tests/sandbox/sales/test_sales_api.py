"""getOrderMetrics: Amazon's own count agrees with the orders, interval by interval."""

from collections import defaultdict
from decimal import Decimal

import pytest

from xpert_pipeline_tests.sandbox.client import INDIA

START, END = "2026-11-12T00:00:00+05:30", "2026-11-21T00:00:00+05:30"


def counts(interval):
    return (
        interval["orderCount"],
        interval["orderItemCount"],
        interval["unitCount"],
        Decimal(interval["totalSales"]["amount"]),
    )


def test_every_day_is_the_sum_of_its_amazon_orders_that_are_not_cancelled(client):
    orders = {row["order_id"]: row for row in client.truth("orders")}
    days = defaultdict(lambda: [set(), 0, 0, Decimal(0)])
    for item in client.truth("order_items"):
        if orders[item["order_id"]]["sales_channel"] == "AMAZON" and not item["is_cancelled"]:
            day = days[item["order_date"]]
            day[0].add(item["order_id"])
            day[1] += 1
            day[2] += item["quantity_ordered"]
            day[3] += Decimal(item["item_subtotal"] or 0)
    metrics = {entry["interval"][:10]: counts(entry) for entry in client.metrics(START, END).json()["payload"]}
    assert len(metrics) == 9
    assert metrics["2026-11-12"] == (0, 0, 0, 0)
    assert {day: metrics[day] for day in days} == {day: (len(sums[0]), *sums[1:]) for day, sums in days.items()}
    assert any(row["fulfillment_status"] == "CANCELLED" for row in orders.values())


@pytest.mark.parametrize("granularity", ["Hour", "Week", "Month", "Year", "Total"])
def test_all_granularities_add_up_to_the_same(client, granularity):
    total = client.metrics(START, END).json()["payload"]
    other = client.metrics(START, END, granularity).json()["payload"]
    assert [sum(column) for column in zip(*map(counts, other), strict=True)] == [
        sum(column) for column in zip(*map(counts, total), strict=True)
    ]


def test_intervals_are_written_with_their_offset_and_clipped_at_the_ends(client):
    payload = client.metrics("2026-11-12T05:00:00+05:30", "2026-11-13T06:30:00+05:30").json()["payload"]
    assert [entry["interval"] for entry in payload] == [
        "2026-11-12T05:00+05:30--2026-11-13T00:00+05:30",
        "2026-11-13T00:00+05:30--2026-11-13T06:30+05:30",
    ]


def test_weeks_begin_on_monday_by_default(client):
    def starts(**params):
        return [entry["interval"][:10] for entry in client.metrics(START, END, "Week", **params).json()["payload"]]

    assert starts() == ["2026-11-12", "2026-11-16"]
    assert starts(firstDayOfWeek="Sunday") == ["2026-11-12", "2026-11-15"]


def test_the_average_is_sales_by_units(client):
    (entry,) = client.metrics(START, END, "Total").json()["payload"]
    expected = Decimal(entry["totalSales"]["amount"]) / entry["unitCount"]
    assert abs(Decimal(entry["averageUnitPrice"]["amount"]) - expected) <= Decimal("0.005")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"buyerType": "B2B"}, {"buyerType": "B2C"}),
        ({"fulfillmentNetwork": "AFN"}, {"fulfillmentNetwork": "MFN"}),
    ],
)
def test_filters_split_the_whole(client, one, other):
    def units(**params):
        (entry,) = client.metrics(START, END, "Total", **params).json()["payload"]
        return entry["unitCount"]

    assert units(**one) + units(**other) == units()
    assert units(**one) > 0


def test_metrics_of_one_asin(client):
    sold = client.truth("order_items")
    asin = next(item["asin"] for item in sold if not item["is_cancelled"])
    (entry,) = client.metrics(START, END, "Total", asin=asin).json()["payload"]
    channel = {row["order_id"]: row["sales_channel"] for row in client.truth("orders")}
    assert entry["unitCount"] == sum(
        item["quantity_ordered"]
        for item in sold
        if item["asin"] == asin and not item["is_cancelled"] and channel[item["order_id"]] == "AMAZON"
    )


@pytest.mark.parametrize(
    "params",
    [
        {"interval": "2026-11-12T00:00:00+05:30"},
        {"interval": "2026-11-12--2026-11-13"},
        {"interval": f"{END}--{START}"},
        {"granularity": "Minute"},
        {"granularity": ""},
        {"granularityTimeZone": ""},
        {"granularityTimeZone": "Mars/Olympus"},
        {"granularityTimeZone": "UTC"},
        {"interval": "2020-01-01T00:00:00+05:30--2020-02-01T00:00:00+05:30"},
        {"interval": "2026-10-01T00:00:00+05:30--2026-10-02T00:00:00+05:30", "granularity": "Hour"},
        {"asin": "B0", "sku": "S"},
        {"marketplaceIds": ""},
        {"marketplaceIds": f"{INDIA},A2VIGQ35RCS4UG"},
    ],
)
def test_a_request_that_breaks_the_rules_is_refused(client, params):
    request = {
        "interval": f"{START}--{END}",
        "granularity": "Day",
        "granularityTimeZone": "Asia/Kolkata",
        "marketplaceIds": INDIA,
        **params,
    }
    assert client.get("/sales/v1/orderMetrics", **request).status_code == 400
