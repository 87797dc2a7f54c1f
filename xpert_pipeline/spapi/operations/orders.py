"""Orders API v2026-01-01: orders with their items, page by page.

Personal data is never asked for: BUYER and RECIPIENT are not among the data sets.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from xpert_pipeline.spapi.errors import PageTokenExpired
from xpert_pipeline.spapi.operations.paging import PageGuard, next_token
from xpert_pipeline.spapi.operations.times import from_amazon, to_amazon
from xpert_pipeline.spapi.quota.usage_plans import page
from xpert_pipeline.spapi.session import SellerApi

INCLUDED_DATA = ("FULFILLMENT", "PROCEEDS", "PROMOTION", "CANCELLATION", "TAX", "PACKAGES")
PAGE_SIZE = page("searchOrders")
SETTLED = timedelta(minutes=2, seconds=30)  # Amazon refuses bounds within two minutes of its own clock
RESTARTS = 2

Window = tuple[datetime, datetime | None]


@dataclass(frozen=True, slots=True)
class OrdersPage:
    """A page of orders in Amazon's shape, and the moment up to which its whole walk reads."""

    orders: list[dict[str, Any]]
    upper_bound: datetime


def search_orders(
    api: SellerApi, *, created: Window | None = None, updated: Window | None = None
) -> Iterator[OrdersPage]:
    """Walk the orders created, or updated, in a window (searchOrders).

    The upper bound is frozen before the first page: the requested end, but never within 2.5 minutes of
    Amazon's clock. Both ends are inclusive at Amazon. When a page token expires the walk starts over, so
    a page may come again: rows must be upserted. A window that lies wholly after the bound yields one
    empty page without a call.

    Args:
        api: the seller.
        created: (from, to or None) over creation times; or
        updated: (from, to or None) over update times. Exactly one of the two.

    Raises:
        ValueError: for both windows or none, a naive time, or a reversed window.
        RepeatedPage: when Amazon sends a page or token twice.
        PageTokenExpired: when tokens keep expiring.
    """
    if (created is None) == (updated is None):
        raise ValueError("search_orders wants exactly one of created and updated")
    field = "created" if created is not None else "lastUpdated"
    start, end = created or updated or (None, None)
    assert start is not None
    if end is not None and end < start:
        raise ValueError(f"the window ends ({end}) before it starts ({start})")
    latest = (api.server_now() - SETTLED).replace(microsecond=0)
    bound = min(end, latest) if end is not None else latest
    if bound < start:
        yield OrdersPage([], start)
        return
    params = {
        f"{field}After": to_amazon(start),
        f"{field}Before": to_amazon(bound),
        "marketplaceIds": [api.marketplace.id],
        "includedData": list(INCLUDED_DATA),
        "maxResultsPerPage": PAGE_SIZE,
    }
    for restart in range(RESTARTS + 1):
        try:
            for answer in _walk(api, params):
                told = from_amazon(answer.get(f"{field}Before"))
                yield OrdersPage(answer["orders"], min(bound, told or bound))
        except PageTokenExpired:
            if restart == RESTARTS:
                raise
        else:
            return


def _walk(api: SellerApi, params: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Follow page tokens; every other parameter stays byte for byte the same."""
    guard = PageGuard("searchOrders", api.seller_id)
    token: str | None = None
    while True:
        paging: dict[str, Any] = {"paginationToken": token} if token else {}
        answer = api.call("searchOrders", expects={"orders": list}, **params, **paging)
        token = next_token(answer)
        guard.check(token, (_id(order) for order in answer["orders"]))
        yield answer
        if token is None:
            return


def _id(order: object) -> object:
    return order.get("orderId") if isinstance(order, dict) else order
