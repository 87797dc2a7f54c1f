"""Reports: their way to an end, their content, and their download."""

import gzip
import time

import pytest

from xpert_pipeline_tests.sandbox.client import INDIA, REPORTS, Client
from xpert_pipeline_tests.sandbox.reading import facts_of_json, facts_of_xml, rows, xml_orders

XML = "GET_XML_ALL_ORDERS_DATA_BY_ORDER_DATE_GENERAL"
XML_BY_UPDATE = "GET_XML_ALL_ORDERS_DATA_BY_LAST_UPDATE_GENERAL"
FLAT = "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_ORDER_DATE_GENERAL"
FLAT_BY_UPDATE = "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_LAST_UPDATE_GENERAL"
LISTINGS = "GET_MERCHANT_LISTINGS_ALL_DATA"
SPAN = ("2026-11-01T00:00:00Z", "2026-11-21T00:00:00Z")


@pytest.mark.parametrize(
    ("kind", "window"), [(XML, "created"), (XML_BY_UPDATE, "lastUpdated")], ids=["by order date", "by update"]
)
def test_the_xml_report_has_the_same_orders_as_search_orders(client, kind, window):
    first, last = "2026-11-15T03:00:00Z", "2026-11-18T12:34:56Z"
    report = client.report(kind, first, last)
    reported = [facts_of_xml(order) for order in xml_orders(client.text(report))]
    searched = [facts_of_json(order) for order in client.orders(**{f"{window}After": first, f"{window}Before": last})]
    assert reported == searched
    assert len(reported) > 50


@pytest.mark.parametrize("kind", [FLAT, FLAT_BY_UPDATE])
def test_the_flat_report_has_a_line_for_each_item(client, kind):
    text = client.text(client.report(kind, *SPAN))
    assert text.count("\r\n") == text.count("\n")
    lines = rows(text)
    items = client.truth("order_items")
    assert len(lines) == len(items)
    assert sorted((row["amazon-order-id"], row["sku"], row["quantity"], row["item-price"]) for row in lines) == sorted(
        (item["order_id"], item["sku"], str(item["quantity_ordered"]), item["item_subtotal"] or "") for item in items
    )


def test_the_listings_report_has_the_same_listings_as_the_search(client):
    by_sku = {row["seller-sku"]: row for row in rows(client.text(client.report(LISTINGS)))}
    listings = client.listings(includedData="summaries,offers,fulfillmentAvailability")
    assert set(by_sku) == {item["sku"] for item in listings}
    for item in listings:
        row, summary = by_sku[item["sku"]], item["summaries"][0]
        assert (row["asin1"], row["item-name"]) == (summary["asin"], summary["itemName"])
        assert (row["status"] == "Active") == ("BUYABLE" in summary["status"])
        assert row["price"] == item["offers"][0]["price"]["amount"]
        stock = item["fulfillmentAvailability"][0]
        assert row["fulfillment-channel"] == stock["fulfillmentChannelCode"]
        assert row["quantity"] == str(stock.get("quantity", ""))


def test_european_reports_contain_the_orders_of_other_stores_too(new_sandbox):
    client = new_sandbox(marketplaces=(INDIA, "A2VIGQ35RCS4UG"))
    reported = [facts_of_xml(order) for order in xml_orders(client.text(client.report(XML, *SPAN)))]
    assert {order["channel"] for order in reported} >= {"Amazon.in", "Amazon.ae"}
    searched = client.orders(createdAfter=SPAN[0])
    assert {order["id"] for order in reported if order["channel"] != "Amazon.ae"} == {
        order["orderId"] for order in searched
    }
    assert len(client.truth("orders", marketplace=INDIA)) == len(searched)
    stores = client.get("/sellers/v1/marketplaceParticipations").json()["payload"]
    assert [entry["marketplace"]["name"] for entry in stores] == ["Amazon.in", "Amazon.ae", "Non-Amazon IN"]


def test_more_than_thirty_days_give_a_document_with_a_refusal(client):
    report = client.report(XML, "2026-10-01T00:00:00Z", "2026-11-01T00:00:00Z")
    assert report["processingStatus"] == "DONE"
    assert client.text(report) == "Date range exceeded. Report can be requested only upto 30 days"
    assert client.report(XML, "2026-10-22T00:00:00Z", "2026-11-21T00:00:00Z")["processingStatus"] == "DONE"


def test_a_window_without_data_is_cancelled(client):
    report = client.report(XML, "2025-01-01T00:00:00Z", "2025-01-02T00:00:00Z")
    assert report["processingStatus"] == "CANCELLED"
    assert "reportDocumentId" not in report


def test_a_report_waits_its_time_in_the_queue_and_in_progress(new_sandbox, monkeypatch):
    client = new_sandbox(rate_scale=2.0)
    report_id = client.create_report(XML, *SPAN).json()["reportId"]
    began, real = time.time(), time.time
    seen = []
    for seconds in (0, 3, 4, 9.9, 10.5):
        monkeypatch.setattr(time, "time", lambda seconds=seconds: began + seconds)
        seen.append(client.get(f"{REPORTS}/{report_id}").json())
    monkeypatch.setattr(time, "time", real)
    assert [report["processingStatus"] for report in seen] == [
        "IN_QUEUE", "IN_QUEUE", "IN_PROGRESS", "IN_PROGRESS", "DONE",
    ]  # fmt: skip
    assert "processingStartTime" not in seen[0]
    assert "reportDocumentId" not in seen[3]
    assert "reportDocumentId" in seen[4]


def test_an_unfinished_report_has_no_document(new_sandbox):
    client = new_sandbox(rate_scale=1.0)
    client.create_report(LISTINGS)
    (report,) = client.running.state.reports.of(client.seller_id)
    assert client.document({"reportDocumentId": report.document_id}).status_code == 404


def test_only_a_report_in_the_queue_can_be_cancelled(new_sandbox):
    client = new_sandbox(rate_scale=1.0)
    report_id = client.create_report(LISTINGS).json()["reportId"]
    assert client.call("DELETE", f"{REPORTS}/{report_id}").status_code == 200
    assert client.get(f"{REPORTS}/{report_id}").json()["processingStatus"] == "CANCELLED"
    assert client.call("DELETE", f"{REPORTS}/{report_id}").status_code == 400


@pytest.mark.parametrize(
    "body",
    [
        [],
        {},
        {"reportType": "GET_EVERYTHING", "marketplaceIds": ["A21TJRUUN4KGV"]},
        {"reportType": LISTINGS},
        {"reportType": LISTINGS, "marketplaceIds": []},
        {"reportType": XML, "marketplaceIds": ["A21TJRUUN4KGV"], "dataStartTime": "last week"},
        {
            "reportType": XML,
            "marketplaceIds": ["A21TJRUUN4KGV"],
            "dataStartTime": "2026-11-02T00:00:00Z",
            "dataEndTime": "2026-11-01T00:00:00Z",
        },
    ],
)
def test_a_request_that_makes_no_sense_is_refused(client, body):
    assert client.call("POST", REPORTS, json=body).status_code == 400


def test_reports_are_listed_newest_first_and_page_by_page(new_sandbox):
    client = new_sandbox(days=1)
    made = [client.create_report(LISTINGS).json()["reportId"] for _ in range(5)]
    client.create_report(XML, *SPAN)
    first = client.get(REPORTS, reportTypes=LISTINGS, pageSize=3, processingStatuses="DONE,IN_QUEUE").json()
    second = client.get(REPORTS, nextToken=first["nextToken"]).json()
    listed = [report["reportId"] for report in first["reports"] + second["reports"]]
    assert listed == made[::-1]
    assert "nextToken" not in second
    assert client.get(REPORTS, reportTypes=LISTINGS, processingStatuses="FATAL").json() == {"reports": []}
    assert client.get(REPORTS, reportTypes=LISTINGS, createdUntil="2026-01-01T00:00:00Z").json() == {"reports": []}


def test_a_next_token_must_be_the_only_parameter(new_sandbox):
    client = new_sandbox(days=1)
    for _ in range(2):
        client.create_report(LISTINGS)
    token = client.get(REPORTS, reportTypes=LISTINGS, pageSize=1).json()["nextToken"]
    assert client.get(REPORTS, nextToken=token, pageSize=1).status_code == 400
    assert client.get(REPORTS, nextToken="made up").status_code == 400
    assert client.get(REPORTS).status_code == 400


def test_another_seller_does_not_see_a_report(new_sandbox):
    client = new_sandbox(sellers=2, days=2)
    report = client.report(LISTINGS)
    other = Client(client.running, "Atzr|sandbox-2")
    assert other.get(f"{REPORTS}/{report['reportId']}").status_code == 404
    assert other.document(report).status_code == 404
    assert other.get(REPORTS, reportTypes=LISTINGS).json() == {"reports": []}
    other.http.close()


def test_a_document_is_gzip_by_itself_and_needs_no_token(client):
    document = client.document(client.report(LISTINGS)).json()
    assert document["compressionAlgorithm"] == "GZIP"
    answer = client.http.get(document["url"])
    assert answer.status_code == 200
    assert "content-encoding" not in answer.headers
    assert answer.headers["content-type"] == "text/tab-separated-values;charset=UTF-8"
    assert gzip.decompress(answer.content).startswith(b"item-name\t")


def test_content_encoding_can_be_requested(client):
    report = client.report(LISTINGS)
    path = f"/reports/2021-06-30/documents/{report['reportDocumentId']}"
    answer = client.http.get(client.get(path, enableContentEncodingUrlHeader="true").json()["url"])
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.text.startswith("item-name\t")


def test_an_address_expires_after_five_minutes(client, monkeypatch):
    url = client.document(client.report(LISTINGS)).json()["url"]
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + 301)
    answer = client.download(url)
    assert answer.status_code == 403
    assert "Request has expired" in answer.text


def test_a_changed_address_is_refused(client):
    url = client.document(client.report(LISTINGS)).json()["url"]
    assert client.download(url.replace("X-Amz-Expires=", "X-Amz-Expires=9")).status_code == 403
    assert client.download(f"{client.running.endpoint}/documents/unknown").status_code == 403


def test_a_dropped_document_is_written_again_and_is_the_same(client):
    report = client.report(XML, *SPAN)
    before = client.text(report)
    client.running.state.documents.kept.clear()
    assert client.text(report) == before
