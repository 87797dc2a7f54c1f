"""The rows of sales and of traffic that a perfect pipeline would hold, a day each. Amounts are text."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from xpert_pipeline.sandbox.domain import Row
from xpert_pipeline.sandbox.jobs.kiosk_view import ALWAYS, View, view_of
from xpert_pipeline.sandbox.marketplaces import INDIA, STORES
from xpert_pipeline.sandbox.sales.traffic_payload import asin_sales, asin_traffic
from xpert_pipeline.sandbox.serving.formats import amount_text
from xpert_pipeline.sandbox.world import money
from xpert_pipeline.sandbox.world.days import order_date
from xpert_pipeline.sandbox.world.records import CANCELLED, Item, Order, World
from xpert_pipeline.sandbox.world.traffic import Traffic, seen_skus
from xpert_pipeline.sandbox.world.visits import NOBODY, Visits

CURRENCY = STORES[INDIA].currency
_TRAFFIC = {
    "sessions": "sessions",
    "sessions_b2b": "sessionsB2B",
    "browser_sessions": "browserSessions",
    "mobile_app_sessions": "mobileAppSessions",
    "page_views": "pageViews",
    "page_views_b2b": "pageViewsB2B",
    "browser_page_views": "browserPageViews",
    "mobile_app_page_views": "mobileAppPageViews",
    "buy_box_pct": "buyBoxPercentage",
    "buy_box_pct_b2b": "buyBoxPercentageB2B",
    "unit_session_pct": "unitSessionPercentage",
}
_SALES = {
    "units_ordered": "unitsOrdered",
    "units_ordered_b2b": "unitsOrderedB2B",
    "order_items": "totalOrderItems",
    "order_items_b2b": "totalOrderItemsB2B",
    "ops": "orderedProductSales",
    "ops_b2b": "orderedProductSalesB2B",
    "units_shipped": "unitsShipped",
    "shipped_sales": "shippedProductSales",
    "orders_shipped": "ordersShipped",
    "units_refunded": "unitsRefunded",
    "refund_rate": "refundRate",
}


@dataclass(slots=True)
class _SkuDay:
    """What one SKU sold on one day."""

    orders: set[str] = field(default_factory=set)
    items: int = 0
    units: int = 0
    units_b2b: int = 0
    units_cancelled: int = 0
    amounts: list[str | None] = field(default_factory=list)
    amounts_b2b: list[str | None] = field(default_factory=list)
    currency: str | None = None

    def add(self, order: Order, item: Item) -> None:
        if item.cancelled or order.status == CANCELLED:
            self.units_cancelled += item.quantity
            return
        self.orders.add(order.id)
        self.items += 1
        self.units += item.quantity
        self.amounts.append(item.amount)
        self.currency = self.currency or (item.currency if item.amount is not None else None)
        if order.is_business:
            self.units_b2b += item.quantity
            self.amounts_b2b.append(item.amount)


def sales_data(world: World) -> Iterator[Row]:
    """One row for each SKU and day with an item that Amazon sold, also where all of them were cancelled."""
    days: dict[tuple[str, str], _SkuDay] = {}
    for order in _ours(world):
        if order.is_sale:
            day = order_date(order.created)
            for item in order.items:
                days.setdefault((day, item.sku), _SkuDay()).add(order, item)
    for (day, sku), sold in sorted(days.items()):
        ops = money.total(sold.amounts)
        yield {
            "marketplace_id": INDIA,
            "sale_date": day,
            "sku": sku,
            "orders": len(sold.orders),
            "order_items": sold.items,
            "units_ordered": sold.units,
            "units_b2b": sold.units_b2b,
            "units_cancelled": sold.units_cancelled,
            "ops": ops,
            "ops_b2b": money.total(sold.amounts_b2b),
            "currency": sold.currency,
            "asp": str((Decimal(ops) / sold.units).quantize(money.FINEST)) if ops and sold.units else None,
        }


def traffic_daily(world: World) -> Iterator[Row]:
    """One row for each child ASIN and day with a visit, a sale, a shipment or a refund."""
    view = view_of(world, ALWAYS)
    for day in range(view.ledger.first, view.ledger.last + 1):
        asins: dict[str, list[tuple[str, Visits]]] = {}
        for sku, found in seen_skus(view.ledger, INDIA, day).items():
            asins.setdefault(view.ledger.listings[sku].asin, []).append((sku, found))
        for asin in sorted(asins):
            yield _traffic_row(view, day, asin, asins[asin])


def _ours(world: World) -> Iterator[Order]:
    return (order for order in world.orders if order.marketplace_id == INDIA)


def _traffic_row(view: View, day: int, asin: str, cells: list[tuple[str, Visits]]) -> Row:
    traffic = Traffic()
    for sku, found in cells:
        traffic.add(view.ledger, INDIA, day, sku, found)
    b2b = view.ledger.sells_to_businesses
    facts = asin_traffic(traffic, NOBODY, b2b=b2b) | asin_sales(traffic, CURRENCY, b2b=b2b)
    return {
        "marketplace_id": INDIA,
        "business_date": date.fromordinal(day).isoformat(),
        "asin": asin,
        "parent_asin": view.parent(view.ledger.listings[cells[0][0]]),
        **{column: _plain(facts[name]) for column, name in (_TRAFFIC | _SALES).items()},
        "currency": CURRENCY,
    }


def _plain(value: Any) -> Any:
    """A figure as the table has it: an amount without its currency, a decimal as text."""
    if isinstance(value, dict):
        value = value["amount"]
    return amount_text(value) if isinstance(value, Decimal) else value
