"""The rows that a perfect pipeline would load for seller economics, by day.

They are what Data Kiosk returns if nothing is missing. Amounts are text.
"""

from collections.abc import Iterable, Iterator

from xpert_pipeline.sandbox.domain import Row
from xpert_pipeline.sandbox.jobs.kiosk_view import ALWAYS, View, view_of
from xpert_pipeline.sandbox.serving.formats import amount_text
from xpert_pipeline.sandbox.world import charges
from xpert_pipeline.sandbox.world.charges import Charge, UnitCost
from xpert_pipeline.sandbox.world.days import written_day
from xpert_pipeline.sandbox.world.economy import Economy, active_skus
from xpert_pipeline.sandbox.world.ledger import Ledger
from xpert_pipeline.sandbox.world.listing_facts import fn_sku
from xpert_pipeline.sandbox.world.records import World


def economics_daily(world: World, *, restated: bool = False) -> Iterator[Row]:
    """Yield one row for each MSKU and day with a sale, a refund or a charge."""
    view = view_of(world, ALWAYS)
    for marketplace_id in world.marketplace_ids:
        ledger = view.ledger(marketplace_id)
        for day in range(ledger.first, ledger.last + 1):
            for sku in active_skus(ledger, day):
                economy = Economy()
                economy.add(ledger, day, sku, restated=restated)
                yield _economics_row(view, ledger, day, sku, economy)


def _economics_row(view: View, ledger: Ledger, day: int, sku: str, economy: Economy) -> Row:
    listing, count = ledger.listings[sku], economy.count
    cost = charges.unit_cost(listing)
    return {
        "marketplace_id": ledger.store.id,
        "business_date": written_day(day),
        "sku": sku,
        "asin": listing.asin,
        "parent_asin": view.parent(listing),
        "fn_sku": fn_sku(listing),
        "units_ordered": count.units,
        "units_refunded": count.refunded,
        "net_units": economy.net_units,
        "ops": amount_text(count.sales),
        "refunded_sales": amount_text(count.refunded_sales),
        "net_product_sales": amount_text(economy.net_sales),
        "asp": amount_text(economy.asp),
        "fees_total": amount_text(economy.fees_total),
        "fees": _charges(economy.fees.values()),
        "ads_total": amount_text(economy.ads_total),
        "ads": _charges(economy.ads.values()),
        "net_proceeds": amount_text(economy.net_proceeds),
        "net_proceeds_per_unit": amount_text(economy.net_proceeds_per_unit),
        **_costs(cost),
        "currency": ledger.store.currency,
    }


def _costs(cost: UnitCost | None) -> Row:
    return {
        "cost_of_goods_sold": amount_text(cost.goods) if cost else None,
        "miscellaneous_cost": amount_text(cost.miscellaneous) if cost else None,
        "fulfillment_cost": amount_text(cost.fulfilment) if cost else None,
    }


def _charges(charges_: Iterable[Charge]) -> list[Row]:
    return [
        {
            "type": charge.type,
            "amount": amount_text(charge.amount),
            "promotion": amount_text(charge.promotion),
            "tax": amount_text(charge.tax),
            "total": amount_text(charge.total),
            "quantity": charge.quantity,
        }
        for charge in charges_
    ]
