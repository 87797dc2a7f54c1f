"""Parses records of Data Kiosk economics (MSKU and DAY) into rows of economics_daily. What is not told is None."""

from collections import Counter
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from xpert_pipeline.assets.kiosk_payloads import Asked, Money, day_of, digits, entries, number

Row = dict[str, Any]


def parse_economics(record: Mapping[str, Any], asked: Asked, signals: Counter[str]) -> Row:
    """One record: a SKU on a day.

    Raises:
        Unfit: It tells of something else than one day that was asked for, or in several currencies.
    """
    money = Money()
    sales, proceeds, cost = (record.get(name) or {} for name in ("sales", "netProceeds", "cost"))
    fees = _charges(_fee_details(record.get("fees"), signals), money)
    ads = _charges(_ad_details(record.get("ads"), signals), money)
    row: Row = {
        "marketplace_id": record["marketplaceId"],
        "business_date": day_of(record, asked),
        "sku": record.get("msku"),
        "asin": record.get("childAsin"),
        "parent_asin": record.get("parentAsin"),
        "fn_sku": record.get("fnsku"),
        "units_ordered": sales.get("unitsOrdered"),
        "units_refunded": sales.get("unitsRefunded"),
        "net_units": sales.get("netUnitsSold"),
        "ops": money.read(sales.get("orderedProductSales")),
        "refunded_sales": money.read(sales.get("refundedProductSales")),
        "net_product_sales": money.read(sales.get("netProductSales")),
        "asp": money.read(sales.get("averageSellingPrice")),
        "fees_total": _total(record.get("fees"), fees),
        "fees": _told(record.get("fees"), fees),
        "ads_total": _total(record.get("ads"), ads),
        "ads": _told(record.get("ads"), ads),
        "net_proceeds": money.read(proceeds.get("total")),
        "net_proceeds_per_unit": money.read(proceeds.get("perUnit")),
        "cost_of_goods_sold": money.read(cost.get("costOfGoodsSold")),
        "miscellaneous_cost": money.read(cost.get("miscellaneousCost")),
        "fulfillment_cost": money.read((cost.get("mfnCost") or {}).get("fulfillmentCost")),
    }
    return row | {"currency": money.currency}


Named = tuple[str, Mapping[str, Any]]
NO_CHARGE: Mapping[str, Any] = {}
"""What stands for the charge of a fee that is named and tells none: it is unknown, not nought."""


def _fee_details(fees: list[Any] | None, signals: Counter[str]) -> Iterable[Named]:
    """Fees have their details one level deeper than advertisements, and may have several charges of a type."""
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
    """Each charge with its total; in an order of their own, so that another order at Amazon is no change."""
    found = []
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
        found.append((total, charge))
    return sorted(found, key=lambda each: [str(value) for value in each[1].values()])


def _quantity(told: Any) -> int | float | None:
    """A quantity as a number: Amazon's is a Float, mostly whole; of a fee that is not by the unit it may be anything.

    Raises:
        TypeError: It is no number.
    """
    quantity = number(told)
    if quantity is None:
        return None
    value = float(quantity)
    return int(value) if value.is_integer() else value


def _total(given: list[Any] | None, charges: list[tuple[Decimal | None, Row]]) -> Decimal | None:
    """Sum of the totals; 0 of a list that was told to be empty, None as soon as one of them is unknown.

    A bare null among other entries says nothing, so the sum is that of the others; a list of nulls alone is unknown.
    """
    known = [total for total, _ in charges if total is not None]
    is_known = given is not None and len(known) == len(charges) and bool(known or not given)
    return sum(known, Decimal(0)) if is_known else None


def _told(given: list[Any] | None, charges: list[tuple[Decimal | None, Row]]) -> list[Row] | None:
    return None if given is None or (given and not charges) else [charge for _, charge in charges]
