"""The same invented business one day later, with that day compressed into a short time between two syncs.

The sandbox itself invents the later day: which orders come in, and how far older ones have come. Only times are moved:
everything that the day changed or brought happens between two given moments.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from xpert_pipeline.sandbox.options import SandboxOptions
from xpert_pipeline.sandbox.world.records import Order, World
from xpert_pipeline.sandbox.world.worlds import build_worlds


def later_worlds(worlds: Mapping[str, World], options: SandboxOptions, first: float, last: float) -> dict[str, World]:
    """Worlds of the sellers one day after `options`. All changes happen between two moments (seconds since 1970)."""
    later = build_worlds(_one_day_later(options))
    if list(later) != list(worlds):
        raise ValueError("one day later the sandbox has other sellers")
    return {seller_id: _compressed(worlds[seller_id], world, first, last) for seller_id, world in later.items()}


def changed(before: World, after: World) -> tuple[int, int]:
    """How many orders changed their status, and how many are new."""
    known = {order.id: order.status for order in before.orders}
    moved = sum(order.id in known and known[order.id] != order.status for order in after.orders)
    return moved, sum(order.id not in known for order in after.orders)


def _compressed(before: World, after: World, first: float, last: float) -> World:
    known = {order.id: order for order in before.orders}
    differing = [order for order in after.orders if known.get(order.id) != order]
    step = (last - first) / max(1, len(differing))
    moments = {order.id: int(first + place * step) for place, order in enumerate(differing)}
    orders = [_moved(order, moments[order.id], known) if order.id in moments else order for order in after.orders]
    orders.sort(key=lambda order: (order.created, order.id))
    return replace(after, orders=orders, listings=before.listings, end=int(last), ends={})


def _moved(order: Order, moment: int, known: dict[str, Order]) -> Order:
    return order._replace(updated=moment, created=order.created if order.id in known else moment)


def _one_day_later(options: SandboxOptions) -> SandboxOptions:
    """The same history with one more day at its end."""
    arguments = {name: getattr(options, name) for name in options.__slots__}
    arguments |= {"as_of": options.last_day + timedelta(days=1), "days": options.days + 1}
    return SandboxOptions(**arguments)
