"""Product Pricing API v0: getListingOffersBatch. Each item of a batch has a status of its own."""

import re
from typing import Any
from urllib.parse import unquote

from xpert_pipeline.sandbox.marketplaces import STORES
from xpert_pipeline.sandbox.pricing.faults import OFFERS, refusal, spoilt
from xpert_pipeline.sandbox.pricing.listings import listing_of
from xpert_pipeline.sandbox.pricing.offers_payload import offers_payload
from xpert_pipeline.sandbox.serving.errors import denied, invalid
from xpert_pipeline.sandbox.serving.operation import Call
from xpert_pipeline.sandbox.world.offers import NO_OFFERS, ProductPage, product_page

MOST = 20
URI = re.compile(r"/products/pricing/v0/listings/([^/?#]+)/offers")
CONDITIONS = ("New", "Used", "Collectible", "Refurbished", "Club")
ECHOED = ("MarketplaceId", "ItemCondition", "CustomerType")
CUSTOMERS = ("Consumer", "Business")


def get_listing_offers_batch(call: Call) -> dict[str, Any]:
    """Return the offers beside up to 20 of the seller's own listings."""
    requests = call.body.get("requests") if isinstance(call.body, dict) else None
    if not isinstance(requests, list) or not 1 <= len(requests) <= MOST:
        raise invalid(f"requests: must have 1 to {MOST} entries.")
    for request in requests:
        if not isinstance(request, dict) or not {"uri", "method", "MarketplaceId", "ItemCondition"} <= request.keys():
            raise invalid("requests: uri, method, MarketplaceId and ItemCondition are required.")
        if request["MarketplaceId"] in call.state.options.denied_marketplaces:
            raise denied()
    return {"responses": spoilt([_response(call, request) for request in requests], call.faults(OFFERS))}


def _response(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    match = URI.fullmatch(str(request["uri"]))
    sku = unquote(match[1]) if match else ""
    asked: dict[str, Any] = {
        name: request[name] for name in ("MarketplaceId", "ItemCondition", "CustomerType") if name in request
    }
    asked["SellerSKU"] = sku
    if (
        match is None
        or request["method"] != "GET"
        or request["MarketplaceId"] not in STORES
        or request["ItemCondition"] not in CONDITIONS
        or request.get("CustomerType", "Consumer") not in CUSTOMERS
    ):
        return refusal(asked, 400, "InvalidInput", "The input you have submitted is not valid.")
    listing = listing_of(call.world, request["MarketplaceId"], sku)
    if listing is None:
        return refusal(asked, 404, "NotFound", "Resource not found")
    day = STORES[listing.marketplace_id].day_of(call.now)
    page = product_page(call.seller_id, listing, day) if request["ItemCondition"] == "New" else ProductPage(NO_OFFERS)
    payload = offers_payload(listing, page, request["ItemCondition"], call.now)
    return {"status": {"statusCode": 200, "reasonPhrase": "OK"}, "body": {"payload": payload}, "request": asked}
