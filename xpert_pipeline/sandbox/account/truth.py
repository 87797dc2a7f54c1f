"""The row that a perfect pipeline would load today for each store. Shares are text."""

from collections.abc import Iterator
from datetime import UTC, datetime

from xpert_pipeline.sandbox.domain import Row
from xpert_pipeline.sandbox.marketplaces import STORES
from xpert_pipeline.sandbox.world.health import Rate, health
from xpert_pipeline.sandbox.world.records import World

RATES = {
    "fba_order_defect": "fba defects",
    "merchant_order_defect": "merchant defects",
    "late_shipment": "late",
    "pre_fulfillment_cancel": "cancelled",
    "on_time_delivery": "delivered",
    "valid_tracking": "tracked",
    "invoice_defect": "invoiced",
}
COUNTS = {
    "listing_policy_violations": "listingPolicyViolations",
    "intellectual_property_complaints": "receivedIntellectualPropertyComplaints",
    "intellectual_property_violations": "suspectedIntellectualPropertyViolations",
    "authenticity_complaints": "productAuthenticityCustomerComplaints",
    "condition_complaints": "productConditionCustomerComplaints",
    "safety_complaints": "productSafetyCustomerComplaints",
    "food_safety_issues": "foodAndProductSafetyIssues",
    "restricted_product_violations": "restrictedProductPolicyViolations",
    "other_policy_violations": "otherPolicyViolations",
    "document_requests": "documentRequests",
}


def account_health(world: World) -> Iterator[Row]:
    """Yield one row for each store: past days cannot be asked for."""
    now = datetime.now(UTC)
    for store in world.marketplace_ids:
        found = health(world, store, now.timestamp())
        row: Row = {
            "marketplace_id": store,
            "snapshot_date": now.astimezone(STORES[store].zone).date().isoformat(),
            "account_status": found.status,
            "account_health_status": found.rating,
            "account_health_score": found.score,
            "fba_orders_counted": found.rates["fba defects"].counted,
            "merchant_orders_counted": found.rates["merchant defects"].counted,
            "unit_on_time_delivery_pct": None,
            "unit_on_time_delivery_status": None,
        }
        for column, name in RATES.items():
            row[f"{column}_pct"], row[f"{column}_status"] = _percent(found.rates[name]), found.rates[name].status
        yield row | {column: found.violations[name] for column, name in COUNTS.items()}


def _percent(rate: Rate) -> str | None:
    """A share of nothing is unknown."""
    return str(rate.rate * 100) if rate.counted else None
