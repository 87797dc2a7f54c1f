"""Writes the merchant listings report."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from xpert_pipeline.sandbox.jobs.flat_file import flat_line
from xpert_pipeline.sandbox.marketplaces import STORES
from xpert_pipeline.sandbox.world.listing_facts import channel_code
from xpert_pipeline.sandbox.world.records import Listing

LISTING_COLUMNS = (
    "item-name", "item-description", "listing-id", "seller-sku", "price", "quantity", "open-date", "image-url",
    "item-is-marketplace", "product-id-type", "zshop-shipping-fee", "item-note", "item-condition",
    "zshop-category1", "zshop-browse-path", "zshop-storefront-feature", "asin1", "asin2", "asin3",
    "will-ship-internationally", "expedited-shipping", "zshop-boldface", "product-id",
    "bid-for-featured-placement", "add-delete", "pending-quantity", "fulfillment-channel",
    "merchant-shipping-group", "status",
)  # fmt: skip


def merchant_listings(listings: Iterable[Listing]) -> Iterator[str]:
    """Yield the merchant listings report line by line."""
    yield "\t".join(LISTING_COLUMNS) + "\n"
    for listing in listings:
        yield flat_line(_listing_fields(listing), LISTING_COLUMNS, "\n")


def _listing_fields(listing: Listing) -> dict[str, str]:
    zone = STORES[listing.marketplace_id].zone
    opened = datetime.fromtimestamp(listing.created, zone).strftime("%d/%m/%Y %H:%M:%S %Z")
    return {
        "item-name": listing.title,
        "seller-sku": listing.sku,
        "price": listing.price or "",
        "quantity": "" if listing.quantity is None else str(listing.quantity),
        "open-date": opened,
        "item-is-marketplace": "y",
        "product-id-type": "1",
        "item-condition": "11",
        "asin1": listing.asin,
        "will-ship-internationally": "n",
        "expedited-shipping": "N",
        "product-id": listing.asin,
        "pending-quantity": "" if listing.quantity is None else "0",
        "fulfillment-channel": channel_code(listing),
        "merchant-shipping-group": "Migrated Template",
        "status": "Active" if listing.active else "Inactive",
    }
