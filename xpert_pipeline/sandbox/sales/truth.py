"""The rows that a perfect pipeline would load for sales and traffic, by day. Amounts are text."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from xpert_pipeline.sandbox.domain import Row
from xpert_pipeline.sandbox.jobs.kiosk_view import ALWAYS, View, view_of
from xpert_pipeline.sandbox.sales.traffic_payload import asin_sales, asin_traffic
from xpert_pipeline.sandbox.serving.formats import amount_text
from xpert_pipeline.sandbox.world import money
from xpert_pipeline.sandbox.world.days import order_date, written_day
from xpert_pipeline.sandbox.world.ledger import Ledger
from xpert_pipeline.sandbox.world.order_charges import DISCOUNT, TAX, charge
from xpert_pipeline.sandbox.world.records import CANCELLED, Item, Order, World
from xpert_pipeline.sandbox.world.traffic import Traffic, seen_skus
from xpert_pipeline.sandbox.world.visits import NOBODY, Visits

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
    """Sums of one SKU and day."""

    orders: set[str] = field(default_factory=set)
    items: int = 0
    units: int = 0
    units_b2b: int = 0
    units_cancelled: int = 0
    units_without_price: int = 0
    amounts: list[str | None] = field(default_factory=list)
    amounts_b2b: list[str | None] = field(default_factory=list)
    shipped: int = 0
    discounts: list[str | None] = field(default_factory=list)
    taxes: list[str | None] = field(default_factory=list)
    currency: str | None = None

    def add(self, order: Order, item: Item) -> None:
        if item.cancelled or order.status == CANCELLED:
            self.units_cancelled += item.quantity
            return
        self.orders.add(order.id)
        self.items += 1
        self.units += item.quantity
        self.shipped += item.shipped
        if item.amount is None:
            self.units_without_price += item.quantity
        self.amounts.append(item.amount)
        self.discounts.append(charge(item, DISCOUNT))
        self.taxes.append(charge(item, TAX))
        self.currency = self.currency or (item.currency if item.amount is not None else None)
        if order.is_business:
            self.units_b2b += item.quantity
            self.amounts_b2b.append(item.amount)


def sales_data(world: World) -> Iterator[Row]:
    """Yield one row for each SKU and day with an item that Amazon sold, even if all items were cancelled."""
    for marketplace_id in world.marketplace_ids:
        for (day, sku), sold in sorted(_sku_days(world, marketplace_id).items()):
            yield _sales_row(marketplace_id, day, sku, sold)


def _sku_days(world: World, marketplace_id: str) -> dict[tuple[str, str], _SkuDay]:
    days: dict[tuple[str, str], _SkuDay] = {}
    for order in world.orders:
        if order.marketplace_id == marketplace_id and order.is_sale:
            day = order_date(order)
            for item in order.items:
                days.setdefault((day, item.sku), _SkuDay()).add(order, item)
    return days


def _sales_row(marketplace_id: str, day: str, sku: str, sold: _SkuDay) -> Row:
    ops = money.total(sold.amounts)
    priced = sold.units - sold.units_without_price
    return {
        "marketplace_id": marketplace_id,
        "sale_date": day,
        "sku": sku,
        "orders": len(sold.orders),
        "order_items": sold.items,
        "units_ordered": sold.units,
        "units_b2b": sold.units_b2b,
        "units_without_price": sold.units_without_price,
        "units_cancelled": sold.units_cancelled,
        "ops": ops,
        "ops_b2b": money.total(sold.amounts_b2b),
        "discount_total": money.total(sold.discounts),
        "tax_total": money.total(sold.taxes),
        "units_shipped": sold.shipped if sold.items else None,
        "currency": sold.currency,
        "asp": str((Decimal(ops) / priced).quantize(money.FINEST)) if ops and priced else None,
    }


def traffic_daily(world: World) -> Iterator[Row]:
    """Yield one row for each child ASIN and day with a visit, a sale, a shipment or a refund."""
    view = view_of(world, ALWAYS)
    for marketplace_id in world.marketplace_ids:
        ledger = view.ledger(marketplace_id)
        for day in range(ledger.first, ledger.last + 1):
            asins: dict[str, list[tuple[str, Visits]]] = {}
            for sku, visited in seen_skus(ledger, day).items():
                asins.setdefault(ledger.listings[sku].asin, []).append((sku, visited))
            for asin in sorted(asins):
                yield _traffic_row(view, ledger, day, asin, asins[asin])


def _traffic_row(view: View, ledger: Ledger, day: int, asin: str, cells: list[tuple[str, Visits]]) -> Row:
    traffic = Traffic()
    for sku, visited in cells:
        traffic.add(ledger, day, sku, visited)
    b2b, currency = ledger.sells_to_businesses, ledger.store.currency
    facts = asin_traffic(traffic, NOBODY, b2b=b2b) | asin_sales(traffic, currency, b2b=b2b)
    return {
        "marketplace_id": ledger.store.id,
        "business_date": written_day(day),
        "asin": asin,
        "parent_asin": view.parent(ledger.listings[cells[0][0]]),
        **{column: _plain(facts[name]) for column, name in (_TRAFFIC | _SALES).items()},
        "currency": currency,
    }


def _plain(value: Any) -> Any:
    """Return a figure as the table stores it: an amount without its currency, a decimal as text."""
    if isinstance(value, dict):
        value = value["amount"]
    return amount_text(value) if isinstance(value, Decimal) else value
