"""Orders and their lines from the XML all-orders report, which has only some of the columns."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from xpert_pipeline.assets.orders.order_items import ORDER_ITEMS, of_order
from xpert_pipeline.assets.orders.orders import ORDERS, counts, order_times
from xpert_pipeline.assets.orders.words import CANCELLED_IN_REPORTS, code, report_status, sales_channel
from xpert_pipeline.sources.change_spans import BulkFeed, Trust
from xpert_pipeline.sources.collect import Row, Rows
from xpert_pipeline.sources.run import Market
from xpert_pipeline.spapi.operations.all_orders_report import read_orders
from xpert_pipeline.spapi.operations.item_ids import compare_item_ids

ORDERS_LACK = frozenset(
    (
        "seller_order_id",
        "programs",
        "is_prime",
        "is_easy_ship",
        "order_total",
        "currency",
        "proceeds_breakdowns",
        "earliest_ship_at",
        "latest_ship_at",
        "earliest_delivery_at",
        "latest_delivery_at",
        "replaced_order_id",
        "payment_methods",
    )
)
ITEMS_LACK = frozenset(
    (
        "condition_type",
        "quantity_fulfilled",
        "quantity_unfulfilled",
        "unit_price",
        "price_designation",
        "item_proceeds",
        "shipping_subtotal",
        "gift_wrap_subtotal",
        "cod_fee",
        "tax_total",
        "discount_total",
        "cancel_requested",
        "cancelled_by",
        "cancel_reason",
        "programs",
    )
)


def parse_report_order(record: Mapping[str, Any], market: Market, signals: Counter[str]) -> Rows:
    """Parse one order of the report into its row and the rows of its lines, with the columns that the report has."""
    order: Row = {
        "marketplace_id": market.id,
        "order_id": record.get("order_id"),
        **order_times(record.get("purchase_date"), record.get("last_updated"), market.zone),
        "fulfillment_status": report_status(record.get("status"), signals),
        "fulfilled_by": code(record.get("fulfillment_channel")),
        "service_level": code(record.get("service_level")),
        "sales_channel": sales_channel(record.get("sales_channel"), signals),
        "is_business": record.get("is_business"),
    }
    items = [_item(item, order) for item in record.get("items") or ()]
    return [order | counts(items)], items


def market_of_report_order(record: Mapping[str, Any], markets: Sequence[Market]) -> Market | None:
    """Return the marketplace of the order's sales channel.

    An order from another shop (Non-Amazon) belongs to the marketplace of the country it is shipped to, or else to the
    seller's first marketplace.
    """
    marketplace_id = record.get("marketplace_id")
    if marketplace_id is not None:
        return next((market for market in markets if market.id == marketplace_id), None)
    country = (record.get("ship_country") or "").upper()
    return next((market for market in markets if market.place.country == country), markets[0])


def _item(item: Mapping[str, Any], order: Mapping[str, Any]) -> Row:
    amount, currency = item["prices"].get("Principal", (None, None))
    return {
        **of_order(order),
        "order_item_id": item.get("item_id"),
        "asin": item.get("asin"),
        "sku": item.get("sku"),
        "title": item.get("title"),
        "quantity_ordered": item.get("quantity"),
        "currency": currency,
        "item_subtotal": amount,
        "promotion_ids": item.get("promotion_ids") or None,
        "is_cancelled": item.get("status") in CANCELLED_IN_REPORTS or order["fulfillment_status"] == "CANCELLED",
    }


def _compare(page: Sequence[Any], report: Iterator[Any]) -> tuple[int, int]:
    comparison = compare_item_ids(page, report)
    return comparison.compared, comparison.differing


ALL_ORDERS_REPORT = BulkFeed(
    types={
        "created": "GET_XML_ALL_ORDERS_DATA_BY_ORDER_DATE_GENERAL",
        "updated": "GET_XML_ALL_ORDERS_DATA_BY_LAST_UPDATE_GENERAL",
    },
    read=read_orders,
    parse=parse_report_order,
    place_of=market_of_report_order,
    columns=(
        tuple(name for name in ORDERS.columns if name not in ORDERS_LACK),
        tuple(name for name in ORDER_ITEMS.columns if name not in ITEMS_LACK),
    ),
    trust=Trust("item_ids", _compare, "order item ids"),
)
