"""Row contracts of orders and order items (Orders v2026-01-01 `searchOrders`, XML all-orders reports)."""

from datetime import date
from typing import Any

from typing_extensions import TypedDict

from xpert_pipeline.tables.contract import Table
from xpert_pipeline.tables.fields import Amount, Currency, Flag, Id, Instant, Quantity, Text


class OrderRow(TypedDict):
    """One order in its newest known state. Key: marketplace, order id."""

    marketplace_id: Id
    order_id: Id
    seller_order_id: Text | None
    purchase_date: Instant
    order_date: date
    last_updated_at: Instant
    fulfillment_status: Id
    fulfilled_by: Text | None
    service_level: Text | None
    sales_channel: Id
    programs: list[Text] | None
    is_prime: Flag | None
    is_business: Flag | None
    is_easy_ship: Flag | None
    order_total: Amount | None
    currency: Currency | None
    proceeds_breakdowns: Any
    earliest_ship_at: Instant | None
    latest_ship_at: Instant | None
    earliest_delivery_at: Instant | None
    latest_delivery_at: Instant | None
    item_count: Quantity
    units_ordered: Quantity
    replaced_order_id: Text | None
    payment_methods: list[Text] | None


class OrderItemRow(TypedDict):
    """One line of an order. Key: marketplace, order id, order item id. (order, SKU) is no key: lines may be equal."""

    marketplace_id: Id
    order_id: Id
    order_item_id: Id
    asin: Text | None
    sku: Text | None
    title: Text | None
    condition_type: Text | None
    quantity_ordered: Quantity
    quantity_fulfilled: Quantity | None
    quantity_unfulfilled: Quantity | None
    unit_price: Amount | None
    currency: Currency | None
    price_designation: Text | None
    item_proceeds: Amount | None
    item_subtotal: Amount | None
    shipping_subtotal: Amount | None
    gift_wrap_subtotal: Amount | None
    cod_fee: Amount | None
    tax_total: Amount | None
    discount_total: Amount | None
    promotion_ids: list[Text] | None
    is_cancelled: Flag
    cancel_requested: Flag | None
    cancelled_by: Text | None
    cancel_reason: Text | None
    programs: list[Text] | None
    purchase_date: Instant
    order_date: date
    last_updated_at: Instant


ORDERS = Table("orders", OrderRow, key=("marketplace_id", "order_id"), day="order_date", version="last_updated_at")
ORDER_ITEMS = Table(
    "order_items",
    OrderItemRow,
    key=("marketplace_id", "order_id", "order_item_id"),
    day="order_date",
    version="last_updated_at",
    replaced_by=("marketplace_id", "order_id"),
)
