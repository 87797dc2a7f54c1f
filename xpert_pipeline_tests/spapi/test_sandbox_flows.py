"""The whole layer against the sandbox: both sources of orders agree, and every fault is survived or named."""

import time
from datetime import UTC, date, datetime, timedelta

import httpx
import pytest

from xpert_pipeline.sandbox.options import SandboxOptions
from xpert_pipeline.sandbox.server import start
from xpert_pipeline.spapi import errors
from xpert_pipeline.spapi.documents.download import fetch_document
from xpert_pipeline.spapi.jobs.api import JobRequest
from xpert_pipeline.spapi.jobs.job import JobState
from xpert_pipeline.spapi.jobs.report_api import ReportApi
from xpert_pipeline.spapi.jobs.report_windows import split_windows
from xpert_pipeline.spapi.jobs.requesting import request_jobs
from xpert_pipeline.spapi.jobs.waiting import wait_for_jobs
from xpert_pipeline.spapi.marketplaces import by_id
from xpert_pipeline.spapi.operations.all_orders_report import read_orders
from xpert_pipeline.spapi.operations.catalog import search_catalog_items
from xpert_pipeline.spapi.operations.item_ids import compare_item_ids
from xpert_pipeline.spapi.operations.listings import search_listings_items
from xpert_pipeline.spapi.operations.orders import search_orders
from xpert_pipeline.spapi.operations.sales import get_order_metrics
from xpert_pipeline.spapi.operations.sellers import marketplace_participations
from xpert_pipeline.spapi.quota.quota import LocalQuota
from xpert_pipeline.spapi.sending.credentials import Credentials
from xpert_pipeline.spapi.sending.retry import RetryPolicy
from xpert_pipeline.spapi.session import SellerApi
from xpert_pipeline_tests.sandbox.client import LOCAL
from xpert_pipeline_tests.spapi.jobs.memory_store import MemoryJobStore

INDIA = by_id("A21TJRUUN4KGV")
ORDERS_REPORT = "GET_XML_ALL_ORDERS_DATA_BY_ORDER_DATE_GENERAL"
AS_OF = date(2026, 11, 20)
START, END = datetime(2026, 11, 10, tzinfo=UTC), datetime(2026, 11, 21, tzinfo=UTC)
SMALL = SandboxOptions(as_of=AS_OF, days=8, orders_per_day=40, skus=30, rate_scale=0)


def seller(sandbox, **options):
    ready = sandbox.ready()
    return SellerApi(
        Credentials(ready["client_id"], ready["client_secret"], ready["refresh_token"], ready["seller_id"]),
        options.pop("marketplaces", [by_id(ready["marketplace_id"])]),
        LocalQuota(),
        endpoint=ready["endpoint"],
        token_url=ready["token_url"],
        policy=RetryPolicy(base_seconds=0.01, attempt_seconds=2, deadline_seconds=5),
        **options,
    )


@pytest.fixture(scope="module")
def shared_sandbox():
    with start(SMALL) as running:
        yield running


@pytest.fixture
def sandbox(shared_sandbox):
    yield shared_sandbox
    httpx.delete(f"{shared_sandbox.endpoint}/_sandbox/faults", **LOCAL)


@pytest.fixture
def api(sandbox):
    with seller(sandbox) as api:
        yield api


def fault(sandbox, name, count=1, **where):
    answer = httpx.post(f"{sandbox.endpoint}/_sandbox/faults", json={"name": name, "count": count, **where}, **LOCAL)
    answer.raise_for_status()


def marketplace_ids(api):
    return [marketplace.id for marketplace in api.marketplaces]


def orders_request(start_at, end):
    return JobRequest(ORDERS_REPORT, start_at, end, marketplace_ids=(INDIA.id,))


def paged_orders(api, start_at=START):
    return [
        order for page in search_orders(api, marketplace_ids(api), created=(start_at, END)) for order in page.records
    ]


def outcomes(api, requests, store=None, **options):
    store = store or MemoryJobStore()
    jobs = request_jobs(api, store, ReportApi(), requests)
    orders = {job.id: job for job in wait_for_jobs(api, store, ReportApi(), jobs, **options)}
    return [orders[job.id] for job in jobs]


def reported_orders(api, directory, start_at=START):
    orders = []
    requests = [orders_request(*window) for window in split_windows(start_at, END)]
    for job in outcomes(api, requests):
        assert job.state is JobState.DONE, job.reason
        document = fetch_document(api, job.document_id, directory)
        orders += read_orders(document.path, api.marketplaces, charset=document.charset.codec)
        document.remove()
    return orders


def test_both_sources_have_the_same_orders_items_and_amounts(api, tmp_path):
    pages, report = paged_orders(api), reported_orders(api, tmp_path)
    assert len(pages) > 200
    assert compare_item_ids(pages, report).proven
    assert {
        (order["orderId"], item["orderItemId"], item["quantityOrdered"], _subtotal(item))
        for order in pages
        for item in order["orderItems"]
    } == {
        (order["order_id"], item["item_id"], item["quantity"], item["prices"].get("Principal", (None,))[0])
        for order in report
        for item in order["items"]
    }


def _subtotal(item):
    breakdowns = item.get("proceeds", {}).get("breakdowns", [])
    return next((breakdown["subtotal"]["amount"] for breakdown in breakdowns if breakdown["type"] == "ITEM"), None)


def test_listings_catalogue_metrics_and_participations_are_read(api):
    listings = list(search_listings_items(api, INDIA.id))
    assert len(listings) == 30
    asins = {listing["summaries"][0]["asin"] for listing in listings}
    assert {item["asin"] for item in search_catalog_items(api, INDIA.id, asins)} == asins
    metrics = get_order_metrics(api, INDIA.id, datetime.combine(AS_OF, datetime.min.time(), INDIA.zone), END)
    assert metrics[0]["orderCount"] > 0
    assert marketplace_participations(api)[0]["marketplace"]["id"] == "A21TJRUUN4KGV"


@pytest.mark.parametrize(
    "name",
    [
        "token-expired",
        "token-revoked",
        "throttle-with-header",
        "throttle-without-header",
        "500-json",
        "502-html",
        "503-empty",
        "504-json",
        "200-html",
        "truncated-json",
        "connection-reset",
        "expired-page-token",
    ],
)
def test_a_fault_that_passes_loses_no_order(sandbox, api, name):
    expected = {order["orderId"] for order in paged_orders(api)}
    fault(sandbox, name)
    assert {order["orderId"] for order in paged_orders(api)} == expected


def test_a_token_endpoint_that_is_down_for_a_moment_is_tried_again(sandbox):
    fault(sandbox, "lwa-503-html", 2)
    with seller(sandbox) as api:
        assert len(paged_orders(api)) > 200


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("lwa-invalid-grant", errors.ReauthRequired),
        ("lwa-invalid-client", errors.AppCredentialsRefused),
        ("lwa-503-html", errors.Transient),
        ("token-revoked", errors.TokenRefused),
        ("502-html", errors.Transient),
        ("504-json", errors.Transient),
        ("200-html", errors.BadAnswer),
        ("truncated-json", errors.BadAnswer),
        ("connection-reset", errors.Transient),
        ("repeated-token", errors.RepeatedPage),
        ("repeated-page", errors.RepeatedPage),
        ("expired-page-token", errors.PageTokenExpired),
    ],
)
def test_a_fault_that_stays_is_named(sandbox, api, name, expected):
    fault(sandbox, name, None)
    with pytest.raises(expected) as caught:
        paged_orders(api)
    assert type(caught.value) is expected


def test_an_answer_in_drips_hits_the_deadline(sandbox, api):
    fault(sandbox, "slow-drip", None)
    start_time = time.monotonic()
    with pytest.raises(errors.Transient):
        paged_orders(api)
    assert time.monotonic() - start_time < 25, "the whole answer takes 30 seconds"


@pytest.mark.parametrize("name", ["truncated-gzip", "multi-member-gzip", "double-gzip", "expired-document-url"])
def test_a_fault_of_one_download_loses_nothing(sandbox, api, tmp_path, name):
    expected = [order["order_id"] for order in reported_orders(api, tmp_path)]
    fault(sandbox, name)
    assert [order["order_id"] for order in reported_orders(api, tmp_path)] == expected
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("truncated-gzip", errors.DocumentBroken),
        ("expired-document-url", errors.DocumentExpired),
        ("doctype-xml", errors.BadAnswer),
        ("report-fatal", AssertionError),
    ],
)
def test_a_report_that_stays_broken_is_named(sandbox, api, tmp_path, name, expected):
    fault(sandbox, name, None)
    with pytest.raises(expected):
        reported_orders(api, tmp_path, START + timedelta(seconds=len(name)))  # a window that no other test requests


def test_a_report_in_windows_1252_is_read_as_such(sandbox, api, tmp_path):
    expected = [order["order_id"] for order in reported_orders(api, tmp_path)]
    fault(sandbox, "cp1252-report")
    shifted = START + timedelta(minutes=7)
    assert [order["order_id"] for order in reported_orders(api, tmp_path, shifted)] == expected


def test_item_codes_that_are_no_item_ids_are_noticed(sandbox, api, tmp_path):
    fault(sandbox, "item-id-mismatch")
    orders = compare_item_ids(paged_orders(api), reported_orders(api, tmp_path, START + timedelta(minutes=9)))
    assert orders.compared > 0
    assert not orders.matches


def test_a_stuck_report_keeps_its_id_and_the_next_run_takes_it_up(sandbox, api):
    request, store = orders_request(START + timedelta(minutes=11), END), MemoryJobStore()
    fault(sandbox, "report-stuck")
    (parked,) = outcomes(api, [request], store, budget_seconds=0.7)
    assert parked.state is JobState.IN_QUEUE
    with seller(sandbox) as next_run:
        assert request_jobs(next_run, store, ReportApi(), [request]) == [parked]
        (orders,) = request_jobs(next_run, MemoryJobStore(), ReportApi(), [request])
    assert (orders.amazon_id, orders.reused) == (parked.amazon_id, True)


def test_a_cancelled_report_is_distinguished_from_a_fatal_one(sandbox, api):
    for name, expected in (("report-cancelled", JobState.EMPTY), ("report-fatal", JobState.FATAL)):
        fault(sandbox, name)
        (job,) = outcomes(api, [orders_request(START + timedelta(seconds=len(name) + 800), END)])
        assert job.state is expected
    assert "could not be generated" in job.reason


def test_a_lost_answer_to_create_report_creates_no_second_report(sandbox, api):
    before = _calls(sandbox, "createReport")
    fault(sandbox, "504-json", operation="createReport")
    (job,) = outcomes(api, [orders_request(START + timedelta(minutes=15), END)])
    assert job.document_id
    assert _calls(sandbox, "createReport") - before in (1, 2)


def _calls(sandbox, operation):
    stats = httpx.get(f"{sandbox.endpoint}/_sandbox/stats", **LOCAL).json()
    return sum(sum(statuses.values()) for statuses in stats["calls"].get(operation, {}).values())


def test_a_marketplace_of_another_region_is_a_wrong_region(sandbox):
    with seller(sandbox, marketplaces=[by_id("ATVPDKIKX0DER")]) as api, pytest.raises(errors.WrongRegion):
        paged_orders(api)


def test_a_role_that_is_not_granted_leaves_other_operations_alone():
    options = SandboxOptions(
        as_of=AS_OF, days=2, orders_per_day=5, skus=5, rate_scale=0, denied_roles=("Inventory and Order Tracking",)
    )
    with start(options) as running, seller(running) as api:
        with pytest.raises(errors.NotGranted):
            paged_orders(api)
        assert len(list(search_listings_items(api, INDIA.id))) == 5


def test_a_sync_at_amazons_pace_gets_no_429():
    options = SandboxOptions(as_of=AS_OF, days=8, orders_per_day=40, skus=200, rate_scale=20)
    with start(options) as running, seller(running) as api:
        assert len(list(search_listings_items(api, INDIA.id))) == 200
        assert len(paged_orders(api)) > 200
        stats = httpx.get(f"{running.endpoint}/_sandbox/stats", **LOCAL).json()
    assert stats["throttled"] == 0
    assert stats["total"] >= 10 + 3
