"""offer_summaries: what a product page offered on a day, for each of the seller's listings on sale."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Annotated, Any

from typing_extensions import TypedDict

from xpert_pipeline.sources.collect import Row
from xpert_pipeline.sources.kiosk.records import Money
from xpert_pipeline.sources.run import Market
from xpert_pipeline.sources.values import instant
from xpert_pipeline.spapi.operations.batch import Subject
from xpert_pipeline.tables.about import About
from xpert_pipeline.tables.columns import Null
from xpert_pipeline.tables.contract import Table
from xpert_pipeline.tables.fields import Amount, Currency, Flag, Id, Instant, MarketplaceId, Quantity, Text

SUCCESS = "Success"
CONSUMERS, NOT_IN_BULK = (None, "B2C"), (None, 1)
NO_OFFERS = Null("Amazon listed no offers; status says why.")
UNTOLD = Null("Amazon listed no offers (status says why), or did not say of each whether it is featured.")
NO_FEATURED = Null("No offer is featured, or Amazon listed no offers.")


class OfferSummaryRow(TypedDict):
    """The product page of one listing on one marketplace-local day."""

    marketplace_id: MarketplaceId
    sku: Annotated[Id, "The seller's own SKU that was asked about."]
    captured_date: Annotated[date, "Marketplace-local day on which Amazon answered."]
    asin: Annotated[Text | None, "ASIN of the listing, from products: the answer has none."]
    item_condition: Annotated[Text, "Condition that was asked for: New, Used, Collectible, Refurbished or Club."]
    status: Annotated[
        Id,
        "Success, or why there are no offers: NoBuyableOffers, ActiveButTooSoonForProcessing, "
        "NoOfferDueToMissingShippingCharge, or the code of a refusal such as NotFound. Amazon may add others.",
    ]
    total_offers: Annotated[
        Quantity | None,
        "Offers of the product in this condition; Amazon lists 20 of them at most.",
        Null("Amazon refused the question; status has the code."),
    ]
    featured_listing_price: Annotated[Amount | None, "Price of the featured offer for one unit.", NO_FEATURED]
    featured_shipping_price: Annotated[Amount | None, "Shipping of the featured offer.", NO_FEATURED]
    featured_landed_price: Annotated[
        Amount | None, "featured_listing_price + featured_shipping_price - points.", NO_FEATURED
    ]
    featured_offers: Annotated[
        Quantity | None,
        "Featured offers among those listed: none, one, or one for Prime and one for other customers.",
        UNTOLD,
    ]
    is_featured_own: Annotated[Flag | None, "Whether a featured offer is the seller's own.", UNTOLD]
    lowest_landed_price: Annotated[
        Amount | None, "Lowest price with shipping, less points, in this condition.", NO_OFFERS
    ]
    list_price: Annotated[Amount | None, "Price that the manufacturer suggests."]
    competitive_price_threshold: Annotated[
        Amount | None, "Price with shipping above which Amazon may feature no offer; from other shops' prices."
    ]
    sales_rank: Annotated[Quantity | None, "Sales rank in sales_rank_category; 1 is the best seller."]
    sales_rank_category: Annotated[Text | None, "Category of sales_rank."]
    offers_available_at: Annotated[
        Instant | None,
        "When Amazon will have processed the offers.",
        Null("status is not ActiveButTooSoonForProcessing."),
    ]
    currency: Annotated[Currency | None, "ISO 4217 code for all amounts of the row.", Null("The row has no amount.")]


OFFER_SUMMARIES = Table(
    "offer_summaries",
    OfferSummaryRow,
    key=("marketplace_id", "sku", "captured_date"),
    day="captured_date",
    replaced_by=("marketplace_id", "sku", "captured_date"),
    about=About(
        grain="the product page of one of the seller's listings on a day",
        source="getListingOffersBatch, Product Pricing v0, for listings on sale",
        freshness="Each listing is asked about once a day, after products.",
        restatement="Amazon keeps no history of offers: a day on which no sync ran has no row. A second answer of the "
        "same day replaces the first; what changes in between cannot be seen.",
        example="select captured_date, sku, status, featured_landed_price, is_featured_own, total_offers, currency\n"
        "from offer_summaries order by captured_date desc, sku;",
    ),
)


def parse_summary(record: Mapping[str, Any], subject: Subject, market: Market) -> Row:
    """Parse what Amazon answered about a SKU: a payload, or the code of a final refusal.

    Raises:
        Unfit: Its amounts are in several currencies, or one has none.
    """
    money = Money("Amount", "CurrencyCode")
    payload = record["offers"] or {}
    summary = payload.get("Summary") or {}
    featured = next(unit_prices(summary.get("BuyBoxPrices")), {})
    rank: Mapping[str, Any] = next(iter(summary.get("SalesRankings") or ()), {})
    row: Row = {
        "marketplace_id": market.id,
        "sku": subject.name,
        "captured_date": market.today,
        "asin": subject.facts["asin"],
        "item_condition": subject.facts["condition"],
        "status": payload.get("status") or record["refusal"],
        "total_offers": summary.get("TotalOfferCount"),
        "featured_listing_price": money.read(featured.get("ListingPrice")),
        "featured_shipping_price": money.read(featured.get("Shipping")),
        "featured_landed_price": money.read(featured.get("LandedPrice")),
        **_featured(payload, featured, record["own_seller_id"]),
        "lowest_landed_price": min(_landed_prices(summary, money), default=None),
        "list_price": money.read(summary.get("ListPrice")),
        "competitive_price_threshold": money.read(summary.get("CompetitivePriceThreshold")),
        "sales_rank": rank.get("Rank"),
        "sales_rank_category": rank.get("ProductCategoryId"),
        "offers_available_at": instant(summary.get("OffersAvailableTime")),
    }
    return row | {"currency": money.currency}


def unit_prices(prices: list[Any] | None) -> Iterator[Mapping[str, Any]]:
    """Yield the prices that a consumer pays for one unit; those for businesses and for several units are others."""
    for price in prices or ():
        if price and price.get("offerType") in CONSUMERS and price.get("quantityTier") in NOT_IN_BULK:
            yield price


def is_own(offer: Mapping[str, Any], own_seller_id: str) -> bool:
    """Whether an offer is the seller's own: Amazon says so, or names the seller."""
    return bool(offer.get("MyOffer")) or offer.get("SellerId") == own_seller_id


def _featured(payload: Mapping[str, Any], featured: Mapping[str, Any], own_seller_id: str) -> Row:
    if payload.get("status") != SUCCESS:
        return {"featured_offers": None, "is_featured_own": None}
    offers = payload.get("Offers") or ()
    winners = [offer for offer in offers if offer.get("IsBuyBoxWinner")]
    is_untold = any(offer.get("IsBuyBoxWinner") is None for offer in offers)  # of one of them nobody knows
    is_own_featured = featured.get("sellerId") == own_seller_id or any(
        is_own(offer, own_seller_id) for offer in winners
    )
    return {
        "featured_offers": None if is_untold else len(winners),
        "is_featured_own": None if is_untold and not is_own_featured else is_own_featured,
    }


def _landed_prices(summary: Mapping[str, Any], money: Money) -> Iterator[Any]:
    for price in unit_prices(summary.get("LowestPrices")):
        landed = money.read(price.get("LandedPrice"))
        if landed is not None:
            yield landed
