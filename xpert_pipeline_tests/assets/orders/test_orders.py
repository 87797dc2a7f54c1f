"""Orders of searchOrders become rows; what Amazon did not send stays unknown."""

from collections import Counter
from datetime import date
from decimal import Decimal

import pytest

from xpert_pipeline.assets.orders.order_items import ORDER_ITEMS
from xpert_pipeline.assets.orders.orders import ORDERS, market_of_order, parse_order
from xpert_pipeline.tables.validation import validate
from xpert_pipeline_tests.assets.orders.payloads import INDIA, an_order, market_of, money

GERMANY, FRANCE = "A1PA6795UKMFR9", "A13V1IB3VIYZZH"


def parsed(order, signals=None):
    """The order's row and those of its lines."""
    (row,), items = parse_order(order, market_of(INDIA), signals if signals is not None else Counter())
    return row, items


def test_half_past_six_in_the_evening_utc_is_the_next_day_in_india():
    order, items = parsed(an_order())
    assert order["order_date"] == items[0]["order_date"] == date(2026, 10, 2)
    assert parsed(an_order(createdTime="2026-10-01T18:29:59Z"))[0]["order_date"] == date(2026, 10, 1)


def test_a_whole_order_keeps_its_contract():
    order, items = parsed(an_order())
    assert order["is_business"] is True
    assert order["is_prime"] is False
    assert order["service_level"] == "EXPEDITED"
    assert (order["item_count"], order["units_ordered"]) == (1, 2)
    orders, refused = validate(ORDERS, [order])
    assert not refused
    assert orders[0]["order_total"] == Decimal("406.00")
    rows, refused = validate(ORDER_ITEMS, items)
    assert not refused
    assert rows[0]["item_subtotal"] == Decimal(406)
    assert rows[0]["asin"] == "0123456789"
    assert rows[0]["promotion_ids"] == ["P1", "P2"]
    assert rows[0]["shipping_subtotal"] is None


def test_a_pending_order_without_proceeds_has_unknown_amounts_not_zero():
    item = {"orderItemId": "1", "quantityOrdered": 1, "product": {"sellerSku": "S"}}
    order, items = parsed(an_order(proceeds=None, orderItems=[item], fulfillment={"fulfillmentStatus": "PENDING"}))
    assert order["order_total"] is None
    assert items[0]["item_subtotal"] is None
    assert items[0]["currency"] is None
    assert items[0]["promotion_ids"] is None
    assert not validate(ORDERS, [order])[1]
    assert not validate(ORDER_ITEMS, items)[1]


def test_items_of_a_cancelled_order_are_cancelled():
    _, items = parsed(an_order(fulfillment={"fulfillmentStatus": "CANCELLED"}))
    assert items[0]["is_cancelled"] is True


def test_an_item_cancelled_by_itself_is_cancelled_in_a_shipped_order():
    item = an_order()["orderItems"][0] | {"cancellation": {"cancellationExecution": {"cancelledBy": "BUYER"}}}
    _, items = parsed(an_order(orderItems=[item]))
    assert items[0]["is_cancelled"] is True
    assert items[0]["cancelled_by"] == "BUYER"


def test_unknown_statuses_and_fields_are_kept_and_counted():
    signals = Counter()
    order, _ = parsed(an_order(fulfillment={"fulfillmentStatus": "TELEPORTED"}, hologram=1), signals)
    assert order["fulfillment_status"] == "TELEPORTED"
    assert signals == {"unknown fulfillment status TELEPORTED": 1, "unknown order field hologram": 1}
    assert not validate(ORDERS, [order])[1]


@pytest.mark.parametrize("field", ["orderId", "createdTime", "lastUpdatedTime", "salesChannel", "fulfillment"])
def test_an_order_without_a_required_field_is_refused_with_its_name_and_never_crashes(field):
    order, _ = parsed({name: value for name, value in an_order().items() if name != field})
    (refused,) = validate(ORDERS, [order])[1]
    assert refused.reason


@pytest.mark.parametrize("amount", ["1.234,56", "NaN", "Infinity", "1e40", "twelve"])
def test_an_amount_that_is_no_plain_number_is_refused(amount):
    order, _ = parsed(an_order(proceeds={"grandTotal": money(amount)}))
    (refused,) = validate(ORDERS, [order])[1]
    assert refused.reason.startswith("order_total")
    assert amount not in refused.reason


def test_nul_and_emoji_in_a_title_are_storable_and_still_readable():
    item = an_order()["orderItems"][0]
    item["product"] = {"title": "kurta\x00 \N{DRESS} \ud800", "sellerSku": "S"}
    _, items = parsed(an_order(orderItems=[item]))
    rows, refused = validate(ORDER_ITEMS, items)
    assert not refused
    assert rows[0]["title"] == "kurta\N{SYMBOL FOR NULL} \N{DRESS} \N{REPLACEMENT CHARACTER}"


def test_an_order_belongs_to_the_marketplace_that_it_names():
    markets = [market_of(INDIA), market_of(GERMANY)]

    def place(**channel):
        return market_of_order(an_order(salesChannel=channel), markets)

    assert place(channelName="AMAZON", marketplaceId=GERMANY) == markets[1]
    assert place(channelName="AMAZON", marketplaceId=FRANCE) is None, "the seller has no store there"
    assert place(channelName="NON_AMAZON") == markets[0], "it names none, so it counts for the first one"


def test_the_day_of_an_order_is_that_of_its_own_marketplace():
    """22:30 UTC on a summer evening is the next day in Berlin, and the same day in London."""
    order = an_order(createdTime="2026-06-30T22:30:00Z")
    (berlin,), _ = parse_order(order, market_of(GERMANY), Counter())
    (london,), _ = parse_order(order, market_of("A1F83G8C2ARO7P"), Counter())
    assert (berlin["order_date"], london["order_date"]) == (date(2026, 7, 1), date(2026, 6, 30))
    assert (berlin["marketplace_id"], london["marketplace_id"]) == (GERMANY, "A1F83G8C2ARO7P")
