"""searchOrders and getOrder: windows, data sets, pages, filters."""

import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from xpert_pipeline_tests.sandbox.client import INDIA, ORDERS, Client

SINCE = "2026-01-01T00:00:00Z"
PLAIN = {"orderId", "orderAliases", "createdTime", "lastUpdatedTime", "programs", "salesChannel", "orderItems"}
PLAIN_ITEM = {"orderItemId", "quantityOrdered", "product", "programs"}


def iso(moment):
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def now(**back):
    return iso(datetime.now(UTC) - timedelta(**back))


def refusal(answer):
    assert answer.status_code == 400, answer.text
    (error,) = answer.json()["errors"]
    assert error["code"] == "InvalidInput"
    return error


def test_without_included_data_an_order_has_no_status_and_no_money(client):
    order = client.orders_page(createdAfter=SINCE, includedData="").json()["orders"][0]
    assert set(order) == PLAIN
    for item in order["orderItems"]:
        assert {"orderItemId", "quantityOrdered", "product"} <= set(item) <= PLAIN_ITEM
        assert "price" not in item["product"]


@pytest.mark.parametrize(
    ("included", "of_order", "of_item"),
    [
        ("FULFILLMENT", {"fulfillment"}, {"fulfillment"}),
        ("PROCEEDS", {"proceeds"}, {"proceeds"}),
        ("PROMOTION", set(), {"promotion"}),
        ("CANCELLATION", set(), {"cancellation"}),
        ("PACKAGES", {"packages"}, set()),
        ("RECIPIENT", {"recipient"}, set()),
        ("BUYER", set(), set()),
    ],
)
def test_each_data_set_adds_its_own_fields(client, included, of_order, of_item):
    orders = client.orders(createdAfter=SINCE, includedData=included)
    assert {name for order in orders for name in order} - PLAIN == of_order
    items = [item for order in orders for item in order["orderItems"]]
    assert {name for item in items for name in item} - PLAIN_ITEM == of_item


def test_no_personal_data_is_shown_even_when_asked_for(client):
    order = client.orders(createdAfter=SINCE, includedData="BUYER,RECIPIENT")[0]
    assert "buyer" not in order
    assert set(order["recipient"]["deliveryAddress"]) == {"city", "stateOrRegion", "postalCode", "countryCode"}


def test_all_pages_together_hold_every_order_once(client):
    orders = client.orders(createdAfter=SINCE)
    truth = client.truth("orders")
    assert sorted(order["orderId"] for order in orders) == sorted(row["order_id"] for row in truth)
    assert len(orders) > 200


def test_orders_come_in_the_order_of_their_time(client):
    by_creation = [order["createdTime"] for order in client.orders(createdAfter=SINCE)]
    assert by_creation == sorted(by_creation)
    by_update = [order["lastUpdatedTime"] for order in client.orders(lastUpdatedAfter=SINCE)]
    assert by_update == sorted(by_update)
    assert len(by_update) == len(by_creation)


@pytest.mark.parametrize(("kind", "field"), [("created", "createdTime"), ("lastUpdated", "lastUpdatedTime")])
def test_a_window_holds_both_of_its_ends(client, kind, field):
    times = sorted(order[field] for order in client.orders(createdAfter=SINCE))
    first, last = times[10], times[60]
    orders = client.orders(**{f"{kind}After": first, f"{kind}Before": last})
    assert sorted(order[field] for order in orders) == [time for time in times if first <= time <= last]


def test_the_answer_echoes_the_upper_bound(client):
    page = client.orders_page(createdAfter=SINCE, createdBefore="2026-11-19T00:00:00+05:30").json()
    assert page["createdBefore"] == "2026-11-18T18:30:00Z"
    assert "lastUpdatedBefore" not in page
    unasked = client.orders_page(lastUpdatedAfter=SINCE).json()["lastUpdatedBefore"]
    assert abs(datetime.fromisoformat(unasked).timestamp() - (time.time() - 120)) < 10


@pytest.mark.parametrize(
    "window",
    [
        {},
        {"createdBefore": "2026-11-01T00:00:00Z"},
        {"createdAfter": SINCE, "lastUpdatedAfter": SINCE},
        {"createdAfter": SINCE, "lastUpdatedBefore": "2026-11-01T00:00:00Z"},
        {"createdAfter": "2026-11-01T00:00:00Z", "createdBefore": SINCE},
        {"createdAfter": SINCE, "createdBefore": timedelta(seconds=60)},
        {"createdAfter": timedelta(seconds=30)},
        {"createdAfter": "yesterday"},
        {"createdAfter": "2026-11-01T00:00:00"},
        {"createdAfter": SINCE, "maxResultsPerPage": 101},
        {"createdAfter": SINCE, "maxResultsPerPage": 0},
        {"createdAfter": SINCE, "includedData": "EVERYTHING"},
        {"createdAfter": SINCE, "fulfillmentStatuses": "LOST"},
    ],
)
def test_a_request_that_breaks_the_rules_is_refused(client, window):
    words = {  # times ago are counted when the test runs, not when it is collected
        name: iso(datetime.now(UTC) - value) if isinstance(value, timedelta) else value
        for name, value in window.items()
    }
    assert refusal(client.orders_page(**words))["details"]


def test_a_bound_just_older_than_two_minutes_is_allowed(client):
    assert client.orders_page(createdAfter=SINCE, createdBefore=now(seconds=125)).status_code == 200


def test_a_page_token_belongs_to_its_request(client):
    first = client.orders_page(createdAfter=SINCE, maxResultsPerPage=50).json()
    token = first["pagination"]["nextToken"]
    smaller = client.orders_page(createdAfter=SINCE, maxResultsPerPage=10, paginationToken=token)
    assert smaller.status_code == 200
    assert len(smaller.json()["orders"]) == 10
    other = client.orders_page(createdAfter="2026-01-02T00:00:00Z", maxResultsPerPage=50, paginationToken=token)
    assert refusal(other)["message"].startswith("The paginationToken you have submitted is not valid.")
    fewer_data = client.orders_page(createdAfter=SINCE, includedData="FULFILLMENT", paginationToken=token)
    assert fewer_data.status_code == 400


@pytest.mark.parametrize("token", ["x", "%%%", "QUJD", "A" * 200])
def test_a_made_up_page_token_is_refused(client, token):
    assert client.orders_page(createdAfter=SINCE, paginationToken=token).status_code == 400


def test_a_page_token_grows_old(client, monkeypatch):
    token = client.orders_page(createdAfter=SINCE).json()["pagination"]["nextToken"]
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + 86_401)
    client.token = None
    assert client.orders_page(createdAfter=SINCE, paginationToken=token).status_code == 400


def test_another_sellers_page_token_is_refused(new_sandbox):
    client = new_sandbox(sellers=2, orders_per_day=80)
    other = Client(client.running, "Atzr|sandbox-2")
    token = client.orders_page(createdAfter=SINCE).json()["pagination"]["nextToken"]
    assert other.orders_page(createdAfter=SINCE, paginationToken=token).status_code == 400
    other.http.close()


def test_filters_let_through_what_they_name(client):
    everything = client.orders(createdAfter=SINCE)
    shipped = client.orders(createdAfter=SINCE, fulfillmentStatuses="SHIPPED")
    assert {order["fulfillment"]["fulfillmentStatus"] for order in shipped} == {"SHIPPED"}
    merchant = client.orders(createdAfter=SINCE, fulfilledBy="MERCHANT")
    amazon = client.orders(createdAfter=SINCE, fulfilledBy="AMAZON")
    assert {order["fulfillment"]["fulfilledBy"] for order in merchant} == {"MERCHANT"}
    assert len(merchant) + len(amazon) == len(everything)
    assert 0 < len(shipped) < len(everything)


def test_a_store_without_orders_gives_an_empty_page(client):
    answer = client.orders_page(createdAfter=SINCE, marketplaceIds="A1PA6795UKMFR9")
    assert (answer.status_code, answer.json()["orders"]) == (200, [])
    assert "pagination" not in answer.json()


def test_get_order_gives_the_same_order(client):
    order = client.orders(createdAfter=SINCE, includedData="FULFILLMENT,PROCEEDS")[7]
    answer = client.get(f"{ORDERS}/{order['orderId']}", includedData="FULFILLMENT,PROCEEDS")
    assert answer.json() == {"order": order}


def test_an_unknown_order_is_not_found(client):
    answer = client.get(f"{ORDERS}/404-0000000-0000000")
    assert answer.status_code == 404
    assert answer.json()["errors"][0]["code"] == "NotFound"


def test_money_is_text_and_a_unit_price_is_the_amount_of_one(client):
    seen, kinds = 0, set()
    for order in client.orders(createdAfter=SINCE):
        known = [item for item in order["orderItems"] if "proceeds" in item]
        for item in known:
            total, parts = item["proceeds"]["proceedsTotal"], item["proceeds"]["breakdowns"]
            signed = [(-1 if part["type"] == "DISCOUNT" else 1) * Decimal(part["subtotal"]["amount"]) for part in parts]
            assert sum(signed) == Decimal(total["amount"])
            kinds.update(part["type"] for part in parts)
            (price,) = [part["subtotal"] for part in parts if part["type"] == "ITEM"]
            assert isinstance(total["amount"], str)
            assert total["currencyCode"] == "INR"
            if item["quantityOrdered"]:
                unit = float(item["product"]["price"]["unitPrice"]["amount"])
                assert unit * item["quantityOrdered"] == pytest.approx(float(price["amount"]), abs=0.001)
                seen += item["quantityOrdered"] > 1
            else:
                assert "price" not in item["product"]
        if known:
            total = sum(float(item["proceeds"]["proceedsTotal"]["amount"]) for item in known)
            assert float(order["proceeds"]["grandTotal"]["amount"]) == pytest.approx(total)
        else:
            assert "proceeds" not in order
    assert seen
    assert kinds == {"ITEM", "SHIPPING", "GIFT_WRAP", "COD_FEE", "TAX", "DISCOUNT"}


def test_cancelled_orders_say_who_cancelled(client):
    cancelled = client.orders(createdAfter=SINCE, fulfillmentStatuses="CANCELLED")
    assert cancelled
    for order in cancelled:
        for item in order["orderItems"]:
            assert item["cancellation"]["cancellationExecution"]["cancelledBy"] in ("BUYER", "MERCHANT", "AMAZON")
            assert item["fulfillment"] == {"quantityFulfilled": 0, "quantityUnfulfilled": 0}


def test_what_has_not_happened_yet_is_not_shown(new_sandbox):
    tomorrow = datetime.now(UTC).date() + timedelta(days=1)
    client = new_sandbox(as_of=tomorrow, days=4)
    seen = client.orders(createdAfter=SINCE)
    assert 0 < len(seen) < len(client.truth("orders"))
    assert max(order["lastUpdatedTime"] for order in seen) <= now()
    assert client.orders_page(marketplaceIds=INDIA, createdAfter=SINCE).status_code == 200
