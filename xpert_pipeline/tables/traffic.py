"""Row contract of traffic_daily (Data Kiosk sales and traffic, CHILD and DAY)."""

from datetime import date

from typing_extensions import TypedDict

from xpert_pipeline.tables.contract import Table
from xpert_pipeline.tables.fields import Amount, Currency, Id, Percent, Quantity, Text


class TrafficRow(TypedDict):
    """Traffic and sales of one child ASIN on one marketplace-local day. Key: marketplace, day, ASIN."""

    marketplace_id: Id
    business_date: date
    asin: Id
    parent_asin: Text | None
    sessions: Quantity | None
    sessions_b2b: Quantity | None
    browser_sessions: Quantity | None
    mobile_app_sessions: Quantity | None
    page_views: Quantity | None
    page_views_b2b: Quantity | None
    browser_page_views: Quantity | None
    mobile_app_page_views: Quantity | None
    buy_box_pct: Percent | None
    buy_box_pct_b2b: Percent | None
    unit_session_pct: Percent | None
    units_ordered: Quantity | None
    units_ordered_b2b: Quantity | None
    order_items: Quantity | None
    order_items_b2b: Quantity | None
    ops: Amount | None
    ops_b2b: Amount | None
    units_shipped: Quantity | None
    shipped_sales: Amount | None
    orders_shipped: Quantity | None
    units_refunded: Quantity | None
    refund_rate: Percent | None
    currency: Currency | None


TRAFFIC_DAILY = Table(
    "traffic_daily",
    TrafficRow,
    key=("marketplace_id", "business_date", "asin"),
    day="business_date",
    replaced_by=("marketplace_id", "business_date"),
)
"""A day of a marketplace is a set: it is read whole and replaced whole."""
