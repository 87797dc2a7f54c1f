"""Row contract of sales_data, derived in SQL from orders and order items."""

from datetime import date

from typing_extensions import TypedDict

from xpert_pipeline.tables.contract import Table
from xpert_pipeline.tables.fields import Amount, Currency, Flag, Id, Quantity, Text


class SalesRow(TypedDict):
    """Sales of one SKU on one marketplace-local day. Key: marketplace, day, SKU."""

    marketplace_id: Id
    sale_date: date
    sku: Id
    asin: Text | None
    parent_asin: Text | None
    orders: Quantity
    order_items: Quantity
    units_ordered: Quantity
    units_b2b: Quantity
    ops: Amount | None
    ops_b2b: Amount | None
    currency: Currency | None
    asp: Amount | None
    discount_total: Amount | None
    tax_total: Amount | None
    units_shipped: Quantity | None
    units_cancelled: Quantity
    units_refunded: Quantity | None
    refunded_sales: Amount | None
    net_units: Quantity | None
    net_product_sales: Amount | None
    sessions: Quantity | None
    page_views: Quantity | None
    featured_offer_pct: Amount | None
    unit_session_pct: Amount | None
    source_units: Text | None
    amazon_ops: Amount | None
    ops_variance: Amount | None
    is_final: Flag


SALES_DATA = Table("sales_data", SalesRow, key=("marketplace_id", "sale_date", "sku"), day="sale_date")
