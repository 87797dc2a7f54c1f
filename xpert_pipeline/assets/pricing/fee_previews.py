"""The preview of Data Kiosk's economics: Amazon's estimate of the fees for one unit, for all listings at once.

A preview sums up what Amazon expects to sell in some days. It fills a row of `fee_estimates` only where it answers the
same question as a batch: what one unit costs today, at the price of the listing. Batches answer for the others.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from xpert_pipeline.sources.collect import Row, Unfit
from xpert_pipeline.sources.kiosk.queries import KioskQuery
from xpert_pipeline.sources.kiosk.records import Money
from xpert_pipeline.sources.run import Market
from xpert_pipeline.sources.values import AMOUNT_PLACES, digits, entries, number
from xpert_pipeline.spapi.operations.batch import Subject
from xpert_pipeline.spapi.operations.fees import SUCCESS

AMOUNT = "{ amount currencyCode }"
PREVIEW = KioskQuery(
    dataset="analytics_economics_2024_03_15",
    name="economicsPreview",
    arguments="aggregateBy: { date: RANGE, productId: MSKU }, "
    "feeTypes: [CLOSING_FEES, DIGITAL_SERVICES_FEE_FBA, DIGITAL_SERVICES_FEE_SOA, FBA_FULFILLMENT_FEES, "
    "PER_ITEM_SELLING_FEES, REFERRAL_FEES]",
    fields=f"""
  startDate endDate marketplaceId msku
  sales {{ unitsOrdered averageSellingPrice {AMOUNT} }}
  fees {{ feeTypeName charges {{ startDate endDate aggregatedDetail {{
    amount {AMOUNT} promotionAmount {AMOUNT} taxAmount {AMOUNT} totalAmount {AMOUNT} amountPerUnit {AMOUNT} quantity
  }} }} }}
""",
)
"""Asks for the fees that a sale of one unit costs, as batches do. FBA_FULFILLMENT_FEES is the sum of a base fee and
surcharges, which Amazon also has as fees of their own; to ask for both would double them. Storage, inbound placement
and returns are not charged for a sale, so they are left out."""
A_CENT = Decimal("0.01")
PREVIEW_DAYS = 30
"""So many days, because Amazon tells nothing for one unit of a listing from which it expects no sale."""


def parse_preview(record: Mapping[str, Any], subject: Subject, market: Market, signals: Counter[str]) -> Row:
    """Parse Data Kiosk's record about one SKU.

    Raises:
        Unfit: The record does not tell what one unit costs today at the price of the listing.
    """
    money, sales = Money(), record.get("sales") or {}
    if money.read(sales.get("averageSellingPrice")) != Decimal(subject.facts["price"]):
        raise Unfit("Amazon expects no sale, or another price than the listing's")
    fees = [
        _previewed(fee, record["startDate"], money, signals) for fee in entries(record.get("fees"), "fees", signals)
    ]
    if not fees:
        raise Unfit("Amazon knows no fee")
    if money.currency != subject.facts["currency"]:
        raise Unfit("its fees are in another currency than the price")
    return {
        "marketplace_id": market.id,
        "sku": subject.name,
        "estimated_date": market.today,
        "asin": subject.facts["asin"],
        "is_fba": subject.facts["is_fba"],
        "listing_price": Decimal(subject.facts["price"]),
        "currency": subject.facts["currency"],
        "estimated_by": PREVIEW.name,
        "expected_units": number(sales.get("unitsOrdered")),
        "previewed_until": date.fromisoformat(record["endDate"]),
        "status": SUCCESS,
        "error_code": None,
        "fees_total": sum(total for _, total in fees),
        "fees": sorted((fee for fee, _ in fees), key=str),
    }


def _previewed(fee: Mapping[str, Any], first: str, money: Money, signals: Counter[str]) -> tuple[Row, Decimal]:
    """Return a fee for one unit on the first day, and its total. A fee that changes later has another charge for that.

    Raises:
        Unfit: There is no single charge for the day, or it is not told for one unit.
    """
    charges = [
        charge
        for charge in entries(fee.get("charges"), "charges of a fee", signals)
        if charge.get("startDate") in (None, first)
    ]
    if len(charges) != 1:
        raise Unfit("a fee has several charges for the first day, or none")
    detail = charges[0]["aggregatedDetail"]
    units, total = number(detail.get("quantity")), money.read(detail.get("amountPerUnit"))
    if not units or total is None:
        raise Unfit("a fee is not told for one unit")
    of_all = money.read(detail.get("totalAmount"))
    if of_all is not None and abs(of_all / units - total) > A_CENT:
        raise Unfit("the fee for one unit is not the fee for all units, divided by their number")

    def for_one(name: str) -> str | None:
        amount = money.read(detail.get(name))
        return None if amount is None else digits((amount / units).quantize(AMOUNT_PLACES), 2)

    row: Row = {
        "type": fee["feeTypeName"],
        "group": None,
        "amount": for_one("amount"),
        "promotion": for_one("promotionAmount"),
        "tax": for_one("taxAmount"),
        "total": digits(total, 2),
    }
    return row, total
