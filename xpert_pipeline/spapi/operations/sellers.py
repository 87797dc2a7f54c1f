"""Sellers API v1: in which marketplaces the seller takes part."""

from typing import Any

from xpert_pipeline.spapi.session import SellerApi


def marketplace_participations(api: SellerApi) -> list[dict[str, Any]]:
    """Return the seller's marketplaces (getMarketplaceParticipations; its quota is one call a minute).

    Returns:
        `{"marketplace": {"id", "countryCode", …}, "participation": {"isParticipating", …}, "storeName"}` each.
    """
    answer = api.call("getMarketplaceParticipations", expects={"payload": list})
    participations: list[dict[str, Any]] = answer["payload"]
    return participations
