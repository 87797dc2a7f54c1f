"""Records of `economicsPreview`: what Amazon expects to sell in a coming range of days, and what it would charge.

The rules of the fees are in `world.fee_estimates`. Only fees that are asked for are told, and a fee that is told as a
sum and as a part of it is told twice, as Amazon does.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from xpert_pipeline.sandbox.finance.economics import amount_of, cost_of, detail_of
from xpert_pipeline.sandbox.jobs.kiosk_view import View
from xpert_pipeline.sandbox.marketplaces import STORES
from xpert_pipeline.sandbox.serving.errors import bad_query
from xpert_pipeline.sandbox.world import charges
from xpert_pipeline.sandbox.world.charges import Charge
from xpert_pipeline.sandbox.world.digest import number
from xpert_pipeline.sandbox.world.fee_estimates import (
    PREVIEW_REFUSED,
    estimate,
    expected_price,
    expected_units,
    is_known,
    previewed_charges,
)
from xpert_pipeline.sandbox.world.listing_facts import fn_sku
from xpert_pipeline.sandbox.world.records import Listing

LONGEST_AHEAD = timedelta(days=120)
FEE_TYPES = {
    "REFERRAL_FEES": (charges.REFERRAL, charges.REFERRAL),
    "CLOSING_FEES": (charges.CLOSING, charges.CLOSING),
    "FBA_FULFILLMENT_FEES": (charges.FULFILMENT, charges.FULFILMENT),
    "BASE_FBA_FULFILLMENT_FEE": (charges.FULFILMENT, "Base fulfillment fee"),
}
"""The fees that the sandbox knows, and their names in the records."""
CHANGES_AFTER = timedelta(days=10)
"""A fee that changes within the range does so after this time."""


@dataclass(frozen=True, slots=True)
class Previewed:
    """The subject of one record: a listing and a range."""

    listing: Listing
    start: date
    end: date


def preview_groups(view: View, arguments: Mapping[str, Any]) -> list[Previewed]:
    """Return the listings on sale, in order.

    Raises:
        ApiError: 400 if Amazon refuses previews, or those of these days.
    """
    start, end = arguments["startDate"], arguments["endDate"]
    if PREVIEW_REFUSED in view.faults:
        raise bad_query("economicsPreview is not available.")
    marketplace_ids = list(dict.fromkeys(arguments["marketplaceIds"]))
    for marketplace_id in marketplace_ids:
        today = STORES[marketplace_id].date_of(view.now)
        if start < today:
            raise bad_query("startDate must be not earlier than today.")
        if end > today + LONGEST_AHEAD:
            raise bad_query("endDate must be no more than 120 days after today.")
    return [
        Previewed(listing, start, end)
        for marketplace_id in marketplace_ids
        for listing in sorted(view.world.listings, key=lambda listing: listing.sku)
        if listing.marketplace_id == marketplace_id and listing.active and listing.price is not None
    ]


def preview_record(view: View, arguments: Mapping[str, Any], group: Previewed) -> dict[str, Any]:
    """Return one record with every field of the schema. Amounts are Decimal."""
    listing, currency = group.listing, STORES[group.listing.marketplace_id].currency
    units = expected_units(listing, (group.end - group.start).days + 1)
    sales = expected_price(listing) * units
    leading = [None] if view.nulls else []
    told = [
        (name, previewed_charges(listing, charge, units)) for name, charge in _charges(listing, arguments["feeTypes"])
    ]
    fees = [
        {"feeTypeName": name, "charge": ranges[0], "charges": [*leading, *ranges]}
        for name, parts in told
        for ranges in [list(_ranges(group, name, parts, currency))]
    ]
    proceeds = sales - sum((charge.total for _, parts in told for charge in parts), Decimal(0))
    return {
        "marketplaceId": listing.marketplace_id,
        "startDate": group.start.isoformat(),
        "endDate": group.end.isoformat(),
        "parentAsin": view.parent(listing),
        "childAsin": listing.asin,
        "msku": listing.sku,
        "fnsku": fn_sku(listing),
        "sales": {
            "orderedProductSales": amount_of(sales, currency),
            "refundedProductSales": amount_of(Decimal(0), currency),
            "netProductSales": amount_of(sales, currency),
            "averageSellingPrice": amount_of(expected_price(listing) if units else None, currency),
            "unitsOrdered": units,
            "unitsRefunded": 0,
            "netUnitsSold": units,
        },
        "fees": [*leading, *fees],
        "ads": None,
        "cost": cost_of(charges.unit_cost(listing), currency),
        "netProceeds": {
            "total": amount_of(proceeds, currency),
            "perUnit": amount_of(proceeds / units, currency) if units else None,
        },
    }


def _charges(listing: Listing, fee_types: list[str]) -> Iterator[tuple[str, Charge]]:
    if not is_known(listing):
        return
    by_type = {charge.type: charge for charge in estimate(listing, expected_price(listing), fba=listing.fba)}
    for fee_type in fee_types:
        own, name = FEE_TYPES.get(fee_type, ("", ""))
        if own in by_type:
            yield name, by_type[own]


def _ranges(group: Previewed, name: str, parts: list[Charge], currency: str) -> Iterator[dict[str, Any]]:
    start = group.start
    for place, charge in enumerate(parts):
        is_last = place == len(parts) - 1
        end = group.end if is_last else min(group.end, group.start + CHANGES_AFTER - timedelta(days=1))
        yield {
            "identifier": f"{number(group.listing.seed, group.start, name, place):016x}",
            "startDate": start.isoformat(),
            "endDate": end.isoformat(),
            "properties": [],
            "components": None,
            "aggregatedDetail": detail_of(charge, currency),
        }
        start = end + timedelta(days=1)
