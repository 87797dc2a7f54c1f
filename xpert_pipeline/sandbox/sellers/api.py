"""Sellers API v1: getMarketplaceParticipations."""

from typing import Any

from xpert_pipeline.sandbox.marketplaces import STORES
from xpert_pipeline.sandbox.serving.operation import Call


def get_marketplace_participations(call: Call) -> dict[str, Any]:
    """The stores that the seller sells in."""
    return {
        "payload": [
            {
                "marketplace": {
                    "id": store.id,
                    "name": store.name,
                    "countryCode": store.country,
                    "defaultCurrencyCode": store.currency,
                    "defaultLanguageCode": store.language,
                    "domainName": f"www.{store.name.lower()}",
                },
                "storeName": call.world.name,
                "participation": {"isParticipating": True, "hasSuspendedListings": False},
            }
            for store in (STORES[marketplace] for marketplace in call.world.marketplace_ids)
        ]
    }
