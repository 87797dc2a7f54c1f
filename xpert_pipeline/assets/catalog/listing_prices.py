"""Prices of a listing as Listings Items tells them: the present one as an offer, the regular one as an attribute."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from xpert_pipeline.sources.values import number

EVERYBODY = "ALL"
"""The audience of offers that are not for business customers alone."""


def consumer_offer(offers: list[Any] | None, marketplace_id: str) -> Mapping[str, Any]:
    """Return the seller's offer to consumers; empty if there is none."""
    own = [entry for entry in offers or () if entry.get("marketplaceId", marketplace_id) == marketplace_id]
    return next((entry for entry in own if entry.get("offerType", "B2C") == "B2C"), {})


def regular_price(attributes: Any, marketplace_id: str, currency: str | None) -> Decimal | None:
    """Return the price that the seller has set for all customers, without a discount.

    None if there is no single one: Amazon may know several, each for a time of its own. Attributes have no fixed
    structure, so one that cannot be read is unknown, and spoils no listing.
    """
    try:
        prices = [
            number(schedule.get("value_with_tax"))
            for offer in (attributes or {}).get("purchasable_offer") or ()
            if offer.get("marketplace_id", marketplace_id) == marketplace_id
            and offer.get("audience", EVERYBODY) == EVERYBODY
            and offer.get("currency") == currency is not None
            for price in offer.get("our_price") or ()
            for schedule in price.get("schedule") or ()
        ]
    except (AttributeError, TypeError):
        return None
    return prices[0] if len(prices) == 1 else None
