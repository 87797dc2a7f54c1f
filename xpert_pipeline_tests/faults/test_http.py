"""What Amazon's servers and the network do wrong: a few times it is repaired, endlessly it is told; nothing is lost."""

ORDER_TABLES = ("orders", "order_items", "sales_data")
ORDERS = ["orders", "order_items"]
A_FEW = [
    ("throttle-with-header", "searchListingsItems"),
    ("throttle-without-header", "searchListingsItems"),
    ("token-revoked", "searchListingsItems"),
    ("500-json", "searchOrders"),
    ("truncated-json", "searchOrders"),
    ("connection-reset", "searchOrders"),
    ("token-expired", "searchOrders"),
    ("502-html", "searchCatalogItems"),
    ("503-empty", "searchCatalogItems"),
    ("504-json", "getOrderMetrics"),
    ("200-html", "getOrderMetrics"),
]
ENDLESS = [
    ("throttle-with-header", "Throttled", "429", "Another program uses this seller's quota"),
    ("throttle-without-header", "Throttled", "429", "Another program uses this seller's quota"),
    ("500-json", "Transient", "500 InternalFailure", "run it again later"),
    ("502-html", "Transient", "502: HTML or XML instead of JSON", "run it again later"),
    ("503-empty", "Transient", "503: empty body", "run it again later"),
    ("504-json", "Transient", "504: Endpoint request timed out", "run it again later"),
    ("200-html", "BadAnswer", "not complete JSON", "captive portal"),
    ("truncated-json", "BadAnswer", "not complete JSON", "captive portal"),
    ("token-revoked", "TokenRefused", "revoked, malformed or invalid", "authorize the app again"),
]


def test_faults_that_pass_after_a_few_requests_leave_no_trace(pipeline):
    for name, operation in A_FEW:
        pipeline.fault(name, count=1, operation=operation)
    pipeline.fault("lwa-503-html", count=2)
    done = pipeline.run(tables=["products", *ORDER_TABLES])
    assert (done.success, done.errors) == (True, {})
    assert pipeline.struck("lwa-503-html") == 2
    assert [pipeline.struck(name) for name, _ in A_FEW] == [1] * len(A_FEW)
    pipeline.assert_whole("products", *ORDER_TABLES)


def test_endless_faults_fail_the_orders_saying_what_and_the_next_run_brings_everything(pipeline):
    pipeline.know_rate("searchOrders")
    for name, kind, what, advice in ENDLESS:
        pipeline.fault(name, operation="searchOrders")
        failed = pipeline.run(tables=ORDERS)
        assert failed.error.startswith(f"{kind}: seller {pipeline.sellers[0]}: searchOrders for seller"), name
        assert what in failed.error, name
        assert advice in failed.error, name
        assert pipeline.struck(name) == (2 if kind == "TokenRefused" else 5)
        assert pipeline.rows("orders") == pipeline.rows("loads") == []
        pipeline.mend()
    assert pipeline.run(tables=ORDERS).success
    pipeline.assert_whole(*ORDERS)


def test_products_failing_leaves_orders_items_and_sales_alone(pipeline):
    pipeline.fault("500-json", operation="searchListingsItems")
    failed = pipeline.run(tables=["products", *ORDER_TABLES])
    assert list(failed.errors) == ["products"]
    assert {table: failed.states[table] for table in ORDER_TABLES} == dict.fromkeys(ORDER_TABLES, "ok")
    pipeline.assert_whole(*ORDER_TABLES)
    ((kind, table, error, needs_a_person, *_), *others) = pipeline.facts()
    assert (kind, table, needs_a_person) == ("sync.failed", "products", False)
    assert error == failed.errors["products"]
    assert {each[0] for each in others} == {"sync.completed"}
    pipeline.mend()
    assert pipeline.run(tables=["products", *ORDER_TABLES]).success
    pipeline.assert_whole("products", *ORDER_TABLES)


def test_the_token_endpoint_being_down_loses_nothing(pipeline):
    pipeline.fault("lwa-503-html")
    failed = pipeline.run(tables=["products"])
    assert "token exchange for seller" in failed.error
    assert "503" in failed.error
    assert "Nothing is lost: run it again later" in failed.error
    assert pipeline.book.get(pipeline.sellers[0]).status == "active"
    pipeline.mend()
    assert pipeline.run(tables=["products"]).success
    pipeline.assert_whole("products")


def test_a_wrong_client_secret_is_the_applications_fault_not_the_sellers(pipeline):
    pipeline.fault("lwa-invalid-client")
    failed = pipeline.run(tables=["products"])
    assert failed.error.startswith("AppCredentialsRefused")
    assert "Correct the client id and secret" in failed.error
    assert pipeline.book.get(pipeline.sellers[0]).status == "active"
    assert pipeline.calls("requestAccessToken") == 2, "the second request confirms the refusal"
    ((_, _, _, needs_a_person, *_),) = pipeline.facts()
    assert needs_a_person


def test_an_expired_page_token_restarts_the_window(empty_pipeline, make_sandbox):
    pipeline = empty_pipeline
    pipeline.serve(make_sandbox(days=3, orders_per_day=100))
    pipeline.fault("expired-page-token", count=1, operation="searchOrders")
    assert pipeline.run(tables=ORDERS).success
    assert pipeline.struck("expired-page-token") == 1
    pipeline.assert_whole(*ORDERS)


def test_a_page_or_token_that_comes_twice_stops_before_it_loops_or_loses(empty_pipeline, make_sandbox):
    pipeline = empty_pipeline
    pipeline.serve(make_sandbox(days=3, orders_per_day=100))
    for name in ("repeated-token", "repeated-page"):
        pipeline.fault(name, operation="searchOrders")
        failed = pipeline.run(tables=ORDERS)
        assert failed.error.startswith("RepeatedPage: seller"), name
        assert "came twice" in failed.error, name
        assert pipeline.rows("orders") == []
        pipeline.mend()
    assert pipeline.run(tables=ORDERS).success
    pipeline.assert_whole(*ORDERS)
