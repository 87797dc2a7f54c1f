"""The part of Data Kiosk's schema analytics_salesAndTraffic_2024_04_24 that the sandbox serves."""

TRAFFIC = "analytics_salesAndTraffic_2024_04_24"
_BY_BUYER = {
    "ByAsinSales": (
        "orderedProductSales: Amount! unitsOrdered: Long! totalOrderItems: Long! shippedProductSales: Amount!"
        " unitsShipped: Long! ordersShipped: Long! unitsRefunded: Long! refundRate: Float!"
    ),
    "ByAsinTraffic": (
        "browserSessions: Long! mobileAppSessions: Long! sessions: Long! browserPageViews: Long!"
        " mobileAppPageViews: Long! pageViews: Long! browserSessionPercentage: Float!"
        " mobileAppSessionPercentage: Float! sessionPercentage: Float! browserPageViewsPercentage: Float!"
        " mobileAppPageViewsPercentage: Float! pageViewsPercentage: Float! buyBoxPercentage: Float!"
        " unitSessionPercentage: Float!"
    ),
    "ByDateSales": (
        "orderedProductSales: Amount! unitsOrdered: Long! totalOrderItems: Long! shippedProductSales: Amount!"
        " unitsShipped: Long! ordersShipped: Long! unitsRefunded: Long! refundRate: Float!"
        " averageSalesPerOrderItem: Amount! averageSellingPrice: Amount! averageUnitsPerOrderItem: Float!"
        " claimsGranted: Long! claimsAmount: Amount!"
    ),
    "ByDateTraffic": (
        "browserSessions: Long! mobileAppSessions: Long! sessions: Long! browserPageViews: Long!"
        " mobileAppPageViews: Long! pageViews: Long! buyBoxPercentage: Float! orderItemSessionPercentage: Float!"
        " unitSessionPercentage: Float! feedbackReceived: Long! negativeFeedbackReceived: Long!"
        " receivedNegativeFeedbackRate: Float!"
    ),
}
"""Type → its required fields for all buyers. Each field also exists for business customers, with the suffix B2B."""
_ONLY_ALL = {"ByDateTraffic": "averageOfferCount: Long! averageParentItems: Long!"}
_TYPES = """
type Query { analytics_salesAndTraffic_2024_04_24: Analytics_SalesAndTraffic_2024_04_24 }
type Analytics_SalesAndTraffic_2024_04_24 {
  salesAndTrafficByAsin(
    aggregateBy: AsinGranularity! endDate: Date! marketplaceIds: [String!]! startDate: Date!
  ): [SalesAndTrafficByAsin]
  salesAndTrafficByDate(
    aggregateBy: DateGranularity! endDate: Date! marketplaceIds: [String!]! startDate: Date!
  ): [SalesAndTrafficByDate]
  salesAndTrafficTrends(
    asinAggregation: AsinGranularity!
    dateAggregation: DateGranularity!
    endDate: Date!
    filters: [MarketplaceAsinFilter!]!
    startDate: Date!
  ): [SalesAndTrafficTrends]
}
input MarketplaceAsinFilter { asins: [String!]! marketplaceId: String! }
enum AsinGranularity { CHILD PARENT SKU }
enum DateGranularity { DAY MONTH WEEK }
type SalesAndTrafficByAsin {
  childAsin: String
  endDate: Date!
  marketplaceId: String!
  parentAsin: String!
  sales: ByAsinSales!
  sku: String
  startDate: Date!
  traffic: ByAsinTraffic!
}
type SalesAndTrafficByDate {
  endDate: Date!
  marketplaceId: String!
  sales: ByDateSales!
  startDate: Date!
  traffic: ByDateTraffic!
}
type SalesAndTrafficTrends {
  asinAggregation: AsinGranularity!
  childAsin: String
  endDate: Date!
  marketplaceId: String!
  parentAsin: String!
  sales: ByAsinSales!
  sku: String
  startDate: Date!
  traffic: ByAsinTraffic!
}
"""


def types() -> str:
    """Return all types, in GraphQL's schema language."""
    lines = [_TYPES]
    for name, text in _BY_BUYER.items():
        words = text.split()
        twins = [
            f"{field.removesuffix(':')}B2B: {kind.removesuffix('!')}"
            for field, kind in zip(words[::2], words[1::2], strict=True)
        ]
        lines.append(f"type {name} {{ {text} {' '.join(twins)} {_ONLY_ALL.get(name, '')} }}")
    return "\n".join(lines)
