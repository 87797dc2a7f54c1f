"""Sellers API v1: the marketplaces in which the seller participates."""

from typing import Any

from xpert_pipeline.spapi.session import SellerApi


def marketplace_participations(api: SellerApi) -> list[dict[str, Any]]:
    """Return the seller's marketplaces (getMarketplaceParticipations; its quota is one call per minute).

    Returns:
        For each marketplace `{"marketplace": {"id", "countryCode", …}, "participation": {"isParticipating", …},
        "storeName"}`.
    """
    answer = api.call("getMarketplaceParticipations", expects={"payload": list})
    participations: list[dict[str, Any]] = answer["payload"]
    return participations
