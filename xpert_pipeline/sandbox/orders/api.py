"""Orders API v2026-01-01: searchOrders and getOrder."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from starlette.datastructures import QueryParams

from xpert_pipeline.sandbox.orders.faults import ORDERS, in_payloads
from xpert_pipeline.sandbox.orders.payload import DATA_SETS, order_payload
from xpert_pipeline.sandbox.serving import parameters
from xpert_pipeline.sandbox.serving.errors import invalid, not_found
from xpert_pipeline.sandbox.serving.fault_kinds import TITLES
from xpert_pipeline.sandbox.serving.formats import zulu
from xpert_pipeline.sandbox.serving.operation import Call
from xpert_pipeline.sandbox.world.records import Order

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


def get_order(call: Call) -> dict[str, Any]:
    """One order."""
    included = parameters.values(call.query, "includedData", known=DATA_SETS)
    place = call.world.places.get(call.path["orderId"])
    if place is None or call.world.orders[place].updated > call.now:
        raise not_found()
    payload = order_payload(call.world.orders[place], included)
    in_payloads([payload], call.faults(ORDERS, TITLES))
    return {"order": payload}


def search_orders(call: Call) -> dict[str, Any]:
    """Return one page of the orders in a window. The first page fixes the window's end for all pages."""
    included = parameters.values(call.query, "includedData", known=DATA_SETS)
    window = _window(call.query, call.now)
    page = call.page(memory=window.last)
    places = _chosen(call, window.kind, window.first, page.memory)
    orders = [order_payload(call.world.orders[place], included) for place in page.cut(places)]
    in_payloads(orders, call.faults(ORDERS, TITLES) if orders else [])
    return {"orders": orders, f"{window.kind}Before": zulu(page.memory)} | page.pagination(len(places))


class _Window(NamedTuple):
    """Bounds of the requested window, both inclusive. `kind` is `created` or `lastUpdated`."""

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


def _chosen(call: Call, kind: str, first: float, last: float) -> Sequence[int]:
    """Return the indexes of the orders that pass the filters."""
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
