"""fee_estimates: what Amazon would charge for one unit of each listing at its present price."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, Any

from typing_extensions import TypedDict

from xpert_pipeline.assets.pricing.fee_previews import PREVIEW, PREVIEW_DAYS, parse_preview
from xpert_pipeline.sources.collect import Row, Unfit
from xpert_pipeline.sources.day_figures import DayFigure
from xpert_pipeline.sources.kiosk.records import Money
from xpert_pipeline.sources.lookup import BatchLookup
from xpert_pipeline.sources.lookup_bulk import BulkQuery
from xpert_pipeline.sources.run import Market
from xpert_pipeline.sources.source import Pace
from xpert_pipeline.sources.values import digits
from xpert_pipeline.spapi.operations.batch import Subject
from xpert_pipeline.spapi.operations.fees import FEES_BATCH, SUCCESS, get_fees_estimates
from xpert_pipeline.spapi.operations.listings import count_listings
from xpert_pipeline.tables.about import About
from xpert_pipeline.tables.columns import Null
from xpert_pipeline.tables.contract import Table
from xpert_pipeline.tables.fields import Amount, Currency, Flag, Id, MarketplaceId, Quantity, Text

BATCH = Null("The estimate is not from a preview.")
REFUSED = Null("Amazon refused the estimate; error_code says why.")


class FeeEstimateRow(TypedDict):
    """The estimate for one unit of a listing, as of a marketplace-local day."""

    marketplace_id: MarketplaceId
    sku: Annotated[Id, "The seller's own SKU."]
    estimated_date: Annotated[date, "Marketplace-local day of the estimate."]
    asin: Annotated[Text | None, "ASIN of the listing, from products."]
    is_fba: Annotated[Flag, "Whether the estimate assumes that Amazon fulfils the listing."]
    listing_price: Annotated[Amount, "Price of one unit that the estimate assumes, without shipping."]
    currency: Annotated[Currency, "ISO 4217 code for all amounts of the row."]
    estimated_by: Annotated[
        Id,
        "Who estimated: economicsPreview (Data Kiosk, for all listings at once) or getMyFeesEstimates (batches of "
        "listings). A listing has one of them on a day. Their names of the fees differ.",
    ]
    expected_units: Annotated[
        Quantity | None, "Units that Amazon expects to sell in the days of the preview; the fees are for one.", BATCH
    ]
    previewed_until: Annotated[date | None, "Last day of the preview.", BATCH]
    status: Annotated[Id, "Success or ClientError."]
    error_code: Annotated[Text | None, "Amazon's code of the refusal.", Null("status is Success.")]
    fees_total: Annotated[
        Amount | None, "What Amazon would charge in all, as it reports it; in a preview, the sum of the fees.", REFUSED
    ]
    fees: Annotated[
        Any,
        "Fees: a list of {type, group, amount, promotion, tax, total}; total = amount - promotion + tax. Either a fee "
        "that Amazon sums up, or its parts with the name of the sum as their group: never both. In a preview, total is "
        "Amazon's amount for one unit; the others are its amounts divided by the units. Unknown values are null.",
        REFUSED,
    ]


FEE_ESTIMATES = Table(
    "fee_estimates",
    FeeEstimateRow,
    key=("marketplace_id", "sku", "estimated_date"),
    day="estimated_date",
    replaced_by=("marketplace_id", "sku", "estimated_date"),
    about=About(
        grain="an estimate of the fees for one unit of a listing on sale, at its price of that day",
        source="economicsPreview (Data Kiosk economics 2024-03-15) if more than 20 listings are due and Amazon grants "
        "it, getMyFeesEstimates (Product Fees v0) for the others",
        freshness="Renewed after a week, and as soon as price, currency or fulfilment change.",
        restatement="Earlier estimates stay. A second estimate of the same day replaces the first.",
        example="select distinct on (sku) sku, listing_price, fees_total, currency from fee_estimates\n"
        "where status = 'Success' order by sku, estimated_date desc;",
    ),
)
BATCHES = "getMyFeesEstimates"
PRICED_LISTINGS = """
select
  sku as subject,
  asin,
  trim_scale(price)::text as price,
  currency,
  fulfillment_channel <> 'DEFAULT' as is_fba
from products
where
  seller_id = %(seller_id)s and marketplace_id = %(marketplace_id)s and 'BUYABLE' = any(status)
  and price is not null and currency is not null and fulfillment_channel is not null
"""


def parse_estimate(record: Mapping[str, Any], subject: Subject, market: Market) -> Row:
    """Parse Amazon's entry about one SKU.

    Raises:
        Unfit: The amounts are not in the currency of the price, or one has no currency.
    """
    money = Money("Amount", "CurrencyCode")
    estimate = record.get("FeesEstimate") or {}
    is_known = record["Status"] == SUCCESS
    fees = sorted((fee for detail in estimate.get("FeeDetailList") or () for fee in _fees(detail, money)), key=str)
    row: Row = {
        "marketplace_id": market.id,
        "sku": subject.name,
        "estimated_date": market.today,
        "asin": subject.facts["asin"],
        "is_fba": subject.facts["is_fba"],
        "listing_price": Decimal(subject.facts["price"]),
        "currency": subject.facts["currency"],
        "estimated_by": BATCHES,
        "expected_units": None,
        "previewed_until": None,
        "status": record["Status"],
        "error_code": None if is_known else (record.get("Error") or {}).get("Code"),
        "fees_total": money.read(estimate.get("TotalFeesEstimate")) if is_known else None,
        "fees": fees if is_known else None,
    }
    if money.currency not in (None, row["currency"]):
        raise Unfit(f"its price is in {row['currency']}, but its fees are in {money.currency}")
    return row


def _fees(detail: Mapping[str, Any], money: Money) -> Iterator[Row]:
    """Yield the parts of a fee if they are its whole, else the fee itself: to store both would double it."""
    final = money.read(detail.get("FinalFee"))
    parts = [part for part in detail.get("IncludedFeeDetailList") or () if part]
    finals = [money.read(part.get("FinalFee")) for part in parts]
    known = [part for part in finals if part is not None]
    if parts and len(known) == len(parts) and sum(known) == final:
        yield from (_fee(part, detail["FeeType"], money) for part in parts)
    else:
        yield _fee(detail, None, money)


def _fee(detail: Mapping[str, Any], group: str | None, money: Money) -> Row:
    return {
        "type": detail["FeeType"],
        "group": group,
        "amount": digits(money.read(detail.get("FeeAmount")), 2),
        "promotion": digits(money.read(detail.get("FeePromotion")), 2),
        "tax": digits(money.read(detail.get("TaxAmount")), 2),
        "total": digits(money.read(detail.get("FinalFee")), 2),
    }


SOURCE = BatchLookup(
    table=FEE_ESTIMATES,
    pace=Pace.LAST,
    group="pricing",
    roles=("Pricing", "Product Listing"),
    after=("products",),
    subjects=PRICED_LISTINGS,
    noun="listing",
    operation=BATCHES,
    batch=FEES_BATCH,
    ask=get_fees_estimates,
    parse=parse_estimate,
    count=count_listings,
    bulk=BulkQuery(query=PREVIEW, days=PREVIEW_DAYS, above=FEES_BATCH, subject="msku", parse=parse_preview),
    every=timedelta(days=6, hours=20),  # once a week, although a daily sync may begin earlier than a week ago
    figures=(DayFigure(FEE_ESTIMATES, "estimates", "count(*) filter (where status = 'Success')"),),
)
