"""One refusal among good answers decides nothing: it is asked again, and the run loads everything."""

import pytest

from xpert_pipeline.sandbox.jobs import kiosk_api
from xpert_pipeline.sources import window_loading
from xpert_pipeline_tests.faults.kiosk import KIOSK, SOURCES, queries, warnings

pytestmark = pytest.mark.long
ORDERS = ["orders", "order_items"]
ASKED = ["products", *ORDERS, "sales_data", "fba_inventory", *KIOSK]
"""The tables that are read by the operations below, and sales."""
REFUSED_ONCE = [
    ("searchListingsItems", 0),
    ("searchCatalogItems", 1),
    ("searchOrders", 0),
    ("getOrderMetrics", 0),
    ("getInventorySummaries", 0),
    ("createQuery", 1),
    ("getQuery", 0),
    ("getDocument", 0),
]


def test_a_single_403_for_each_operation_costs_no_table(pipeline):
    """A single 403 among good answers made a table `not_granted`, and the run ended with exit code 0."""
    for operation, skip in REFUSED_ONCE:
        pipeline.fault("access-denied", operation=operation, count=1, skip=skip)
    done = pipeline.run(tables=ASKED)
    assert (done.success, done.errors) == (True, {})
    assert "not_granted" not in done.states.values()
    struck = {rule["operation"]: rule["struck"] for rule in pipeline.sandbox.state.faults.state()}
    assert struck == {operation: 1 for operation, _ in REFUSED_ONCE}
    pipeline.assert_whole(*ASKED)


def test_a_single_invalid_grant_does_not_send_the_seller_to_authorize_again(pipeline):
    pipeline.fault("lwa-invalid-grant", count=1)
    done = pipeline.run(tables=["products", *ORDERS])
    assert (done.success, done.errors) == (True, {})
    assert pipeline.struck("lwa-invalid-grant") == 1
    assert pipeline.book.get(pipeline.sellers[0]).status == "active"
    pipeline.assert_whole("products", *ORDERS)


@pytest.mark.parametrize(("refusals", "restarts"), [(1, 0), (2, 1)])
def test_a_refused_page_token_is_repeated_and_then_the_window_starts_over(
    empty_pipeline, make_sandbox, refusals, restarts
):
    """A page token that Amazon refused once failed the load, although the same request succeeded seconds later."""
    pipeline = empty_pipeline
    pipeline.serve(make_sandbox(orders_per_day=120))
    assert pipeline.run(tables=ORDERS, days=pipeline.past_days).success
    pages = pipeline.calls("searchOrders")
    assert pages > 1
    pipeline.fault("expired-page-token", operation="searchOrders", count=refusals)
    assert pipeline.run(tables=ORDERS, days=pipeline.past_days, refetch=True).success
    assert pipeline.struck("expired-page-token") == refusals
    assert pipeline.calls("searchOrders") == 2 * pages + refusals + restarts
    pipeline.assert_whole(*ORDERS)


def test_a_next_page_of_a_query_that_is_refused_once_is_asked_for_again(kiosk, monkeypatch):
    monkeypatch.setattr(kiosk_api, "RECORDS_A_PAGE", 70)
    kiosk.fault("bad-request", operation="createQuery", skip=1, count=1)
    assert kiosk.run(tables=["economics_daily"]).errors == {}
    assert kiosk.struck("bad-request") == 1
    kiosk.assert_whole("economics_daily")


def test_a_query_whose_next_page_stays_refused_starts_over_in_the_same_run(kiosk, monkeypatch):
    """All pages of the query were given up, and its days waited for the next run."""
    monkeypatch.setattr(kiosk_api, "RECORDS_A_PAGE", 70)
    kiosk.fault("bad-request", operation="createQuery", skip=1, count=2)
    done = kiosk.run(tables=["economics_daily"])
    assert done.errors == {}
    assert any("The window is read from its first page again" in text for text in warnings(kiosk, done))
    kiosk.assert_whole("economics_daily")
    (load,) = [load for load in kiosk.rows("loads") if load["table_name"] == "economics_daily"]
    assert len(load["details"]["queries"]) == len(queries(kiosk)) - 1, "the first page was created twice"


def test_a_query_whose_next_pages_are_refused_for_ever_fails_after_one_restart(kiosk, monkeypatch):
    monkeypatch.setattr(kiosk_api, "RECORDS_A_PAGE", 70)
    kiosk.fault("bad-request", operation="createQuery", skip=1, count=2)
    kiosk.fault("bad-request", operation="createQuery", skip=2, count=2)
    failed = kiosk.run(tables=["economics_daily"])
    assert failed.error.startswith("PageTokenExpired: seller ")
    assert "Read the window from its first page again" in failed.error
    assert kiosk.rows("economics_daily") == []
    kiosk.mend()
    assert kiosk.run(tables=["economics_daily"]).errors == {}
    kiosk.assert_whole("economics_daily")


def test_a_query_without_a_last_page_comes_to_an_end(kiosk, monkeypatch):
    """A query may have any number of pages, and each of them costs a createQuery: one a minute."""
    monkeypatch.setattr(kiosk_api, "RECORDS_A_PAGE", 20)
    monkeypatch.setattr(window_loading, "MOST_PAGES", 3)
    failed = kiosk.run(tables=["economics_daily"])
    assert failed.error.startswith("EndlessPages: seller ")
    assert "has more than 3 pages" in failed.error
    assert len(queries(kiosk)) == 3
    assert kiosk.rows("economics_daily") == []


def test_ids_of_queries_and_documents_that_are_not_known_yet_are_asked_for_again(kiosk):
    """A fresh id is unknown for a moment; the query was created a second time, and then it counted as FATAL."""
    for operation in ("getQuery", "getDocument"):
        kiosk.fault("not-found", operation=operation, count=3)
        kiosk.fault("bad-request", operation=operation, count=1)
    assert kiosk.run(tables=SOURCES).errors == {}
    kiosk.assert_whole(*KIOSK)
    assert [rule["struck"] for rule in kiosk.sandbox.state.faults.state()] == [3, 1, 3, 1]
    texts = [query.text for query in queries(kiosk)]
    assert len(texts) == len(set(texts)), "no query was created twice"
