"""Finds the seller's listings by SKU."""

from xpert_pipeline.sandbox.world.records import Listing, World


def listing_of(world: World, marketplace_id: str, sku: str) -> Listing | None:
    """Return a listing of a store; None if the store has none with this SKU."""
    key = f"listings of {marketplace_id}"
    if key not in world.figures:
        world.figures[key] = {listing.sku: listing for listing in world.listings_of((marketplace_id,))}
    by_sku: dict[str, Listing] = world.figures[key]
    return by_sku.get(sku)
