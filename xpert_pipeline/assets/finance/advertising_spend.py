"""advertising_spend: what advertising cost, by SKU from seller economics and for the account from its payments."""

from datetime import date
from typing import Annotated

from typing_extensions import TypedDict

from xpert_pipeline.sources.checks import sentences_check
from xpert_pipeline.sources.day_figures import DayFigure
from xpert_pipeline.sources.derived import Derived
from xpert_pipeline.tables.about import About
from xpert_pipeline.tables.columns import Null, SqlType, Unfilled
from xpert_pipeline.tables.contract import Table
from xpert_pipeline.tables.fields import Amount, Currency, Flag, Id, MarketplaceId, Percent, Quantity, Text

ADS_API = "Amazon tells it only in its Advertising API, which is not a part of the Selling Partner API."


class AdvertisingRow(TypedDict):
    """What one type of advertising cost on a day, for a SKU or for the account."""

    marketplace_id: MarketplaceId
    spend_date: Annotated[date, "Marketplace-local day: of the advertisement, or of the payment; the partition."]
    sku: Annotated[Id, "The seller's own SKU; '(account)' for payments of the account."]
    ad_type: Annotated[
        Id,
        "Amazon's type, such as SponsoredProductFee. ACCOUNT_CASH is what the account paid for all types, also those "
        "that economics do not contain (Sponsored Brands, Sponsored Display).",
    ]
    scope: Annotated[Text, "SKU: from economics_daily. ACCOUNT: from financial_events. Never add the two."]
    asin: Annotated[Text | None, "ASIN of the listing.", Null("The row is for the account, or the SKU has none.")]
    spend: Annotated[Amount | None, "What it cost, with tax.", Null("A charge is not known, or the currencies differ.")]
    spend_ex_tax: Annotated[
        Amount | None,
        "The part of spend without tax.",
        Null("A charge is not known, the currencies differ, or Amazon did not report the tax of the payment."),
    ]
    tax: Annotated[
        Amount | None,
        "The tax in spend.",
        Null("A charge is not known, the currencies differ, or Amazon did not report the tax of the payment."),
    ]
    currency: Annotated[Currency | None, "ISO 4217 code of the amounts.", Null("The currencies differ.")]
    ops: Annotated[
        Amount | None,
        "Ordered product sales of the SKU on the day, from economics_daily; the same in each of its rows.",
        Null("The row is for the account, whose payments are for several days, or Amazon did not report sales."),
    ]
    tacos_pct: Annotated[
        Percent | None,
        "Total advertising cost of sales: spend / ops, in percent. The view advertising_months has it for the account.",
        Null("Nothing was sold, spend or ops is not known, or the row is for the account."),
    ]
    impressions: Annotated[Quantity | None, SqlType("bigint"), "Times the advertisement was shown.", Unfilled(ADS_API)]
    clicks: Annotated[Quantity | None, SqlType("bigint"), "Clicks on the advertisement.", Unfilled(ADS_API)]
    attributed_sales: Annotated[Amount | None, "Sales that came from the advertisement.", Unfilled(ADS_API)]
    acos_pct: Annotated[
        Percent | None, "Advertising cost of sales: spend / attributed_sales, in percent.", Unfilled(ADS_API)
    ]
    is_final: Annotated[Flag, "Whether the day is 14 or more days older than the newest one of its source."]


ADVERTISING_SPEND = Table(
    "advertising_spend",
    AdvertisingRow,
    key=("marketplace_id", "spend_date", "sku", "ad_type"),
    day="spend_date",
    about=About(
        grain="a SKU's cost of one type of advertising on a day, or what the account paid for advertising on a day",
        source="economics_daily and financial_events, by sql/transforms/advertising_spend.sql",
        freshness="Computed after every load of its sources, for each day that changed.",
        restatement="Amazon's economics contain Sponsored Products only, by day of the advertisement. Payments contain "
        "all types, by day of the payment, which is for several days. So the two are never added, and nothing is "
        "spread over SKUs; the view advertising_months compares them by month. A day without a row cost nothing, if "
        "its sources are loaded.",
        example="select spend_date, ad_type, sum(spend) as spend, currency from advertising_spend\n"
        "where scope = 'SKU' group by spend_date, ad_type, currency order by spend_date desc;",
    ),
)

GAP_BY_MONTH = """
with known as (
  select marketplace_id, min(business_date) as first_day from economics_daily
  where seller_id = %(seller_id)s group by marketplace_id
),
paid as (
  select marketplace_id, min(posted_date) as first_day from financial_events
  where seller_id = %(seller_id)s group by marketplace_id
),
months as (
  select
    m.month, m.currency, m.marketplace_id,
    coalesce(m.economics_spend, 0) as economics,
    coalesce(m.cash_spend, 0) as cash,
    m.unknown_count = 0 and k.first_day <= m.month and p.first_day <= m.month
      and m.month + interval '1 month' <= current_date as is_whole
  from advertising_months as m
  join known as k using (marketplace_id)
  join paid as p using (marketplace_id)
  where m.seller_id = %(seller_id)s and m.currency is not null
    and (m.economics_spend is not null or m.cash_spend is not null)
  order by m.month desc limit 12
)
select
  is_whole and cash < 0.9 * economics,
  format('%%s %%s: payments %%s %%s, economics %%s, gap %%s%%s', to_char(month, 'YYYY-MM'), marketplace_id,
    round(cash, 2), currency, round(economics, 2), round(cash - economics, 2),
    case when not is_whole then ' (not a whole month)' else '' end)
from months order by month desc, marketplace_id
"""
"""Payments contain every type of advertising, so in a whole month they are at least what economics contain; a tenth may
belong to the next month's payment."""

SOURCE = Derived(
    table=ADVERTISING_SPEND,
    group="finance",
    after=("economics_daily", "financial_events", "financial_event_amounts"),
    complete_when=("economics_daily", "financial_events"),
    checks=(
        sentences_check(
            "advertising_spend",
            "payments_cover_economics",
            "In each month the account paid at least nine tenths of what economics say that advertising cost. The gap "
            "is other types of advertising, and payments of another month.",
            GAP_BY_MONTH,
        ),
    ),
    figures=(DayFigure(ADVERTISING_SPEND, "spend", "sum(spend) filter (where scope = 'SKU')", "currency"),),
)
