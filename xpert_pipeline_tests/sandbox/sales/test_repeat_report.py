"""GET_BRAND_ANALYTICS_REPEAT_PURCHASE_REPORT: Amazon's shape, figures that follow from the orders, and refused periods."""

import json
from collections import Counter, defaultdict
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import jsonschema
import pytest

from xpert_pipeline_tests.sandbox.client import INDIA

SCHEMA = (
    Path(__file__).resolve().parents[4]
    / "shared"
    / "spapi"
    / "schemas"
    / "reports"
    / "sellingPartnerRepeatPurchaseReport.json"
)
TYPE = "GET_BRAND_ANALYTICS_REPEAT_PURCHASE_REPORT"
WEEK = ("2026-10-25", "2026-10-31")
WEEKS = ("2026-10-25", "2026-11-07")


def requested(client, span, **options):
    times = (f"{day}T00:00:00Z" for day in span)
    return client.report(TYPE, *times, options={"reportPeriod": "WEEK", **options})


def document(client, span=WEEK):
    report = requested(client, span)
    assert report["processingStatus"] == "DONE"
    return json.loads(client.text(report), parse_float=Decimal)


@pytest.fixture
def brand(new_sandbox):
    return new_sandbox(days=30, skus=12)


@pytest.mark.skipif(not SCHEMA.exists(), reason="Amazon's schema is not at hand")
def test_the_document_matches_the_schema_and_repeats_the_request(brand):
    content = json.loads(brand.text(requested(brand, WEEKS)))
    jsonschema.Draft7Validator(json.loads(SCHEMA.read_text(encoding="utf-8"))).validate(content)
    assert content["reportSpecification"] == {
        "reportType": TYPE,
        "reportOptions": {"reportPeriod": "WEEK"},
        "dataStartTime": WEEKS[0],
        "dataEndTime": WEEKS[1],
        "marketplaceIds": [INDIA],
    }
    assert {record["startDate"] for record in content["dataByAsin"]} == {"2026-10-25", "2026-11-01"}


def test_its_orders_are_those_of_the_week_and_its_customers_fit_to_them(brand):
    orders, total = defaultdict(set), Counter()
    cancelled = {row["order_id"] for row in brand.truth("orders") if row["fulfillment_status"] == "CANCELLED"}
    for item in brand.truth("order_items"):
        if WEEK[0] <= item["order_date"] <= WEEK[1] and not item["is_cancelled"] and item["order_id"] not in cancelled:
            orders[item["asin"]].add(item["order_id"])
            total[item["asin"]] += Decimal(item["item_subtotal"] or 0)
    records = document(brand)["dataByAsin"]
    assert {record["asin"]: record["orders"] for record in records} == {
        asin: len(found) for asin, found in orders.items()
    }
    assert any(record["repeatCustomersPctTotal"] for record in records), "somebody came back"
    for record in records:
        customers = record["uniqueCustomers"]
        again = record["repeatCustomersPctTotal"] * customers
        assert 1 <= customers <= record["orders"]
        assert abs(again - round(again)) < Decimal("0.01"), "a number of people"
        assert round(again) <= record["orders"] - customers, "who come back order more than once"
        assert (again == 0) == (record["orders"] == customers)
        revenue = record["repeatPurchaseRevenue"]
        assert revenue["currencyCode"] == "INR"
        share = revenue["amount"] / total[record["asin"]] if total[record["asin"]] else 0
        assert abs(share - record["repeatPurchaseRevenuePctTotal"]) <= Decimal("0.0001")


def test_the_same_seed_gives_the_same_customers(brand, new_sandbox):
    assert document(new_sandbox(days=30, skus=12)) == document(brand)
    assert document(new_sandbox(days=30, skus=12, seed=7)) != document(brand)


def test_the_truth_has_the_weeks_that_a_pipeline_reads(brand):
    rows = [row for row in brand.truth("repeat_purchases") if row["period_start"] == WEEK[0]]
    records = {record["asin"]: record for record in document(brand)["dataByAsin"]}
    assert len(rows) == len(records)
    for row in rows:
        record = records[row["asin"]]
        assert (row["orders"], row["unique_customers"]) == (record["orders"], record["uniqueCustomers"])
        assert Decimal(row["repeat_customer_pct"]) == 100 * record["repeatCustomersPctTotal"]
        assert Decimal(row["repeat_revenue"]) == record["repeatPurchaseRevenue"]["amount"]
    last = max(date.fromisoformat(row["period_end"]) for row in brand.truth("repeat_purchases"))
    assert date(2026, 11, 20) - last > timedelta(days=10)


@pytest.mark.parametrize(
    ("span", "options", "why"),
    [
        (("2026-10-26", "2026-11-01"), {}, "dataStartTime must be a Sunday and dataEndTime a Saturday"),
        (("2026-10-25", "2026-11-06"), {}, "dataStartTime must be a Sunday and dataEndTime a Saturday"),
        (("2026-11-08", "2026-11-14"), {}, "The requested data is unavailable"),
        (("2025-10-26", "2025-11-01"), {}, "The requested data is unavailable"),
        (WEEK, {"reportPeriod": "MONTH"}, "The sandbox has weeks only"),
    ],
)
def test_a_period_that_is_not_made_of_weeks_or_has_no_data_ends_fatal_with_the_reason(brand, span, options, why):
    report = requested(brand, span, **options)
    assert report["processingStatus"] == "FATAL"
    assert why in brand.text(report)


@pytest.mark.parametrize("options", [{"reportPeriod": "DAY"}, {"asin": "B000000001"}])
def test_an_unknown_option_or_period_is_refused_at_once(brand, options):
    answer = brand.create_report(
        TYPE, *(f"{day}T00:00:00Z" for day in WEEK), options={"reportPeriod": "WEEK", **options}
    )
    assert answer.status_code == 400
