"""Parses listings, catalog items and merchant-listings report lines into product rows. What is absent is None."""

from collections.abc import Mapping
from typing import Any

from xpert_pipeline.assets.payloads import instant, plain
from xpert_pipeline.tables.catalog import PRODUCTS

REPORT_COLUMNS = (
    "marketplace_id",
    "sku",
    "asin",
    "item_name",
    "status",
    "fulfillment_channel",
    "price",
    "currency",
    "quantity",
)
"""What GET_MERCHANT_LISTINGS_ALL_DATA carries; other columns stay as they are."""
REPORT_STATUS = {"Active": ["BUYABLE", "DISCOVERABLE"], "Inactive": []}
Row = dict[str, Any]


def parse_listing(listing: Mapping[str, Any], marketplace_id: str, catalog: Mapping[str, Any] | None) -> Row:
    """One item of `searchListingsItems`, enriched by its `searchCatalogItems` entry if there is one."""
    summary = _of_marketplace(listing.get("summaries"), marketplace_id)
    offer = _consumer_offer(listing.get("offers"), marketplace_id)
    price = offer.get("price") or {}
    stock = (listing.get("fulfillmentAvailability") or [{}])[0]
    issues = listing.get("issues")
    row: Row = dict.fromkeys(PRODUCTS.columns) | {
        "marketplace_id": marketplace_id,
        "sku": listing.get("sku"),
        "asin": summary.get("asin"),
        "fn_sku": summary.get("fnSku"),
        "item_name": summary.get("itemName"),
        "product_type": summary.get("productType"),
        "condition_type": summary.get("conditionType"),
        "status": summary.get("status"),
        "fulfillment_channel": stock.get("fulfillmentChannelCode"),
        "price": price.get("amount"),
        "currency": price.get("currencyCode") or price.get("currency"),
        "quantity": stock.get("quantity"),
        "main_image_url": (summary.get("mainImage") or {}).get("link"),
        "issues_count": len(issues) if issues is not None else None,
        "issues": issues,
        "listing_created_at": instant(summary.get("createdDate")),
        "listing_updated_at": instant(summary.get("lastUpdatedDate")),
        **_relationships(listing, marketplace_id),
    }
    return row | (_catalog(catalog, marketplace_id) if catalog else {})


def parse_report_listing(line: Mapping[str, str | None], marketplace_id: str, currency: str) -> Row:
    """One line of the merchant listings report: current state of a listing, `REPORT_COLUMNS` alone."""
    return {
        "marketplace_id": marketplace_id,
        "sku": line.get("seller-sku") or None,
        "asin": line.get("asin1") or None,
        "item_name": line.get("item-name") or None,
        "status": REPORT_STATUS.get(line.get("status") or ""),
        "fulfillment_channel": line.get("fulfillment-channel") or None,
        "price": line.get("price") or None,
        "currency": currency if line.get("price") else None,
        "quantity": line.get("quantity") or None,
    }


def _catalog(item: Mapping[str, Any], marketplace_id: str) -> Row:
    summary = _of_marketplace(item.get("summaries"), marketplace_id)
    node = summary.get("browseClassification") or {}
    ranks = _of_marketplace(item.get("salesRanks"), marketplace_id).get("classificationRanks") or ()
    rank: Mapping[str, Any] = next(iter(ranks), {})
    package = (_of_marketplace(item.get("dimensions"), marketplace_id)).get("package") or {}
    weight = package.get("weight") or {}
    identifiers = _of_marketplace(item.get("identifiers"), marketplace_id).get("identifiers") or ()
    related = _of_marketplace(item.get("relationships"), marketplace_id).get("relationships") or ()
    parents = [asin for entry in related for asin in entry.get("parentAsins") or ()]
    return {
        "parent_asin": parents[0] if parents else None,
        "brand": summary.get("brand"),
        "manufacturer": summary.get("manufacturer"),
        "browse_node_id": node.get("classificationId"),
        "browse_node_name": node.get("displayName"),
        "sales_rank": rank.get("rank"),
        "sales_rank_category": rank.get("title"),
        "item_weight": weight.get("value"),
        "weight_unit": weight.get("unit"),
        "package_dimensions": plain({k: package[k] for k in ("length", "width", "height") if k in package} or None),
        "isbn_or_ean": next(
            (entry.get("identifier") for entry in identifiers if entry.get("identifierType") in ("ISBN", "EAN")), None
        ),
    }


def _relationships(listing: Mapping[str, Any], marketplace_id: str) -> Row:
    found = _of_marketplace(listing.get("relationships"), marketplace_id).get("relationships") or ()
    variation: Mapping[str, Any] = next((entry for entry in found if entry.get("type") == "VARIATION"), {})
    return {"variation_theme": (variation.get("variationTheme") or {}).get("theme")}


def _consumer_offer(offers: list[Any] | None, marketplace_id: str) -> Mapping[str, Any]:
    ours = [entry for entry in offers or () if entry.get("marketplaceId", marketplace_id) == marketplace_id]
    return next((entry for entry in ours if entry.get("offerType", "B2C") == "B2C"), {})


def _of_marketplace(entries: list[Any] | None, marketplace_id: str) -> Mapping[str, Any]:
    return next((entry for entry in entries or () if entry.get("marketplaceId", marketplace_id) == marketplace_id), {})
