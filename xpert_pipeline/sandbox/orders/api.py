"""Orders API v2026-01-01: searchOrders and getOrder."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from starlette.datastructures import QueryParams

from xpert_pipeline.sandbox.faults import ORDERS, PAGE, TITLES
from xpert_pipeline.sandbox.orders.faults import in_payloads
from xpert_pipeline.sandbox.orders.payload import DATA_SETS, order_payload
from xpert_pipeline.sandbox.serving import parameters
from xpert_pipeline.sandbox.serving.call import Call
from xpert_pipeline.sandbox.serving.errors import bad_page_token, invalid, not_found
from xpert_pipeline.sandbox.serving.formats import zulu
from xpert_pipeline.sandbox.serving.paging import StaleTokenError, binding
from xpert_pipeline.sandbox.world.records import Order

PAGE_SIZE = 100
SETTLED_SECONDS = 120
OLDEST_SECONDS = 2 * 366 * 86_400
STATUSES = (
    "PENDING_AVAILABILITY",
    "PENDING",
    "UNSHIPPED",
    "PARTIALLY_SHIPPED",
    "SHIPPED",
    "CANCELLED",
    "UNFULFILLABLE",
)
FREE = ("paginationToken", "maxResultsPerPage")


def get_order(call: Call) -> dict[str, Any]:
    """One order."""
    included = parameters.values(call.query, "includedData", known=DATA_SETS)
    place = call.world.places.get(call.path["orderId"])
    if place is None or call.world.orders[place].updated > call.now:
        raise not_found()
    payload = order_payload(call.world.orders[place], included)
    in_payloads([payload], _order_faults(call))
    return {"order": payload}


def search_orders(call: Call) -> dict[str, Any]:
    """One page of the orders of a window."""
    query, tokens = call.query, call.state.page_tokens
    included = parameters.values(query, "includedData", known=DATA_SETS)
    size = parameters.count(query, "maxResultsPerPage", PAGE_SIZE, PAGE_SIZE)
    token = parameters.text(query, "paginationToken")
    faults = call.faults(PAGE) if token else []
    bound = binding(query, call.seller_id, *FREE)
    window = _window(query, call.now)
    start, last = 0, window.last
    if token:
        start, last = _opened(call, token, bound, faults)
    places = _chosen(call, window.kind, window.first, last)
    page = places[:size] if "repeated-page" in faults else places[start : start + size]
    orders = [order_payload(call.world.orders[place], included) for place in page]
    in_payloads(orders, _order_faults(call) if orders else [])
    answer: dict[str, Any] = {"orders": orders, f"{window.kind}Before": zulu(last)}
    if start + size < len(places):
        following = token if "repeated-token" in faults else tokens.issue([start + size, last], bound)
        answer["pagination"] = {"nextToken": following}
    return answer


class _Window(NamedTuple):
    """`kind` is created or lastUpdated."""

    kind: str
    first: float
    last: float


def _window(query: QueryParams, now: float) -> _Window:
    kinds = [kind for kind in ("created", "lastUpdated") if f"{kind}After" in query or f"{kind}Before" in query]
    if len(kinds) != 1 or f"{kinds[0]}After" not in query:
        raise invalid(
            "Exactly one of createdAfter and lastUpdatedAfter must be provided, with bounds of its kind only."
        )
    kind = kinds[0]
    first = parameters.moment(query, f"{kind}After")
    last = parameters.moment(query, f"{kind}Before")
    settled = now - SETTLED_SECONDS
    if first is None:
        raise invalid(f"{kind}After: is empty.")
    if last is not None and last > settled:
        raise invalid(f"{kind}Before: must be at least two minutes before the time of the request.")
    if (settled if last is None else last) < first:
        raise invalid(f"{kind}Before: must be equal to or after {kind}After.")
    return _Window(kind, first, settled if last is None else last)


def _opened(call: Call, token: str, bound: str, faults: list[str]) -> tuple[int, float]:
    """Place of the page's first order, and the upper bound that the first page settled."""
    if "expired-page-token" in faults:
        raise bad_page_token()
    try:
        start, last = call.state.page_tokens.read(token, bound)
    except StaleTokenError:
        raise bad_page_token() from None
    return start, last


def _chosen(call: Call, kind: str, first: float, last: float) -> Sequence[int]:
    """Places of the orders that the filters let through."""
    query, world = call.query, call.world
    marketplaces = parameters.marketplaces(query, required=False, most=50)
    statuses = parameters.values(query, "fulfillmentStatuses", known=STATUSES)
    fulfillers = parameters.values(query, "fulfilledBy", known=("MERCHANT", "AMAZON"))
    places = world.window("created" if kind == "created" else "updated", first, last, call.now)
    oldest = min(call.now, world.end) - OLDEST_SECONDS
    if not statuses and not fulfillers and world.opened.keys() <= set(marketplaces) and first >= oldest:
        return places
    return [place for place in places if _passes(world.orders[place], oldest, marketplaces, statuses, fulfillers)]


def _passes(order: Order, oldest: float, marketplaces: list[str], statuses: list[str], fulfillers: list[str]) -> bool:
    return (
        order.created >= oldest
        and (not marketplaces or order.marketplace_id in marketplaces)
        and (not statuses or order.status in statuses)
        and (not fulfillers or ("AMAZON" if order.fba else "MERCHANT") in fulfillers)
    )


def _order_faults(call: Call) -> list[str]:
    return [*call.faults(ORDERS), *call.faults(TITLES)]
