"""The rows that a perfect pipeline would hold of seller economics and of traffic, a day each. Amounts are text.

They are what Data Kiosk tells once nothing is missing: economics by MSKU, traffic by child ASIN.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from xpert_pipeline.sandbox.kiosk_view import View, view_of
from xpert_pipeline.sandbox.listings_payload import fn_sku
from xpert_pipeline.sandbox.marketplaces import INDIA, STORES
from xpert_pipeline.sandbox.traffic_payload import asin_sales, asin_traffic
from xpert_pipeline.sandbox.world import charges, money
from xpert_pipeline.sandbox.world.charges import Charge, UnitCost
from xpert_pipeline.sandbox.world.economy import Economy, active_skus
from xpert_pipeline.sandbox.world.records import World
from xpert_pipeline.sandbox.world.traffic import Traffic, seen_skus
from xpert_pipeline.sandbox.world.visits import NOBODY, Visits

Row = dict[str, Any]
ALWAYS = 253_402_300_000.0
"""A time after everything: the truth hides nothing."""
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


def economics_daily(world: World, *, restated: bool = False) -> Iterator[Row]:
    """One row for each MSKU and day that something was sold, refunded or charged of."""
    view = view_of(world, ALWAYS)
    for day in range(view.ledger.first, view.ledger.last + 1):
        for sku in sorted(active_skus(view.ledger, INDIA, day)):
            economy = Economy()
            economy.add(view.ledger, INDIA, day, sku, restated=restated)
            yield _economics_row(view, day, sku, economy)


def traffic_daily(world: World) -> Iterator[Row]:
    """One row for each child ASIN and day with a visit, a sale, a shipment or a refund."""
    view = view_of(world, ALWAYS)
    for day in range(view.ledger.first, view.ledger.last + 1):
        asins: dict[str, list[tuple[str, Visits]]] = {}
        for sku, found in seen_skus(view.ledger, INDIA, day).items():
            asins.setdefault(view.ledger.listings[sku].asin, []).append((sku, found))
        for asin in sorted(asins):
            yield _traffic_row(view, day, asin, asins[asin])


def _economics_row(view: View, day: int, sku: str, economy: Economy) -> Row:
    listing, count = view.ledger.listings[sku], economy.count
    cost = charges.unit_cost(listing)
    return {
        "marketplace_id": INDIA,
        "business_date": date.fromordinal(day).isoformat(),
        "sku": sku,
        "asin": listing.asin,
        "parent_asin": view.parent(listing),
        "fn_sku": fn_sku(listing),
        "units_ordered": count.units,
        "units_refunded": count.refunded,
        "net_units": economy.net_units,
        "ops": _text(count.sales),
        "refunded_sales": _text(count.refunded_sales),
        "net_product_sales": _text(economy.net_sales),
        "asp": _text(economy.asp),
        "fees_total": _text(economy.fees_total),
        "fees": _charges(economy.fees.values()),
        "ads_total": _text(economy.ads_total),
        "ads": _charges(economy.ads.values()),
        "net_proceeds": _text(economy.net_proceeds),
        "net_proceeds_per_unit": _text(economy.net_proceeds_per_unit),
        **_costs(cost),
        "currency": CURRENCY,
    }


def _costs(cost: UnitCost | None) -> Row:
    return {
        "cost_of_goods_sold": _text(cost.goods) if cost else None,
        "miscellaneous_cost": _text(cost.miscellaneous) if cost else None,
        "fulfillment_cost": _text(cost.fulfilment) if cost else None,
    }


def _charges(found: Iterable[Charge]) -> list[Row]:
    return [
        {
            "type": charge.type,
            "amount": _text(charge.amount),
            "promotion": _text(charge.promotion),
            "tax": _text(charge.tax),
            "total": _text(charge.total),
            "quantity": charge.quantity,
        }
        for charge in found
    ]


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
    return _text(value) if isinstance(value, Decimal) else value


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else money.written(amount)
