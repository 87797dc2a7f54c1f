"""seasonal_patterns: how demand differs between weekdays, between months, and at festivals, derived from sales."""

from datetime import date
from decimal import Decimal
from typing import Annotated

from typing_extensions import TypedDict

from xpert_pipeline.sources.day_figures import DayFigure
from xpert_pipeline.sources.derived import Derived
from xpert_pipeline.sources.pictures import Picture
from xpert_pipeline.tables.about import About
from xpert_pipeline.tables.columns import Null, Unit
from xpert_pipeline.tables.contract import Table
from xpert_pipeline.tables.fields import Flag, Id, MarketplaceId, Quantity

INSUFFICIENT = Null("There are too few data; see reason.")


class SeasonalRow(TypedDict):
    """One season of the account, of a category, or of a SKU."""

    marketplace_id: MarketplaceId
    level: Annotated[Id, "ACCOUNT (all SKUs), CATEGORY (a product type of products), or SKU."]
    subject_id: Annotated[Id, "The product type or the SKU; '(all)' for ACCOUNT."]
    season_type: Annotated[Id, "DOW (day of the week), MONTH, or EVENT (a festival or sale)."]
    season_name: Annotated[Id, "Such as Monday, January or Diwali; '(none)' if there are too few data for any."]
    season_index: Annotated[
        Quantity, "Monday 1 to Sunday 7, January 1 to December 12, the year of an event; 0 if there are too few data."
    ]
    is_sufficient: Annotated[
        Flag,
        "Whether there are data enough for an index. If not, only ACCOUNT has a row; a category or a SKU has none.",
    ]
    reason: Annotated[
        Id | None,
        "Why there is no index: SHORT_HISTORY (fewer than 56 days or 24 whole months in a row are loaded, or fewer "
        "than 14 of the 28 days before an event, not counting other events), FEW_UNITS (fewer than 50 units, or a "
        "season without comparison; fewer than 28 units in the days before an event).",
        Null("There is an index."),
    ]
    index_value: Annotated[
        Decimal | None,
        "How much more than usual is sold: 1.2 is 20 % more. DOW: mean of units / mean of the 7 days around, over "
        "the last 364 days. MONTH: mean of units per day / those of the 12 months around. Both are normalised to a "
        "mean of 1. EVENT: units per day of the event / baseline.",
        Unit("ratio"),
        INSUFFICIENT,
    ]
    baseline: Annotated[
        Decimal | None,
        "Units per day. DOW, MONTH: of all days or months that count. EVENT: of the 28 days before, without those of "
        "other events.",
        Unit("units per day"),
        INSUFFICIENT,
    ]
    strength: Annotated[
        Decimal | None,
        "How much of the variation the indices explain, from 0 to 1: 1 - variance of the rest / variance of the "
        "ratios, at least 0. From 0.6 on a pattern is strong.",
        Unit("ratio"),
        Null("The row is about an event, or there are too few data."),
    ]
    observations: Annotated[
        Quantity,
        "Days or months behind the index; days of the event. Without an index: those that are loaded.",
    ]
    cycles: Annotated[Decimal, "Weeks or years that count; 1 for an event.", Unit("cycles")]
    window_start: Annotated[date | None, "First day of the data, or of the event.", Null("No whole month is loaded.")]
    window_end: Annotated[date | None, "Last day of the data, or of the event.", Null("No whole month is loaded.")]


SEASONAL_PATTERNS = Table(
    "seasonal_patterns",
    SeasonalRow,
    key=("marketplace_id", "level", "subject_id", "season_type", "season_name", "season_index"),
    day=None,
    about=About(
        grain="a weekday, a month or an event, of the account, of a category, or of a SKU with at least 50 units",
        source="sales_data, inventory_levels, products and the file of events, by sql/transforms/seasonal_patterns.sql",
        freshness="Computed as a whole after every load of these tables, from the days in a row up to the newest whole "
        "one.",
        restatement="Only the newest state is kept. Days of a SKU that was out of stock and sold nothing do not count; "
        "those of the account and of categories all count. Events are those of XPERT_EVENTS_FILE, or else Indian "
        "festivals; an event has rows once it is over. Amazon's own sales are not among them: add their dates.",
        example="select season_name, index_value, strength from seasonal_patterns\n"
        "where level = 'ACCOUNT' and season_type = 'DOW' and is_sufficient order by season_index;",
    ),
)

SOURCE = Derived(
    table=SEASONAL_PATTERNS,
    group="planning",
    after=("sales_data", "inventory_levels", "products"),
    parameters={"events": "[]"},
    figures=(DayFigure(SEASONAL_PATTERNS, "indices", "count(index_value)"),),
    pictures=(Picture(SEASONAL_PATTERNS, "Demand by day of the week", "bars"),),
)
