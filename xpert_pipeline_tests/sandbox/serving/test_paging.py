"""Pages work the same for every paged operation: tokens, their life, and the faults of further pages."""

import pytest
from starlette.datastructures import QueryParams

from xpert_pipeline.sandbox.app import DECLARATIONS
from xpert_pipeline.sandbox.options import SandboxOptions
from xpert_pipeline.sandbox.server import start
from xpert_pipeline.sandbox.serving.errors import ApiError, bad_next_token
from xpert_pipeline.sandbox.serving.pace import Pace
from xpert_pipeline.sandbox.serving.paging import PageTokens, Paging, open_page
from xpert_pipeline_tests.sandbox.client import INBOUND, INDIA, INVENTORY, KIOSK, ORDERS, PLANS, REPORTS, Client
from xpert_pipeline_tests.sandbox.conftest import SMALL
from xpert_pipeline_tests.sandbox.jobs.kiosk import economics

LISTINGS_REPORT = "GET_MERCHANT_LISTINGS_ALL_DATA"
PAGED = {operation.name: operation.paging for operation in DECLARATIONS.operations if operation.paging}
REFUSALS = ("The paginationToken you have submitted is not valid.", "Next token is invalid or expired")


def of_orders(client):
    return ORDERS, "orders", {"createdAfter": "2026-01-01T00:00:00Z", "marketplaceIds": INDIA, "maxResultsPerPage": 3}


def of_listings(client):
    return f"/listings/2021-08-01/items/{client.seller_id}", "items", {"marketplaceIds": INDIA, "pageSize": 3}


def of_the_catalogue(client):
    asins = list(dict.fromkeys(item["summaries"][0]["asin"] for item in client.listings()))[:9]
    params = {"identifiers": ",".join(asins), "identifiersType": "ASIN", "marketplaceIds": INDIA, "pageSize": 3}
    return "/catalog/2022-04-01/items", "items", params


def of_reports(client):
    for _ in range(3):
        client.create_report(LISTINGS_REPORT)
    return REPORTS, "reports", {"reportTypes": LISTINGS_REPORT, "pageSize": 1}


def of_queries(client):
    for _ in range(3):
        client.create_query(economics("2026-11-19", "2026-11-20"))
    return f"{KIOSK}/queries", "queries", {"pageSize": 1}


def of_inventory(client):
    params = {"marketplaceIds": INDIA, "granularityType": "Marketplace", "granularityId": INDIA}
    return INVENTORY, "payload.inventorySummaries", params


WINDOW = {"LastUpdatedAfter": "2026-01-01T00:00:00Z", "LastUpdatedBefore": "2026-12-31T00:00:00Z"}


def of_shipments(client):
    return f"{INBOUND}/shipments", "payload.ShipmentData", {"QueryType": "DATE_RANGE", "MarketplaceId": INDIA, **WINDOW}


def of_shipment_items(client):
    return f"{INBOUND}/shipmentItems", "payload.ItemData", {"QueryType": "DATE_RANGE", "MarketplaceId": INDIA, **WINDOW}


def of_plans(client):
    return PLANS, "inboundPlans", {"pageSize": 1}


def of_plan_items(client):
    return f"{client.a_plan()[1]}/items", "items", {"pageSize": 1}


def of_transactions(client):
    params = {"postedAfter": "2026-10-01T00:00:00Z", "marketplaceId": INDIA}
    return "/finances/2024-06-19/transactions", "payload.transactions", params


REQUESTS = {
    "searchOrders": of_orders,
    "searchListingsItems": of_listings,
    "searchCatalogItems": of_the_catalogue,
    "getReports": of_reports,
    "getQueries": of_queries,
    "getInventorySummaries": of_inventory,
    "getShipments": of_shipments,
    "getShipmentItems": of_shipment_items,
    "listInboundPlans": of_plans,
    "listShipmentItems": of_plan_items,
    "listTransactions": of_transactions,
}
BESIDE_TOKEN = {"NextToken": {"QueryType": "NEXT_TOKEN", "MarketplaceId": INDIA}}
"""What a request needs beside a token that holds the other parameters, by the token's name."""


class Walk:
    """Calls for the pages of one operation."""

    def __init__(self, client, name):
        self.client, self.paging = client, PAGED[name]
        self.path, self.records, self.params = REQUESTS[name](client)

    def get(self, token=None):
        if token is None:
            return self.client.get(self.path, **self.params)
        params = BESIDE_TOKEN.get(self.paging.parameter, {}) if self.paging.carries else self.params
        return self.client.get(self.path, **params, **{self.paging.parameter: token})

    def page(self, token=None):
        """The records of a page, and the token for the next one."""
        answer = self.get(token)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        records = page
        for name in self.records.split("."):
            records = records[name]
        if self.paging.parameter == "NextToken":
            return records, page["payload"].get("NextToken")
        if self.records.startswith("payload.") and not self.paging.is_nested:
            return records, page["payload"].get("nextToken")
        return records, (page.get("pagination", {}) if self.paging.is_nested else page).get("nextToken")


@pytest.fixture(scope="module")
def busy_client():
    """A client of a seller with more than a thousand transactions, which come by 500 a page."""
    with start(SandboxOptions(**{**SMALL, "orders_per_day": 200})) as running:
        client = Client(running)
        yield client
        client.http.close()


@pytest.fixture(params=PAGED)
def walk(client, large_client, request):
    """A walk with at least three pages. Where the client cannot choose how many records a page has, it needs more."""
    paging = PAGED[request.param]
    if paging.size_parameter is not None:
        return Walk(client, request.param)
    if paging.most < 500:
        return Walk(large_client, request.param)
    busy = request.getfixturevalue("busy_client")
    busy.http.delete("/_sandbox/faults")
    busy.token = None
    return Walk(busy, request.param)


def test_every_page_has_its_own_records_and_the_last_one_has_no_token(walk):
    records, token = walk.page()
    while token:
        more, token = walk.page(token)
        assert more
        records += more
    texts = [str(record) for record in records]
    assert len(set(texts)) == len(texts) > 2


def test_a_token_may_be_used_twice(walk):
    _, token = walk.page()
    assert walk.page(token)[0] == walk.page(token)[0]


def test_a_token_that_was_not_issued_here_is_refused(walk):
    answer = walk.get("bm9uc2Vuc2U")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["message"].startswith(REFUSALS)


def test_an_expired_page_token_is_refused_once(walk):
    _, token = walk.page()
    walk.client.fault("expired-page-token", 1)
    answer = walk.get(token)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["message"].startswith(REFUSALS)
    assert walk.page(token)[0]


def test_a_repeated_token_leads_to_the_same_page_again(walk):
    _, token = walk.page()
    walk.client.fault("repeated-token", 1)
    _, following = walk.page(token)
    assert following == token
    assert walk.page(token)[1] != token


def test_a_repeated_page_has_the_first_pages_records_and_leads_on(walk):
    first, token = walk.page()
    walk.client.fault("repeated-page", 1)
    again, following = walk.page(token)
    assert again == first
    assert following != token
    assert walk.page(token)[0] != first


def test_endless_pages_have_no_records_and_ever_new_tokens(walk):
    _, token = walk.page()
    second, _ = walk.page(token)
    walk.client.fault("endless-pages", 3)
    tokens = [token]
    for _ in range(3):
        records, token = walk.page(token)
        assert records == []
        tokens.append(token)
    assert len(set(tokens)) == 4
    assert walk.page(token)[0] == second, "the walk goes on where it was"


def test_a_first_page_meets_no_fault_of_further_pages(walk):
    first, _ = walk.page()
    for name in ("expired-page-token", "repeated-token", "repeated-page", "endless-pages"):
        walk.client.fault(name)
    assert walk.page()[0] == first
    assert [rule["struck"] for rule in walk.client.http.get("/_sandbox/faults").json()] == [0] * 4


@pytest.mark.parametrize(("scale", "seconds"), [(1.0, 30), (10.0, 3), (1000.0, 1), (0.0, 30)])
def test_a_token_lives_as_long_as_its_operation_declares_at_the_sandboxs_pace(monkeypatch, scale, seconds):
    clock = [1000.0]
    monkeypatch.setattr(Pace, "now", lambda _pace: clock[0])
    paging = Paging(parameter="nextToken", refusal=bad_next_token, size_parameter=None, default=2, most=2, seconds=30)
    tokens = PageTokens(Pace(scale))

    def page(token=""):
        query = QueryParams({"nextToken": token, "details": "true"})
        return open_page(paging, tokens, query, "A", faults=list)

    token = page().pagination(5)["pagination"]["nextToken"]
    clock[0] += seconds - 0.1
    assert page(token).cut("abcde") == "cd"
    clock[0] += 0.2
    with pytest.raises(ApiError, match="Next token is invalid or expired"):
        page(token)
