"""Adds the sellers that the environment or the sandbox describes, and keeps their marketplaces up to date."""

from collections.abc import Sequence
from typing import Any

from xpert_pipeline.cli import sandbox_client
from xpert_pipeline.postgres.sellers import STOPPED, Seller, SellerBook
from xpert_pipeline.settings import Settings
from xpert_pipeline.spapi.marketplaces import by_id


def onboard(book: SellerBook, settings: Settings, sandbox: dict[str, Any] | None) -> None:
    """Add or update the sandbox's sellers, or else the seller of the environment.

    Args:
        book: The sellers of the database.
        settings: The environment.
        sandbox: The ready line of the sandbox that this command started.
    """
    known = {seller.amazon_seller_id: seller for seller in book.all()}
    if sandbox:
        for entry in sandbox_client.sellers(sandbox):
            seller = known.get(entry["seller_id"])
            if seller is None or _is_outdated(seller, tuple(entry["marketplace_ids"])):
                add_seller(
                    book,
                    entry["seller_id"],
                    entry["marketplace_ids"],
                    name=entry["name"],
                    is_sandbox=True,
                    refresh_token=entry["refresh_token"],
                )
    elif settings.seller_id and settings.refresh_token:
        seller = known.get(settings.seller_id)
        may_be_back = seller is not None and seller.status == "reauth_required"  # it may have authorized again
        if seller is None or may_be_back or _is_outdated(seller, settings.marketplace_ids):
            name = seller.name if seller else None
            add_seller(book, settings.seller_id, settings.marketplace_ids, name=name)


def add_seller(
    book: SellerBook,
    amazon_seller_id: str,
    marketplace_ids: Sequence[str],
    *,
    name: str | None = None,
    is_sandbox: bool = False,
    refresh_token: str | None = None,
) -> Seller:
    """Add a seller, or update a known one and make it active again.

    Args:
        book: The sellers of the database.
        amazon_seller_id: Amazon's merchant id.
        marketplace_ids: Its marketplaces; the first one's time zone is the seller's.
        name: Name for people; the id if it is None.
        is_sandbox: Whether the sandbox serves this seller.
        refresh_token: The token to store; None keeps the stored one.
    """
    marketplaces = [by_id(marketplace_id) for marketplace_id in marketplace_ids]
    return book.add(
        amazon_seller_id=amazon_seller_id,
        name=name or amazon_seller_id,
        region=marketplaces[0].region,
        marketplace_ids=[marketplace.id for marketplace in marketplaces],
        regions={marketplace.id: marketplace.region for marketplace in marketplaces},
        timezone=marketplaces[0].timezone,
        is_sandbox=is_sandbox,
        refresh_token=refresh_token,
    )


def _is_outdated(seller: Seller, marketplace_ids: tuple[str, ...]) -> bool:
    """Whether other marketplaces are listed now. A seller that the operator stopped follows when it is active again."""
    return seller.marketplace_ids != marketplace_ids and seller.status not in STOPPED
