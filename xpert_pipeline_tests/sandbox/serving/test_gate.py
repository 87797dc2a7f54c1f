"""The checks before every answer: token, role, region, path; and the headers of the answer."""

import time
from email.utils import parsedate_to_datetime

import pytest

from xpert_pipeline_tests.sandbox.client import INDIA, ORDERS, REPORTS

PARTICIPATIONS = "/sellers/v1/marketplaceParticipations"
AMERICA = "ATVPDKIKX0DER"


def details(answer):
    (error,) = answer.json()["errors"]
    assert error["code"] == "Unauthorized"
    assert error["message"] == "Access to requested resource is denied."
    return error["details"]


def test_a_call_without_a_token_is_refused_with_the_reason(client):
    answer = client.http.get(PARTICIPATIONS)
    assert answer.status_code == 403
    assert details(answer) == "Access token is missing in the request header."
    assert answer.headers["x-amzn-ErrorType"] == "AccessDeniedException"
    assert "x-amzn-RateLimit-Limit" not in answer.headers


def test_an_unknown_token_is_malformed_or_revoked(client):
    answer = client.call("GET", PARTICIPATIONS, token="Atza|made-up")
    assert answer.status_code == 403
    assert details(answer) == "The access token you provided is revoked, malformed or invalid."


def test_an_old_token_has_expired(client):
    client.log_in()
    tokens = client.running.state.access_tokens
    seller_id, _ = tokens.issued[client.token]
    tokens.issued[client.token] = (seller_id, time.time() - 1)
    answer = client.get(PARTICIPATIONS)
    assert answer.status_code == 403
    assert details(answer) == "The access token you provided has expired."


def test_an_unknown_path_is_forbidden_not_missing(client):
    for path in ("/", "/orders/v0/orders", "/orders/2026-01-01/orders/", "/fba/inventory/v1/items"):
        answer = client.get(path)
        assert answer.status_code == 403, path
        assert details(answer) == ""


def test_another_method_is_forbidden_too(client):
    assert client.call("DELETE", ORDERS).status_code == 403


@pytest.mark.parametrize(
    ("role", "closed"),
    [
        ("Inventory and Order Tracking", {"orders", "order report"}),
        ("Product Listing", {"listings", "catalog", "listings report"}),
        ("Pricing", {"metrics"}),
        ("Selling Partner Insights", {"participations"}),
        ("Finance and Accounting", set()),
    ],
)
def test_a_withheld_role_closes_its_operations_and_no_others(new_sandbox, role, closed):
    client = new_sandbox(denied_roles=(role,), days=1)
    answers = {
        "participations": client.get(PARTICIPATIONS),
        "orders": client.orders_page(createdAfter="2026-01-01T00:00:00Z"),
        "listings": client.get(f"/listings/2021-08-01/items/{client.seller_id}", marketplaceIds=INDIA),
        "catalog": client.get(
            "/catalog/2022-04-01/items", marketplaceIds=INDIA, identifiers="B0", identifiersType="ASIN"
        ),
        "metrics": client.metrics("2026-11-19T00:00:00+05:30", "2026-11-20T00:00:00+05:30"),
        "order report": client.create_report("GET_XML_ALL_ORDERS_DATA_BY_ORDER_DATE_GENERAL"),
        "listings report": client.create_report("GET_MERCHANT_LISTINGS_ALL_DATA"),
    }
    assert {name for name, answer in answers.items() if answer.status_code == 403} == closed
    assert all(details(answers[name]) == "" for name in closed)
    assert all(answer.status_code in (200, 202) for name, answer in answers.items() if name not in closed)


def test_a_marketplace_of_another_region_is_named_as_such(client):
    message = "The marketplaces you provided are not valid for region."
    listings = f"/listings/2021-08-01/items/{client.seller_id}"
    assert details(client.orders_page(createdAfter="2026-01-01T00:00:00Z", marketplaceIds=AMERICA)) == message
    assert details(client.get(listings, marketplaceIds=AMERICA)) == message
    assert details(client.create_report("GET_MERCHANT_LISTINGS_ALL_DATA", marketplace=AMERICA)) == message
    metrics = client.metrics("2026-11-19T00:00:00+05:30", "2026-11-20T00:00:00+05:30", marketplaceIds=AMERICA)
    assert details(metrics) == message


def test_stray_parameters_are_tolerated(client):
    stray = dict.fromkeys(("MarketplaceId", "MarketplaceIds", "marketplace_ids"), INDIA)
    assert client.get(PARTICIPATIONS, **stray, marketplaceIds=INDIA).status_code == 200


def test_lists_may_be_csv_or_repeated_keys(client):
    csv = client.orders_page(createdAfter="2026-01-01T00:00:00Z", includedData="FULFILLMENT,PROCEEDS").json()
    keys = client.orders_page(createdAfter="2026-01-01T00:00:00Z", includedData=["FULFILLMENT", "PROCEEDS"]).json()
    assert csv["orders"] == keys["orders"]


def test_a_mangled_host_header_does_no_harm(client):
    client.log_in()
    headers = {"x-amz-access-token": client.token, "host": "27.0.0.1:8099"}
    assert client.http.get(PARTICIPATIONS, headers=headers).status_code == 200
    report = client.report("GET_MERCHANT_LISTINGS_ALL_DATA")
    answer = client.http.get(f"/reports/2021-06-30/documents/{report['reportDocumentId']}", headers=headers)
    assert answer.json()["url"].startswith(client.running.endpoint + "/")


def test_headers_contain_request_id_rate_and_time(client):
    answer = client.get(PARTICIPATIONS)
    assert answer.headers["x-amzn-RequestId"]
    assert answer.headers["x-amzn-RateLimit-Limit"] == "100000.0"
    assert abs(parsedate_to_datetime(answer.headers["date"]).timestamp() - time.time()) < 5


def test_a_report_request_must_be_json(client):
    assert client.call("POST", REPORTS, data={"reportType": "x"}).status_code == 415


def test_statistics_count_by_operation_seller_and_status(new_sandbox):
    client = new_sandbox(days=1)
    client.get(PARTICIPATIONS)
    client.get(ORDERS)
    client.get(ORDERS)
    client.get("/nowhere")
    stats = client.stats()
    assert stats["calls"] == {
        "getMarketplaceParticipations": {client.seller_id: {"200": 1}},
        "requestAccessToken": {client.seller_id: {"200": 1}},
        "searchOrders": {client.seller_id: {"400": 2}},
        "unknown": {"-": {"403": 1}},
    }
    assert (stats["total"], stats["throttled"], stats["throttled_by_bucket"]) == (5, 0, {})
    assert stats["first"] <= stats["last"]
