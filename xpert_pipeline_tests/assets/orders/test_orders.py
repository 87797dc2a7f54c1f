"""What Amazon sent becomes rows; what it did not send stays unknown."""

from collections import Counter
from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from xpert_pipeline.assets.order_report_rows import REPORT_ITEMS_LACK, REPORT_LACKS, parse_report_order
from xpert_pipeline.assets.order_rows import parse_order
from xpert_pipeline.tables.orders import ORDER_ITEMS, ORDERS
from xpert_pipeline.tables.validation import validate

IST = ZoneInfo("Asia/Kolkata")
INDIA = "A21TJRUUN4KGV"


def money(amount):
    return {"amount": amount, "currencyCode": "INR"}


def an_order(**changes):
    order = {
        "orderId": "171-0000001-0000001",
        "createdTime": "2026-10-01T18:30:00Z",
        "lastUpdatedTime": "2026-10-02T01:00:00Z",
        "programs": ["AMAZON_BUSINESS"],
        "salesChannel": {"channelName": "Amazon.in", "marketplaceId": INDIA},
        "fulfillment": {
            "fulfillmentStatus": "SHIPPED",
            "fulfilledBy": "AMAZON",
            "fulfillmentServiceLevel": "Expedited",
        },
        "proceeds": {"grandTotal": money("406.00")},
        "orderItems": [
            {
                "orderItemId": "00123",
                "quantityOrdered": 2,
                "product": {"asin": "0123456789", "sellerSku": "A B/C", "price": {"unitPrice": money("203.00")}},
                "proceeds": {
                    "proceedsTotal": money("406.00"),
                    "breakdowns": [{"type": "ITEM", "subtotal": money("4.06E+2")}],
                },
                "promotion": {"breakdowns": [{"promotionId": "P1"}, {"promotionId": "P2"}]},
            }
        ],
    }
    return order | changes


def parsed(order, signals=None):
    return parse_order(order, INDIA, IST, signals if signals is not None else Counter())


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


def test_words_and_fields_unknown_today_are_kept_and_counted():
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


def test_the_report_fills_the_same_columns_with_the_same_values():
    record = {
        "order_id": "171-0000001-0000001",
        "purchase_date": "2026-10-01T18:30:00+00:00",
        "last_updated": "2026-10-02T01:00:00+00:00",
        "status": "Shipped",
        "sales_channel": "Amazon.in",
        "fulfillment_channel": "Amazon",
        "service_level": "Expedited",
        "is_business": True,
        "items": [
            {
                "item_id": "00123",
                "asin": "0123456789",
                "sku": "A B/C",
                "status": "Shipped",
                "title": None,
                "quantity": 2,
                "prices": {"Principal": ("406.00", "INR")},
                "promotion_ids": ["P1", "P2"],
            }
        ],
    }
    of_api, of_report = parsed(an_order()), parse_report_order(record, INDIA, IST, Counter())
    carried = tuple(name for name in ORDERS.columns if name not in REPORT_LACKS)
    rows = [validate(ORDERS, [order], carried)[0][0] for order in (of_api[0], of_report[0])]
    carried = tuple(name for name in ORDER_ITEMS.columns if name not in REPORT_ITEMS_LACK)
    items = [validate(ORDER_ITEMS, found, carried)[0][0] for found in (of_api[1], of_report[1])]
    for column in set(ORDERS.columns) - REPORT_LACKS:
        assert rows[0][column] == rows[1][column], column
    for column in set(ORDER_ITEMS.columns) - REPORT_ITEMS_LACK:
        assert items[0][column] == items[1][column], column


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("PartiallyShipped", "PARTIALLY_SHIPPED"),
        ("Canceled", "CANCELLED"),
        ("Cancelled", "CANCELLED"),
        ("Pending", "PENDING"),
    ],
)
def test_report_statuses_are_the_words_of_the_api(word, meant):
    record = {"status": word, "items": [], "purchase_date": None, "last_updated": None}
    assert parse_report_order(record, INDIA, IST, Counter())[0]["fulfillment_status"] == meant
