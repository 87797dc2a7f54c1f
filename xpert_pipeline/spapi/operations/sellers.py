"""Sellers API v1, and whether credentials belong to a merchant id, which no operation of Amazon says directly."""

from typing import Any

from xpert_pipeline.spapi.errors import BadAnswer, NotGranted
from xpert_pipeline.spapi.json_path import value_at
from xpert_pipeline.spapi.operations.catalog import search_catalog_items
from xpert_pipeline.spapi.operations.listings import count_listings
from xpert_pipeline.spapi.session import SellerApi

ANY_ASIN = "B000000000"
"""The catalogue need not contain it: only whether Amazon answers counts."""


def marketplace_participations(api: SellerApi) -> list[dict[str, Any]]:
    """Return the seller's marketplaces (getMarketplaceParticipations; its quota is one call per minute).

    Returns:
        For each marketplace `{"marketplace": {"id", "countryCode", …}, "participation": {"isParticipating", …},
        "storeName"}`.

    Raises:
        BadAnswer: An entry has no marketplace or no participation.
    """
    answer = api.call("getMarketplaceParticipations", expects={"payload": list})
    participations: list[dict[str, Any]] = answer["payload"]
    for entry in participations:
        if not isinstance(value_at(entry, "marketplace.id"), str) or not isinstance(
            value_at(entry, "participation"), dict
        ):
            message = "an entry has no marketplace or no participation"
            raise BadAnswer(message, operation="getMarketplaceParticipations", seller=api.seller_id)
    return participations


def is_own_account(api: SellerApi, marketplace_id: str) -> bool | None:
    """Return whether the credentials belong to the merchant id; None if Amazon's answers cannot tell.

    Only searchListingsItems takes the merchant id and refuses another account's. It also refuses without the role
    Product Listing; searchCatalogItems, which needs the same role but no merchant id, tells the two cases apart. One
    call if the id is right, at most five otherwise, because each refusal is confirmed.
    """
    try:
        count_listings(api, marketplace_id)
    except NotGranted:
        pass
    else:
        return True
    try:
        list(search_catalog_items(api, marketplace_id, [ANY_ASIN]))
    except NotGranted:
        return None
    return False
