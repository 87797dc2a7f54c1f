"""Listings Items API 2021-08-01: the seller's own listings, however many."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from xpert_pipeline.spapi.errors import BadAnswer
from xpert_pipeline.spapi.operations.paging import PageGuard, next_token
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
MOST = 1000  # SKUs that Amazon lets one query page through


def search_listings_items(api: SellerApi, *, updated_after: datetime | None = None) -> Iterator[dict[str, Any]]:
    """Yield the seller's listings in one marketplace (searchListingsItems), each SKU once.

    Amazon pages through 1,000 SKUs of a query at most; a larger catalogue is walked in the order of
    creation, and the query begins anew at the last creation date seen. Beyond some thousand SKUs the
    merchant listings report is far quicker.

    Args:
        api: the seller.
        updated_after: only listings changed at or after this moment.

    Raises:
        BadAnswer: when more than 1,000 listings share a creation date, so that the rest is out of reach:
            take the merchant listings report.
    """
    seen: set[str] = set()
    created_after: datetime | None = None
    while True:
        total, count, last = 0, 0, None
        for answer in _walk(api, updated_after, created_after):
            total = int(answer.get("numberOfResults", 0))
            count += len(answer["items"])
            for item in answer["items"]:
                last = _created(item) or last
                if str(item.get("sku")) not in seen:
                    seen.add(str(item.get("sku")))
                    yield item
        if count < MOST or count >= total:
            return
        if last is None or last == created_after:
            raise BadAnswer(
                f"{counted(total - count, 'listing')} out of searchListingsItems' reach; "
                "take the merchant listings report",
                operation="searchListingsItems",
                seller=api.seller_id,
            )
        created_after = last


def count_listings(api: SellerApi, *, updated_after: datetime | None = None) -> int:
    """Tell how many listings a search would yield (searchListingsItems, one call)."""
    filters: dict[str, Any] = {"lastUpdatedAfter": to_amazon(updated_after)} if updated_after is not None else {}
    answer = api.call(
        "searchListingsItems",
        api.seller_id,
        expects={"items": list, "numberOfResults": int},
        marketplaceIds=api.marketplace.id,
        pageSize=1,
        **filters,
    )
    return int(answer["numberOfResults"])


def _walk(api: SellerApi, updated_after: datetime | None, created_after: datetime | None) -> Iterator[dict[str, Any]]:
    filters: dict[str, Any] = {"sortBy": "createdDate", "sortOrder": "ASC", "pageSize": PAGE_SIZE}
    if updated_after is not None:
        filters["lastUpdatedAfter"] = to_amazon(updated_after)
    if created_after is not None:
        filters["createdAfter"] = to_amazon(created_after)
    guard = PageGuard("searchListingsItems", api.seller_id)
    token: str | None = None
    for _ in range(MOST // PAGE_SIZE):
        paging: dict[str, Any] = {"pageToken": token} if token else {}
        answer = api.call(
            "searchListingsItems",
            api.seller_id,
            expects={"items": list},
            marketplaceIds=api.marketplace.id,
            includedData=list(INCLUDED_DATA),
            **filters,
            **paging,
        )
        token = next_token(answer)
        guard.check(token, (item.get("sku") for item in answer["items"]))
        yield answer
        if token is None:
            return


def _created(item: dict[str, Any]) -> datetime | None:
    summaries = item.get("summaries")
    first = summaries[0] if isinstance(summaries, list) and summaries else {}
    return from_amazon(first.get("createdDate"))
