"""Row contract of products (listings search and catalog, or the merchant listings report)."""

from typing import Any

from typing_extensions import TypedDict

from xpert_pipeline.tables.contract import Table
from xpert_pipeline.tables.fields import Amount, Currency, Id, Instant, Quantity, Text


class ProductRow(TypedDict):
    """One listing as it stands now. Key: marketplace, SKU (one ASIN can carry several SKUs)."""

    marketplace_id: Id
    sku: Id
    asin: Text | None
    fn_sku: Text | None
    item_name: Text | None
    brand: Text | None
    manufacturer: Text | None
    product_type: Text | None
    condition_type: Text | None
    status: list[Text] | None
    fulfillment_channel: Text | None
    price: Amount | None
    currency: Currency | None
    quantity: Quantity | None
    main_image_url: Text | None
    browse_node_id: Text | None
    browse_node_name: Text | None
    parent_asin: Text | None
    variation_theme: Text | None
    sales_rank: Quantity | None
    sales_rank_category: Text | None
    issues_count: Quantity | None
    issues: Any
    item_weight: Amount | None
    weight_unit: Text | None
    package_dimensions: Any
    isbn_or_ean: Text | None
    listing_created_at: Instant | None
    listing_updated_at: Instant | None


PRODUCTS = Table("products", ProductRow, key=("marketplace_id", "sku"), day=None)
