"""Orders of the XML all-orders report become the same rows as those of searchOrders, in the columns that it carries."""

from collections import Counter

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
    by_api = parse_order(an_order(), market_of(INDIA), Counter())
    by_report = parse_report_order(record, market_of(INDIA), Counter())
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
