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


def item_with(**changes):
    """The only line of an order, with changes."""
    return an_order()["orderItems"][0] | changes


def test_a_quantity_that_is_written_with_decimals_counts():
    """The answer said `"quantityOrdered": 2.0`. The line had 2 units, and its order had `units_ordered` 0."""
    order, items = parsed(an_order(orderItems=[item_with(quantityOrdered=Decimal("2.0"))]))
    assert (order["units_ordered"], items[0]["quantity_ordered"]) == (2, 2)
    assert not validate(ORDER_ITEMS, items)[1]


def test_half_a_unit_is_refused_and_not_rounded():
    _, items = parsed(an_order(orderItems=[item_with(quantityOrdered=Decimal("2.5"))]))
    (refused,) = validate(ORDER_ITEMS, items)[1]
    assert refused.reason.startswith("quantity_ordered")


@pytest.mark.parametrize(
    "grand_total", [{"amount": "", "currencyCode": "INR"}, {"amount": "406.00", "currencyCode": ""}, {}]
)
def test_an_empty_amount_or_currency_is_unknown_and_the_order_is_kept(grand_total):
    """An empty text in one amount rejected the whole order with all its lines."""
    signals = Counter()
    line = item_with(proceeds={"proceedsTotal": {"amount": "", "currencyCode": ""}})
    order, items = parsed(an_order(proceeds={"grandTotal": grand_total}, orderItems=[line]), signals)
    assert (order["order_total"], order["currency"], items[0]["item_proceeds"]) == (None, None, None)
    assert items[0]["unit_price"] == "203.00"
    assert not validate(ORDERS, [order])[1]
    assert not validate(ORDER_ITEMS, items)[1]
    assert sum(signals.values()) == (1 if grand_total.get("amount") else 0), "an amount without currency is told"


def test_kinds_of_proceeds_that_come_twice_are_added():
    """searchOrders kept the last of two TAX entries, while the report added them."""
    parts = [("ITEM", "400.00"), ("TAX", "1.10"), ("TAX", "2.20"), ("SHIPPING", "40"), ("DISCOUNT", "-5.00")]
    proceeds = {"breakdowns": [{"type": kind, "subtotal": money(amount)} for kind, amount in parts]}
    _, items = parsed(an_order(orderItems=[item_with(proceeds=proceeds)]))
    (row,), refused = validate(ORDER_ITEMS, items)
    assert not refused
    assert (row["item_subtotal"], row["tax_total"], row["shipping_subtotal"], row["discount_total"]) == (
        Decimal(400),
        Decimal("3.30"),
        Decimal(40),
        Decimal(5),
    )


def test_an_amount_in_another_currency_than_the_rest_of_its_line_is_unknown_and_told():
    signals = Counter()
    breakdowns = [
        {"type": "ITEM", "subtotal": money("406.00")},
        {"type": "SHIPPING", "subtotal": {"amount": "3.00", "currencyCode": "USD"}},
    ]
    proceeds = {"proceedsTotal": money("406.00"), "breakdowns": breakdowns}
    _, items = parsed(an_order(orderItems=[item_with(proceeds=proceeds)]), signals)
    assert (items[0]["currency"], items[0]["item_subtotal"], items[0]["shipping_subtotal"]) == ("INR", "406.00", None)
    assert sum(signals.values()) == 1


def test_an_order_has_the_sellers_own_id():
    alias = [{"aliasType": "SELLER_ORDER_ID", "aliasId": "BOOKS-1"}]
    assert parsed(an_order(orderAliases=alias))[0]["seller_order_id"] == "BOOKS-1"
