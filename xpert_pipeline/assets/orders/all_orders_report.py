"""Orders and their lines from the XML all-orders report, which has only some of the columns."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from xpert_pipeline.assets.orders.amounts import (
    Money,
    in_one_currency,
    is_zero,
    less,
    share_of,
    total_of,
    whole,
    without_sign,
)
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
        "programs",
        "is_prime",
        "is_easy_ship",
        "proceeds_breakdowns",
        "earliest_ship_at",
        "latest_ship_at",
        "earliest_delivery_at",
        "latest_delivery_at",
        "replaced_order_id",
    )
)
ITEMS_LACK = frozenset(
    (
        "condition_type",
        "price_designation",
        "cancel_requested",
        "cancelled_by",
        "cancel_reason",
        "programs",
    )
)
ORDERS_INFERRED = ("seller_order_id", "order_total", "currency")
ITEMS_INFERRED = (
    "quantity_fulfilled",
    "quantity_unfulfilled",
    "unit_price",
    "item_proceeds",
    "shipping_subtotal",
    "gift_wrap_subtotal",
    "cod_fee",
    "tax_total",
    "discount_total",
)
CHARGES = {
    "Principal": "item_subtotal",
    "Shipping": "shipping_subtotal",
    "GiftWrap": "gift_wrap_subtotal",
    "COD": "cod_fee",
    "CODFee": "cod_fee",
    "Tax": "tax_total",
    "ShippingTax": "tax_total",
    "GiftWrapTax": "tax_total",
    "CODTax": "tax_total",
    "CODFeeTax": "tax_total",
}
"""Components of an item's price, and the column that each is added to."""
SUMMED = ("item_subtotal", "shipping_subtotal", "gift_wrap_subtotal", "cod_fee")


def parse_report_order(record: Mapping[str, Any], market: Market, signals: Counter[str]) -> Rows:
    """Parse one order of the report into its row and the rows of its lines, with the columns that the report has.

    Some values follow from others: totals from the charges of the lines, shipped units from the status of the line.
    What does not follow exactly stays unknown. Elements and charges that are new are counted.
    """
    for name in record.get("unknown") or ():
        signals[f"unknown element {name} in the report"] += 1
    order: Row = {
        "marketplace_id": market.id,
        "order_id": record.get("order_id"),
        "seller_order_id": record.get("merchant_order_id"),
        **order_times(record.get("purchase_date"), record.get("last_updated"), market.zone),
        "fulfillment_status": report_status(record.get("status"), signals),
        "fulfilled_by": code(record.get("fulfillment_channel")),
        "service_level": code(record.get("service_level")),
        "sales_channel": sales_channel(record.get("sales_channel"), signals),
        "is_business": record.get("is_business"),
    }
    items = [_item(item, order, signals) for item in record.get("items") or ()]
    return [order | counts(items) | _total(items)], items


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


def _item(item: Mapping[str, Any], order: Mapping[str, Any], signals: Counter[str]) -> Row:
    status, units = item.get("status"), whole(item.get("quantity"))
    is_cancelled = status in CANCELLED_IN_REPORTS or order["fulfillment_status"] == "CANCELLED"
    return {
        **of_order(order),
        "order_item_id": item.get("item_id"),
        "asin": item.get("asin"),
        "sku": item.get("sku"),
        "title": item.get("title"),
        "quantity_ordered": units,
        **_shipped("CANCELLED" if is_cancelled else code(status), units),
        **_amounts(item, units, signals),
        "promotion_ids": item.get("promotion_ids") or None,
        "is_cancelled": is_cancelled,
    }


def _amounts(item: Mapping[str, Any], units: Any, signals: Counter[str]) -> Row:
    parts: dict[str, list[Money]] = {column: [] for column in (*CHARGES.values(), "discount_total")}
    parts["discount_total"] += [(without_sign(amount), currency) for amount, currency in item.get("discounts") or ()]
    unknown = [kind for kind in item["prices"] if kind not in CHARGES]
    for kind in unknown:
        signals[f"unknown price component {kind} in the report"] += 1
    for kind, column in CHARGES.items():
        if price := item["prices"].get(kind):
            parts[column].append(price)
    amounts, currency = in_one_currency(parts, signals)
    is_whole = not unknown and all(amounts[name] is not None for name, some in parts.items() if any(a for a, _ in some))
    return {
        **amounts,
        "currency": currency,
        "unit_price": share_of(amounts["item_subtotal"], units),
        "item_proceeds": _proceeds(amounts) if is_whole else None,
    }


def _proceeds(amounts: Mapping[str, Any]) -> Any:
    """All charges less discounts; None if the price is not known, or if there is tax: prices may include it or not."""
    if amounts["item_subtotal"] is None or not is_zero(amounts["tax_total"]):
        return None
    charges = [amounts[name] for name in SUMMED if amounts[name] is not None]
    if not is_zero(amounts["discount_total"]):
        charges.append(less(amounts["discount_total"]))
    return total_of(charges)


def _shipped(status: str | None, units: Any) -> Row:
    """Units shipped and still to ship, where the status of the line tells."""
    if status == "CANCELLED":
        return {"quantity_fulfilled": 0, "quantity_unfulfilled": 0}
    if status == "SHIPPED":
        return {"quantity_fulfilled": units, "quantity_unfulfilled": 0}
    if status in ("UNSHIPPED", "PENDING", "PENDING_AVAILABILITY"):
        return {"quantity_fulfilled": 0, "quantity_unfulfilled": units}
    return {"quantity_fulfilled": None, "quantity_unfulfilled": None}


def _total(items: Sequence[Row]) -> Row:
    """The order's total, if the total of every line is known, in one currency."""
    currencies = {item["currency"] for item in items}
    total = total_of(item["item_proceeds"] for item in items) if len(currencies) == 1 else None
    return {"order_total": total, "currency": None if total is None else currencies.pop()}


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
    inferred=(ORDERS_INFERRED, ITEMS_INFERRED),
    created="purchase_date",
    trust=Trust("item_ids", _compare, "order item ids"),
)
