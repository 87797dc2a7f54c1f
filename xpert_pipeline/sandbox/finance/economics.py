"""Records of `economics` in the shape of Data Kiosk's schema analytics_economics_2024_03_15."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from xpert_pipeline.sandbox.jobs.kiosk_view import View
from xpert_pipeline.sandbox.jobs.periods import periods
from xpert_pipeline.sandbox.marketplaces import STORES
from xpert_pipeline.sandbox.world import charges
from xpert_pipeline.sandbox.world.charges import Charge
from xpert_pipeline.sandbox.world.digest import number
from xpert_pipeline.sandbox.world.economy import Economy, active_skus
from xpert_pipeline.sandbox.world.ledger import Ledger
from xpert_pipeline.sandbox.world.listing_facts import fn_sku
from xpert_pipeline.sandbox.world.money import CENT
from xpert_pipeline.sandbox.world.records import Listing

RESTATED = "economics-restated"
"""Name of the fault in which Amazon has corrected the charges of the last days."""
FEE_TOO_HIGH = "economics-fee-too-high"
"""Name of the fault in which one fee differs from the transactions: the first refund fee of the store."""
TOO_HIGH_BY = Decimal("1.00")
SALES_TOO_LOW = "economics-sales-too-low"
"""Name of the fault in which product sales differ from the orders: those of the first SKU and day with sales."""
TOO_LOW_BY = Decimal("0.50")
NULL_ENTRIES_IN = 200
"""One in this many records has a null at the end of its lists, which the schema allows. Empty lists stay empty, because
they mean that there was nothing."""


class Group(NamedTuple):
    """The subject of one record: a store, a period, a product and its days."""

    marketplace_id: str
    start: date
    end: date
    product: str
    cells: tuple[tuple[int, str], ...]


def economics_groups(view: View, arguments: Mapping[str, Any]) -> list[Group]:
    """Return the subject of each record of a query, in order, without figures."""
    aggregation = arguments.get("aggregateBy") or {}
    level = aggregation.get("productId") or "MSKU"
    return [
        group
        for marketplace_id in dict.fromkeys(arguments["marketplaceIds"])
        for period in periods(arguments["startDate"], arguments["endDate"], aggregation.get("date") or "DAY")
        for group in _groups_of(view, marketplace_id, period, level)
    ]


def _groups_of(view: View, marketplace_id: str, period: tuple[date, date], level: str) -> list[Group]:
    ledger, days = view.ledger(marketplace_id), list(view.days(marketplace_id, *period))
    if level == "MSKU" and len(days) == 1:
        return [Group(marketplace_id, *period, sku, ((days[0], sku),)) for sku in active_skus(ledger, days[0])]
    cells: dict[str, list[tuple[int, str]]] = {}
    for day in days:
        for sku in active_skus(ledger, day):
            cells.setdefault(_PRODUCTS[level](view, ledger.listings[sku]), []).append((day, sku))
    return [Group(marketplace_id, *period, product, tuple(sorted(cells[product]))) for product in sorted(cells)]


_PRODUCTS: dict[str, Callable[[View, Listing], str]] = {
    "MSKU": lambda _view, listing: listing.sku,
    "CHILD_ASIN": lambda _view, listing: listing.asin,
    "PARENT_ASIN": lambda view, listing: view.parent(listing),
}


def economics_record(view: View, arguments: Mapping[str, Any], group: Group) -> dict[str, Any]:
    """Return one record with every field of the schema. Amounts are Decimal."""
    level = (arguments.get("aggregateBy") or {}).get("productId") or "MSKU"
    ledger = view.ledger(group.marketplace_id)
    listing = ledger.listings[group.cells[0][1]]
    currency = STORES[group.marketplace_id].currency
    economy = Economy()
    for day, sku in group.cells:
        economy.add(
            ledger,
            day,
            sku,
            restated=RESTATED in view.faults,
            is_unsold=view.hides_sales(group.marketplace_id, day),
        )
    if FEE_TOO_HIGH in view.faults and _first_refund(ledger) in group.cells and charges.REFUND in economy.fees:
        fee = economy.fees[charges.REFUND]
        economy.fees[charges.REFUND] = fee._replace(amount=fee.amount + TOO_HIGH_BY)
    if SALES_TOO_LOW in view.faults and _first_sale(ledger) in group.cells:
        economy.count.sales -= TOO_LOW_BY
    drawn = number("nulls", group.product, group.start)
    padding = [None] if drawn % NULL_ENTRIES_IN == 0 else []
    leading = [None] if view.nulls else []
    fees = [_fee(group, charge, currency, leading) for charge in economy.fees.values()]
    ads = [{"adTypeName": charge.type, "charge": detail_of(charge, currency)} for charge in economy.ads.values()]
    return {
        "marketplaceId": group.marketplace_id,
        "startDate": group.start.isoformat(),
        "endDate": group.end.isoformat(),
        "parentAsin": view.parent(listing),
        "childAsin": None if level == "PARENT_ASIN" else listing.asin,
        "msku": listing.sku if level == "MSKU" else None,
        "fnsku": fn_sku(listing) if level == "MSKU" else None,
        "sales": _sales(economy, currency),
        "fees": [*leading, *fees, *(padding if fees else ())],
        "ads": None if view.nulls and drawn % 10 == 0 else [*leading, *ads, *(padding if ads else ())],
        "cost": cost_of(charges.unit_cost(listing), currency) if level == "MSKU" else None,
        "netProceeds": {
            "total": amount_of(economy.net_proceeds, currency),
            "perUnit": amount_of(economy.net_proceeds_per_unit, currency),
        },
    }


def _first_refund(ledger: Ledger) -> tuple[int, str] | None:
    """Return the first day on which a SKU was refunded, and the SKU."""
    return next(((day, sku) for day, sku in _cells(ledger) if ledger.of(day)[sku].everyone.refunded), None)


def _first_sale(ledger: Ledger) -> tuple[int, str] | None:
    """Return the first day on which a SKU was sold for money, and the SKU."""
    return next(((day, sku) for day, sku in _cells(ledger) if ledger.of(day)[sku].everyone.sales > TOO_LOW_BY), None)


def _cells(ledger: Ledger) -> Iterator[tuple[int, str]]:
    return ((day, sku) for day in range(ledger.first, ledger.last + 1) for sku in sorted(ledger.of(day)))


def _sales(economy: Economy, currency: str) -> dict[str, Any]:
    count = economy.count
    return {
        "orderedProductSales": amount_of(count.sales, currency),
        "refundedProductSales": amount_of(count.refunded_sales, currency),
        "netProductSales": amount_of(economy.net_sales, currency),
        "averageSellingPrice": amount_of(economy.asp, currency),
        "unitsOrdered": count.units,
        "unitsRefunded": count.refunded,
        "netUnitsSold": economy.net_units,
    }


def _fee(group: Group, charge: Charge, currency: str, leading: list[None]) -> dict[str, Any]:
    fee: dict[str, Any] = {
        "identifier": f"{number(group.marketplace_id, group.product, group.start, charge.type):016x}",
        "startDate": group.start.isoformat(),
        "endDate": group.end.isoformat(),
        "properties": [],
        "components": None,
        "aggregatedDetail": detail_of(charge, currency),
    }
    return {"feeTypeName": charge.type, "charge": fee, "charges": [*leading, fee]}


def detail_of(charge: Charge, currency: str) -> dict[str, Any]:
    """Return a charge as an AggregatedDetail."""
    per_unit = (charge.total / charge.quantity).quantize(CENT) if charge.quantity else None
    return {
        "amount": amount_of(charge.amount, currency),
        "promotionAmount": amount_of(charge.promotion, currency),
        "taxAmount": amount_of(charge.tax, currency),
        "totalAmount": amount_of(charge.total, currency),
        "quantity": None if charge.quantity is None else float(charge.quantity),
        "amountPerUnit": amount_of(per_unit, currency),
        "amountPerUnitDelta": None,
    }


def cost_of(cost: charges.UnitCost | None, currency: str) -> dict[str, Any] | None:
    """Return the costs that the seller has entered as a PerUnitCost."""
    if cost is None:
        return None
    return {
        "costOfGoodsSold": amount_of(cost.goods, currency),
        "miscellaneousCost": amount_of(cost.miscellaneous, currency),
        "fbaCost": {"shippingToAmazonCost": amount_of(cost.to_amazon, currency)} if cost.to_amazon else None,
        "mfnCost": (
            {"fulfillmentCost": amount_of(cost.fulfilment, currency), "storageCost": None} if cost.fulfilment else None
        ),
    }


def amount_of(amount: Decimal | None, currency: str) -> dict[str, Any] | None:
    """Return an amount with its currency."""
    return None if amount is None else {"amount": amount, "currencyCode": currency}
