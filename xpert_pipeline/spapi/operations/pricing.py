"""Product Pricing API v0: the offers on the product pages of the seller's own listings."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from xpert_pipeline.spapi.quota.usage_plans import page
from xpert_pipeline.spapi.session import SellerApi

OFFERS_BATCH = page("getListingOffersBatch")
ANSWERED, GIVEN_UP = 200, (400, 404)
"""Statuses within a batch: the offers of a SKU, and refusals that stay the same however often they are asked."""


@dataclass(frozen=True)
class OffersAnswer:
    """What a batch says about one SKU.

    Attributes:
        sku: The SKU.
        offers: Amazon's payload, in its shape; None if there is none.
        refusal: Amazon's code of a refusal that is final, such as NotFound.
        failed: Why there is no answer now; ask again.
    """

    sku: str
    offers: Mapping[str, Any] | None = None
    refusal: str = ""
    failed: str = ""


def get_listing_offers(api: SellerApi, marketplace_id: str, conditions: Mapping[str, str]) -> list[OffersAnswer]:
    """Return the offers beside up to 20 of the seller's listings (getListingOffersBatch, one call).

    Each SKU has a status of its own within the batch; one that is throttled there does not concern the others.

    Args:
        api: The seller.
        marketplace_id: The marketplace.
        conditions: Amazon's word for the condition (New, Used, Collectible, Refurbished, Club), by SKU.

    Returns:
        An answer for each SKU. One that Amazon left out has failed.
    """
    requests = [
        {
            "uri": f"/products/pricing/v0/listings/{quote(sku, safe='')}/offers",
            "method": "GET",
            "MarketplaceId": marketplace_id,
            "ItemCondition": condition,
            "CustomerType": "Consumer",
        }
        for sku, condition in conditions.items()
    ]
    answer = api.call("getListingOffersBatch", requests, expects={"responses": list})
    found = {sku: response for response in answer["responses"] if (sku := _sku_of(response)) is not None}
    return [_answer(sku, found.get(sku)) for sku in conditions]


def _sku_of(response: Any) -> str | None:
    """The SKU that a response is about: as it was asked, or as the payload says."""
    if not isinstance(response, dict):
        return None
    payload = _dict(_dict(response.get("body")).get("payload"))
    places = (
        _dict(response.get("request")).get("SellerSKU"),
        payload.get("SKU"),
        _dict(payload.get("Identifier")).get("SellerSKU"),
    )
    return next((sku for sku in places if isinstance(sku, str)), None)


def _answer(sku: str, response: Mapping[str, Any] | None) -> OffersAnswer:
    if response is None:
        return OffersAnswer(sku, failed="the batch has no answer for it")
    status, body = _dict(response.get("status")).get("statusCode"), _dict(response.get("body"))
    payload, code = body.get("payload"), _code(body)
    if status in GIVEN_UP:
        return OffersAnswer(sku, refusal=code or str(status))
    if status not in (ANSWERED, None) or not isinstance(payload, dict):
        return OffersAnswer(sku, failed=" ".join(filter(None, [str(status or ""), code])) or "no payload")
    return OffersAnswer(sku, offers=payload)


def _code(body: Mapping[str, Any]) -> str:
    errors = body.get("errors")
    first = errors[0] if isinstance(errors, list) and errors else None
    return str(_dict(first).get("code") or "")[:60]


def _dict(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def condition_word(condition_type: str | None) -> str:
    """Return the condition that a pricing request names for a listing's condition, such as used_very_good: Used.

    New is Amazon's own word for a listing whose condition is not known.
    """
    first = (condition_type or "new").split("_")[0].lower()
    return CONDITIONS.get(first, "New")


CONDITIONS: Mapping[str, str] = {
    "new": "New",
    "used": "Used",
    "collectible": "Collectible",
    "refurbished": "Refurbished",
    "club": "Club",
}
"""First word of a listing's condition → the word of a pricing request."""
