"""Records of sales and traffic in the shape of Data Kiosk's schema analytics_salesAndTraffic_2024_04_24."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any, NamedTuple

from xpert_pipeline.sandbox.jobs.kiosk_view import View
from xpert_pipeline.sandbox.jobs.periods import periods
from xpert_pipeline.sandbox.marketplaces import STORES
from xpert_pipeline.sandbox.sales.traffic_payload import asin_sales, asin_traffic, date_sales, date_traffic
from xpert_pipeline.sandbox.serving import parameters
from xpert_pipeline.sandbox.serving.errors import bad_query
from xpert_pipeline.sandbox.world.opinions import FeedbackCount, feedback_count
from xpert_pipeline.sandbox.world.records import Listing
from xpert_pipeline.sandbox.world.traffic import Traffic, seen, seen_skus, visits_of
from xpert_pipeline.sandbox.world.visits import Visits

PARENT, CHILD, SKU = "PARENT", "CHILD", "SKU"
MOST_ASINS = 30
UNIT_TOO_MANY = "traffic-unit-too-many"
"""Name of the fault in which the first product and day with a sale has one unit more than the orders."""
Cell = tuple[int, str, Visits]


class Group(NamedTuple):
    """The subject of one record: a store, a period, a product (None for the account) and the days of its SKUs."""

    marketplace_id: str
    start: date
    end: date
    product: str | None
    cells: tuple[Cell, ...]


def asin_groups(view: View, arguments: Mapping[str, Any]) -> list[Group]:
    """Return the subjects of salesAndTrafficByAsin: one for each product, over the whole range."""
    start, end = arguments["startDate"], arguments["endDate"]
    product_of = _PRODUCTS[arguments["aggregateBy"]]
    groups: list[Group] = []
    for marketplace_id in dict.fromkeys(arguments["marketplaceIds"]):
        cells = _cells(view, marketplace_id, start, end)
        groups += _by_product(view, marketplace_id, (start, end), product_of, cells)
    return groups


def asin_record(view: View, arguments: Mapping[str, Any], group: Group) -> dict[str, Any]:
    """One record of salesAndTrafficByAsin."""
    return _product_record(view, group, arguments["aggregateBy"])


def date_groups(view: View, arguments: Mapping[str, Any]) -> list[Group]:
    """Return the subjects of salesAndTrafficByDate: one for each period that has a day with figures."""
    return [
        Group(marketplace_id, start, end, None, ())
        for marketplace_id in dict.fromkeys(arguments["marketplaceIds"])
        for start, end in periods(arguments["startDate"], arguments["endDate"], arguments["aggregateBy"])
        if marketplace_id in view.world.marketplace_ids
        and next(view.days(marketplace_id, start, end), None) is not None
    ]


def date_record(view: View, _arguments: Mapping[str, Any], group: Group) -> dict[str, Any]:
    """One record of salesAndTrafficByDate."""
    traffic = _account(view, group)
    currency, b2b = STORES[group.marketplace_id].currency, view.ledger(group.marketplace_id).sells_to_businesses
    counts = [
        feedback_count(view.world, group.marketplace_id, day)
        for day in view.days(group.marketplace_id, group.start, group.end)
    ]
    feedback = FeedbackCount(sum(each.received for each in counts), sum(each.negative for each in counts))
    return {
        "marketplaceId": group.marketplace_id,
        "startDate": group.start.isoformat(),
        "endDate": group.end.isoformat(),
        "sales": date_sales(traffic, currency, b2b=b2b),
        "traffic": date_traffic(traffic, _offers(view, group.marketplace_id), feedback, b2b=b2b),
    }


def trend_groups(view: View, arguments: Mapping[str, Any]) -> list[Group]:
    """Return the subjects of salesAndTrafficTrends: one for each period and each child ASIN in the filters."""
    groups: list[Group] = []
    for entry in arguments["filters"]:
        marketplace_id, asins = entry["marketplaceId"], set(entry["asins"])
        skus = [sku for sku, listing in view.ledger(marketplace_id).listings.items() if listing.asin in asins]
        for start, end in periods(arguments["startDate"], arguments["endDate"], arguments["dateAggregation"]):
            cells = _cells_of(view, marketplace_id, (start, end), skus)
            groups += _by_product(view, marketplace_id, (start, end), _PRODUCTS[CHILD], cells)
    return groups


def check_filters(arguments: Mapping[str, Any]) -> None:
    """Check the filters of a salesAndTrafficTrends query.

    Raises:
        ApiError: 400 for filters that Amazon does not support, 403 for a marketplace in another region.
    """
    filters = arguments["filters"]
    parameters.check_region([entry["marketplaceId"] for entry in filters])
    if arguments["asinAggregation"] != CHILD:
        raise bad_query("asinAggregation: only CHILD is supported.")
    if not filters or len({entry["marketplaceId"] for entry in filters}) != len(filters):
        raise bad_query("filters: exactly one is expected for each marketplace.")
    for entry in filters:
        if not 1 <= len(entry["asins"]) <= MOST_ASINS:
            raise bad_query(f"filters: 1 to {MOST_ASINS} asins are allowed, {len(entry['asins'])} were given.")


def trend_record(view: View, _arguments: Mapping[str, Any], group: Group) -> dict[str, Any]:
    """One record of salesAndTrafficTrends."""
    return _product_record(view, group, CHILD) | {"asinAggregation": CHILD}


def _product_record(view: View, group: Group, level: str) -> dict[str, Any]:
    listing = view.ledger(group.marketplace_id).listings[group.cells[0][1]]
    traffic = _traffic(view, group.marketplace_id, group.cells)
    if UNIT_TOO_MANY in view.faults and _first_sale(view, group.marketplace_id) in [cell[:2] for cell in group.cells]:
        traffic.everyone.units += 1
    currency, b2b = STORES[group.marketplace_id].currency, view.ledger(group.marketplace_id).sells_to_businesses
    days = view.days(group.marketplace_id, group.start, group.end)
    whole = visits_of(view.ledger(group.marketplace_id), days)
    return {
        "marketplaceId": group.marketplace_id,
        "startDate": group.start.isoformat(),
        "endDate": group.end.isoformat(),
        "parentAsin": view.parent(listing),
        "childAsin": None if level == PARENT else listing.asin,
        "sku": listing.sku if level == SKU else None,
        "sales": asin_sales(traffic, currency, b2b=b2b),
        "traffic": asin_traffic(traffic, whole, b2b=b2b),
    }


_PRODUCTS: dict[str, Callable[[View, Listing], str]] = {
    SKU: lambda _view, listing: listing.sku,
    CHILD: lambda _view, listing: listing.asin,
    PARENT: lambda view, listing: view.parent(listing),
}


def _by_product(
    view: View,
    marketplace_id: str,
    period: tuple[date, date],
    product_of: Callable[[View, Listing], str],
    cells: Iterable[Cell],
) -> list[Group]:
    products: dict[str, list[Cell]] = {}
    listings = view.ledger(marketplace_id).listings
    for cell in cells:
        products.setdefault(product_of(view, listings[cell[1]]), []).append(cell)
    return [Group(marketplace_id, *period, product, tuple(products[product])) for product in sorted(products)]


def _cells(view: View, marketplace_id: str, start: date, end: date) -> Iterable[Cell]:
    return (
        (day, sku, visits)
        for day in view.days(marketplace_id, start, end)
        for sku, visits in seen_skus(view.ledger(marketplace_id), day).items()
    )


def _cells_of(view: View, marketplace_id: str, period: tuple[date, date], skus: Iterable[str]) -> Iterable[Cell]:
    ledger = view.ledger(marketplace_id)
    for day in view.days(marketplace_id, *period):
        for sku in skus:
            visits = seen(ledger, day, sku)
            if visits is not None:
                yield day, sku, visits


def _traffic(view: View, marketplace_id: str, cells: Iterable[Cell]) -> Traffic:
    traffic, ledger = Traffic(), view.ledger(marketplace_id)
    for day, sku, visits in cells:
        traffic.add(ledger, day, sku, visits, is_unsold=view.hides_sales(marketplace_id, day))
    return traffic


def _account(view: View, group: Group) -> Traffic:
    """Return the sums of all SKUs in a period; whatever was sold was also seen."""
    ledger, days = view.ledger(group.marketplace_id), list(view.days(group.marketplace_id, group.start, group.end))
    traffic = Traffic(visits=visits_of(ledger, days))
    for day in days:
        if not view.hides_sales(group.marketplace_id, day):
            for sold in ledger.of(day).values():
                traffic.count(sold)
    return traffic


def _first_sale(view: View, marketplace_id: str) -> tuple[int, str] | None:
    """Return the first day on which a SKU was sold, and the SKU."""
    ledger = view.ledger(marketplace_id)
    days = ((day, sku) for day in range(ledger.first, ledger.last + 1) for sku in sorted(ledger.of(day)))
    return next(((day, sku) for day, sku in days if ledger.of(day)[sku].everyone.units), None)


def _offers(view: View, marketplace_id: str) -> tuple[int, int]:
    derived = view.ledger(marketplace_id).derived
    if "offers" not in derived:
        active = [listing for listing in view.world.listings_of((marketplace_id,)) if listing.active]
        derived["offers"] = len(active), len({view.parent(listing) for listing in active})
    offers: tuple[int, int] = derived["offers"]
    return offers
