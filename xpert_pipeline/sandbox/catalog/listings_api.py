"""Listings Items API 2021-08-01: searchListingsItems."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from starlette.datastructures import QueryParams

from xpert_pipeline.sandbox.catalog.faults import (
    NULL_ITEM,
    SEARCH,
    SHORT_PAGE,
    TWO_CHANNELS,
    with_null,
    with_two_channels,
)
from xpert_pipeline.sandbox.catalog.listings_payload import DATA_SETS, listing_payload, status
from xpert_pipeline.sandbox.serving import parameters
from xpert_pipeline.sandbox.serving.errors import denied, invalid
from xpert_pipeline.sandbox.serving.fault_kinds import TITLES
from xpert_pipeline.sandbox.serving.operation import Call
from xpert_pipeline.sandbox.serving.titles import faulty_title
from xpert_pipeline.sandbox.world.listing_facts import fn_sku
from xpert_pipeline.sandbox.world.records import Listing

MOST = 1000
Group = list[Listing]
"""The listings of one SKU, in the order of the requested stores."""
SORTS: dict[str, Callable[[Group], Any]] = {
    "sku": lambda group: group[0].sku,
    "createdDate": lambda group: (min(listing.created for listing in group), group[0].sku),
    "lastUpdatedDate": lambda group: (max(listing.updated for listing in group), group[0].sku),
}
IDENTIFIERS: dict[str, Callable[[Listing], str | None]] = {
    "SKU": lambda listing: listing.sku,
    "ASIN": lambda listing: listing.asin,
    "FNSKU": fn_sku,
}
STATUSES = ("BUYABLE", "DISCOVERABLE")


def search_listings_items(call: Call) -> dict[str, Any]:
    """Return one page of the seller's own listings. Paging ends after 1,000 listings, even if there are more."""
    query = call.query
    if call.path["sellerId"] != call.seller_id:
        raise denied()
    marketplaces = parameters.marketplaces(query, required=True, most=50)
    included = parameters.values(query, "includedData", known=DATA_SETS) or ["summaries"]
    page = call.page()
    groups = _sorted(_matching(call, marketplaces), query)
    reachable = groups[:MOST]
    cut, pagination = page.cut(reachable), page.pagination(len(reachable))
    faults = call.faults(SEARCH)
    if SHORT_PAGE in faults:
        cut, pagination = cut[: len(cut) // 2], {}
    items: list[Any] = [listing_payload(group, included) for group in _retitled(call, cut)]
    if TWO_CHANNELS in faults:
        items = with_two_channels(items)
    if NULL_ITEM in faults:
        items = with_null(items)
    return {"numberOfResults": len(groups), "items": items, **pagination}


def _retitled(call: Call, groups: Sequence[Group]) -> Sequence[Group]:
    if not groups:
        return groups
    first, *others = groups
    for fault in call.faults(TITLES):
        first = [replace(listing, title=faulty_title(listing.title, fault)) for listing in first]
    return [first, *others]


def _sorted(groups: list[Group], query: QueryParams) -> list[Group]:
    key = SORTS[parameters.choice(query, "sortBy", tuple(SORTS), "lastUpdatedDate")]
    descending = parameters.choice(query, "sortOrder", ("ASC", "DESC"), "DESC") == "DESC"
    return sorted(groups, key=key, reverse=descending)


def _matching(call: Call, marketplaces: list[str]) -> list[Group]:
    """Return the SKUs with a listing, in any of the stores, that passes the filters."""
    groups: dict[str, Group] = {}
    passes = _filter(call.query)
    for marketplace_id in marketplaces:
        for listing in call.world.listings_of((marketplace_id,)):
            if passes(listing):
                groups.setdefault(listing.sku, []).append(listing)
    return list(groups.values())


def _filter(query: QueryParams) -> Callable[[Listing], bool]:
    """Return a function that checks whether a listing passes the request's filters."""
    bounds = {
        name: parameters.moment(query, name)
        for name in ("createdAfter", "createdBefore", "lastUpdatedAfter", "lastUpdatedBefore")
    }
    required = set(parameters.values(query, "withStatus", known=STATUSES))
    excluded = set(parameters.values(query, "withoutStatus", known=STATUSES))
    severities = parameters.values(query, "withIssueSeverity", known=("WARNING", "ERROR"))
    named = _named(query)
    return lambda listing: (
        not severities
        and _within(listing.created, bounds["createdAfter"], bounds["createdBefore"])
        and _within(listing.updated, bounds["lastUpdatedAfter"], bounds["lastUpdatedBefore"])
        and required <= set(status(listing))
        and not excluded & set(status(listing))
        and named(listing)
    )


def _named(query: QueryParams) -> Callable[[Listing], bool]:
    identifiers = set(parameters.values(query, "identifiers", most=20))
    kind = parameters.text(query, "identifiersType")
    if not identifiers and kind is None:
        return lambda _: True
    if not identifiers or kind is None:
        raise invalid("identifiers and identifiersType are required together.")
    read = IDENTIFIERS.get(kind)
    if read is None:
        raise invalid(f"identifiersType: the sandbox supports {', '.join(IDENTIFIERS)}, not {kind}.")
    return lambda listing: read(listing) in identifiers


def _within(moment: float, first: float | None, last: float | None) -> bool:
    return (first is None or moment >= first) and (last is None or moment <= last)
