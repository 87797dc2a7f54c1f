"""Catalogue items in the shape of Catalog Items 2022-04-01; brand, rank and dimensions are derived from the ASIN."""

from collections.abc import Collection
from typing import Any

from xpert_pipeline.sandbox.catalog.listings_payload import image_url, product_type
from xpert_pipeline.sandbox.world.digest import number
from xpert_pipeline.sandbox.world.listing_facts import parent_asin, sales_rank, variation_theme
from xpert_pipeline.sandbox.world.records import Listing

DATA_SETS = (
    "attributes",
    "classifications",
    "dimensions",
    "identifiers",
    "images",
    "productTypes",
    "relationships",
    "salesRanks",
    "summaries",
    "vendorDetails",
)
BRANDS = ("Neelkanth", "Rang Mahal", "Kaveri Looms", "Saanvi", "Chai & Co.", "आरोही")
NODES = ("1953602031", "1968542031", "4068584031", "1380263031", "976389031")


def catalog_payload(listing: Listing, included: Collection[str]) -> dict[str, Any]:
    """One catalogue item with the requested data sets."""
    asin, store = listing.asin, listing.marketplace_id
    sets: dict[str, Any] = {
        "attributes": {"brand": [{"value": brand(asin), "marketplace_id": store}]},
        "classifications": [{"marketplaceId": store, "classifications": [_node(listing)]}],
        "dimensions": [{"marketplaceId": store, "package": _package(asin)}],
        "identifiers": [{"marketplaceId": store, "identifiers": _identifiers(asin)}],
        "images": [{"marketplaceId": store, "images": [_image(asin)]}],
        "productTypes": [{"marketplaceId": store, "productType": product_type(listing)}],
        "relationships": [{"marketplaceId": store, "relationships": _relationships(listing)}],
        "salesRanks": [{"marketplaceId": store, "classificationRanks": [_rank(listing)]}],
        "summaries": [_summary(listing)],
    }
    return {"asin": asin} | {name: value for name, value in sets.items() if name in included}


def catalog_facts(listing: Listing) -> dict[str, Any]:
    """Return the same facts under the column names of the products table."""
    package = _package(listing.asin)
    rank = _rank(listing)
    return {
        "brand": brand(listing.asin),
        "manufacturer": brand(listing.asin),
        "browse_node_id": node_id(listing),
        "browse_node_name": listing.category,
        "sales_rank": rank["rank"],
        "sales_rank_category": rank["title"],
        "item_weight": str(package["weight"]["value"]),
        "weight_unit": package["weight"]["unit"],
        "isbn_or_ean": _identifiers(listing.asin)[0]["identifier"],
    }


def brand(asin: str) -> str:
    """Brand of an ASIN."""
    return BRANDS[number("brand", asin) % len(BRANDS)]


def node_id(listing: Listing) -> str:
    """Browse node of a category."""
    return NODES[number("node", listing.category) % len(NODES)]


def _node(listing: Listing) -> dict[str, str]:
    return {"displayName": listing.category, "classificationId": node_id(listing)}


def _rank(listing: Listing) -> dict[str, Any]:
    return {"classificationId": node_id(listing), "title": listing.category, "rank": sales_rank(listing)}


def _package(asin: str) -> dict[str, Any]:
    drawn = number("package", asin)
    grams, length, width, height = 80 + drawn % 900, 20 + drawn % 17, 15 + drawn % 11, 2 + drawn % 7
    centimetres = {"length": length, "width": width, "height": height}
    return {name: {"unit": "centimeters", "value": value} for name, value in centimetres.items()} | {
        "weight": {"unit": "grams", "value": grams}
    }


def _identifiers(asin: str) -> list[dict[str, str]]:
    if asin[0].isdigit():
        return [{"identifierType": "ISBN", "identifier": asin}]
    digits = f"890{number('ean', asin) % 10**9:09d}"
    check = -sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits)) % 10
    return [{"identifierType": "EAN", "identifier": f"{digits}{check}"}]


def _image(asin: str) -> dict[str, Any]:
    return {"variant": "MAIN", "link": image_url(asin), "height": 500, "width": 500}


def _relationships(listing: Listing) -> list[dict[str, Any]]:
    theme = variation_theme(listing)
    if theme is None:
        return []
    return [
        {
            "type": "VARIATION",
            "parentAsins": [parent_asin(listing)],
            "variationTheme": {"attributes": ["size"], "theme": theme},
        }
    ]


def _summary(listing: Listing) -> dict[str, Any]:
    summary: dict[str, Any] = {
        "marketplaceId": listing.marketplace_id,
        "brand": brand(listing.asin),
        "manufacturer": brand(listing.asin),
        "browseClassification": _node(listing),
        "itemClassification": "BASE_PRODUCT",
        "itemName": listing.title,
        "packageQuantity": 1,
    }
    return summary | ({"size": listing.size} if listing.size else {})
