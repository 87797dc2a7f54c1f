"""What a listing does not say itself and follows from its ids: labels, channel and variation family."""

from xpert_pipeline.sandbox.world.digest import letters, number
from xpert_pipeline.sandbox.world.records import Listing

_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ0123456789"


def fn_sku(listing: Listing) -> str | None:
    """Amazon's own label of FBA stock."""
    return "X0" + letters(8, _ALPHABET, "fnsku", listing.sku) if listing.fba else None


def channel_code(listing: Listing) -> str:
    """Fulfilment channel as listings spell it."""
    return "AMAZON_IN" if listing.fba else "DEFAULT"


def variation_theme(listing: Listing) -> str | None:
    """Theme of the variation family that a listing with a size belongs to."""
    return "SIZE" if listing.size else None


def parent_asin(listing: Listing) -> str:
    """The parent that all sizes of a style share."""
    style = listing.sku.rsplit("-", 1)[0]
    return f"B0P{number('parent', style) % 10**7:07d}"
