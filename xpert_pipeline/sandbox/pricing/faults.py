"""The faults of batches: one item of a batch fails, or is not what it seems, while the others are right."""

from collections.abc import Iterable
from typing import Any

from xpert_pipeline.sandbox.faults import FaultKind

OFFERS, FEES = "offers batch", "fees batch"
"""Places: a batch of offers, and a batch of fee estimates."""
THROTTLED, BROKEN, GONE, MISSING = "offers-item-throttled", "offers-item-500", "offers-item-404", "offers-item-missing"
FOREIGN, UNNAMED, NEW_STATUS = "offers-foreign-currency", "offers-unnamed-seller", "offers-unknown-status"
SERVICE_ERROR, PARTS_LACK_FINAL = "fees-item-service-error", "fees-parts-without-final"
FAULTS = (
    FaultKind(THROTTLED, OFFERS, "the first SKU of a batch answers 429 within the batch"),
    FaultKind(BROKEN, OFFERS, "the first SKU of a batch answers 500 within the batch"),
    FaultKind(GONE, OFFERS, "the first SKU of a batch answers 404 within the batch"),
    FaultKind(MISSING, OFFERS, "the batch has no answer for its first SKU"),
    FaultKind(FOREIGN, OFFERS, "the offers of a batch ask for shipping in US dollars"),
    FaultKind(UNNAMED, OFFERS, "the offers of a batch have no seller id"),
    FaultKind(SERVICE_ERROR, FEES, "the first SKU of a batch answers ServiceError within the batch"),
    FaultKind(PARTS_LACK_FINAL, FEES, "the parts of a fee have no FinalFee"),
    FaultKind(NEW_STATUS, OFFERS, "the first SKU of a batch has an undocumented status, and no offers"),
)
REFUSALS = {
    THROTTLED: (429, "QuotaExceeded", "You exceeded your quota for the requested resource."),
    BROKEN: (500, "InternalFailure", "We encountered an internal error. Please try again."),
    GONE: (404, "NotFound", "Resource not found"),
}
UNKNOWN_STATUS = "OffersOnHoliday"


def refusal(request: dict[str, Any], status: int, code: str, message: str) -> dict[str, Any]:
    """Return the answer of one item of a batch that failed."""
    errors = [{"code": code, "message": message, "details": ""}]
    return {"status": {"statusCode": status, "reasonPhrase": code}, "body": {"errors": errors}, "request": request}


def spoilt(responses: list[dict[str, Any]], faults: Iterable[str]) -> list[dict[str, Any]]:
    """Apply faults to the items of a batch."""
    for fault in faults:
        first, *others = responses
        if fault in REFUSALS:
            responses = [refusal(first["request"], *REFUSALS[fault]), *others]
        elif fault == MISSING:
            responses = others
        elif fault == NEW_STATUS:
            payload = first["body"]["payload"] | {
                "status": UNKNOWN_STATUS,
                "Summary": {"TotalOfferCount": 0},
                "Offers": [],
            }
            responses = [first | {"body": {"payload": payload}}, *others]
        else:
            for offer in (offer for response in responses for offer in _offers(response)):
                if fault == FOREIGN:
                    offer["Shipping"] = {"CurrencyCode": "USD", "Amount": 1.0}
                else:
                    del offer["SellerId"]
    return responses


def _offers(response: dict[str, Any]) -> list[dict[str, Any]]:
    offers: list[dict[str, Any]] = response["body"].get("payload", {}).get("Offers", [])
    return offers
