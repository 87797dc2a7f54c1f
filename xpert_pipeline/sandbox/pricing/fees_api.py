"""Product Fees API v0: getMyFeesEstimates. The answer is a list, and each entry has a status of its own."""

from decimal import Decimal, InvalidOperation
from typing import Any

from xpert_pipeline.sandbox.marketplaces import STORES
from xpert_pipeline.sandbox.pricing.faults import FEES, PARTS_LACK_FINAL, SERVICE_ERROR
from xpert_pipeline.sandbox.pricing.listings import listing_of
from xpert_pipeline.sandbox.serving.errors import denied, invalid
from xpert_pipeline.sandbox.serving.formats import zulu
from xpert_pipeline.sandbox.serving.operation import Call
from xpert_pipeline.sandbox.world.charges import FULFILMENT, Charge
from xpert_pipeline.sandbox.world.fee_estimates import FBA_FEES, NAMES, estimate, fulfilment_parts, is_known

MOST = 20
REQUIRED = {"MarketplaceId", "PriceToEstimateFees", "Identifier"}


def get_my_fees_estimates(call: Call) -> list[Any]:
    """Return the estimated fees of up to 20 of the seller's own listings."""
    if not isinstance(call.body, list) or not 1 <= len(call.body) <= MOST:
        raise invalid(f"The body must be a list of 1 to {MOST} requests.")
    faults = call.faults(FEES)
    entries = [_entry(call, question) for question in call.body]
    if SERVICE_ERROR in faults:
        first = entries[0]["FeesEstimateIdentifier"]
        entries[0] = _refused(first, "ServiceError", "Receiver", "InternalError")
    if PARTS_LACK_FINAL in faults:
        for detail in (
            detail for entry in entries for detail in entry.get("FeesEstimate", {}).get("FeeDetailList", ())
        ):
            for part in detail.get("IncludedFeeDetailList", ()):
                del part["FinalFee"]
    return entries


def _entry(call: Call, question: Any) -> dict[str, Any]:
    request = question.get("FeesEstimateRequest") if isinstance(question, dict) else None
    if not isinstance(request, dict) or not request.keys() >= REQUIRED or question.get("IdType") != "SellerSKU":
        raise invalid("MarketplaceId, PriceToEstimateFees, Identifier and the IdType SellerSKU are required.")
    marketplace_id, price = request["MarketplaceId"], request["PriceToEstimateFees"].get("ListingPrice") or {}
    if marketplace_id not in STORES or marketplace_id in call.state.options.denied_marketplaces:
        raise denied()
    asked = {
        "MarketplaceId": marketplace_id,
        "SellerId": call.seller_id,
        "IdType": "SellerSKU",
        "IdValue": question.get("IdValue"),
        "IsAmazonFulfilled": bool(request.get("IsAmazonFulfilled")),
        "PriceToEstimateFees": request["PriceToEstimateFees"],
        "SellerInputIdentifier": request["Identifier"],
    }
    listing = listing_of(call.world, marketplace_id, str(question.get("IdValue")))
    if listing is None or not is_known(listing) or price.get("CurrencyCode") != STORES[marketplace_id].currency:
        return _refused(asked, "ClientError", "Sender", "InvalidParameterValue")
    try:
        amount = Decimal(str(price["Amount"]))
    except (InvalidOperation, KeyError):
        return _refused(asked, "ClientError", "Sender", "InvalidParameterValue")
    charges = estimate(listing, amount, fba=asked["IsAmazonFulfilled"])
    currency = STORES[marketplace_id].currency
    return {
        "Status": "Success",
        "FeesEstimateIdentifier": asked,
        "FeesEstimate": {
            "TimeOfFeesEstimation": zulu(call.now),
            "TotalFeesEstimate": _money(sum((charge.total for charge in charges), Decimal(0)), currency),
            "FeeDetailList": [_detail(charge, currency) for charge in charges],
        },
    }


def _detail(charge: Charge, currency: str) -> dict[str, Any]:
    detail = _fee(NAMES[charge.type], charge, currency)
    if charge.type != FULFILMENT:
        return detail
    assert detail["FeeType"] == FBA_FEES
    return detail | {
        "IncludedFeeDetailList": [_fee(part.type, part, currency) for part in fulfilment_parts(charge)],
    }


def _fee(name: str, charge: Charge, currency: str) -> dict[str, Any]:
    return {
        "FeeType": name,
        "FeeAmount": _money(charge.amount, currency),
        "FeePromotion": _money(charge.promotion, currency),
        "TaxAmount": _money(charge.tax, currency),
        "FinalFee": _money(charge.total, currency),
    }


def _refused(asked: dict[str, Any], status: str, kind: str, code: str) -> dict[str, Any]:
    error = {"Type": kind, "Code": code, "Message": "The estimate is not possible.", "Detail": []}
    return {"Status": status, "FeesEstimateIdentifier": asked, "Error": error}


def _money(amount: Decimal, currency: str) -> dict[str, Any]:
    return {"CurrencyCode": currency, "Amount": float(amount)}
