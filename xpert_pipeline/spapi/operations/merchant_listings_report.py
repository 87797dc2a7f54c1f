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
