"""profit_margins: what each SKU and the account earn by day, from transactions, advertising and imported costs."""

from datetime import date
from decimal import Decimal
from typing import Annotated

from typing_extensions import TypedDict

from xpert_pipeline.sources.checks import sentences_check
from xpert_pipeline.sources.day_figures import DayFigure
from xpert_pipeline.sources.derived import Derived
from xpert_pipeline.sources.pictures import Picture
from xpert_pipeline.tables.about import About
from xpert_pipeline.tables.columns import Null, SqlType, Unit
from xpert_pipeline.tables.contract import Table
from xpert_pipeline.tables.fields import Amount, Currency, Flag, Id, MarketplaceId, Quantity, Text

IS_TAX_CREDIT = True
"""Default of XPERT_FEE_TAX_IS_CREDIT."""
NO_ADS = Null("Told by ads_state.")
NO_COST = Null("Told by cost_basis.")


class MarginRow(TypedDict):
    """What one SKU, or the account, earned on one marketplace-local day. Costs and deductions are positive."""

    marketplace_id: MarketplaceId
    business_date: Annotated[date, "Marketplace-local day on which Amazon posted the money; the partition."]
    sku: Annotated[
        Id,
        "The seller's own SKU, or '(account)' for money and units that belong to none. Amazon may name the FNSKU for "
        "a removal.",
    ]
    currency: Annotated[
        Currency, "ISO 4217 code of all amounts; each currency of a SKU and day has its row. XXX: Amazon names none."
    ]
    asin: Annotated[Id | None, "ASIN of the SKU.", Null("Amazon names none, or the row is for the account.")]
    units_sold: Annotated[
        Quantity | None,
        "Units shipped, also those for other shops, whose amount is 0.",
        Null("A shipment names no units."),
    ]
    units_refunded: Annotated[Quantity, "Units refunded. A refund of a part of the price may name none."]
    net_units: Annotated[Quantity | None, "units_sold - units_refunded.", Null("A shipment names no units.")]
    product_sales: Annotated[Amount, "Price of the products shipped, without tax."]
    shipping_sales: Annotated[
        Amount, "What customers paid for shipping, gift wrap and cash on delivery, less what was refunded of it."
    ]
    promotions: Annotated[Amount, "Discounts that the seller paid, less those of refunds."]
    refunded_sales: Annotated[Amount, "Price of the products refunded, without tax; also claims and chargebacks."]
    net_product_sales: Annotated[Amount, "product_sales - refunded_sales."]
    referral_fees: Annotated[Amount, "Commissions on sales, less those that refunds gave back."]
    fulfillment_fees: Annotated[Amount, "Fees for picking, packing and shipping."]
    closing_fees: Annotated[Amount, "Closing fees."]
    storage_fees: Annotated[Amount, "Storage fees."]
    other_fees: Annotated[Amount, "All other fees, such as those for refunds, inbound shipments and the subscription."]
    amazon_fees: Annotated[Amount, "Sum of the five kinds of fees, without tax on them."]
    reimbursements: Annotated[Amount, "What Amazon paid for lost and damaged units."]
    other_amount: Annotated[
        Amount, "All else that is income or cost, such as liquidations and adjustments; negative if the seller pays."
    ]
    unexplained_amount: Annotated[
        Amount, "What a transaction's total has beyond the amounts that Amazon breaks it down into."
    ]
    ads_paid: Annotated[Amount, "What the account paid for advertisements on this day, without tax."]
    ad_spend: Annotated[
        Amount | None,
        "Advertising, without tax where it is known. Of a SKU: what economics tell of the day. Of the account: "
        "ads_paid less what all SKUs of the day have, so that the rows of a day together have what was paid, once. It "
        "is negative on days before a payment.",
        NO_ADS,
    ]
    ads_state: Annotated[
        Id,
        "PARTIAL: of a SKU, only Sponsored Products are known, because economics tell no others. UNKNOWN: a charge is "
        "not known. NOT_LOADED: economics_daily has no row of the day. ACCOUNT: payments, which contain all types.",
    ]
    fee_tax: Annotated[Amount, "Tax on Amazon's fees, in India GST."]
    ads_paid_tax: Annotated[Amount, "Tax in the payments for advertisements."]
    ad_tax: Annotated[
        Amount | None,
        "Tax on ad_spend, shared between SKUs and the account like it.",
        Null("Not known; see ads_state."),
    ]
    is_tax_credit: Annotated[
        Flag,
        "Whether fee_tax and ad_tax come back as input credit, so that they are no cost (XPERT_FEE_TAX_IS_CREDIT). If "
        "not, the margin is less by them.",
    ]
    margin_before_cogs: Annotated[
        Amount,
        "product_sales + shipping_sales - promotions - refunded_sales - amazon_fees + reimbursements + other_amount + "
        "unexplained_amount - ad_spend; less fee_tax and ad_tax if they are no credit. Unknown ad_spend is left out; "
        "ads_state tells it.",
    ]
    unit_cost: Annotated[
        Decimal | None,
        SqlType("numeric(18,6)"),
        Unit("money in cost_currency"),
        "Cost of one unit on the day, from product_costs.",
        Null("No cost of the SKU and day is imported."),
    ]
    cost_currency: Annotated[
        Currency | None, "ISO 4217 code of unit_cost.", Null("No cost of the SKU and day is imported.")
    ]
    cost_basis: Annotated[
        Id,
        "KNOWN: cogs is unit_cost * net_units. NOT_NEEDED: there are no net units. MISSING: no cost is imported. "
        "OTHER_CURRENCY: the cost is in another currency, and is not converted. UNITS_UNKNOWN: a shipment names no "
        "units.",
    ]
    cogs: Annotated[Amount | None, "Cost of goods sold: unit_cost * net_units. Refunded goods count as back.", NO_COST]
    margin: Annotated[Amount | None, "margin_before_cogs - cogs.", NO_COST]
    missing: Annotated[
        Text | None, "What is not known: unit cost, unit cost in a currency, units sold, advertising.", Null("Nothing.")
    ]
    sales_tax: Annotated[
        Amount,
        "Tax that customers paid and the seller owes, less what was refunded or Amazon withheld. Not in the margin.",
    ]
    tcs_amount: Annotated[
        Amount,
        "Tax collected at source (GST) that Amazon withheld, less what it gave back: prepaid, not in the margin.",
    ]
    tds_amount: Annotated[
        Amount, "Income tax deducted at source, less what was given back: prepaid, not in the margin."
    ]
    transfer_amount: Annotated[
        Amount, "Payouts, reserves and debts between the account's balances, as in transactions. Not in the margin."
    ]
    transactions_amount: Annotated[
        Amount, "Sum of all counted transactions of the row. Money that the seller pays is negative."
    ]
    is_final: Annotated[Flag, "Whether the day is 45 or more days older than the marketplace's newest transaction."]


PROFIT_MARGINS = Table(
    "profit_margins",
    MarginRow,
    key=("marketplace_id", "business_date", "sku", "currency"),
    day="business_date",
    about=About(
        grain="what a SKU, or the account, earned on a day in a currency",
        source="financial_events, financial_event_amounts, advertising_spend and product_costs, by "
        "sql/transforms/profit_margins.sql",
        freshness="Computed after every load of transactions or economics and after every import of costs, for each "
        "day that changed.",
        restatement="Money counts on the day on which Amazon posted it, usually that of the shipment; a refund counts "
        "on its own day. Every counted transaction is in one row, once: the margins and the columns outside them "
        "add up to it. A day has rows if a transaction of it is known. Advertising by SKU is from economics; the "
        "row '(account)' has the rest of the payments. The view profit_margin_months has months and ratios.",
        example="select sku, sum(margin_before_cogs) as before_cogs, sum(cogs) as cogs, sum(margin) as margin, "
        "currency\n"
        "from profit_margins where business_date >= current_date - 30\n"
        "group by sku, currency having bool_and(margin is not null) order by margin desc;",
    ),
)

BY_MONTH = """
with margins as (
  select
    marketplace_id, currency, date_trunc('month', business_date)::date as month,
    sum(margin_before_cogs) as margin,
    sum(sales_tax - tcs_amount - tds_amount + transfer_amount
      - case when is_tax_credit then fee_tax + ads_paid_tax else 0 end) as outside
  from profit_margins where seller_id = %(seller_id)s group by 1, 2, 3
),
posted as (
  select
    marketplace_id, coalesce(currency, 'XXX') as currency, date_trunc('month', posted_date)::date as month,
    sum(total_amount) as amount
  from financial_events where seller_id = %(seller_id)s and item_index = -1 and is_counted group by 1, 2, 3
)
select
  coalesce(m.margin + m.outside, 0) <> coalesce(p.amount, 0),
  format('%%s %%s: margins %%s and outside them %%s %%s, transactions %%s, difference %%s', to_char(month, 'YYYY-MM'),
    marketplace_id, round(coalesce(m.margin, 0), 2), round(coalesce(m.outside, 0), 2), currency,
    round(coalesce(p.amount, 0), 2), round(coalesce(m.margin + m.outside, 0) - coalesce(p.amount, 0), 2))
from margins as m
full join posted as p using (marketplace_id, currency, month)
where month + interval '1 month' <= current_date
order by month desc, marketplace_id, currency limit 24
"""
"""Closed months. Costs of goods are left out: transactions do not have them."""

SOURCE = Derived(
    table=PROFIT_MARGINS,
    group="finance",
    after=("financial_events", "financial_event_amounts", "economics_daily", "advertising_spend"),
    complete_when=("financial_events",),
    parameters={"is_tax_credit": IS_TAX_CREDIT},
    checks=(
        sentences_check(
            "profit_margins",
            "margins_of_closed_months_equal_transactions",
            "In each closed month, margins before the cost of goods and the money outside them add up to the "
            "transactions.",
            BY_MONTH,
        ),
    ),
    figures=(
        DayFigure(PROFIT_MARGINS, "margin before costs of goods", "sum(margin_before_cogs)", "currency"),
        DayFigure(PROFIT_MARGINS, "margin", "sum(margin) filter (where sku <> '(account)')", "currency"),
    ),
    pictures=(Picture(PROFIT_MARGINS, "From sales to the margin, the last 30 days", "waterfall"),),
)
