"""Orders of the XML all-orders report become the same rows as those of searchOrders, in the columns that it carries."""

from collections import Counter
from decimal import Decimal

import pytest

from xpert_pipeline.assets.orders.all_orders_report import (
    ALL_ORDERS_REPORT,
    ITEMS_LACK,
    ORDERS_LACK,
    market_of_report_order,
    parse_report_order,
)
from xpert_pipeline.assets.orders.order_items import ORDER_ITEMS
from xpert_pipeline.assets.orders.orders import ORDERS, parse_order
from xpert_pipeline.tables.validation import validate
from xpert_pipeline_tests.assets.orders.payloads import INDIA, an_order, market_of

GERMANY, FRANCE = "A1PA6795UKMFR9", "A13V1IB3VIYZZH"


def a_record(**item):
    """An order of the report with one line."""
    return {
        "order_id": "171-0000001-0000001",
        "merchant_order_id": "BOOKS-1",
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
                "discounts": [],
            }
            | item
        ],
    }


def parsed(record, signals=None):
    """The order's row and those of its lines, each as its table keeps it."""
    rows = parse_report_order(record, market_of(INDIA), signals if signals is not None else Counter())
    kept = [
        validate(table, some, columns)
        for table, some, columns in zip((ORDERS, ORDER_ITEMS), rows, ALL_ORDERS_REPORT.columns, strict=True)
    ]
    assert [refused for _, refused in kept] == [[], []]
    ((order,), _), (items, _) = kept
    return order, items


def test_the_report_fills_the_same_columns_with_the_same_values():
    own_id = [{"aliasType": "SELLER_ORDER_ID", "aliasId": "BOOKS-1"}]
    line = an_order()["orderItems"][0] | {"fulfillment": {"quantityFulfilled": 2, "quantityUnfulfilled": 0}}
    by_api = parse_order(an_order(orderAliases=own_id, orderItems=[line]), market_of(INDIA), Counter())
    by_report = parse_report_order(a_record(), market_of(INDIA), Counter())
    for place, (table, lacking) in enumerate(((ORDERS, ORDERS_LACK), (ORDER_ITEMS, ITEMS_LACK))):
        carried = tuple(name for name in table.columns if name not in lacking)
        assert ALL_ORDERS_REPORT.columns[place] == carried
        (one,), (other,) = (validate(table, rows[place], carried)[0] for rows in (by_api, by_report))
        for column in carried:
            assert one[column] == other[column], f"{table.name}.{column}"


@pytest.mark.parametrize(
    ("status", "stored"),
    [
        ("PartiallyShipped", "PARTIALLY_SHIPPED"),
        ("Canceled", "CANCELLED"),
        ("Cancelled", "CANCELLED"),
        ("Pending", "PENDING"),
    ],
)
def test_report_statuses_are_stored_as_those_of_the_api(status, stored):
    record = {"status": status, "items": [], "purchase_date": None, "last_updated": None}
    (order,), _ = parse_report_order(record, market_of(INDIA), Counter())
    assert order["fulfillment_status"] == stored


@pytest.mark.parametrize(
    ("record", "place"),
    [
        ({"marketplace_id": GERMANY, "ship_country": "IN"}, GERMANY),
        ({"marketplace_id": FRANCE, "ship_country": "DE"}, None),
        ({"marketplace_id": None, "ship_country": "DE"}, GERMANY),
        ({"marketplace_id": None, "ship_country": "de"}, GERMANY),
        ({"marketplace_id": None, "ship_country": "FR"}, INDIA),
        ({"marketplace_id": None, "ship_country": None}, INDIA),
    ],
)
def test_an_order_belongs_to_its_sales_channel_or_to_where_it_is_shipped(record, place):
    """Orders of other shops name no marketplace of Amazon; a store that the seller does not have gets none."""
    market = market_of_report_order(record, [market_of(INDIA), market_of(GERMANY)])
    assert (market.id if market else None) == place


def test_all_charges_of_a_line_are_read_and_its_total_follows():
    """Only the price was read, so order totals were NULL in every row after the first sync."""
    prices = {"Principal": ("406.00", "INR"), "Shipping": ("40.00", "INR"), "GiftWrap": ("25", "INR")}
    discounts = [("10.00", "INR"), ("5.00", "INR")]
    order, (item,) = parsed(a_record(prices=prices | {"CODFee": ("30.00", "INR")}, discounts=discounts))
    assert (item["shipping_subtotal"], item["gift_wrap_subtotal"], item["cod_fee"]) == (40, 25, 30)
    assert (item["unit_price"], item["discount_total"], item["tax_total"]) == (203, 15, None)
    assert item["item_proceeds"] == order["order_total"] == Decimal(486)
    assert (order["currency"], order["seller_order_id"]) == ("INR", "BOOKS-1")
    assert (item["quantity_fulfilled"], item["quantity_unfulfilled"]) == (2, 0)


def test_a_total_with_tax_stays_unknown_because_prices_may_include_it():
    prices = {"Principal": ("406.00", "INR"), "Tax": ("20.30", "INR"), "ShippingTax": ("0.70", "INR")}
    order, (item,) = parsed(a_record(prices=prices))
    assert item["tax_total"] == 21
    assert (item["item_proceeds"], order["order_total"], order["currency"]) == (None, None, None)
    order, _ = parsed(a_record(prices=prices | {"Tax": ("0.00", "INR"), "ShippingTax": ("0", "INR")}))
    assert order["order_total"] == 406


@pytest.mark.parametrize(
    ("second", "total"),
    [
        ({"Principal": ("94.00", "INR")}, 500),
        ({}, None),
        ({"Principal": ("94.00", "USD")}, None),
        ({"Principal": ("94.00", "INR"), "Hologram": ("1.00", "INR")}, None),
    ],
    ids=["all known", "one without a price", "two currencies", "an unknown charge"],
)
def test_the_total_of_an_order_is_the_sum_of_its_lines_only_if_all_are_known_in_one_currency(second, total):
    signals, record = Counter(), a_record()
    record["items"].append(record["items"][0] | {"item_id": "00124", "prices": second})
    order, _ = parsed(record, signals)
    assert (order["order_total"], order["currency"]) == (total, "INR" if total else None)
    assert signals == ({"unknown price component Hologram in the report": 1} if "Hologram" in second else {})


@pytest.mark.parametrize(
    ("quantity", "unit_price"),
    [(1, Decimal(406)), (4, Decimal("101.5")), ("2.0", Decimal(203)), (3, None), (0, None)],
)
def test_a_unit_price_follows_from_the_amount_only_if_it_is_exact(quantity, unit_price):
    _, (item,) = parsed(a_record(quantity=quantity))
    assert item["unit_price"] == unit_price


@pytest.mark.parametrize(
    ("status", "shipped", "open_units"),
    [("Shipped", 2, 0), ("Unshipped", 0, 2), ("Pending", 0, 2), ("Cancelled", 0, 0), ("PartiallyShipped", None, None)],
)
def test_shipped_units_follow_from_the_status_of_the_line(status, shipped, open_units):
    _, (item,) = parsed(a_record(status=status))
    assert (item["quantity_fulfilled"], item["quantity_unfulfilled"]) == (shipped, open_units)


def test_new_elements_of_the_report_are_counted():
    signals = Counter()
    parsed(a_record() | {"unknown": ["OrderItem/Colour", "New"]}, signals)
    assert signals == {"unknown element OrderItem/Colour in the report": 1, "unknown element New in the report": 1}
