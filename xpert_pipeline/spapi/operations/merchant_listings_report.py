"""Columns of the report GET_MERCHANT_LISTINGS_ALL_DATA: all of the seller's own listings in one marketplace."""

from xpert_pipeline.spapi.documents.flat_files import FlatColumn

COLUMNS = (
    FlatColumn("seller-sku", ("出品者SKU",)),
    FlatColumn("item-name", ("商品名",)),
    FlatColumn("asin1", is_optional=True),
    FlatColumn("product-id", ("商品ID",), is_optional=True),
    FlatColumn("product-id-type", ("商品IDタイプ",), is_optional=True),
    FlatColumn("status", ("ステータス",), is_optional=True),
    FlatColumn("fulfillment-channel", ("fulfilment-channel", "フルフィルメント・チャンネル"), is_optional=True),
    FlatColumn("price", ("価格",), is_optional=True),
    FlatColumn("quantity", ("数量",), is_optional=True),
)
"""The columns that are read, with the names that they have in the United Kingdom and in Japan."""
IGNORED = (
    "item-description",
    "listing-id",
    "open-date",
    "image-url",
    "item-is-marketplace",
    "zshop-shipping-fee",
    "item-note",
    "item-condition",
    "zshop-category1",
    "zshop-browse-path",
    "zshop-storefront-feature",
    "asin2",
    "asin3",
    "will-ship-internationally",
    "expedited-shipping",
    "zshop-boldface",
    "bid-for-featured-placement",
    "add-delete",
    "pending-quantity",
    "merchant-shipping-group",
    "business-price",
    "quantity-price-type",
    "minimum-seller-allowed-price",
    "maximum-seller-allowed-price",
    "optional-payment-type-exclusion",
)
"""Other columns that the report is known to have; some countries lack some."""
