"""Every fault by its name: what a client sees while it is on, and that it leaves nothing behind."""

import gzip
import json
import time
import zlib
from pathlib import Path
from xml.etree.ElementTree import ParseError, fromstring

import httpx
import pytest

from xpert_pipeline.sandbox.app import DECLARATIONS
from xpert_pipeline_tests.sandbox.client import INDIA
from xpert_pipeline_tests.sandbox.reading import facts_of_json, facts_of_xml, rows, xml_orders

PARTICIPATIONS = "/sellers/v1/marketplaceParticipations"
SINCE = "2026-01-01T00:00:00Z"
XML = "GET_XML_ALL_ORDERS_DATA_BY_ORDER_DATE_GENERAL"
LISTINGS = "GET_MERCHANT_LISTINGS_ALL_DATA"
SPAN = ("2026-11-01T00:00:00Z", "2026-11-21T00:00:00Z")


def json_error(answer):
    (error,) = answer.json()["errors"]
    return error


@pytest.mark.parametrize(
    ("fault", "status", "body"),
    [
        ("token-expired", 403, '"details": "The access token you provided has expired."'),
        ("token-revoked", 403, '"details": "The access token you provided is revoked, malformed or invalid."'),
        ("access-denied", 403, '"details": ""'),
        ("bad-request", 400, "InvalidInput"),
        ("not-found", 404, "Resource not found"),
        ("throttle-with-header", 429, "QuotaExceeded"),
        ("throttle-without-header", 429, ""),
        ("500-json", 500, "InternalFailure"),
        ("502-html", 502, "<h1>502 Bad Gateway</h1>"),
        ("503-empty", 503, ""),
        ("504-json", 504, '{"message": "Endpoint request timed out"}'),
        ("200-html", 200, "<html>"),
    ],
)
def test_a_call_is_answered_with_the_fault_and_the_next_one_is_not(client, fault, status, body):
    client.fault(fault, 1)
    answer = client.get(PARTICIPATIONS)
    assert answer.status_code == status
    assert body in answer.text
    assert bool(answer.text) == bool(body)
    assert ("x-amzn-RateLimit-Limit" in answer.headers) == (
        fault in ("throttle-with-header", "bad-request", "not-found")
    )
    assert client.get(PARTICIPATIONS).json()["payload"]


def test_truncated_json_is_half_of_the_answer(client):
    client.fault("truncated-json", 1)
    answer = client.get(PARTICIPATIONS)
    assert answer.status_code == 200
    assert int(answer.headers["content-length"]) == len(answer.content)
    with pytest.raises(json.JSONDecodeError):
        answer.json()


def test_a_slow_answer_comes_in_pieces(client):
    client.log_in()
    client.fault("slow-drip", 1)
    began = time.monotonic()
    headers = {"x-amz-access-token": client.token}
    with client.http.stream("GET", PARTICIPATIONS, headers=headers) as answer:
        pieces = answer.iter_raw()
        first, second = next(pieces), next(pieces)
    assert time.monotonic() - began > 0.4
    assert 0 < len(first + second) < int(answer.headers["content-length"])


@pytest.mark.parametrize("operation", ["getMarketplaceParticipations", None])
def test_a_connection_is_reset_in_the_middle(client, operation):
    client.log_in()
    client.fault("connection-reset", 1, operation=operation)
    with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
        client.get(PARTICIPATIONS)
    assert client.get(PARTICIPATIONS).status_code == 200


def test_a_download_can_be_reset_too(client):
    url = client.document(client.report(LISTINGS)).json()["url"]
    client.fault("connection-reset", 1, operation="downloadDocument")
    with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
        client.download(url)
    assert client.download(url).status_code == 200


def test_a_download_can_meet_a_broken_gateway(client):
    url = client.document(client.report(LISTINGS)).json()["url"]
    client.fault("503-empty", 1, operation="downloadDocument")
    assert client.download(url).status_code == 503
    client.fault("503-empty", 1)
    assert client.download(url).status_code == 200


def test_a_repeated_token_is_its_own_next_token(client):
    client.fault("repeated-token", 1)
    token = client.orders_page(createdAfter=SINCE).json()["pagination"]["nextToken"]
    again = client.orders_page(createdAfter=SINCE, paginationToken=token).json()
    assert again["pagination"]["nextToken"] == token
    normal = client.orders_page(createdAfter=SINCE, paginationToken=token).json()
    assert normal["pagination"]["nextToken"] != token


def test_a_repeated_page_contains_the_first_orders_again(client):
    client.fault("repeated-page", 1)
    first = client.orders_page(createdAfter=SINCE).json()
    token = first["pagination"]["nextToken"]
    again = client.orders_page(createdAfter=SINCE, paginationToken=token).json()
    assert again["orders"] == first["orders"]
    assert again["pagination"]["nextToken"] != token


def test_pages_of_listings_can_repeat_too(client):
    path = f"/listings/2021-08-01/items/{client.seller_id}"
    first = client.get(path, marketplaceIds=INDIA).json()
    token = first["pagination"]["nextToken"]
    client.fault("repeated-page", 1)
    client.fault("repeated-token", 1)
    again = client.get(path, marketplaceIds=INDIA, pageToken=token).json()
    assert (again["items"], again["pagination"]["nextToken"]) == (first["items"], token)


def test_a_page_token_expires_early(client):
    client.fault("expired-page-token", 1)
    token = client.orders_page(createdAfter=SINCE).json()["pagination"]["nextToken"]
    answer = client.orders_page(createdAfter=SINCE, paginationToken=token)
    assert answer.status_code == 400
    assert json_error(answer)["message"].startswith("The paginationToken you have submitted is not valid.")
    assert client.orders_page(createdAfter=SINCE, paginationToken=token).status_code == 200


def first_order(client):
    return client.orders_page(createdAfter=SINCE).json()["orders"][0]


def test_faulty_orders(client):
    normal = first_order(client)
    client.fault("order-without-price", 1)
    priceless = first_order(client)
    assert "proceeds" in normal
    assert "proceeds" not in priceless
    assert not any("proceeds" in item or "price" in item["product"] for item in priceless["orderItems"])
    client.fault("unknown-status", 1)
    assert first_order(client)["fulfillment"]["fulfillmentStatus"] == "AWAITING_DRONE"
    client.fault("unknown-field", 1)
    assert first_order(client).keys() - normal.keys() == {"carbonFootprint"}
    client.fault("missing-required-field", 1)
    assert normal.keys() - first_order(client).keys() == {"createdTime"}
    assert first_order(client) == normal


@pytest.mark.parametrize(("fault", "sign"), [("nul-in-title", "\x00"), ("emoji-in-title", "👩‍👩‍👧")])
def test_faulty_titles_in_orders_listings_and_reports(client, fault, sign):
    client.fault(fault, 1)
    assert sign in first_order(client)["orderItems"][0]["product"]["title"]
    client.fault(fault, 1)
    path = f"/listings/2021-08-01/items/{client.seller_id}"
    assert sign in client.get(path, marketplaceIds=INDIA).json()["items"][0]["summaries"][0]["itemName"]
    client.fault(fault, 1)
    assert sign in rows(client.text(client.report(LISTINGS)))[0]["item-name"]
    client.fault(fault, 1)
    (first, *_) = xml_orders(client.text(client.report(XML, *SPAN)))
    assert "👩‍👩‍👧" in facts_of_xml(first)["items"][0]["title"]


def test_faulty_orders_in_the_xml_report(client):
    def first():
        return xml_orders(client.text(client.report(XML, *SPAN)))[0]

    normal = facts_of_xml(first())
    client.fault("order-without-price", 1)
    assert {item["amount"] for item in facts_of_xml(first())["items"]} == {None}
    client.fault("unknown-status", 1)
    assert facts_of_xml(first())["status"] == "Awaiting_drone"
    client.fault("unknown-field", 1)
    assert first().findtext("CarbonFootprint") == "1200"
    client.fault("missing-required-field", 1)
    assert first().find("PurchaseDate") is None
    assert facts_of_xml(first()) == normal


def test_item_codes_of_the_xml_report_can_be_foreign(client):
    client.fault("item-id-mismatch", 1)
    codes = [item["id"] for order in xml_orders(client.text(client.report(XML, *SPAN)))
             for item in facts_of_xml(order)["items"]]  # fmt: skip
    ids = [item["id"] for order in client.orders(createdAfter=SINCE) for item in facts_of_json(order)["items"]]
    assert len(codes) == len(ids)
    assert not set(codes) & set(ids)


@pytest.mark.parametrize(
    ("fault", "broken"),
    [
        ("xml-control-character", "<ProductName>Multi\x0bpack "),
        ("xml-bad-reference", "<ProductName>Multi&#11;pack "),
        ("xml-bare-ampersand", "<ProductName>Salt & pepper "),
        ("xml-noncharacter", "<ProductName>Multi\ufffepack "),
    ],
)
def test_a_title_can_break_the_xml(client, fault, broken):
    client.fault(fault, 1)
    text = client.text(client.report(XML, *SPAN))
    assert text.count(broken) == 1
    with pytest.raises(ParseError):
        fromstring(text)
    assert fromstring(text.replace(broken, "<ProductName>")).tag == "AmazonEnvelope"


def test_a_doctype_comes_before_the_root(client):
    client.fault("doctype-xml", 1)
    assert client.text(client.report(XML, *SPAN)).splitlines()[1].startswith("<!DOCTYPE AmazonEnvelope [<!ENTITY")


def test_a_report_in_windows_1252_names_its_encoding(client):
    client.fault("cp1252-report", 1)
    url = client.document(client.report(LISTINGS)).json()["url"]
    answer = client.download(url)
    assert answer.headers["content-type"].endswith(";charset=Cp1252")
    assert gzip.decompress(answer.content).decode("cp1252").startswith("item-name\t")
    client.fault("cp1252-report", 1)
    url = client.document(client.report(XML, *SPAN)).json()["url"]
    assert b'encoding="windows-1252"' in gzip.decompress(client.download(url).content)[:60]


def test_broken_and_odd_gzip(client):
    report = client.report(LISTINGS)
    url = client.document(report).json()["url"]
    normal = client.download(url).content
    client.fault("truncated-gzip", 1)
    cut = client.download(url).content
    assert cut == normal[: len(normal) // 2]
    unpacker = zlib.decompressobj(31)
    unpacker.decompress(cut)
    assert not unpacker.eof
    client.fault("multi-member-gzip", 1)
    members = client.download(url).content
    first = zlib.decompressobj(31)
    assert 0 < len(first.decompress(members)) < len(gzip.decompress(members))
    assert gzip.decompress(members) == gzip.decompress(normal)
    client.fault("double-gzip", 1)
    with client.http.stream("GET", url) as answer:
        raw = b"".join(answer.iter_raw())
    assert answer.headers["content-encoding"] == "gzip"
    assert gzip.decompress(gzip.decompress(raw)) == gzip.decompress(normal)
    assert client.download(url).content == normal


def test_an_address_expires_early(client):
    report = client.report(LISTINGS)
    client.fault("expired-document-url", 1)
    answer = client.download(client.document(report).json()["url"])
    assert answer.status_code == 403
    assert answer.text.startswith("<?xml")
    assert client.download(client.document(report).json()["url"]).status_code == 200


def test_reports_that_end_badly(client):
    client.fault("report-cancelled", 1)
    assert client.report(LISTINGS)["processingStatus"] == "CANCELLED"
    client.fault("report-stuck", 1)
    assert client.report(LISTINGS)["processingStatus"] == "IN_QUEUE"
    client.fault("report-fatal", 1)
    fatal = client.report(LISTINGS)
    assert fatal["processingStatus"] == "FATAL"
    assert "could not be generated" in client.text(fatal)
    assert client.report(LISTINGS)["processingStatus"] == "DONE"


def test_every_fault_is_tested_here_or_beside_what_it_strikes():
    folder = Path(__file__).parents[1]
    tests = [path for place in ("sandbox", "assets") for path in sorted((folder / place).rglob("test_*.py"))]
    words = "".join(path.read_text(encoding="utf-8") for path in tests)
    assert [name for name in DECLARATIONS.faults if f'"{name}"' not in words and not name.startswith("lwa-")] == []
