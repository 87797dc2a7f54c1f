"""Sellers API v1: getMarketplaceParticipations."""

from typing import Any

from xpert_pipeline.sandbox.marketplaces import STORES, Store
from xpert_pipeline.sandbox.serving.operation import Call
from xpert_pipeline.sandbox.world.digest import letters

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


def get_marketplace_participations(call: Call) -> dict[str, Any]:
    """Return the seller's stores, and one marketplace that is not a store.

    Amazon links orders of other shops to such shadow marketplaces ("Non-Amazon", with an id and a domain of their own)
    and lists them among the participations.
    """
    stores = [STORES[marketplace_id] for marketplace_id in call.world.marketplace_ids]
    marketplaces = [_marketplace(store, store.id, store.name, f"www.{store.name.lower()}") for store in stores]
    marketplaces.append(_shadow(stores[0]))
    return {
        "payload": [
            {
                "marketplace": marketplace,
                "storeName": call.world.name,
                "participation": {"isParticipating": True, "hasSuspendedListings": False},
            }
            for marketplace in marketplaces
        ]
    }


def _shadow(store: Store) -> dict[str, str]:
    marketplace_id = "A" + letters(13, ALPHABET, "shadow marketplace", store.country)
    return _marketplace(store, marketplace_id, f"Non-Amazon {store.country}", f"siprod.stores.{store.name.lower()}")


def _marketplace(store: Store, marketplace_id: str, name: str, domain: str) -> dict[str, str]:
    return {
        "id": marketplace_id,
        "name": name,
        "countryCode": store.country,
        "defaultCurrencyCode": store.currency,
        "defaultLanguageCode": store.language,
        "domainName": domain,
    }
