"""Finds the marketplaces of one seller by what people type: marketplace ids or country codes."""

from collections.abc import Iterable

from xpert_pipeline.spapi.marketplaces import MARKETPLACES, Marketplace

ALIASES = {"UK": "GB"}


class MarketplacesRefused(ValueError):
    """The marketplaces cannot belong to one seller; the message says why and what to do."""


class MarketplaceNameUnknown(MarketplacesRefused):
    """A name is neither an id nor a country code of a marketplace; the message lists all of them."""


def find_marketplaces(names: Iterable[str]) -> list[Marketplace]:
    """Find the marketplaces of one seller, in the given order and without duplicates.

    Args:
        names: Marketplace ids or country codes in any case; one text may contain several, separated by commas.

    Raises:
        MarketplaceNameUnknown: There is no such marketplace.
        MarketplacesRefused: The marketplaces belong to several regions.
    """
    parts = [part.strip() for text in names for part in text.split(",")]
    marketplaces = list(dict.fromkeys(_find(part) for part in parts if part))
    if len({marketplace.region for marketplace in marketplaces}) > 1:
        places = ", ".join(f"{marketplace.country} ({marketplace.region})" for marketplace in marketplaces)
        raise MarketplacesRefused(
            f"these marketplaces belong to several regions: {places}. Each region has its own seller id and refresh "
            "token: list the marketplaces of one region only, and add those of another region as a separate seller "
            "(`xpert sellers add`)"
        )
    return marketplaces


def _find(name: str) -> Marketplace:
    code = ALIASES.get(name.upper(), name.upper())
    for marketplace in MARKETPLACES:
        if code in (marketplace.id, marketplace.country):
            return marketplace
    known = ", ".join(f"{marketplace.country} ({marketplace.id})" for marketplace in MARKETPLACES)
    raise MarketplaceNameUnknown(f"{name!r} is not an Amazon marketplace. Use country codes or ids: {known}")
