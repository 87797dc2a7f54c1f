"""economics_daily: each SKU's sales, costs and proceeds per marketplace-local day, as Amazon reports them."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, Any

from typing_extensions import TypedDict

from xpert_pipeline.assets.sales.sold_days import SOLD_DAYS
from xpert_pipeline.sources.collect import Row
from xpert_pipeline.sources.day_figures import DayFigure
from xpert_pipeline.sources.job_windows import Requested, SalesEvidence
from xpert_pipeline.sources.kiosk.dataset import KioskDataset
from xpert_pipeline.sources.kiosk.queries import KioskQuery
from xpert_pipeline.sources.kiosk.records import Money, day_of
from xpert_pipeline.sources.values import digits, entries, number
from xpert_pipeline.sources.windows import TWO_YEARS, Restatement
from xpert_pipeline.tables.about import About
from xpert_pipeline.tables.columns import Null
from xpert_pipeline.tables.contract import Table
from xpert_pipeline.tables.fields import Amount, Currency, Id, MarketplaceId, Quantity, Text


class EconomicsRow(TypedDict):
    """Economics of one SKU on one marketplace-local day."""

    marketplace_id: MarketplaceId
    business_date: Annotated[date, "Marketplace-local day; the partition."]
    sku: Annotated[Id, "The seller's own SKU."]
    asin: Annotated[Text | None, "ASIN of the listing."]
    parent_asin: Annotated[
        Text | None,
        "ASIN of the variation parent; a product without variations has its own ASIN here.",
    ]
    fn_sku: Annotated[Text | None, "FNSKU: Amazon's label for the stock.", Null("The SKU has none, or more than one.")]
    units_ordered: Annotated[Quantity | None, "Units ordered."]
    units_refunded: Annotated[Quantity | None, "Units refunded, as of the time of the request."]
    net_units: Annotated[Quantity | None, "units_ordered - units_refunded, as Amazon reports it."]
    ops: Annotated[Amount | None, "Ordered product sales."]
    refunded_sales: Annotated[Amount | None, "Refunded product sales, as of the time of the request."]
    net_product_sales: Annotated[Amount | None, "ops - refunded_sales, as Amazon reports it."]
    asp: Annotated[Amount | None, "Average selling price.", Null("No unit was sold.")]
    fees_total: Annotated[
        Amount | None,
        "Sum of the totals of all fees; 0 if Amazon reported an empty list.",
        Null("Amazon did not report fees, or at least one total."),
    ]
    fees: Annotated[
        Any,
        "Fees: a list of {type, amount, promotion, tax, total, quantity}; total = amount - promotion + tax; unknown "
        "values are null.",
        Null("Amazon did not report fees."),
    ]
    ads_total: Annotated[
        Amount | None,
        "Sum of the totals of all ads; 0 if Amazon reported an empty list.",
        Null("Amazon did not report ads, or at least one total."),
    ]
    ads: Annotated[Any, "Advertising charges, in the same form as fees.", Null("Amazon did not report ads.")]
    net_proceeds: Annotated[Amount | None, "Net proceeds, as Amazon reports them."]
    net_proceeds_per_unit: Annotated[Amount | None, "Net proceeds per net unit."]
    cost_of_goods_sold: Annotated[
        Amount | None,
        "Cost of goods per unit, as the seller entered it at Amazon.",
        Null("The seller entered none."),
    ]
    miscellaneous_cost: Annotated[
        Amount | None,
        "Other cost per unit, as the seller entered it at Amazon.",
        Null("The seller entered none."),
    ]
    fulfillment_cost: Annotated[
        Amount | None,
        "Fulfilment cost per unit, as the seller entered it at Amazon.",
        Null("The seller entered none."),
    ]
    currency: Annotated[Currency | None, "ISO 4217 code for all amounts of the row.", Null("The row has no amount.")]


ECONOMICS_DAILY = Table(
    "economics_daily",
    EconomicsRow,
    key=("marketplace_id", "business_date", "sku"),
    day="business_date",
    replaced_by=("marketplace_id", "business_date"),
    about=About(
        grain="a SKU's sales, fees, advertising charges and net proceeds on a day, as Amazon reports them",
        source="Data Kiosk economics 2024-03-15, by MSKU and DAY",
        freshness="A day is read after it has ended.",
        restatement="Amazon restates a day for about two weeks, so every sync reads the last 14 days again and "
        "replaces them.",
        example="select business_date, sum(ops) as ops, sum(fees_total) as fees, sum(net_proceeds) as proceeds,\n"
        "  currency\n"
        "from economics_daily group by business_date, currency order by business_date desc;",
    ),
)
AMOUNT = "{ amount currencyCode }"
DETAIL = f"""{{
  amount {AMOUNT} promotionAmount {AMOUNT} taxAmount {AMOUNT} totalAmount {AMOUNT} quantity
}}"""
QUERY = KioskQuery(
    dataset="analytics_economics_2024_03_15",
    name="economics",
    arguments="aggregateBy: { date: DAY, productId: MSKU }",
    fields=f"""
  startDate endDate marketplaceId msku fnsku childAsin parentAsin
  sales {{
    unitsOrdered unitsRefunded netUnitsSold
    orderedProductSales {AMOUNT} refundedProductSales {AMOUNT} netProductSales {AMOUNT} averageSellingPrice {AMOUNT}
  }}
  fees {{ feeTypeName charges {{ aggregatedDetail {DETAIL} }} }}
  ads {{ adTypeName charge {DETAIL} }}
  cost {{ costOfGoodsSold {AMOUNT} miscellaneousCost {AMOUNT} mfnCost {{ fulfillmentCost {AMOUNT} }} }}
  netProceeds {{ total {AMOUNT} perUnit {AMOUNT} }}
""",
)
Named = tuple[str, Mapping[str, Any]]
NO_CHARGE: Mapping[str, Any] = {}
"""Stands in for the missing charge of a fee; its amounts are unknown, not 0."""


def parse_economics(record: Mapping[str, Any], requested: Requested, signals: Counter[str]) -> Row:
    """Parse one record: a SKU on a day.

    Raises:
        Unfit: It does not cover exactly one requested day, or has amounts in several currencies.
    """
    money = Money()
    sales, proceeds, cost = (record.get(name) or {} for name in ("sales", "netProceeds", "cost"))
    fees = _charges(_fee_details(record.get("fees"), signals), money)
    ads = _charges(_ad_details(record.get("ads"), signals), money)
    row: Row = {
        "marketplace_id": record["marketplaceId"],
        "business_date": day_of(record, requested),
        "sku": record.get("msku"),
        "asin": record.get("childAsin"),
        "parent_asin": record.get("parentAsin"),
        "fn_sku": record.get("fnsku"),
        "units_ordered": number(sales.get("unitsOrdered")),
        "units_refunded": number(sales.get("unitsRefunded")),
        "net_units": number(sales.get("netUnitsSold")),
        "ops": money.read(sales.get("orderedProductSales")),
        "refunded_sales": money.read(sales.get("refundedProductSales")),
        "net_product_sales": money.read(sales.get("netProductSales")),
        "asp": money.read(sales.get("averageSellingPrice")),
        "fees_total": _total(record.get("fees"), fees),
        "fees": _listed(record.get("fees"), fees),
        "ads_total": _total(record.get("ads"), ads),
        "ads": _listed(record.get("ads"), ads),
        "net_proceeds": money.read(proceeds.get("total")),
        "net_proceeds_per_unit": money.read(proceeds.get("perUnit")),
        "cost_of_goods_sold": money.read(cost.get("costOfGoodsSold")),
        "miscellaneous_cost": money.read(cost.get("miscellaneousCost")),
        "fulfillment_cost": money.read((cost.get("mfnCost") or {}).get("fulfillmentCost")),
    }
    return row | {"currency": money.currency}


def _fee_details(fees: list[Any] | None, signals: Counter[str]) -> Iterable[Named]:
    """Fees have their details one level deeper than ads, and a fee may have several charges."""
    for fee in entries(fees, "fees", signals):
        charges = list(entries(fee.get("charges"), "charges of a fee", signals))
        for charge in charges or [NO_CHARGE]:
            if charge.get("aggregatedDetail") is None:
                signals["fee charge without details"] += 1
            yield fee["feeTypeName"], charge.get("aggregatedDetail") or {}


def _ad_details(ads: list[Any] | None, signals: Counter[str]) -> Iterable[Named]:
    for ad in entries(ads, "ads", signals):
        if ad.get("charge") is None:
            signals["advertisement without charge"] += 1
        yield ad["adTypeName"], ad.get("charge") or {}


def _charges(details: Iterable[Named], money: Money) -> list[tuple[Decimal | None, Row]]:
    """Return each charge with its total, sorted, so that another sort order at Amazon is not taken for a change."""
    charges = []
    for kind, detail in details:
        total = money.read(detail.get("totalAmount"))
        charge = {
            "type": kind,
            "amount": digits(money.read(detail.get("amount")), 2),
            "promotion": digits(money.read(detail.get("promotionAmount")), 2),
            "tax": digits(money.read(detail.get("taxAmount")), 2),
            "total": digits(total, 2),
            "quantity": _quantity(detail.get("quantity")),
        }
        charges.append((total, charge))
    return sorted(charges, key=lambda pair: [str(value) for value in pair[1].values()])


def _quantity(value: Any) -> int | float | None:
    """Convert a quantity: Amazon sends a Float, which is whole for fees per unit and may have decimals for others.

    Raises:
        TypeError: It is not a number.
    """
    quantity = number(value)
    if quantity is None:
        return None
    as_float = float(quantity)
    return int(as_float) if as_float.is_integer() else as_float


def _total(entries_: list[Any] | None, charges: list[tuple[Decimal | None, Row]]) -> Decimal | None:
    """Sum of the totals; 0 for an empty list, None if any total is unknown.

    A null among other entries is ignored. If a list contains only nulls, the sum is unknown.
    """
    known = [total for total, _ in charges if total is not None]
    is_known = entries_ is not None and len(known) == len(charges) and bool(known or not entries_)
    return sum(known, Decimal(0)) if is_known else None


def _listed(entries_: list[Any] | None, charges: list[tuple[Decimal | None, Row]]) -> list[Row] | None:
    return None if entries_ is None or (entries_ and not charges) else [charge for _, charge in charges]


SOURCE = KioskDataset(
    table=ECONOMICS_DAILY,
    group="finance",
    roles=("Brand Analytics",),
    figures=(
        DayFigure(ECONOMICS_DAILY, "units", "sum(units_ordered)"),
        DayFigure(ECONOMICS_DAILY, "sales", "sum(ops)", "currency"),
        DayFigure(ECONOMICS_DAILY, "net proceeds", "sum(net_proceeds)", "currency"),
    ),
    query=QUERY,
    product="msku",
    longest=60,
    rule=Restatement(restated=timedelta(days=14), oldest=TWO_YEARS, anchors=("orders",)),
    parse=parse_economics,
    evidence=SalesEvidence(columns=("ops", "units_ordered"), sold_days=SOLD_DAYS),
)
