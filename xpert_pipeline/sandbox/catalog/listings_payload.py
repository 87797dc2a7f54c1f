"""Listings in the shape of Listings Items 2021-08-01: one item per SKU, with the facts of each requested store."""

from collections.abc import Collection, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from xpert_pipeline.sandbox.marketplaces import STORES
from xpert_pipeline.sandbox.serving.formats import money_of, zulu
from xpert_pipeline.sandbox.world.listing_facts import (
    SELLERS_OWN,
    channel_code,
    fn_sku,
    own_quantity,
    regular_price,
    variation_theme,
)
from xpert_pipeline.sandbox.world.records import Listing

DATA_SETS = (
    "summaries",
    "attributes",
    "issues",
    "offers",
    "fulfillmentAvailability",
    "procurement",
    "relationships",
    "productTypes",
)


def listing_payload(listings: Sequence[Listing], included: Collection[str]) -> dict[str, Any]:
    """Return one SKU with the requested data sets.

    Args:
        listings: The SKU's listings, one for each requested store that has the SKU.
        included: Names of the data sets.
    """
    availability = {
        channel["fulfillmentChannelCode"]: channel for listing in reversed(listings) for channel in _channels(listing)
    }
    sets: dict[str, Any] = {
        "summaries": [_summary(listing) for listing in listings],
        "attributes": {
            "item_name": [_item_name(listing) for listing in listings],
            "purchasable_offer": [offer for listing in listings for offer in _purchasable(listing)],
        },
        "issues": [],
        "offers": [offer for listing in listings for offer in _offers(listing)],
        "fulfillmentAvailability": list(availability.values()),
        "relationships": [_relationships(listing) for listing in listings],
        "productTypes": [
            {"marketplaceId": listing.marketplace_id, "productType": product_type(listing)} for listing in listings
        ],
    }
    return {"sku": listings[0].sku} | {name: value for name, value in sets.items() if name in included}


def status(listing: Listing) -> list[str]:
    """Return the status of a listing."""
    return ["BUYABLE", "DISCOVERABLE"] if listing.active else []


def product_type(listing: Listing) -> str:
    """Return the product type, which is derived from the category."""
    return "".join(char if char.isalnum() else "_" for char in listing.category.upper()) or "PRODUCT"


def image_url(asin: str) -> str:
    """Return the address of the main image; no image exists there."""
    return f"https://m.media-amazon.example/images/{asin}.jpg"


def _summary(listing: Listing) -> dict[str, Any]:
    summary = {
        "marketplaceId": listing.marketplace_id,
        "asin": listing.asin,
        "productType": product_type(listing),
        "conditionType": "new_new",
        "status": status(listing),
        "itemName": listing.title,
        "createdDate": zulu(listing.created),
        "lastUpdatedDate": zulu(listing.updated),
        "mainImage": {"link": image_url(listing.asin), "height": 500, "width": 500},
    }
    label = fn_sku(listing)
    return summary | ({"fnSku": label} if label else {})


def _item_name(listing: Listing) -> dict[str, Any]:
    language = STORES[listing.marketplace_id].language
    return {"value": listing.title, "language_tag": language, "marketplace_id": listing.marketplace_id}


def _offers(listing: Listing) -> list[dict[str, Any]]:
    if listing.price is None:
        return []
    price = money_of(listing.price, listing.currency)  # with currencyCode, as in Amazon's model
    return [{"marketplaceId": listing.marketplace_id, "offerType": "B2C", "price": price}]


def _purchasable(listing: Listing) -> list[dict[str, Any]]:
    """Return the seller's own price as an attribute, and a discount that has begun and will last."""
    regular = regular_price(listing)
    if listing.price is None or regular is None:
        return []
    offer = {
        "marketplace_id": listing.marketplace_id,
        "currency": listing.currency,
        "audience": "ALL",
        "our_price": [{"schedule": [{"value_with_tax": float(regular)}]}],
    }
    if regular == Decimal(listing.price):
        return [offer]
    ends = STORES[listing.marketplace_id].midnight(date(2099, 1, 1))
    discount = {"start_at": zulu(listing.created), "end_at": zulu(ends), "value_with_tax": float(listing.price)}
    return [offer | {"discounted_price": [{"schedule": [discount]}]}]


def _channels(listing: Listing) -> list[dict[str, Any]]:
    """Return the fulfilment channels of a listing, Amazon's first; the seller's own one has a quantity."""
    own = own_quantity(listing)
    channels: list[dict[str, Any]] = [{"fulfillmentChannelCode": channel_code(listing)}] if listing.fba else []
    return channels if own is None else [*channels, {"fulfillmentChannelCode": SELLERS_OWN, "quantity": own}]


def _relationships(listing: Listing) -> dict[str, Any]:
    theme = variation_theme(listing)
    if theme is None:
        return {"marketplaceId": listing.marketplace_id, "relationships": []}
    parent = f"{listing.sku.rsplit('-', 1)[0]}-PARENT"
    family = {
        "type": "VARIATION",
        "parentSkus": [parent],
        "variationTheme": {"attributes": ["size"], "theme": theme},
    }
    return {"marketplaceId": listing.marketplace_id, "relationships": [family]}
