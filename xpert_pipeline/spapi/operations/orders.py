"""Orders API v2026-01-01: orders with their items, page by page.

We never request personal data: BUYER and RECIPIENT are not in INCLUDED_DATA.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from xpert_pipeline.spapi.operations.paging import PagedOperation, next_token
from xpert_pipeline.spapi.operations.times import from_amazon, to_amazon
from xpert_pipeline.spapi.quota.usage_plans import page
from xpert_pipeline.spapi.session import SellerApi

INCLUDED_DATA = ("FULFILLMENT", "PROCEEDS", "PROMOTION", "CANCELLATION", "TAX", "PACKAGES")
PAGE_SIZE = page("searchOrders")
SETTLED = timedelta(minutes=2, seconds=30)  # Amazon rejects bounds within two minutes of its own clock
SEARCH_ORDERS = PagedOperation("searchOrders", "orders", identity=("orderId",), token="paginationToken")  # noqa: S106

Window = tuple[datetime, datetime | None]


@dataclass(frozen=True, slots=True)
class RecordsPage:
    """A page of orders in Amazon's shape.

    Attributes:
        records: The orders; each has its marketplace in `salesChannel.marketplaceId`.
        upper_bound: The end of the window of the whole walk.
        is_first: Whether the walk begins with this page, or starts over with it because a token expired.
        is_last: Whether no page follows.
    """

    records: list[dict[str, Any]]
    upper_bound: datetime
    is_first: bool = True
    is_last: bool = True


def search_orders(
    api: SellerApi, marketplace_ids: Sequence[str], *, created: Window | None = None, updated: Window | None = None
) -> Iterator[RecordsPage]:
    """Walk the orders created, or updated, in a window (searchOrders): one walk for all marketplaces.

    The upper bound is fixed before the first page: the requested end, but never within 2.5 minutes of Amazon's clock.
    Amazon includes both ends. When a page token expires, the walk starts over and yields the same orders again, so rows
    must be upserted. A window that begins after the upper bound yields one empty page without a call.

    Args:
        api: The seller.
        marketplace_ids: The marketplaces of the orders; at least one.
        created: A window (from, to or None) of creation times. Give either this or `updated`.
        updated: A window (from, to or None) of update times.

    Raises:
        ValueError: There are two windows or none, no marketplace, a naive time, or a reversed window.
        RepeatedPage: Amazon sent a page or a token twice.
        EndlessPages: Amazon's pages do not end.
        PageTokenExpired: Tokens kept expiring.
    """
    if (created is None) == (updated is None):
        raise ValueError("search_orders needs exactly one of created and updated")
    if not marketplace_ids:
        raise ValueError("search_orders needs at least one marketplace")
    field = "created" if created is not None else "lastUpdated"
    start, end = created or updated or (None, None)
    assert start is not None
    if end is not None and end < start:
        raise ValueError(f"the window ends ({end}) before it starts ({start})")
    latest = (api.server_now() - SETTLED).replace(microsecond=0)
    bound = min(end, latest) if end is not None else latest
    if bound < start:
        yield RecordsPage([], start)
        return
    params = {
        f"{field}After": to_amazon(start),
        f"{field}Before": to_amazon(bound),
        "marketplaceIds": list(marketplace_ids),
        "includedData": list(INCLUDED_DATA),
        "maxResultsPerPage": PAGE_SIZE,
    }
    for orders in SEARCH_ORDERS.pages(api, **params):
        stated_bound = from_amazon(orders.answer.get(f"{field}Before"))
        is_last = next_token(orders.answer) is None
        yield RecordsPage(orders.records, min(bound, stated_bound or bound), orders.is_first, is_last)
