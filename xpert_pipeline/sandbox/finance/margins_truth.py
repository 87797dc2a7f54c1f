"""What each SKU and the account earned by day, as a perfect pipeline would compute it. The sandbox imports no costs."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from xpert_pipeline.sandbox.domain import Row
from xpert_pipeline.sandbox.finance.advertising_truth import advertising_spend
from xpert_pipeline.sandbox.finance.transactions_truth import financial_event_amounts, financial_events
from xpert_pipeline.sandbox.finance.truth import economics_daily
from xpert_pipeline.sandbox.serving.formats import amount_text
from xpert_pipeline.sandbox.world import postings
from xpert_pipeline.sandbox.world.records import World

ACCOUNT = "(account)"
FINAL_DAYS = 45
FEES = {
    "Commission": "referral_fees",
    "FixedClosingFee": "closing_fees",
    "FBAPerUnitFulfillmentFee": "fulfillment_fees",
    "ShippingHB": "fulfillment_fees",
    "FBAStorageFee": "storage_fees",
}
"""The sandbox's fees that have a column of their own; all others are other fees."""
PRICES = {"Shipping": "shipping_sales", "GiftWrap": "shipping_sales", "CashOnDelivery": "shipping_sales"}
WITHHELD = {"ItemTCS": "tcs_amount", "ItemTDS": "tds_amount", "Tax": "sales_tax", "Promotion": "promotions"}
BY_TYPE = {
    postings.RETROCHARGE: "sales_tax",
    postings.REIMBURSEMENT: "reimbursements",
    postings.DEBT: "transfer_amount",
    postings.TRANSFER: "transfer_amount",
}
COSTS = (
    "promotions", "refunded_sales", "referral_fees", "fulfillment_fees", "closing_fees", "storage_fees", "other_fees",
    "ads_paid", "ads_paid_tax", "fee_tax", "tcs_amount", "tds_amount",
)  # fmt: skip
"""Columns that are positive if the seller pays."""
INCOME = ("product_sales", "shipping_sales", "reimbursements", "other_amount", "sales_tax", "transfer_amount")
Key = tuple[str, str, str]
"""Marketplace, day and SKU. A store of the sandbox has one currency."""


@dataclass(slots=True)
class _Cell:
    """Sums of a SKU and day, in the currency of the store."""

    currency: str
    asin: str | None = None
    sold: int = 0
    refunded: int = 0
    sums: dict[str, Decimal] = field(default_factory=dict)
    total: Decimal = Decimal(0)
    spend: Decimal = Decimal(0)
    tax: Decimal = Decimal(0)


def profit_margins(world: World, *, restated: bool = False) -> Iterator[Row]:
    """Yield one row for each SKU and day with a transaction or an advertisement, and one for the account."""
    cells: dict[Key, _Cell] = {}
    newest: dict[str, str] = {}
    days = set()
    for event in financial_events(world):
        store, day = event["marketplace_id"], event["posted_date"]
        newest[store] = max(newest.get(store, ""), day)
        days.add((store, day))
        if event["is_counted"] and event["item_index"] >= 0 and event["transaction_type"] in ("Shipment", "Refund"):
            _count(_cell(cells, (store, day, event["sku"]), event), event)
    for leaf in financial_event_amounts(world):
        if leaf["is_counted"]:
            _add(cells, leaf)
    for ad in advertising_spend(world, restated=restated):
        if ad["scope"] == "SKU" and (ad["marketplace_id"], ad["spend_date"]) in days:
            _advertise(cells, ad)
    told = {(row["marketplace_id"], row["business_date"]) for row in economics_daily(world)}
    for (store, day, sku), cell in cells.items():
        final_until = date.fromisoformat(newest[store]) - timedelta(days=FINAL_DAYS)
        yield {
            "marketplace_id": store,
            "business_date": day,
            "sku": sku,
            **_row(cell, is_account=sku == ACCOUNT, has_ads=(store, day) in told),
            "is_final": date.fromisoformat(day) <= final_until,
        }


def _cell(cells: dict[Key, _Cell], key: Key, row: Mapping[str, str | None]) -> _Cell:
    cell = cells.setdefault(key, _Cell(row["currency"] or ""))
    if key[2] != ACCOUNT:
        cell.asin = cell.asin or row["asin"]
    return cell


def _count(cell: _Cell, event: Row) -> None:
    if event["transaction_type"] == "Shipment":
        cell.sold += event["quantity"]
    else:
        cell.refunded += event["quantity"]


def _add(cells: dict[Key, _Cell], leaf: Row) -> None:
    sku = ACCOUNT if leaf["transaction_type"] == postings.ADVERTISING else leaf["sku"] or ACCOUNT
    cell = _cell(cells, (leaf["marketplace_id"], leaf["posted_date"], sku), leaf)
    column, amount = _column(leaf), Decimal(leaf["amount"])
    cell.total += amount
    cell.sums[column] = cell.sums.get(column, Decimal(0)) + (-amount if column in COSTS else amount)


def _column(leaf: Row) -> str:
    kind, group = leaf["transaction_type"], leaf["amount_group"]
    if kind == postings.ADVERTISING:
        return "ads_paid_tax" if leaf["is_tax"] else "ads_paid"
    if group in ("AmazonFees", "DigitalServicesFee"):
        return "fee_tax" if leaf["is_tax"] else FEES.get(leaf["amount_name"], "other_fees")
    if group == "ProductCharges" and kind in (postings.SHIPMENT, postings.REFUND):
        return "product_sales" if kind == postings.SHIPMENT else "refunded_sales"
    return BY_TYPE.get(kind) or PRICES.get(group) or WITHHELD.get(group) or "other_amount"


def _advertise(cells: dict[Key, _Cell], ad: Row) -> None:
    spend, tax = Decimal(ad["spend_ex_tax"]), Decimal(ad["tax"])
    for sku, sign in ((ad["sku"], 1), (ACCOUNT, -1)):
        cell = _cell(cells, (ad["marketplace_id"], ad["spend_date"], sku), ad)
        cell.spend += sign * spend
        cell.tax += sign * tax


def _row(cell: _Cell, *, is_account: bool, has_ads: bool) -> Row:
    sums = dict.fromkeys((*COSTS, *INCOME), Decimal(0)) | cell.sums
    fees = sum((sums[name] for name in (*dict.fromkeys(FEES.values()), "other_fees")), Decimal(0))
    spend, tax = cell.spend, cell.tax
    if is_account:
        spend, tax = spend + sums["ads_paid"], tax + sums["ads_paid_tax"]
    margin = sums["product_sales"] + sums["shipping_sales"] + sums["reimbursements"] + sums["other_amount"]
    margin -= sums["promotions"] + sums["refunded_sales"] + fees + (spend if is_account or has_ads else Decimal(0))
    net = cell.sold - cell.refunded
    missing = [*(["unit cost"] if net else []), *([] if is_account or has_ads else ["advertising of the day"])]
    amounts = sums | {
        "net_product_sales": sums["product_sales"] - sums["refunded_sales"],
        "amazon_fees": fees,
        "unexplained_amount": Decimal(0),
        "ad_spend": spend if is_account or has_ads else None,
        "ad_tax": tax if is_account or has_ads else None,
        "margin_before_cogs": margin,
        "cogs": None if net else Decimal(0),
        "margin": None if net else margin,
        "transactions_amount": cell.total,
    }
    return {
        "currency": cell.currency,
        "asin": cell.asin,
        "units_sold": cell.sold,
        "units_refunded": cell.refunded,
        "net_units": net,
        **{name: amount_text(amount) for name, amount in amounts.items()},
        "ads_state": "ACCOUNT" if is_account else "PARTIAL" if has_ads else "NOT_LOADED",
        "is_tax_credit": True,
        "unit_cost": None,
        "cost_currency": None,
        "cost_basis": "MISSING" if net else "NOT_NEEDED",
        "missing": ", ".join(missing) or None,
    }
