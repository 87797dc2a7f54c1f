"""market_share: what Amazon tells about the seller's share, each metric for itself.

No source of Amazon tells a share of all sales in a category. These are the parts that it tells.
"""

from datetime import date
from typing import Annotated

from typing_extensions import TypedDict

from xpert_pipeline.sources.day_figures import DayFigure
from xpert_pipeline.sources.derived import Derived
from xpert_pipeline.tables.about import About
from xpert_pipeline.tables.columns import Null
from xpert_pipeline.tables.contract import Table
from xpert_pipeline.tables.fields import Amount, Currency, Flag, Id, MarketplaceId, Percent, Quantity

NO_SEARCH = "The metric is not about a search."
NO_PRICE = "The metric has no price, or Amazon did not report it."


class MarketShareRow(TypedDict):
    """One metric of one ASIN in one period."""

    marketplace_id: MarketplaceId
    period_type: Annotated[Id, "WEEK (Sunday to Saturday) or DAY."]
    period_start: Annotated[date, "First day of the period; the partition."]
    period_end: Annotated[date, "Last day of the period."]
    asin: Annotated[Id, "ASIN."]
    metric: Annotated[
        Id,
        "IMPRESSION_SHARE, CLICK_SHARE, CART_ADD_SHARE and PURCHASE_SHARE: shares in the results of a search. "
        "FEATURED_OFFER_SHARE: share of the product's page views with the seller's own featured offer. SALES_RANK: the "
        "rank in a category.",
    ]
    scope: Annotated[Id, "What the share is of: a search query, a category, or ALL for all page views of the product."]
    own_value: Annotated[Quantity | None, "The seller's part: impressions, clicks, cart adds or purchases of the ASIN."]
    total_value: Annotated[Quantity | None, "The whole that share_pct is of."]
    share_pct: Annotated[Percent | None, "The share, as Amazon says it.", Null("The metric is a rank.")]
    rank: Annotated[Quantity | None, "Sales rank; 1 is the best seller.", Null("The metric is a share.")]
    search_volume: Annotated[Quantity | None, "How often customers searched for the query.", Null(NO_SEARCH)]
    median_price_own: Annotated[Amount | None, "Median price of the ASIN in the step of the metric.", Null(NO_PRICE)]
    median_price_total: Annotated[Amount | None, "Median price of all ASINs in the step.", Null(NO_PRICE)]
    currency: Annotated[Currency | None, "ISO 4217 code for all amounts of the row.", Null("The row has no amount.")]
    is_proxy: Annotated[Flag, "Whether the metric only hints at a share: a rank is no share."]
    source_table: Annotated[Id, "The table that the metric is from."]


MARKET_SHARE = Table(
    "market_share",
    MarketShareRow,
    key=("marketplace_id", "period_type", "period_start", "asin", "metric", "scope"),
    day="period_start",
    about=About(
        grain="a metric of an ASIN in a period and a scope",
        source="search_query_performance, traffic_daily and products, by sql/transforms/market_share.sql",
        freshness="Computed after every load of these tables, for each day that changed. A week of searches comes ten "
        "days after its end, a featured-offer share the day after, a rank with every sync.",
        restatement="Shares follow the tables that they are from. Amazon keeps no history of ranks: those of earlier "
        "days stay as they were on their day. Never add shares of different metrics or scopes. A seller without a "
        "brand has no shares in searches.",
        example="select period_start, scope as search_query, asin, share_pct from market_share\n"
        "where metric = 'PURCHASE_SHARE' order by period_start desc, share_pct desc limit 20;",
    ),
)

SOURCE = Derived(
    table=MARKET_SHARE,
    group="sales",
    after=("products", "traffic_daily", "search_query_performance"),
    figures=(
        DayFigure(MARKET_SHARE, "featured-offer shares", "count(*) filter (where metric = 'FEATURED_OFFER_SHARE')"),
        DayFigure(MARKET_SHARE, "shares in searches", "count(*) filter (where period_type = 'WEEK')"),
    ),
)
