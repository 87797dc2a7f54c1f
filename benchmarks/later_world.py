"""The same invented business one day later, that day pressed into the moments between two syncs.

What an order is and how far it has come is the sandbox's own invention for the later day. Only the times are moved:
what that day changed changes within the moments given, and what it brought is ordered in them.
"""

from collections.abc import Mapping
from datetime import timedelta

from xpert_pipeline.sandbox.options import SandboxOptions
from xpert_pipeline.sandbox.world.records import Order, World
from xpert_pipeline.sandbox.world.worlds import build_worlds


def later_worlds(worlds: Mapping[str, World], options: SandboxOptions, first: float, last: float) -> dict[str, World]:
    """Worlds of the sellers one day after `options`, whose changes happen between two moments (seconds since 1970)."""
    later = build_worlds(_one_day_later(options))
    if list(later) != list(worlds):
        raise ValueError("the sellers one day later are other sellers")
    return {seller_id: _pressed(worlds[seller_id], world, first, last) for seller_id, world in later.items()}


def changed(before: World, after: World) -> tuple[int, int]:
    """Orders that came to be in another state, and new ones."""
    known = {order.id: order.status for order in before.orders}
    moved = sum(order.id in known and known[order.id] != order.status for order in after.orders)
    return moved, sum(order.id not in known for order in after.orders)


def _pressed(before: World, after: World, first: float, last: float) -> World:
    known = {order.id: order for order in before.orders}
    differing = [order for order in after.orders if known.get(order.id) != order]
    step = (last - first) / max(1, len(differing))
    moments = {order.id: int(first + place * step) for place, order in enumerate(differing)}
    orders = [_moved(order, moments[order.id], known) if order.id in moments else order for order in after.orders]
    orders.sort(key=lambda order: (order.created, order.id))
    return World(after.seller_id, after.name, after.marketplace_ids, orders, before.listings, int(last))


def _moved(order: Order, moment: int, known: dict[str, Order]) -> Order:
    return order._replace(updated=moment, created=order.created if order.id in known else moment)


def _one_day_later(options: SandboxOptions) -> SandboxOptions:
    """The later day is one more: the history begins on the same day."""
    arguments = {name: getattr(options, name) for name in options.__slots__}
    arguments |= {"as_of": options.last_day + timedelta(days=1), "days": options.days + 1}
    return SandboxOptions(**arguments)
