"""order_items: one row per order line, loaded together with its order."""

from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

from typing_extensions import TypedDict

from xpert_pipeline.assets.orders.amounts import Money, in_one_currency, money_of, whole, without_sign
from xpert_pipeline.sources.collect import Row
from xpert_pipeline.tables.about import About
from xpert_pipeline.tables.columns import Null
from xpert_pipeline.tables.contract import Table
from xpert_pipeline.tables.fields import Amount, Currency, Flag, Id, Instant, MarketplaceId, Quantity, Text


class OrderItemRow(TypedDict):
    """One order line. (order, SKU) is not a key, because an order may have two lines with the same SKU."""

    marketplace_id: MarketplaceId
    order_id: Annotated[Id, "Amazon's order id."]
    order_item_id: Annotated[Id, "Amazon's id of the order line."]
    asin: Annotated[Text | None, "ASIN that was sold."]
    sku: Annotated[Text | None, "The seller's own SKU."]
    title: Annotated[Text | None, "Title at the time of the sale."]
    condition_type: Annotated[Text | None, "Condition of the item.", Null("The order was loaded from the report.")]
    quantity_ordered: Annotated[Quantity, "Units ordered; can be 0."]
    quantity_fulfilled: Annotated[
        Quantity | None, "Units shipped.", Null("Not known: the order came with the report and is partly shipped.")
    ]
    quantity_unfulfilled: Annotated[
        Quantity | None,
        "Units still to ship.",
        Null("Not known: the order came with the report and is partly shipped."),
    ]
    unit_price: Annotated[
        Amount | None,
        "Price of one unit, in the currency of the row. From the report: item_subtotal / quantity_ordered, if exact.",
        Null("Not known yet (pending), the quantity is 0, or the report's amount cannot be divided exactly."),
    ]
    currency: Annotated[
        Currency | None,
        "ISO 4217 code for all amounts of the row.",
        Null("No amount of the line is known."),
    ]
    price_designation: Annotated[
        Text | None,
        "Kind of price, such as BUSINESS_PRICE.",
        Null("It is an ordinary price, or the order was loaded from the report."),
    ]
    item_proceeds: Annotated[
        Amount | None,
        "Total of the line: all charges, less discounts. From the report: their sum, if the line has no tax.",
        Null("Not known yet (pending), or the order came with the report and has tax, which prices may include."),
    ]
    item_subtotal: Annotated[
        Amount | None,
        "Ordered product sales of the line.",
        Null("Not known yet (pending), or Amazon has no price for the line."),
    ]
    shipping_subtotal: Annotated[
        Amount | None,
        "Shipping charge of the line.",
        Null("There is none, or Amazon did not report it."),
    ]
    gift_wrap_subtotal: Annotated[
        Amount | None,
        "Gift wrap charge of the line.",
        Null("There is none, or Amazon did not report it."),
    ]
    cod_fee: Annotated[
        Amount | None,
        "Fee for cash on delivery.",
        Null("There is none, or Amazon did not report it."),
    ]
    tax_total: Annotated[
        Amount | None,
        "Tax on the line, on all of its charges.",
        Null("There is none, or Amazon did not report it."),
    ]
    discount_total: Annotated[
        Amount | None,
        "Discounts on the line, as a positive amount.",
        Null("There are none, or Amazon did not report them."),
    ]
    promotion_ids: Annotated[
        list[Text] | None, "Ids of the promotions that were applied.", Null("No promotion was applied.")
    ]
    is_cancelled: Annotated[Flag, "Whether the line or its whole order is cancelled."]
    cancel_requested: Annotated[
        Flag | None,
        "Whether the buyer asked to cancel.",
        Null("The order was loaded from the report."),
    ]
    cancelled_by: Annotated[
        Text | None,
        "Who cancelled the line.",
        Null("The line itself was not cancelled, or the order was loaded from the report."),
    ]
    cancel_reason: Annotated[
        Text | None,
        "Reason for the cancellation, or for the request to cancel.",
        Null("There is neither, or the order was loaded from the report."),
    ]
    programs: Annotated[
        list[Text] | None,
        "Amazon programmes that apply to the line.",
        Null("The order was loaded from the report, or Amazon did not report it."),
    ]
    purchase_date: Annotated[Instant, "When the order was placed."]
    order_date: Annotated[date, "Marketplace-local day of the purchase; the partition."]
    last_updated_at: Annotated[
        Instant,
        "When the order last changed at Amazon. A newer state of the row replaces an older one.",
    ]


ORDER_ITEMS = Table(
    "order_items",
    OrderItemRow,
    key=("marketplace_id", "order_id", "order_item_id"),
    day="order_date",
    version="last_updated_at",
    replaced_by=("marketplace_id", "order_id"),
    about=About(
        grain="an order line",
        source="loaded together with its order",
        freshness="As fresh as orders.",
        restatement="A new state of an order replaces all of its lines. Amounts of pending orders are NULL until "
        "Amazon knows them.",
        example="select sku, sum(quantity_ordered) as units, sum(item_subtotal) as sales, currency from order_items\n"
        "where not is_cancelled and order_date >= current_date - 7 group by sku, currency order by units desc;",
    ),
)
BREAKDOWNS = {
    "ITEM": "item_subtotal",
    "SHIPPING": "shipping_subtotal",
    "GIFT_WRAP": "gift_wrap_subtotal",
    "COD_FEE": "cod_fee",
    "TAX": "tax_total",
    "DISCOUNT": "discount_total",
}
OF_THE_ORDER = ("marketplace_id", "order_id", "purchase_date", "order_date", "last_updated_at")


def parse_item(item: Mapping[str, Any], order: Mapping[str, Any], signals: Counter[str]) -> Row:
    """Parse one order line of searchOrders v2026-01-01, with the columns that it shares with its order."""
    product = item.get("product") or {}
    price = product.get("price") or {}
    fulfillment = item.get("fulfillment") or {}
    cancellation = item.get("cancellation") or {}
    execution, request = cancellation.get("cancellationExecution"), cancellation.get("cancellationRequest")
    amounts, currency = in_one_currency(_amounts(item.get("proceeds") or {}, price.get("unitPrice")), signals)
    return {
        **of_order(order),
        "order_item_id": item.get("orderItemId"),
        "asin": product.get("asin"),
        "sku": product.get("sellerSku"),
        "title": product.get("title"),
        "condition_type": (product.get("condition") or {}).get("conditionType"),
        "quantity_ordered": whole(item.get("quantityOrdered")),
        "quantity_fulfilled": whole(fulfillment.get("quantityFulfilled")),
        "quantity_unfulfilled": whole(fulfillment.get("quantityUnfulfilled")),
        **amounts,
        "discount_total": without_sign(amounts["discount_total"]),
        "currency": currency,
        "price_designation": price.get("priceDesignation"),
        "promotion_ids": _promotions(item.get("promotion")),
        "is_cancelled": execution is not None or order["fulfillment_status"] == "CANCELLED",
        "cancel_requested": request is not None,
        "cancelled_by": (execution or {}).get("cancelledBy"),
        "cancel_reason": (execution or request or {}).get("cancelReason"),
        "programs": item.get("programs"),
    }


def of_order(order: Mapping[str, Any]) -> Row:
    """Return the columns that a line shares with its order."""
    return {name: order[name] for name in OF_THE_ORDER}


def _promotions(promotion: Mapping[str, Any] | None) -> list[str] | None:
    entries = (promotion or {}).get("breakdowns") or ()
    return [entry["promotionId"] for entry in entries if entry.get("promotionId")] or None


def _amounts(proceeds: Mapping[str, Any], unit_price: Mapping[str, Any] | None) -> dict[str, list[Money]]:
    """The parts of each amount of a line. A kind of proceeds may come more than once; its parts are added."""
    parts: dict[str, list[Money]] = {
        "item_proceeds": [money_of(proceeds.get("proceedsTotal"))],
        "unit_price": [money_of(unit_price)],
        **{column: [] for column in BREAKDOWNS.values()},
    }
    for entry in proceeds.get("breakdowns") or ():
        if column := BREAKDOWNS.get(entry.get("type", "")):
            parts[column].append(money_of(entry.get("subtotal")))
    return parts
