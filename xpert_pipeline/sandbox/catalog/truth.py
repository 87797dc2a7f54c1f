"""The rows that a perfect pipeline would load for listings. Times are UTC."""

from collections.abc import Iterator

from xpert_pipeline.sandbox.catalog.catalog_payload import catalog_facts
from xpert_pipeline.sandbox.catalog.listings_payload import image_url, product_type, status
from xpert_pipeline.sandbox.domain import Row
from xpert_pipeline.sandbox.serving.formats import amount_text, zulu
from xpert_pipeline.sandbox.world.listing_facts import (
    channel_code,
    fn_sku,
    own_quantity,
    regular_price,
    variation_theme,
)
from xpert_pipeline.sandbox.world.records import World


def products(world: World) -> Iterator[Row]:
    """One row for each listing."""
    for listing in world.listings:
        yield {
            "marketplace_id": listing.marketplace_id,
            "sku": listing.sku,
            "asin": listing.asin,
            "fn_sku": fn_sku(listing),
            "item_name": listing.title,
            "product_type": product_type(listing),
            "condition_type": "new_new",
            "status": status(listing),
            "fulfillment_channel": channel_code(listing),
            "price": listing.price,
            "regular_price": amount_text(regular_price(listing)),
            "currency": listing.currency if listing.price else None,
            "quantity": listing.quantity,
            "merchant_quantity": own_quantity(listing),
            "main_image_url": image_url(listing.asin),
            "variation_theme": variation_theme(listing),
            "issues_count": 0,
            **catalog_facts(listing),
            "listing_created_at": zulu(listing.created),
            "listing_updated_at": zulu(listing.updated),
        }
