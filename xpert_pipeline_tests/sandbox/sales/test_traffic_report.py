"""GET_SALES_AND_TRAFFIC_REPORT: Amazon's shape, and the figures of Data Kiosk."""

import json
from decimal import Decimal
from pathlib import Path

import jsonschema
import pytest

from xpert_pipeline_tests.sandbox.jobs.kiosk import by_asin, by_date

SCHEMA = (
    Path(__file__).resolve().parents[4]
    / "shared"
    / "spapi"
    / "schemas"
    / "reports"
    / "sellerSalesAndTrafficReport.json"
)
TYPE = "GET_SALES_AND_TRAFFIC_REPORT"
SPAN = ("2026-11-13", "2026-11-20")
TIMES = tuple(f"{day}T00:00:00Z" for day in SPAN)


def document(client, times=TIMES, **options):
    report = client.report(TYPE, *times, options=options or None)
    assert report["processingStatus"] == "DONE"
    return json.loads(client.text(report), parse_float=Decimal)


@pytest.mark.skipif(not SCHEMA.exists(), reason="Amazon's schema is not at hand")
@pytest.mark.parametrize("level", ["PARENT", "CHILD", "SKU"])
def test_the_document_matches_the_schema(client, level):
    report = client.report(TYPE, *TIMES, options={"dateGranularity": "DAY", "asinGranularity": level})
    content = json.loads(client.text(report))
    jsonschema.Draft7Validator(json.loads(SCHEMA.read_text(encoding="utf-8"))).validate(content)
    assert len(content["salesAndTrafficByDate"]) == 8
    assert {"childAsin", "sku"} & set(content["salesAndTrafficByAsin"][0]) == {
        "PARENT": set(), "CHILD": {"childAsin"}, "SKU": {"childAsin", "sku"},
    }[level]  # fmt: skip


def test_it_repeats_the_request(client):
    assert document(client)["reportSpecification"] == {
        "reportType": TYPE,
        "reportOptions": {"dateGranularity": "DAY", "asinGranularity": "PARENT"},
        "dataStartTime": SPAN[0],
        "dataEndTime": SPAN[1],
        "marketplaceIds": ["A21TJRUUN4KGV"],
    }


def test_its_figures_are_those_of_data_kiosk(client):
    content = document(client, asinGranularity="CHILD")
    fields = "startDate sales { unitsOrdered refundRate } traffic { sessions buyBoxPercentage }"
    for record, entry in zip(
        client.records(by_date(*SPAN, fields=fields)), content["salesAndTrafficByDate"], strict=True
    ):
        assert record["startDate"] == entry["date"]
        assert record["sales"].items() <= entry["salesByDate"].items()
        assert record["traffic"].items() <= entry["trafficByDate"].items()
    fields = (
        "childAsin sales { unitsOrdered orderedProductSales { amount currencyCode } } traffic { sessionsB2B pageViews }"
    )
    for record, entry in zip(
        client.records(by_asin(*SPAN, fields=fields)), content["salesAndTrafficByAsin"], strict=True
    ):
        assert record["childAsin"] == entry["childAsin"]
        assert record["sales"].items() <= entry["salesByAsin"].items()
        assert record["traffic"].items() <= entry["trafficByAsin"].items()


def test_weeks_are_full_ones(client):
    content = document(client, ("2026-11-12T00:00:00Z", "2026-11-22T00:00:00Z"), dateGranularity="WEEK")
    assert [entry["date"] for entry in content["salesAndTrafficByDate"]] == ["2026-11-15"]


def test_more_than_thirty_days_are_one_report(client):
    content = document(client, ("2026-01-01T00:00:00Z", "2026-11-20T00:00:00Z"))
    assert len(content["salesAndTrafficByDate"]) == 8


def test_a_window_without_data_is_cancelled(client):
    report = client.report(TYPE, "2026-01-01T00:00:00Z", "2026-01-31T00:00:00Z")
    assert report["processingStatus"] == "CANCELLED"


@pytest.mark.parametrize("options", [{"dateGranularity": "HOUR"}, {"asinGranularity": "MSKU"}, {"colour": "red"}])
def test_other_options_are_refused(client, options):
    assert client.create_report(TYPE, *TIMES, options=options).status_code == 400
