"""Row contract of economics_daily (Data Kiosk economics, MSKU and DAY)."""

from datetime import date
from typing import Any

from typing_extensions import TypedDict

from xpert_pipeline.tables.contract import Table
from xpert_pipeline.tables.fields import Amount, Currency, Id, Quantity, Text


class EconomicsRow(TypedDict):
    """Economics of one SKU on one marketplace-local day. Key: marketplace, day, SKU."""

    marketplace_id: Id
    business_date: date
    sku: Id
    asin: Text | None
    parent_asin: Text | None
    fn_sku: Text | None
    units_ordered: Quantity | None
    units_refunded: Quantity | None
    net_units: Quantity | None
    ops: Amount | None
    refunded_sales: Amount | None
    net_product_sales: Amount | None
    asp: Amount | None
    fees_total: Amount | None
    fees: Any
    ads_total: Amount | None
    ads: Any
    net_proceeds: Amount | None
    net_proceeds_per_unit: Amount | None
    cost_of_goods_sold: Amount | None
    miscellaneous_cost: Amount | None
    fulfillment_cost: Amount | None
    currency: Currency | None


ECONOMICS_DAILY = Table(
    "economics_daily",
    EconomicsRow,
    key=("marketplace_id", "business_date", "sku"),
    day="business_date",
    replaced_by=("marketplace_id", "business_date"),
)
"""A day of a marketplace is a set: it is read whole and replaced whole."""
