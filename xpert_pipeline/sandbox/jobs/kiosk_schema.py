"""The GraphQL schemas of the sandbox's Data Kiosk: the part of Amazon's that a seller's pipeline asks for."""

from datetime import date
from functools import cache
from typing import Any

from graphql import GraphQLError, GraphQLScalarType, GraphQLSchema, StringValueNode, ValueNode, build_schema

ECONOMICS, TRAFFIC = "analytics_economics_2024_03_15", "analytics_salesAndTraffic_2024_04_24"
DOMAINS = (ECONOMICS, TRAFFIC)

_COMMON = """
scalar Date
scalar Long
type Amount { amount: Float! currencyCode: String! }
"""
_ECONOMICS = """
type Query { analytics_economics_2024_03_15: Analytics_Economics_2024_03_15 }
type Analytics_Economics_2024_03_15 {
  economics(
    aggregateBy: EconomicsAggregation
    endDate: Date!
    includeComponentsForFeeTypes: [FeeType]
    marketplaceIds: [String!]!
    startDate: Date!
  ): [Economics]
}
input EconomicsAggregation { date: DateGranularity productId: ProductIdentifierGranularity }
enum DateGranularity { DAY MONTH RANGE WEEK }
enum ProductIdentifierGranularity { CHILD_ASIN MSKU PARENT_ASIN }
enum FeeType { FBA_FULFILLMENT_FEE FBA_STORAGE_FEE }
type Economics {
  ads: [AdSummary]
  childAsin: String
  cost: PerUnitCost
  endDate: Date!
  fees: [FeeSummary]!
  fnsku: String
  marketplaceId: String!
  msku: String
  netProceeds: NetProceeds!
  parentAsin: String!
  sales: Sales!
  startDate: Date!
}
type Sales {
  averageSellingPrice: Amount
  netProductSales: Amount!
  netUnitsSold: Long!
  orderedProductSales: Amount!
  refundedProductSales: Amount!
  unitsOrdered: Long!
  unitsRefunded: Long!
}
type FeeSummary {
  charge: Fee @deprecated(reason: "Ask for charges.")
  charges: [Fee]
  feeTypeName: String!
}
type Fee {
  aggregatedDetail: AggregatedDetail!
  components: [FeeComponent]
  endDate: Date
  identifier: String!
  properties: [EconomicsProperty]
  startDate: Date
}
type FeeComponent { aggregatedDetail: AggregatedDetail! name: String! properties: [EconomicsProperty] }
type EconomicsProperty { propertyName: String! propertyValue: String! }
type AdSummary { adTypeName: String! charge: AggregatedDetail }
type AggregatedDetail {
  amount: Amount!
  amountPerUnit: Amount
  amountPerUnitDelta: Amount
  promotionAmount: Amount!
  quantity: Float
  taxAmount: Amount!
  totalAmount: Amount!
}
type PerUnitCost {
  costOfGoodsSold: Amount
  fbaCost: FbaPerUnitCost
  mfnCost: MfnPerUnitCost
  miscellaneousCost: Amount
}
type FbaPerUnitCost { shippingToAmazonCost: Amount }
type MfnPerUnitCost { fulfillmentCost: Amount storageCost: Amount }
type NetProceeds { perUnit: Amount total: Amount }
"""
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
"""Type → the fields that there are of all buyers, required, and under a name ending in B2B of business customers."""
_ONLY_ALL = {"ByDateTraffic": "averageOfferCount: Long! averageParentItems: Long!"}
_TRAFFIC = """
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


@cache
def schema_of(domain: str) -> GraphQLSchema:
    """The schema of a domain."""
    schema = build_schema(_COMMON + (_ECONOMICS if domain == ECONOMICS else _TRAFFIC + _by_buyer()))
    scalar = schema.type_map["Date"]
    assert isinstance(scalar, GraphQLScalarType)
    scalar.parse_value = _date  # type: ignore[method-assign]
    scalar.parse_literal = _date_literal  # type: ignore[assignment,method-assign]
    return schema


def _by_buyer() -> str:
    lines = []
    for name, fields in _BY_BUYER.items():
        words = fields.split()
        twins = [
            f"{field.removesuffix(':')}B2B: {kind.removesuffix('!')}"
            for field, kind in zip(words[::2], words[1::2], strict=True)
        ]
        lines.append(f"type {name} {{ {fields} {' '.join(twins)} {_ONLY_ALL.get(name, '')} }}")
    return "\n".join(lines)


def _date(value: Any) -> date:
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        raise GraphQLError(f"{value} is not a date of the form YYYY-MM-DD.") from None


def _date_literal(node: ValueNode, _variables: dict[str, Any] | None = None) -> date:
    if not isinstance(node, StringValueNode):
        raise GraphQLError("A date is a string of the form YYYY-MM-DD.", node)
    return _date(node.value)
