"""The part of Data Kiosk's schema analytics_economics_2024_03_15 that the sandbox serves."""

ECONOMICS = "analytics_economics_2024_03_15"
TYPES = """
type Query { analytics_economics_2024_03_15: Analytics_Economics_2024_03_15 }
type Analytics_Economics_2024_03_15 {
  economics(
    aggregateBy: EconomicsAggregation
    endDate: Date!
    includeComponentsForFeeTypes: [FeeType]
    marketplaceIds: [String!]!
    startDate: Date!
  ): [Economics]
  economicsPreview(
    aggregateBy: EconomicsPreviewAggregation
    endDate: Date!
    feeTypes: [PreviewFeeType!]!
    marketplaceIds: [String!]!
    startDate: Date!
  ): [Economics]
}
input EconomicsPreviewAggregation {
  date: EconomicsPreviewDateGranularity
  productId: EconomicsPreviewProductIdentifierGranularity
}
enum EconomicsPreviewDateGranularity { RANGE }
enum EconomicsPreviewProductIdentifierGranularity { MSKU }
enum PreviewFeeType {
  AGED_INVENTORY_SURCHARGE BASE_FBA_FULFILLMENT_FEE BASE_MONTHLY_STORAGE_FEE CLOSING_FEES DIGITAL_SERVICES_FEE_FBA
  DIGITAL_SERVICES_FEE_SOA FBA_FULFILLMENT_FEES FBA_INBOUND_PLACEMENT_SERVICE_FEE HIGH_RETURN_RATE_FEE
  LOW_INVENTORY_LEVEL_FEE MONTHLY_INVENTORY_STORAGE_FEES PAN_EU_OVERSIZE_FEE PER_ITEM_SELLING_FEES REFERRAL_FEES
  RETURN_PROCESSING_FEE SPONSORED_PRODUCTS_CHARGES STORAGE_UTILIZATION_SURCHARGE
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
