"""Catalog Items API 2022-04-01: searchCatalogItems by identifiers."""

from typing import Any

from xpert_pipeline.sandbox.catalog.catalog_payload import DATA_SETS, catalog_payload
from xpert_pipeline.sandbox.serving import parameters
from xpert_pipeline.sandbox.serving.errors import invalid
from xpert_pipeline.sandbox.serving.operation import Call
from xpert_pipeline.sandbox.world.records import Listing

MOST = 20
TYPES = ("ASIN", "EAN", "GTIN", "ISBN", "JAN", "MINSAN", "SKU", "UPC")


def search_catalog_items(call: Call) -> dict[str, Any]:
    """Return one page of the catalogue items with the requested identifiers; skip unknown identifiers."""
    query = call.query
    marketplaces = parameters.marketplaces(query, required=True, most=1)
    identifiers = parameters.values(query, "identifiers", most=MOST)
    if not identifiers:
        raise invalid("identifiers: is required; the sandbox does not search by keywords.")
    kind = parameters.choice(query, "identifiersType", TYPES, "")
    if kind == "SKU" and parameters.text(query, "sellerId") != call.seller_id:
        raise invalid("sellerId: is required when identifiersType is SKU.")
    included = parameters.values(query, "includedData", known=DATA_SETS) or ["summaries"]
    page = call.page()
    listings = _listings(call, marketplaces[0], identifiers, kind)
    answer = {
        "numberOfResults": len(listings),
        "items": [catalog_payload(listing, included) for listing in page.cut(listings)],
    }
    return answer | page.pagination(len(listings))


def _listings(call: Call, marketplace_id: str, identifiers: list[str], kind: str) -> list[Listing]:
    """Return one listing of the store for each known identifier, in the order of the request."""
    if kind in ("ASIN", "ISBN"):
        shelf = call.world.shelf(marketplace_id)
        return [shelf[asin][0] for asin in identifiers if asin in shelf]
    if kind == "SKU":
        by_sku = {listing.sku: listing for listing in call.world.listings_of((marketplace_id,))}
        return [by_sku[sku] for sku in identifiers if sku in by_sku]
    return []
