"""searchOrders: the upper bound stays fixed, every page comes once, walks restart, and loops are refused."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from xpert_pipeline.spapi import errors
from xpert_pipeline.spapi.operations.orders import search_orders
from xpert_pipeline_tests.spapi.scripted import Reply, refusal

INDIA = "A21TJRUUN4KGV"
ORDERS = "/orders/2026-01-01/orders"
START = datetime(2026, 10, 1, tzinfo=UTC)
END = datetime(2026, 10, 2, tzinfo=UTC)
EXPIRED = refusal(
    400,
    "InvalidInput",
    "The paginationToken you have submitted is not valid. "
    "All parameters must match the original request except maxResultsPerPage.",
)


def page(ids, token=None, **more):
    body = {"orders": [{"orderId": id_} for id_ in ids], **more}
    if token:
        body["pagination"] = {"nextToken": token}
    return Reply(200, body, {"x-amzn-RateLimit-Limit": "1000"})


def ids(pages):
    return [order["orderId"] for result in pages for order in result.records]


def test_all_pages_come_and_only_the_token_changes_between_requests(amazon, api):
    amazon.on("GET", ORDERS, page(["1", "2"], "t1"), page(["3"], "t2"), page(["4"]))
    assert ids(search_orders(api, [INDIA], created=(START, END))) == ["1", "2", "3", "4"]
    queries = [call.query for call in amazon.calls(ORDERS)]
    assert [query.pop("paginationToken", [None])[0] for query in queries] == [None, "t1", "t2"]
    assert queries[0] == queries[1] == queries[2]
    assert queries[0] == {
        "createdAfter": ["2026-10-01T00:00:00.000Z"],
        "createdBefore": ["2026-10-02T00:00:00.000Z"],
        "marketplaceIds": ["A21TJRUUN4KGV"],
        "includedData": ["FULFILLMENT,PROCEEDS,PROMOTION,CANCELLATION,TAX,PACKAGES"],
        "maxResultsPerPage": ["100"],
    }


def test_one_walk_reads_the_orders_of_several_marketplaces(amazon, api):
    amazon.on("GET", ORDERS, page(["1"], "t1"), page(["2"]))
    assert ids(search_orders(api, [INDIA, "A1PA6795UKMFR9"], created=(START, END))) == ["1", "2"]
    assert [call.query["marketplaceIds"] for call in amazon.calls(ORDERS)] == [[f"{INDIA},A1PA6795UKMFR9"]] * 2


def test_a_search_without_a_marketplace_is_refused(amazon, api):
    with pytest.raises(ValueError, match="at least one marketplace"):
        list(search_orders(api, [], created=(START, END)))
    assert amazon.calls(ORDERS) == []


def test_personal_data_is_never_requested(amazon, api):
    amazon.on("GET", ORDERS, page([]))
    list(search_orders(api, [INDIA], updated=(START, None)))
    (included,) = amazon.calls(ORDERS)[0].query["includedData"]
    assert not {"BUYER", "RECIPIENT"} & set(included.split(","))


def test_an_open_end_is_fixed_two_and_a_half_minutes_before_amazons_clock(amazon, api):
    """Amazon's clock decides, not this machine's: Amazon answers 400 to a bound that it considers too recent."""
    ahead = datetime(2031, 5, 5, 12, 0, tzinfo=UTC)
    headers = {"Date": f"{ahead:%a, %d %b %Y %H:%M:%S} GMT"}

    def token(handler):
        handler.date_time_string = lambda: headers["Date"]
        Reply(200, {"access_token": "Atza|x", "expires_in": 3600})(handler)

    amazon.on("POST", "/auth/o2/token", token)
    amazon.on("GET", ORDERS, page(["1"], "t1"), page(["2"]))
    pages = list(search_orders(api, [INDIA], updated=(START, None)))
    bounds = {call.query["lastUpdatedBefore"][0] for call in amazon.calls(ORDERS)}
    assert len(bounds) == 1
    frozen = datetime.fromisoformat(bounds.pop())
    assert timedelta(0) <= frozen - (ahead - timedelta(seconds=150)) < timedelta(seconds=10)
    assert {result.upper_bound for result in pages} == {frozen}


def test_a_later_end_is_cut_and_an_earlier_end_in_amazons_answer_is_used(amazon, api):
    amazon.on("GET", ORDERS, page(["1"], lastUpdatedBefore="2026-10-01T12:00:00Z"))
    (only,) = search_orders(api, [INDIA], updated=(START, api.server_now() + timedelta(days=1)))
    sent = datetime.fromisoformat(amazon.calls(ORDERS)[0].query["lastUpdatedBefore"][0])
    assert sent <= api.server_now() - timedelta(minutes=2, seconds=29)
    assert only.upper_bound == datetime(2026, 10, 1, 12, tzinfo=UTC)


def test_a_window_too_young_to_read_is_empty_without_a_call(amazon, api):
    now = api.server_now()
    (only,) = search_orders(api, [INDIA], created=(now - timedelta(seconds=30), now))
    assert only.records == []
    assert only.upper_bound == now - timedelta(seconds=30)
    assert amazon.calls(ORDERS) == []


def test_an_expired_page_token_restarts_the_window_with_the_same_bound(amazon, api):
    amazon.on("GET", ORDERS, page(["1"], "t1"), EXPIRED, EXPIRED, page(["1"], "t2"), page(["2"]))
    pages = list(search_orders(api, [INDIA], updated=(START, None)))
    assert [(ids([result]), result.is_first) for result in pages] == [(["1"], True), (["1"], True), (["2"], False)]
    assert len({call.query["lastUpdatedBefore"][0] for call in amazon.calls(ORDERS)}) == 1


def test_tokens_that_keep_expiring_end_in_an_error(amazon, api):
    amazon.on("GET", ORDERS, *[page(["1"], "t1"), EXPIRED, EXPIRED] * 3)
    with pytest.raises(errors.PageTokenExpired):
        list(search_orders(api, [INDIA], created=(START, END)))
    assert len(amazon.calls(ORDERS)) == 9


def test_a_repeated_token_is_refused(amazon, api):
    amazon.on("GET", ORDERS, page(["1"], "t1"), page(["2"], "t1"))
    with pytest.raises(errors.RepeatedPage, match="token came twice"):
        list(search_orders(api, [INDIA], created=(START, END)))


def test_the_same_page_under_a_new_token_is_refused(amazon, api):
    amazon.on("GET", ORDERS, page(["1", "2"], "t1"), page(["1", "2"], "t2"))
    with pytest.raises(errors.RepeatedPage, match="beginning with 1 came twice"):
        list(search_orders(api, [INDIA], created=(START, END)))


def test_one_order_on_two_pages_is_not_a_repeated_page(amazon, api):
    amazon.on("GET", ORDERS, page(["1", "2"], "t1"), page(["2", "3"]))
    assert ids(search_orders(api, [INDIA], created=(START, END))) == ["1", "2", "2", "3"]


def test_another_bad_request_is_not_restarted(amazon, api):
    amazon.on("GET", ORDERS, refusal(400, "InvalidInput", "The input you have submitted is not valid"))
    with pytest.raises(errors.BadRequest):
        list(search_orders(api, [INDIA], created=(START, END)))
    assert len(amazon.calls(ORDERS)) == 1


def test_money_arrives_as_decimal(amazon, api):
    amazon.on("GET", ORDERS, Reply(200, b'{"orders": [{"orderId": "1", "total": 406.10, "big": 1.1E+2}]}'))
    ((order,),) = (result.records for result in search_orders(api, [INDIA], created=(START, END)))
    assert order["total"] == Decimal("406.10")
    assert str(order["total"]) == "406.10"
    assert order["big"] == Decimal(110)


@pytest.mark.parametrize(
    "window",
    [
        {},
        {"created": (START, END), "updated": (START, END)},
        {"created": (END, START)},
        {"created": (datetime(2026, 10, 1), None)},  # noqa: DTZ001
    ],
    ids=["none", "both", "reversed", "naive"],
)
def test_a_senseless_window_is_refused_without_a_call(amazon, api, window):
    with pytest.raises((ValueError, TypeError)):
        list(search_orders(api, [INDIA], **window))
    assert amazon.calls(ORDERS) == []
