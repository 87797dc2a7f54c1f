"""pricing_history: the seller's price of each listing beside the featured offer's, one row for each change."""

from typing import Annotated

from typing_extensions import TypedDict

from xpert_pipeline.sources.day_figures import DayFigure
from xpert_pipeline.sources.derived import Derived
from xpert_pipeline.tables.about import About
from xpert_pipeline.tables.columns import Null, Unfilled
from xpert_pipeline.tables.contract import Table
from xpert_pipeline.tables.fields import Amount, Currency, Flag, Id, Instant, MarketplaceId, Text

NO_OWN_OFFER = Null("The newest offers do not list the seller's own, or there are none.")
NO_FEATURED = Null("No offer was featured, none is known yet, or the listing is not on sale.")


class PricingRow(TypedDict):
    """What a listing cost, and what the featured offer cost, from one moment to another."""

    marketplace_id: MarketplaceId
    sku: Annotated[Id, "The seller's own SKU."]
    offer_type: Annotated[Id, "For whom the price is: B2C, consumers."]
    item_condition: Annotated[Id, "Condition of the listing: New, Used, Collectible, Refurbished or Club."]
    valid_from: Annotated[
        Instant, "When a sync first saw these values; Amazon may have had them since the sync before."
    ]
    valid_to: Annotated[
        Instant | None,
        "When a sync saw other values, or that the listing was gone; not part of the span.",
        Null("These are the present values."),
    ]
    asin: Annotated[Text | None, "ASIN of the listing."]
    is_buyable: Annotated[Flag | None, "Whether the listing was on sale."]
    listing_price: Annotated[Amount, "The seller's price of one unit, with a discount if there is one."]
    regular_price: Annotated[
        Amount | None, "The seller's price without a discount, as in products.", Null("It is not known in products.")
    ]
    shipping_price: Annotated[Amount | None, "Shipping of the seller's own offer.", NO_OWN_OFFER]
    points_value: Annotated[
        Amount | None,
        "Value of the Amazon Points of the seller's own offer.",
        Null("It has no points; they exist only in Japan."),
        Unfilled("Only Japan has Amazon Points, and the sandbox has no store there."),
    ]
    landed_price: Annotated[Amount | None, "listing_price + shipping_price - points_value.", NO_OWN_OFFER]
    featured_listing_price: Annotated[Amount | None, "Price of the featured offer.", NO_FEATURED]
    featured_landed_price: Annotated[
        Amount | None, "Price of the featured offer with shipping, less points.", NO_FEATURED
    ]
    is_featured_own: Annotated[
        Flag | None,
        "Whether the featured offer was the seller's own.",
        Null("The page had no offers, none is known yet, or the listing is not on sale."),
    ]
    competitive_price_threshold: Annotated[
        Amount | None,
        "Price with shipping above which Amazon may feature no offer.",
        Null("Amazon did not report it, or the listing is not on sale."),
    ]
    currency: Annotated[Currency, "ISO 4217 code for all amounts of the row."]


PRICING_HISTORY = Table(
    "pricing_history",
    PricingRow,
    key=("marketplace_id", "sku", "offer_type", "item_condition", "valid_from"),
    day=None,
    about=About(
        grain="the price of a listing and of the featured offer beside it, from one change to the next",
        source="products, offer_summaries and competitor_data, by sql/transforms/pricing_history.sql",
        freshness="Every sync compares the present prices with the last ones, and writes only what changed.",
        restatement="Amazon keeps no history of prices, so it begins with the first sync, and a change that was undone "
        "between two syncs is not in it; offers are read once a day. A price that returns is a new row. A row changes "
        "only once: when it ends.",
        example="select sku, listing_price, featured_landed_price, is_featured_own, currency, valid_from, valid_to\n"
        "from pricing_history order by sku, valid_from;",
    ),
)

SOURCE = Derived(
    table=PRICING_HISTORY,
    group="pricing",
    after=("products", "offer_summaries", "competitor_data"),
    keeps_history=True,
    figures=(DayFigure(PRICING_HISTORY, "present prices", "count(*) filter (where valid_to is null)"),),
)
