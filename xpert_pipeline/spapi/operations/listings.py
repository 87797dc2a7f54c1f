"""Listings Items API 2021-08-01: all of the seller's own listings in one marketplace."""

from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import Any

from xpert_pipeline.spapi.errors import BadAnswer
from xpert_pipeline.spapi.operations.paging import Page, PagedOperation
from xpert_pipeline.spapi.operations.times import from_amazon, to_amazon
from xpert_pipeline.spapi.quota.usage_plans import page
from xpert_pipeline.spapi.session import SellerApi
from xpert_pipeline.wording import counted

INCLUDED_DATA = (
    "summaries",
    "attributes",
    "issues",
    "offers",
    "fulfillmentAvailability",
    "relationships",
    "productTypes",
)
PAGE_SIZE = page("searchListingsItems")
REACHABLE = 1_000
"""The most SKUs that Amazon returns for one query."""
SEARCH_LISTINGS_ITEMS = PagedOperation(
    "searchListingsItems",
    "items",
    identity=("sku",),
    token="pageToken",  # noqa: S106  the name of a parameter
    total="numberOfResults",
)


class ListingsWalk:
    """One pass over a seller's listings. Iterate over it once, then compare `received` with `total`.

    Attributes:
        total: Amazon's own count of the matching listings; None before the first page, or if Amazon gives no count.
    """

    def __init__(self, api: SellerApi, marketplace_id: str, updated_after: datetime | None) -> None:
        self.total: int | None = None
        self._api = api
        self._marketplace_id = marketplace_id
        self._updated_after = updated_after
        self._skus: set[str] = set()

    @property
    def received(self) -> int:
        """Number of listings received so far; each SKU counts once."""
        return len(self._skus)

    def __iter__(self) -> Iterator[Any]:
        """Yield each SKU's listing once, in Amazon's shape, oldest first; and whatever else is among the listings.

        Raises:
            BadAnswer: More than 1,000 listings share a creation time, so Amazon's search cannot reach the rest.
        """
        created_after: datetime | None = None
        while True:
            count, total, newest = 0, 0, None
            for result in self._pages(created_after):
                if result.is_first:
                    count, total = 0, result.total or 0
                    self.total = result.total if created_after is None else self.total
                count += len(result.records)
                newest = max(filter(None, map(_created, result.records)), default=newest)
                yield from self._new(result.records)
                if count >= REACHABLE:
                    break
            if count < REACHABLE or count >= total:
                return
            if newest is None or (created_after is not None and newest <= created_after):  # else it would never end
                raise self._unreachable(total - count)
            created_after = newest

    def _pages(self, created_after: datetime | None) -> Iterator[Page]:
        filters: dict[str, Any] = {"sortBy": "createdDate", "sortOrder": "ASC", "pageSize": PAGE_SIZE}
        if self._updated_after is not None:
            filters["lastUpdatedAfter"] = to_amazon(self._updated_after)
        if created_after is not None:
            filters["createdAfter"] = to_amazon(created_after)
        return SEARCH_LISTINGS_ITEMS.pages(
            self._api,
            self._api.seller_id,
            marketplaceIds=self._marketplace_id,
            includedData=list(INCLUDED_DATA),
            **filters,
        )

    def _new(self, listings: list[Any]) -> Iterator[Any]:
        """Yield listings with a new SKU. Nulls and other shapes pass, so that the caller can count and reject them."""
        for listing in listings:
            sku = listing.get("sku") if isinstance(listing, dict) else None
            if not isinstance(sku, str):
                yield listing
            elif sku not in self._skus:
                self._skus.add(sku)
                yield listing

    def _unreachable(self, count: int) -> BadAnswer:
        return BadAnswer(
            f"its search cannot reach {counted(count, 'listing')}; use the merchant listings report",
            operation="searchListingsItems",
            seller=self._api.seller_id,
        )


def search_listings_items(
    api: SellerApi, marketplace_id: str, *, updated_after: datetime | None = None
) -> ListingsWalk:
    """Read the seller's listings in one marketplace (searchListingsItems).

    Amazon returns at most 1,000 SKUs for one query. We read a larger catalogue in order of creation; each new query
    begins at the last creation time seen. Beyond a few thousand SKUs the merchant listings report is far quicker.

    Args:
        api: The seller.
        marketplace_id: The marketplace.
        updated_after: Only listings changed at or after this moment.
    """
    return ListingsWalk(api, marketplace_id, updated_after)


def listing_pages(api: SellerApi, marketplace_id: str, updated_after: datetime | None = None) -> Iterator[Page]:
    """Yield the same listings in pages, with Amazon's own count. Each SKU appears once: this walk never starts over."""
    walk = search_listings_items(api, marketplace_id, updated_after=updated_after)
    listings = iter(walk)
    number = 0
    while batch := list(islice(listings, PAGE_SIZE)):
        yield Page(batch, {}, is_first=number == 0, total=walk.total)
        number += 1


def count_listings(api: SellerApi, marketplace_id: str, updated_after: datetime | None = None) -> int:
    """Return how many listings a search would yield (searchListingsItems, one call)."""
    filters: dict[str, Any] = {"lastUpdatedAfter": to_amazon(updated_after)} if updated_after is not None else {}
    answer = api.call(
        "searchListingsItems",
        api.seller_id,
        expects={"items": list, "numberOfResults": int},
        marketplaceIds=marketplace_id,
        pageSize=1,
        **filters,
    )
    return int(answer["numberOfResults"])


def _created(listing: Any) -> datetime | None:
    summaries = listing.get("summaries") if isinstance(listing, dict) else None
    first = summaries[0] if isinstance(summaries, list) and summaries else None
    return from_amazon(first.get("createdDate")) if isinstance(first, dict) else None
