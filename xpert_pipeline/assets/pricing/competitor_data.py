"""competitor_data: each offer beside one of the seller's listings on a day, the seller's own among them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from typing_extensions import TypedDict

from xpert_pipeline.assets.pricing.offer_summaries import CONSUMERS, OFFER_SUMMARIES, is_own
from xpert_pipeline.sources.collect import Row
from xpert_pipeline.sources.kiosk.records import Money
from xpert_pipeline.sources.run import Market
from xpert_pipeline.spapi.operations.batch import Subject
from xpert_pipeline.tables.about import About
from xpert_pipeline.tables.columns import Null, Unfilled
from xpert_pipeline.tables.contract import Table
from xpert_pipeline.tables.fields import Amount, Currency, Flag, Id, MarketplaceId, Percent, Quantity, Text

NOBODY = "(no seller id)"
"""Stands in the key for the seller of an offer that Amazon does not name."""


class CompetitorRow(TypedDict):
    """One offer beside a listing on one marketplace-local day."""

    marketplace_id: MarketplaceId
    sku: Annotated[Id, "The seller's own SKU beside which the offer stands."]
    captured_date: Annotated[date, "Marketplace-local day on which Amazon answered."]
    competitor_seller_id: Annotated[
        Id, "Amazon's public id of the shop that makes the offer; '(no seller id)' if Amazon does not name it."
    ]
    fulfilled_by: Annotated[Id, "AMAZON or MERCHANT."]
    offer_number: Annotated[
        Quantity, "Place among the offers of this shop with this fulfilment, the cheapest first: a shop may repeat one."
    ]
    asin: Annotated[Text | None, "ASIN of the listing, from products: the answer has none."]
    item_condition: Annotated[Text, "Condition that was asked for: New, Used, Collectible, Refurbished or Club."]
    sub_condition: Annotated[Text | None, "Condition of the offer within item_condition, such as very_good."]
    is_own_offer: Annotated[Flag, "Whether the offer is the seller's own."]
    offer_rank: Annotated[Quantity, "Place in Amazon's list, which has 20 offers at most."]
    listing_price: Annotated[Amount | None, "Price of one unit."]
    shipping_price: Annotated[Amount | None, "Shipping."]
    points_value: Annotated[
        Amount | None,
        "Value of the Amazon Points that come with one unit.",
        Null("The offer has no points; they exist only in Japan."),
        Unfilled("Only Japan has Amazon Points, and the sandbox has no store there."),
    ]
    landed_price: Annotated[
        Amount | None,
        "listing_price + shipping_price - points_value: what one unit costs the customer.",
        Null("The price or the shipping is not known."),
    ]
    currency: Annotated[Currency | None, "ISO 4217 code for all amounts of the row.", Null("The row has no amount.")]
    is_featured_offer: Annotated[
        Flag | None, "Whether the offer is featured (in the Buy Box). Two may be: one for Prime and one for others."
    ]
    is_prime: Annotated[Flag | None, "Whether it is a Prime offer."]
    feedback_count: Annotated[Quantity | None, "Ratings that the shop has received."]
    feedback_positive_pct: Annotated[
        Percent | None, "Share of the shop's ratings of the last 365 days that are positive."
    ]
    ships_from_country: Annotated[Text | None, "Country from which the shop sends."]
    handling_hours_min: Annotated[Quantity | None, "Fewest hours until the unit is sent."]
    handling_hours_max: Annotated[Quantity | None, "Most hours until the unit is sent."]


COMPETITOR_DATA = Table(
    "competitor_data",
    CompetitorRow,
    key=("marketplace_id", "sku", "captured_date", "competitor_seller_id", "fulfilled_by", "offer_number"),
    day="captured_date",
    replaced_by=OFFER_SUMMARIES.key,
    about=About(
        grain="an offer beside one of the seller's listings on a day, the seller's own among them",
        source="getListingOffersBatch, Product Pricing v0; offer_summaries has the page as a whole",
        freshness="Each listing is asked about once a day, after products.",
        restatement="Amazon lists 20 offers at most and keeps no history of them. A listing without offers has a row "
        "in offer_summaries that says why, and none here. A second answer of the same day replaces the first.",
        example="select captured_date, sku, competitor_seller_id, landed_price, currency from competitor_data\n"
        "where not is_own_offer order by captured_date desc, sku, offer_rank;",
    ),
)


def parse_offers(record: Mapping[str, Any], subject: Subject, market: Market) -> Sequence[Row]:
    """Parse the offers that Amazon lists about a SKU; a final refusal has none.

    Raises:
        Unfit: The amounts of an offer are in several currencies, or one has none.
    """
    offers = (record["offers"] or {}).get("Offers") or ()
    rows = [
        {
            "marketplace_id": market.id,
            "sku": subject.name,
            "captured_date": market.today,
            "asin": subject.facts["asin"],
            "item_condition": subject.facts["condition"],
            "offer_rank": rank,
            **_offer(offer, record["own_seller_id"]),
        }
        for rank, offer in enumerate(offers, start=1)
        if offer.get("offerType") in CONSUMERS
    ]
    return _numbered(rows)


def _offer(offer: Mapping[str, Any], own_seller_id: str) -> Row:
    money = Money("Amount", "CurrencyCode")
    price, shipping = money.read(offer["ListingPrice"]), money.read(offer.get("Shipping"))
    points = money.read((offer.get("Points") or {}).get("PointsMonetaryValue"))
    feedback, hours = offer.get("SellerFeedbackRating") or {}, offer.get("ShippingTime") or {}
    row: Row = {
        "competitor_seller_id": offer.get("SellerId") or NOBODY,
        "fulfilled_by": "AMAZON" if offer["IsFulfilledByAmazon"] else "MERCHANT",
        "sub_condition": offer.get("SubCondition"),
        "is_own_offer": is_own(offer, own_seller_id),
        "listing_price": price,
        "shipping_price": shipping,
        "points_value": points,
        "landed_price": None if price is None or shipping is None else price + shipping - (points or 0),
        "is_featured_offer": offer.get("IsBuyBoxWinner"),
        "is_prime": (offer.get("PrimeInformation") or {}).get("IsPrime"),
        "feedback_count": feedback.get("FeedbackCount"),
        "feedback_positive_pct": feedback.get("SellerPositiveFeedbackRating"),
        "ships_from_country": (offer.get("ShipsFrom") or {}).get("Country"),
        "handling_hours_min": hours.get("minimumHours"),
        "handling_hours_max": hours.get("maximumHours"),
    }
    return row | {"currency": money.currency}


def _numbered(rows: list[Row]) -> list[Row]:
    """Number the offers of each shop and fulfilment by their content, so that Amazon's order does not matter."""
    numbers: Counter[tuple[str, str]] = Counter()
    for row in sorted(rows, key=_content):
        place = row["competitor_seller_id"], row["fulfilled_by"]
        numbers[place] += 1
        row["offer_number"] = numbers[place]
    return rows


def _content(row: Row) -> tuple[Any, ...]:
    amounts = (row["landed_price"], row["listing_price"], row["shipping_price"])
    unknown = Decimal("Infinity")
    return (
        *(unknown if amount is None else amount for amount in amounts),
        str(row["sub_condition"]),
        row["offer_rank"],
    )
