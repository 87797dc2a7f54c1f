"""Facts derived from a listing: its label, fulfilment channels, price without a discount, and variation family."""

from decimal import Decimal
from functools import lru_cache

from xpert_pipeline.sandbox.marketplaces import STORES
from xpert_pipeline.sandbox.world.digest import letters, number
from xpert_pipeline.sandbox.world.money import CENT
from xpert_pipeline.sandbox.world.records import Listing

SELLERS_OWN = "DEFAULT"
"""The fulfilment channel of what the seller itself sends, as listings spell it."""
_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ0123456789"


def fn_sku(listing: Listing) -> str | None:
    """Return Amazon's label for FBA stock, which is the same in every store; None for merchant listings."""
    return stock_label(listing.sku) if listing.fba else None


@lru_cache(maxsize=10_000)
def stock_label(sku: str, *, is_new: bool = True) -> str:
    """Return Amazon's label (FNSKU) on the units of a SKU; used units and new units have different labels."""
    return "X0" + letters(8, _ALPHABET, "fnsku", sku) if is_new else "X1" + letters(8, _ALPHABET, "used fnsku", sku)


def channel_code(listing: Listing) -> str:
    """Return the fulfilment channel as listings spell it."""
    return STORES[listing.marketplace_id].channel_code if listing.fba else SELLERS_OWN


def own_quantity(listing: Listing) -> int | None:
    """Return the units that the seller itself can send; None if the listing is Amazon's alone."""
    return listing.beside if listing.fba else listing.quantity


def regular_price(listing: Listing) -> Decimal | None:
    """Return the price without a discount: one listing in eight is sold for 10 per cent less."""
    if listing.price is None:
        return None
    price = Decimal(listing.price)
    return (price / Decimal("0.9")).quantize(CENT) if number("discount", listing.seed) % 8 == 0 else price


def variation_theme(listing: Listing) -> str | None:
    """Return the theme of the listing's variation family; only listings with a size have one."""
    return "SIZE" if listing.size else None


def parent_asin(listing: Listing) -> str:
    """Return the parent ASIN that all sizes of a style share."""
    return _parent(listing.sku.rsplit("-", 1)[0])


@lru_cache(maxsize=10_000)
def _parent(style: str) -> str:
    return f"B0P{number('parent', style) % 10**7:07d}"


def sales_rank(listing: Listing) -> int:
    """Return the rank of the listing's product in its category; 1 is the best seller."""
    return 1 + number("rank", listing.asin) % 200_000
