"""orders: one row per order, from searchOrders or the XML all-orders report; `order_items` has its lines."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from typing_extensions import TypedDict

from xpert_pipeline.assets.orders.amounts import in_one_currency, money_of
from xpert_pipeline.assets.orders.order_items import parse_item
from xpert_pipeline.assets.orders.words import code, known_status, sales_channel
from xpert_pipeline.sources.collect import Row, Rows
from xpert_pipeline.sources.run import Market
from xpert_pipeline.sources.values import instant, plain
from xpert_pipeline.tables.about import About
from xpert_pipeline.tables.columns import At, Null, Unfilled
from xpert_pipeline.tables.contract import Table
from xpert_pipeline.tables.fields import Amount, Currency, Flag, Id, Instant, MarketplaceId, Quantity, Text


class OrderRow(TypedDict):
    """One order in its latest known state."""

    marketplace_id: MarketplaceId
    order_id: Annotated[Id, At("orderId"), "Amazon's order id."]
    seller_order_id: Annotated[
        Text | None,
        "The seller's own order id.",
        Null("The seller set none."),
    ]
    purchase_date: Annotated[Instant, "When the order was placed."]
    order_date: Annotated[date, "Marketplace-local day of the purchase; the partition."]
    last_updated_at: Annotated[
        Instant,
        "When the order last changed at Amazon. A newer state of the row replaces an older one.",
    ]
    fulfillment_status: Annotated[Id, "PENDING, UNSHIPPED, PARTIALLY_SHIPPED, SHIPPED, CANCELLED and others."]
    fulfilled_by: Annotated[Text | None, "AMAZON or MERCHANT."]
    service_level: Annotated[Text | None, "Shipping service level, such as STANDARD or SECOND_DAY."]
    sales_channel: Annotated[
        Id,
        "AMAZON: a sale on Amazon. NON_AMAZON: an order of another shop that Amazon only ships, not a sale.",
    ]
    programs: Annotated[
        list[Text] | None,
        "Amazon programmes that apply to the order, such as PRIME or AMAZON_BUSINESS.",
        Null("The order was loaded from the report, or Amazon did not report it."),
    ]
    is_prime: Annotated[
        Flag | None,
        "Whether a Prime member placed the order.",
        Null("The order was loaded from the report."),
    ]
    is_business: Annotated[Flag | None, "Whether a business placed the order."]
    is_easy_ship: Annotated[
        Flag | None,
        "Whether the order ships with Amazon Easy Ship.",
        Null("The order was loaded from the report."),
    ]
    order_total: Annotated[
        Amount | None,
        "Grand total, in the currency of the row. From the report: the sum of the lines' item_proceeds, if all are "
        "known and have one currency.",
        Null("Not known yet (pending), or the order came with the report and a line's total is not known."),
    ]
    currency: Annotated[Currency | None, "ISO 4217 code for order_total.", Null("The total is not known.")]
    proceeds_breakdowns: Annotated[
        Any, "Proceeds by type, as Amazon reports them.", Null("The order was loaded from the report.")
    ]
    earliest_ship_at: Annotated[
        Instant | None,
        "Start of the ship-by window.",
        Null("The order was loaded from the report."),
    ]
    latest_ship_at: Annotated[
        Instant | None,
        "End of the ship-by window.",
        Null("The order was loaded from the report."),
    ]
    earliest_delivery_at: Annotated[
        Instant | None,
        "Start of the promised delivery window.",
        Null("The order was loaded from the report."),
    ]
    latest_delivery_at: Annotated[
        Instant | None,
        "End of the promised delivery window.",
        Null("The order was loaded from the report."),
    ]
    item_count: Annotated[Quantity, "Number of order lines."]
    units_ordered: Annotated[Quantity, "Units ordered, summed over all lines."]
    replaced_order_id: Annotated[
        Text | None,
        "Id of the order that this one replaces.",
        Null("It replaces none, or the order was loaded from the report."),
        Unfilled("its seller replaces no order."),
    ]


ORDERS = Table(
    "orders",
    OrderRow,
    key=("marketplace_id", "order_id"),
    day="order_date",
    version="last_updated_at",
    about=About(
        grain="an order in its latest known state",
        source="Orders v2026-01-01 searchOrders, or the XML all-orders report if that is faster",
        freshness="Every sync reads the changes, and so does the delta job every few minutes.",
        restatement="A newer state of an order replaces an older one. The report lacks some columns: they are NULL "
        "until a later run has requests to spare and reads the order with searchOrders, newest first.",
        example="select order_id, purchase_date, latest_ship_at, units_ordered from orders\n"
        "where fulfillment_status in ('UNSHIPPED', 'PARTIALLY_SHIPPED')\n"
        "order by latest_ship_at nulls last, purchase_date;",
    ),
)
FIELDS = frozenset(
    (
        "orderId",
        "orderAliases",
        "createdTime",
        "lastUpdatedTime",
        "programs",
        "associatedOrders",
        "salesChannel",
        "proceeds",
        "payment",
        "tax",
        "fulfillment",
        "orderItems",
        "packages",
        "fulfillmentOrders",
    )
)


def parse_order(payload: Mapping[str, Any], market: Market, signals: Counter[str]) -> Rows:
    """Parse one order of searchOrders v2026-01-01 into its row and the rows of its lines, with all columns.

    A field that Amazon did not send is None, never 0. The row contract rejects missing or malformed values; unknown
    fields and statuses are counted.
    """
    for field in payload.keys() - FIELDS:
        signals[f"unknown order field {field}"] += 1
    fulfillment, proceeds = payload.get("fulfillment") or {}, payload.get("proceeds") or {}
    ship, deliver = fulfillment.get("shipByWindow") or {}, fulfillment.get("deliverByWindow") or {}
    programs = payload.get("programs")
    total, currency = in_one_currency({"order_total": [money_of(proceeds.get("grandTotal"))]}, signals)
    order: Row = {
        "marketplace_id": market.id,
        "order_id": payload.get("orderId"),
        "seller_order_id": _labelled(payload.get("orderAliases"), "aliasType", "SELLER_ORDER_ID", "aliasId"),
        **order_times(payload.get("createdTime"), payload.get("lastUpdatedTime"), market.zone),
        "fulfillment_status": known_status(fulfillment.get("fulfillmentStatus"), signals),
        "fulfilled_by": code(fulfillment.get("fulfilledBy")),
        "service_level": code(fulfillment.get("fulfillmentServiceLevel")),
        "sales_channel": sales_channel((payload.get("salesChannel") or {}).get("channelName"), signals),
        "programs": programs,
        "is_prime": _has(programs, "PRIME"),
        "is_business": _has(programs, "AMAZON_BUSINESS"),
        "is_easy_ship": _has(programs, "AMAZON_EASY_SHIP"),
        **total,
        "currency": currency,
        "proceeds_breakdowns": plain(proceeds.get("breakdowns")),
        "earliest_ship_at": instant(ship.get("earliestDateTime")),
        "latest_ship_at": instant(ship.get("latestDateTime")),
        "earliest_delivery_at": instant(deliver.get("earliestDateTime")),
        "latest_delivery_at": instant(deliver.get("latestDateTime")),
        "replaced_order_id": _labelled(
            payload.get("associatedOrders"), "associationType", "REPLACEMENT_ORIGINAL_ID", "orderId"
        ),
    }
    items = [parse_item(item, order, signals) for item in payload.get("orderItems") or ()]
    return [order | counts(items)], items


def market_of_order(payload: Mapping[str, Any], markets: Sequence[Market]) -> Market | None:
    """The marketplace that searchOrders names; the seller's first one if it names none."""
    marketplace_id = (payload.get("salesChannel") or {}).get("marketplaceId")
    if marketplace_id is None:
        return markets[0]
    return next((market for market in markets if market.id == marketplace_id), None)


def counts(items: Sequence[Row]) -> Row:
    """Count the lines and units of an order."""
    quantities = [item["quantity_ordered"] for item in items]
    units = sum(quantity for quantity in quantities if isinstance(quantity, int))  # with any other, no row is kept
    return {"item_count": len(items), "units_ordered": units}


def order_times(created: str | None, updated: str | None, zone: ZoneInfo) -> dict[str, datetime | date | None]:
    """Times of an order, and the marketplace-local day on which it was placed."""
    purchased = instant(created)
    return {
        "purchase_date": purchased,
        "order_date": purchased.astimezone(zone).date() if purchased and purchased.tzinfo else None,
        "last_updated_at": instant(updated),
    }


def _has(programs: list[str] | None, program: str) -> bool:
    return program in (programs or ())


def _labelled(entries: list[dict[str, Any]] | None, label: str, wanted: str, value: str) -> Any:
    return next((entry.get(value) for entry in entries or () if entry.get(label) == wanted), None)
