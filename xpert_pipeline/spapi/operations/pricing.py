"""Product Pricing API v0: the offers on the product pages of the seller's own listings."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from xpert_pipeline.spapi.operations.batch import Answer, Subject
from xpert_pipeline.spapi.quota.usage_plans import page
from xpert_pipeline.spapi.session import SellerApi

OFFERS_BATCH = page("getListingOffersBatch")
ANSWERED, FINAL = 200, (400, 404)
"""Statuses within a batch: the offers of a SKU, and refusals that stay the same however often they are asked."""


def get_listing_offers(api: SellerApi, marketplace_id: str, subjects: Sequence[Subject]) -> list[Answer]:
    """Ask for the offers beside up to 20 of the seller's listings (getListingOffersBatch, one call).

    Each SKU has a status of its own within the batch; one that is throttled there does not concern the others.

    Args:
        api: The seller.
        marketplace_id: The marketplace.
        subjects: The SKUs; the fact `condition` is Amazon's word for the condition to ask for: New, Used, Collectible,
            Refurbished or Club.

    Returns:
        An answer for each SKU, with one record: `offers` has Amazon's payload in its shape, or `refusal` the code of a
        refusal that is final, such as NotFound; `own_seller_id` is the seller's own id. A SKU that Amazon left out has
        failed.
    """
    requests = [
        {
            "uri": f"/products/pricing/v0/listings/{quote(subject.name, safe='')}/offers",
            "method": "GET",
            "MarketplaceId": marketplace_id,
            "ItemCondition": subject.facts["condition"],
            "CustomerType": "Consumer",
        }
        for subject in subjects
    ]
    answer = api.call("getListingOffersBatch", requests, expects={"responses": list})
    found = {sku: response for response in answer["responses"] if (sku := _sku_of(response)) is not None}
    return [_answer(subject.name, found.get(subject.name), api.seller_id) for subject in subjects]


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


def _answer(sku: str, response: Mapping[str, Any] | None, own_seller_id: str) -> Answer:
    if response is None:
        return Answer(sku, failed="the batch has no answer for it")
    status, body = _dict(response.get("status")).get("statusCode"), _dict(response.get("body"))
    payload, code = body.get("payload"), _code(body)
    if status in FINAL:
        return Answer(sku, [{"offers": None, "refusal": code or str(status), "own_seller_id": own_seller_id}])
    if status not in (ANSWERED, None) or not isinstance(payload, dict):
        return Answer(sku, failed=" ".join(filter(None, [str(status or ""), code])) or "no payload")
    return Answer(sku, [{"offers": payload, "refusal": "", "own_seller_id": own_seller_id}])


def _code(body: Mapping[str, Any]) -> str:
    errors = body.get("errors")
    first = errors[0] if isinstance(errors, list) and errors else None
    return str(_dict(first).get("code") or "")[:60]


def _dict(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
