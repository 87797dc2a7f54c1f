"""products: the seller's current listings, with details from Amazon's catalogue."""

from collections import Counter
from collections.abc import Mapping
from typing import Annotated, Any

from typing_extensions import TypedDict

from xpert_pipeline.assets.catalog.listing_prices import consumer_offer, regular_price
from xpert_pipeline.sources.collect import Row
from xpert_pipeline.sources.day_figures import DayFigure
from xpert_pipeline.sources.run import Market
from xpert_pipeline.sources.snapshot import Snapshot
from xpert_pipeline.sources.snapshot_pages import Lookup, Pages
from xpert_pipeline.sources.snapshot_report import BulkReport
from xpert_pipeline.sources.source import Pace
from xpert_pipeline.sources.values import instant, plain, text_or_none
from xpert_pipeline.spapi.operations.catalog import BATCH, search_catalog_items
from xpert_pipeline.spapi.operations.listings import PAGE_SIZE, count_listings, listing_pages
from xpert_pipeline.spapi.operations.merchant_listings_report import COLUMNS, IGNORED
from xpert_pipeline.tables.about import About
from xpert_pipeline.tables.columns import At, Null, Unit
from xpert_pipeline.tables.contract import Table
from xpert_pipeline.tables.fields import Amount, Currency, Id, Instant, MarketplaceId, Quantity, Text

NOT_REPORTED = Null("Amazon did not report it, or the row was loaded from the report.")
NOT_IN_CATALOGUE = Null("The catalogue has no value, or the row was loaded from the report.")


class ProductRow(TypedDict):
    """One listing of the seller in a marketplace."""

    marketplace_id: MarketplaceId
    sku: Annotated[Id, At("sku"), "The seller's own SKU."]
    asin: Annotated[Text | None, "ASIN of the listing."]
    fn_sku: Annotated[
        Text | None,
        "FNSKU: Amazon's label for the stock in its warehouses.",
        Null("Amazon does not fulfil the listing, or the row was loaded from the report."),
    ]
    item_name: Annotated[Text | None, "Title of the listing."]
    brand: Annotated[Text | None, "Brand, from the catalogue.", NOT_IN_CATALOGUE]
    manufacturer: Annotated[Text | None, "Manufacturer, from the catalogue.", NOT_IN_CATALOGUE]
    product_type: Annotated[Text | None, "Amazon's product type.", NOT_REPORTED]
    condition_type: Annotated[Text | None, "Condition, such as new_new or used_good.", NOT_REPORTED]
    status: Annotated[list[Text] | None, "BUYABLE, DISCOVERABLE, or both; an empty list means neither."]
    fulfillment_channel: Annotated[
        Text | None,
        "Fulfilment channel as Amazon reports it: AMAZON_IN or similar, or DEFAULT if the seller fulfils the listing. "
        "Amazon's own if there are both.",
    ]
    price: Annotated[
        Amount | None, "The seller's price, in the currency of the row.", Null("The listing has no price.")
    ]
    regular_price: Annotated[
        Amount | None,
        "The seller's price without a discount, in the currency of the row, as the listing's page last told it: the "
        "report, which also tells prices, does not have it.",
        Null("The attributes of the listing have none, or the row was only ever loaded from the report."),
    ]
    currency: Annotated[Currency | None, "ISO 4217 code for price.", Null("The listing has no price.")]
    quantity: Annotated[
        Quantity | None,
        "Units that the seller offers.",
        Null("Amazon fulfils the listing; see fba_inventory."),
    ]
    merchant_quantity: Annotated[
        Quantity | None,
        "Units in the seller's own channel (DEFAULT), also of a listing that Amazon fulfils, too.",
        Null("The listing has no channel of the seller's own, or it was only ever loaded from the report."),
    ]
    main_image_url: Annotated[Text | None, "URL of the main image.", NOT_REPORTED]
    browse_node_id: Annotated[Text | None, "Id of the browse node, from the catalogue.", NOT_IN_CATALOGUE]
    browse_node_name: Annotated[Text | None, "Name of the browse node, from the catalogue.", NOT_IN_CATALOGUE]
    parent_asin: Annotated[
        Text | None,
        "ASIN of the variation parent, from the catalogue.",
        Null("The catalogue has no parent for the product, or the row was loaded from the report."),
    ]
    variation_theme: Annotated[
        Text | None,
        "Attributes in which the variations differ.",
        Null("The product has no variations, or the row was loaded from the report."),
    ]
    sales_rank: Annotated[
        Quantity | None,
        "Sales rank in sales_rank_category; 1 is the best seller.",
        Null("Amazon does not rank the product, or the row was loaded from the report."),
    ]
    sales_rank_category: Annotated[
        Text | None,
        "Category of sales_rank.",
        Null("Amazon does not rank the product, or the row was loaded from the report."),
    ]
    issues_count: Annotated[
        Quantity | None,
        "Number of issues of the listing.",
        Null("Amazon did not report issues, or the row was loaded from the report."),
    ]
    issues: Annotated[
        Any,
        "Issues as Amazon reports them.",
        Null("Amazon did not report issues, or the row was loaded from the report."),
    ]
    item_weight: Annotated[
        Amount | None,
        "Weight of the package, in weight_unit.",
        Unit("weight_unit"),
        NOT_IN_CATALOGUE,
    ]
    weight_unit: Annotated[Text | None, "Unit of item_weight.", NOT_IN_CATALOGUE]
    package_dimensions: Annotated[
        Any,
        "Length, width and height of the package, as the catalogue gives them.",
        NOT_IN_CATALOGUE,
    ]
    isbn_or_ean: Annotated[Text | None, "ISBN or EAN, as text.", NOT_IN_CATALOGUE]
    listing_created_at: Annotated[Instant | None, "When the listing was created.", NOT_REPORTED]
    listing_updated_at: Annotated[Instant | None, "When the listing last changed at Amazon.", NOT_REPORTED]


PRODUCTS = Table(
    "products",
    ProductRow,
    key=("marketplace_id", "sku"),
    day=None,
    about=About(
        grain="a listing in its current state",
        source="searchListingsItems 2021-08-01 and searchCatalogItems 2022-04-01; the report "
        "GET_MERCHANT_LISTINGS_ALL_DATA if more than 1,000 listings must be read",
        freshness="Every sync reads the listings that changed since the previous one, and all of them once a week "
        "(XPERT_REREAD_DAYS).",
        restatement="Amazon keeps no history of listings: a changed listing replaces its row. A load from the "
        "report does not change the columns that the report lacks.",
        example="select sku, item_name, price, currency, quantity from products\n"
        "where 'BUYABLE' = any(status) order by listing_updated_at desc limit 20;",
    ),
)
SEARCH_LIMIT = 1_000
"""searchListingsItems returns at most this many SKUs for a query; above it, the report is also cheaper."""
READABLE_BY_PAGES = 20_000
"""If the report is incomplete, so many listings are read by pages: 1,000 calls of each operation, nine minutes."""
REPORT_COLUMNS = {
    "marketplace_id": (),
    "sku": ("seller-sku",),
    "asin": ("asin1", "product-id"),
    "item_name": ("item-name",),
    "status": ("status",),
    "fulfillment_channel": ("fulfillment-channel",),
    "price": ("price",),
    "currency": ("price",),
    "quantity": ("quantity",),
}
FIELDS = (
    "sku",
    "summaries",
    "attributes",
    "issues",
    "offers",
    "fulfillmentAvailability",
    "procurement",
    "relationships",
    "productTypes",
)
"""The fields of an item of searchListingsItems."""
REPORT_STATUS = {"Active": ["BUYABLE", "DISCOVERABLE"], "Inactive": [], "Incomplete": []}
ASIN_TYPE = "1"
"""The product-id-type that says that product-id is an ASIN."""
SELLERS_OWN = "DEFAULT"
"""The fulfilment channel of listings that the seller fulfils."""


def parse_listing(listing: Mapping[str, Any], catalog: Mapping[str, Any] | None, market: Market) -> Row:
    """Parse one item of searchListingsItems, with its item of searchCatalogItems if there is one."""
    summary = _of_marketplace(listing.get("summaries"), market.id)
    offer = consumer_offer(listing.get("offers"), market.id)
    price = offer.get("price") or {}
    currency = price.get("currencyCode") or price.get("currency")
    stock = _stock(listing.get("fulfillmentAvailability"), market)
    issues = listing.get("issues")
    row: Row = dict.fromkeys(PRODUCTS.columns) | {
        "marketplace_id": market.id,
        "sku": listing.get("sku"),
        "asin": summary.get("asin"),
        "fn_sku": summary.get("fnSku"),
        "item_name": summary.get("itemName"),
        "product_type": summary.get("productType"),
        "condition_type": summary.get("conditionType"),
        "status": summary.get("status"),
        "fulfillment_channel": stock.get("fulfillmentChannelCode"),
        "price": price.get("amount"),
        "regular_price": regular_price(listing.get("attributes"), market.id, currency),
        "currency": currency,
        "quantity": stock.get("quantity"),
        "merchant_quantity": _own_quantity(listing.get("fulfillmentAvailability")),
        "main_image_url": (summary.get("mainImage") or {}).get("link"),
        "issues_count": len(issues) if issues is not None else None,
        "issues": issues,
        "listing_created_at": instant(summary.get("createdDate")),
        "listing_updated_at": instant(summary.get("lastUpdatedDate")),
        "variation_theme": _variation_theme(listing, market.id),
    }
    return row | (_catalog(catalog, market.id) if catalog else {})


def parse_report_listing(line: Mapping[str, str | None], market: Market, signals: Counter[str]) -> Row:
    """Parse one line of the merchant listings report, which has only some of the columns."""
    status = line.get("status")
    if status and status not in REPORT_STATUS:
        signals[f"unknown listing status {status[:40]}"] += 1
    return {
        "marketplace_id": market.id,
        "sku": text_or_none(line.get("seller-sku")),
        "asin": text_or_none(line.get("asin1")) or _product_asin(line),
        "item_name": text_or_none(line.get("item-name")),
        "status": REPORT_STATUS.get(status or ""),
        "fulfillment_channel": text_or_none(line.get("fulfillment-channel")),
        "price": text_or_none(line.get("price")),
        "currency": market.place.currency if line.get("price") else None,
        "quantity": text_or_none(line.get("quantity")),
    }


def _product_asin(line: Mapping[str, str | None]) -> str | None:
    """The product id, if it is an ASIN."""
    is_asin = (line.get("product-id-type") or "").strip() == ASIN_TYPE
    return text_or_none(line.get("product-id")) if is_asin else None


def _stock(channels: list[Any] | None, market: Market) -> Mapping[str, Any]:
    """The fulfilment channel of a listing with its quantity. Amazon's channels come before the seller's own.

    Amazon sends the channels in no order. It fulfils a listing that it has a channel for; the seller's own channel is
    then a remainder of earlier times. Of several of Amazon's channels, that of the marketplace's country comes first.
    """

    def rank(entry: Mapping[str, Any]) -> tuple[bool, bool, str]:
        code = str(entry.get("fulfillmentChannelCode"))
        return code == SELLERS_OWN, not code.endswith(f"_{market.place.country}"), code

    return min(channels or ({},), key=rank)


def _own_quantity(channels: list[Any] | None) -> Any:
    own = (entry.get("quantity") for entry in channels or () if entry.get("fulfillmentChannelCode") == SELLERS_OWN)
    return next(own, None)


def _catalog(item: Mapping[str, Any], marketplace_id: str) -> Row:
    summary = _of_marketplace(item.get("summaries"), marketplace_id)
    node = summary.get("browseClassification") or {}
    ranks = _of_marketplace(item.get("salesRanks"), marketplace_id).get("classificationRanks") or ()
    rank: Mapping[str, Any] = next(iter(ranks), {})
    package = _of_marketplace(item.get("dimensions"), marketplace_id).get("package") or {}
    weight = package.get("weight") or {}
    identifiers = _of_marketplace(item.get("identifiers"), marketplace_id).get("identifiers") or ()
    related = _of_marketplace(item.get("relationships"), marketplace_id).get("relationships") or ()
    parents = [asin for entry in related for asin in entry.get("parentAsins") or ()]
    books = (entry.get("identifier") for entry in identifiers if entry.get("identifierType") in ("ISBN", "EAN"))
    return {
        "parent_asin": parents[0] if parents else None,
        "brand": summary.get("brand"),
        "manufacturer": summary.get("manufacturer"),
        "browse_node_id": node.get("classificationId"),
        "browse_node_name": node.get("displayName"),
        "sales_rank": rank.get("rank"),
        "sales_rank_category": rank.get("title"),
        "item_weight": weight.get("value"),
        "weight_unit": weight.get("unit"),
        "package_dimensions": plain({k: package[k] for k in ("length", "width", "height") if k in package} or None),
        "isbn_or_ean": next(books, None),
    }


def _variation_theme(listing: Mapping[str, Any], marketplace_id: str) -> Any:
    related = _of_marketplace(listing.get("relationships"), marketplace_id).get("relationships") or ()
    variation: Mapping[str, Any] = next((entry for entry in related if entry.get("type") == "VARIATION"), {})
    return (variation.get("variationTheme") or {}).get("theme")


def _of_marketplace(entries: list[Any] | None, marketplace_id: str) -> Mapping[str, Any]:
    return next((entry for entry in entries or () if entry.get("marketplaceId", marketplace_id) == marketplace_id), {})


def asins_of_listing(listing: Mapping[str, Any]) -> list[str]:
    """Return the ASINs of a listing, in Amazon's order."""
    summaries = [summary for summary in listing.get("summaries") or () if isinstance(summary, dict)]
    return [summary["asin"] for summary in summaries if summary.get("asin")]


SOURCE = Snapshot(
    table=PRODUCTS,
    pace=Pace.FIRST,
    group="catalog",
    roles=("Product Listing",),
    figures=(DayFigure(PRODUCTS, "listings on sale", "count(*) filter (where 'BUYABLE' = any(status))"),),
    pages=Pages(
        operation="searchListingsItems",
        walk=listing_pages,
        page_size=PAGE_SIZE,
        count=count_listings,
        follows_changes=True,
        lookup=Lookup(
            operation="searchCatalogItems",
            batch=BATCH,
            subjects=asins_of_listing,
            fetch=search_catalog_items,
            subject_of=lambda item: item.get("asin"),
        ),
    ),
    parse=parse_listing,
    fields=FIELDS,
    bulk=BulkReport(
        report_type="GET_MERCHANT_LISTINGS_ALL_DATA",
        above=SEARCH_LIMIT,
        pages_up_to=READABLE_BY_PAGES,
        needs=COLUMNS,
        ignores=IGNORED,
        parse=parse_report_listing,
        columns=REPORT_COLUMNS,
        because=f"the search returns at most {SEARCH_LIMIT:,} listings",
    ),
    noun="listing",
)
