"""The real python-amazon-sp-api works with the sandbox: its paths, parameters, headers and downloads."""

from types import SimpleNamespace

import pytest
from sp_api.api import CatalogItems, ListingsItems, Orders, Reports, Sales, Sellers
from sp_api.auth import AccessTokenClient
from sp_api.auth import access_token_client as tokens
from sp_api.base import SellingApiForbiddenException
from sp_api.base.sales_enum import Granularity

from xpert_pipeline_tests.sandbox.client import INDIA

XML = "GET_XML_ALL_ORDERS_DATA_BY_ORDER_DATE_GENERAL"


@pytest.fixture
def library(client, monkeypatch):
    """Makes library clients that talk to the sandbox."""
    monkeypatch.delenv("SP_API_DEFAULT_MARKETPLACE", raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    tokens.cache.clear()
    host = client.running.endpoint.removeprefix("http://")
    auth = type("LocalAuth", (AccessTokenClient,), {"scheme": "http://", "host": host, "path": "/auth/o2/token"})
    marketplace = SimpleNamespace(endpoint=client.running.endpoint, marketplace_id=INDIA, region="eu-west-1")
    credentials = {"refresh_token": "Atzr|sandbox-1", "lwa_app_id": "id", "lwa_client_secret": "secret"}
    made = []

    def make(kind, **options):
        api = kind(marketplace, credentials=credentials, auth_token_client_class=auth, timeout=30, **options)
        made.append(api)
        return api

    yield make
    for api in made:
        api.close()
        api._auth._transport.close()  # which the library leaves open
    tokens.cache.clear()


def test_orders_page_by_page(library, client):
    api = library(Orders, version="2026-01-01")
    orders, token = [], {}
    while True:
        page = api.search_orders(
            createdAfter="2026-01-01T00:00:00Z",
            createdBefore="2026-11-21T00:00:00Z",
            marketplaceIds=[INDIA],
            includedData=["FULFILLMENT", "PROCEEDS"],
            maxResultsPerPage=100,
            **token,
        )
        orders += page.payload["orders"]
        if page.next_token is None:
            break
        token = {"paginationToken": page.next_token}
    assert len(orders) == len(client.truth("orders"))
    assert page.rate_limit == "100000.0"


def test_the_stray_parameters_of_the_library_do_no_harm(library):
    api = library(Orders, version="2026-01-01")
    assert api.search_orders(lastUpdatedAfter="2026-01-01T00:00:00Z").payload["orders"]
    assert library(Sellers).get_marketplace_participation().payload[0]["marketplace"]["id"] == INDIA


def test_listings_and_their_catalogue_items(library, client):
    listings = library(ListingsItems, version="2021-08-01")
    page = listings.search_listings_items(
        client.seller_id, marketplaceIds=INDIA, includedData=["summaries", "offers"], pageSize=20
    )
    assert len(page.payload["items"]) == 20
    asins = ",".join(item["summaries"][0]["asin"] for item in page.payload["items"])
    catalogue = library(CatalogItems, version="2022-04-01")
    page = catalogue.search_catalog_items(
        identifiers=asins, identifiersType="ASIN", marketplaceIds=INDIA, includedData=["summaries"], pageSize=20
    )
    assert page.payload["items"]


def test_metrics_with_an_offset_in_the_interval(library):
    answer = library(Sales).get_order_metrics(
        ("2026-11-13T00:00:00+05:30", "2026-11-21T00:00:00+05:30"),
        Granularity.DAY,
        granularityTimeZone="Asia/Kolkata",
        marketplaceIds=[INDIA],
    )
    assert len(answer.payload) == 8


def test_a_report_from_its_request_to_its_text(library):
    api = library(Reports)
    report_id = api.create_report(
        reportType=XML,
        marketplaceIds=[INDIA],
        dataStartTime="2026-11-12T00:00:00Z",
        dataEndTime="2026-11-21T00:00:00Z",
    ).payload["reportId"]
    report = api.get_report(report_id).payload
    assert report["processingStatus"] == "DONE"
    text = api.get_report_document(report["reportDocumentId"], download=True, timeout=30).payload["document"]
    assert text.count("<Order>") > 200
    listed = api.get_reports(reportTypes=[XML], processingStatuses=["DONE"], pageSize=1)
    assert listed.payload["reports"]


def test_an_unknown_path_is_the_librarys_forbidden(library):
    with pytest.raises(SellingApiForbiddenException):
        library(Orders, version="v0").get_orders(CreatedAfter="2026-01-01")
