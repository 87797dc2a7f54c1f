"""Listings in the shape of Listings Items 2021-08-01; what a listing does not say itself follows from its ids."""

from collections.abc import Collection
from typing import Any

from xpert_pipeline.sandbox.marketplaces import INDIA
from xpert_pipeline.sandbox.serving.formats import money_of, zulu
from xpert_pipeline.sandbox.world.listing_facts import channel_code, fn_sku, variation_theme
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


def listing_payload(listing: Listing, included: Collection[str]) -> dict[str, Any]:
    """One listing with the data sets that were asked for."""
    sets: dict[str, Any] = {
        "summaries": [_summary(listing)],
        "attributes": _attributes(listing),
        "issues": [],
        "offers": _offers(listing),
        "fulfillmentAvailability": [_availability(listing)],
        "relationships": [_relationships(listing)],
        "productTypes": [{"marketplaceId": INDIA, "productType": product_type(listing)}],
    }
    return {"sku": listing.sku} | {name: value for name, value in sets.items() if name in included}


def status(listing: Listing) -> list[str]:
    """Status of a listing."""
    return ["BUYABLE", "DISCOVERABLE"] if listing.active else []


def product_type(listing: Listing) -> str:
    """Product type, from the category."""
    return "".join(char if char.isalnum() else "_" for char in listing.category.upper()) or "PRODUCT"


def image_url(asin: str) -> str:
    """Address of the main image; nothing is there."""
    return f"https://m.media-amazon.example/images/{asin}.jpg"


def _summary(listing: Listing) -> dict[str, Any]:
    summary = {
        "marketplaceId": INDIA,
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


def _attributes(listing: Listing) -> dict[str, Any]:
    return {"item_name": [{"value": listing.title, "language_tag": "en_IN", "marketplace_id": INDIA}]}


def _offers(listing: Listing) -> list[dict[str, Any]]:
    if listing.price is None:
        return []
    # the model says currencyCode, and so does the sandbox
    return [{"marketplaceId": INDIA, "offerType": "B2C", "price": money_of(listing.price, listing.currency)}]


def _availability(listing: Listing) -> dict[str, Any]:
    found: dict[str, Any] = {"fulfillmentChannelCode": channel_code(listing)}
    return found | ({} if listing.quantity is None else {"quantity": listing.quantity})


def _relationships(listing: Listing) -> dict[str, Any]:
    theme = variation_theme(listing)
    if theme is None:
        return {"marketplaceId": INDIA, "relationships": []}
    parent = f"{listing.sku.rsplit('-', 1)[0]}-PARENT"
    family = {
        "type": "VARIATION",
        "parentSkus": [parent],
        "variationTheme": {"attributes": ["size"], "theme": theme},
    }
    return {"marketplaceId": INDIA, "relationships": [family]}
