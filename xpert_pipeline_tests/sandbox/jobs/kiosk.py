"""Texts of Data Kiosk queries for the tests."""

import json

from xpert_pipeline_tests.sandbox.client import INDIA

AMOUNT = "{ amount currencyCode }"
DETAIL = (
    f"{{ amount {AMOUNT} promotionAmount {AMOUNT} taxAmount {AMOUNT} totalAmount {AMOUNT} quantity"
    f" amountPerUnit {AMOUNT} amountPerUnitDelta {AMOUNT} }}"
)
FEE = (
    f"{{ identifier startDate endDate properties {{ propertyName propertyValue }}"
    f" components {{ name }} aggregatedDetail {DETAIL} }}"
)
ECONOMICS = f"""
  startDate endDate marketplaceId parentAsin childAsin msku fnsku
  sales {{
    orderedProductSales {AMOUNT} refundedProductSales {AMOUNT} netProductSales {AMOUNT} averageSellingPrice {AMOUNT}
    unitsOrdered unitsRefunded netUnitsSold
  }}
  fees {{ feeTypeName charge {FEE} charges {FEE} }}
  ads {{ adTypeName charge {DETAIL} }}
  cost {{
    costOfGoodsSold {AMOUNT} miscellaneousCost {AMOUNT}
    fbaCost {{ shippingToAmazonCost {AMOUNT} }} mfnCost {{ fulfillmentCost {AMOUNT} storageCost {AMOUNT} }}
  }}
  netProceeds {{ total {AMOUNT} perUnit {AMOUNT} }}
"""
SALES = {
    "units_ordered": "unitsOrdered",
    "units_ordered_b2b": "unitsOrderedB2B",
    "order_items": "totalOrderItems",
    "order_items_b2b": "totalOrderItemsB2B",
    "units_shipped": "unitsShipped",
    "orders_shipped": "ordersShipped",
    "units_refunded": "unitsRefunded",
    "refund_rate": "refundRate",
}
MONEY = {"ops": "orderedProductSales", "ops_b2b": "orderedProductSalesB2B", "shipped_sales": "shippedProductSales"}
TRAFFIC = {
    "sessions": "sessions",
    "sessions_b2b": "sessionsB2B",
    "browser_sessions": "browserSessions",
    "mobile_app_sessions": "mobileAppSessions",
    "page_views": "pageViews",
    "page_views_b2b": "pageViewsB2B",
    "browser_page_views": "browserPageViews",
    "mobile_app_page_views": "mobileAppPageViews",
    "buy_box_pct": "buyBoxPercentage",
    "buy_box_pct_b2b": "buyBoxPercentageB2B",
    "unit_session_pct": "unitSessionPercentage",
}
BY_ASIN = f"""
  startDate endDate marketplaceId parentAsin childAsin sku
  sales {{ {" ".join(SALES.values())} {" ".join(f"{name} {AMOUNT}" for name in MONEY.values())} }}
  traffic {{ {" ".join(TRAFFIC.values())} sessionPercentage }}
"""
BY_DATE = "startDate endDate marketplaceId sales { unitsOrdered } traffic { sessions averageOfferCount }"


def economics(start, end, fields=ECONOMICS, date="DAY", product="MSKU", marketplace=INDIA):
    return f"""query {{ analytics_economics_2024_03_15 {{ economics(
        startDate: "{start}" endDate: "{end}" marketplaceIds: ["{marketplace}"]
        aggregateBy: {{ date: {date}, productId: {product} }}) {{ {fields} }} }} }}"""


def by_asin(start, end, level="CHILD", fields=BY_ASIN):
    return _traffic(
        f'salesAndTrafficByAsin({_span(start, end)} aggregateBy: {level} marketplaceIds: ["{INDIA}"])', fields
    )


def by_date(start, end, granularity="DAY", fields=BY_DATE):
    return _traffic(
        f'salesAndTrafficByDate({_span(start, end)} aggregateBy: {granularity} marketplaceIds: ["{INDIA}"])', fields
    )


def trends(start, end, asins, granularity="DAY", level="CHILD", fields=BY_ASIN):
    filters = f'[{{ marketplaceId: "{INDIA}", asins: {json.dumps(asins)} }}]'
    return _traffic(
        f"salesAndTrafficTrends({_span(start, end)} dateAggregation: {granularity} asinAggregation: {level}"
        f" filters: {filters})",
        fields,
    )


def _span(start, end):
    return f'startDate: "{start}" endDate: "{end}"'


def _traffic(dataset, fields):
    return f"{{ analytics_salesAndTraffic_2024_04_24 {{ {dataset} {{ {fields} }} }} }}"
