"""Customers' returns: the units that came back to Amazon, and the requests for what the seller shipped.

What came back to Amazon is what the stock books as such, unit by unit. What goes back to the seller follows from the
refunds (`refunds`). Hashes decide the rest, by the sandbox's own rules.
"""

from collections.abc import Iterator
from typing import NamedTuple

from xpert_pipeline.sandbox.marketplaces import STORES, Store
from xpert_pipeline.sandbox.world.digest import letters, number
from xpert_pipeline.sandbox.world.movements import CUSTOMER_RETURN
from xpert_pipeline.sandbox.world.records import Item, Order, World
from xpert_pipeline.sandbox.world.refunds import SELLABLE, refund_day
from xpert_pipeline.sandbox.world.stock import stock_of

BLANK_SHARE, BLANK_SHARE_OF_SEVERAL = 8, 50
"""Per cent of the returns of one unit, and of several units at once, without licence plates in the report. The first is
also the share of requests without Amazon's return id."""
MOVED_SHARE, MOVED_DAYS = 30, 3
"""Per cent of the returns that Amazon dates later while the fault is on, and the most days."""
REASONS = (
    "UNWANTED_ITEM",
    "DEFECTIVE",
    "NOT_AS_DESCRIBED",
    "ORDERED_WRONG_ITEM",
    "SWITCHEROO",
    "UNDELIVERABLE_UNKNOWN",
)
DAMAGED_REASONS = ("DAMAGED_BY_CARRIER", "DEFECTIVE", "DAMAGED_BY_FC")
REQUEST_REASONS = (
    "CR-UNWANTED_ITEM",
    "CR-DEFECTIVE",
    "AMZ-PG-APP-TOO-SMALL",
    "AMZ-PG-APP-TOO-LARGE",
    "CR-NOT_AS_DESCRIBED",
)
COMMENTS = ("", "zu klein, bitte an max@example.com antworten", "Please call me on 98450 00000", "does not fit")
"""Customers' own words, with what a pipeline must never keep."""
CENTERS = ("BLR7", "DEL5", "BOM5", "HYD8")
LETTERS, DAY = "ABCDEFGHJKLMNPQRSTUVWXYZ", 86_400
REQUEST_LEAD = 3
"""A return is requested up to so many days before its refund, less one."""


class ReturnedUnit(NamedTuple):
    """One unit that came back to Amazon. `at` is in seconds since 1970; `plate` is empty if the report has none."""

    marketplace_id: str
    at: int
    order_id: str
    sku: str
    asin: str
    title: str
    fn_sku: str
    center: str
    disposition: str
    reason: str
    status: str
    plate: str
    comment: str


class ReturnRequest(NamedTuple):
    """A request to return an item to the seller. Days are ordinals; `refunded` is None until the refund."""

    order: Order
    item: Item
    day: int
    refunded: int | None
    rma: str
    reason: str
    is_in_policy: bool
    has_claim: bool
    is_prepaid: bool


def returned_units(world: World, now: float, *, moved: bool = False) -> Iterator[ReturnedUnit]:
    """Yield every unit that came back to Amazon from orders of the seller's stores, by store and time.

    Args:
        world: The seller's world.
        now: What happened later is left out.
        moved: Whether Amazon dates some returns later than it did at first.
    """
    for marketplace_id in world.marketplace_ids:
        units = _booked(world, marketplace_id, now)
        shown = (_moved(world, unit, now) for unit in units) if moved else units
        yield from sorted(shown, key=lambda unit: unit.at)


def _booked(world: World, marketplace_id: str, now: float) -> Iterator[ReturnedUnit]:
    for line in stock_of(world, marketplace_id, now).lines:
        for movement in line.movements:
            if movement.type != CUSTOMER_RETURN or movement.at > now:
                continue
            drawn = number("returned", movement.reference, line.sku, movement.at)
            reasons = REASONS if movement.disposition == SELLABLE else DAMAGED_REASONS
            has_plate = drawn % 100 >= (BLANK_SHARE if movement.quantity == 1 else BLANK_SHARE_OF_SEVERAL)
            for unit in range(movement.quantity):
                yield ReturnedUnit(
                    marketplace_id,
                    movement.at,
                    movement.reference,
                    line.sku,
                    line.asin,
                    line.title,
                    line.fn_sku,
                    CENTERS[(drawn >> 8) % len(CENTERS)],
                    movement.disposition,
                    reasons[(drawn >> 16) % len(reasons)],
                    "Unit returned to inventory" if (drawn >> 24) % 5 else "Reimbursed",
                    "LPN" + letters(10, LETTERS, "plate", movement.reference, line.sku, movement.at, unit)
                    if has_plate
                    else "",
                    COMMENTS[(drawn >> 32) % len(COMMENTS)],
                )


def _moved(world: World, unit: ReturnedUnit, now: float) -> ReturnedUnit:
    drawn = number("moved", unit.order_id, unit.sku, unit.at)
    at = unit.at + (1 + (drawn >> 8) % MOVED_DAYS) * DAY
    is_moved = drawn % 100 < MOVED_SHARE and at <= min(now, world.end_of(unit.marketplace_id))
    return unit._replace(at=at) if is_moved else unit


def return_requests(world: World, now: float) -> Iterator[ReturnRequest]:
    """Yield the requests to return what the seller shipped, of all of the seller's stores.

    Every refunded item has one. It comes before the refund.
    """
    for order in world.orders:
        if order.fba or not order.is_sale or order.updated > now or order.marketplace_id not in world.marketplace_ids:
            continue
        store = STORES[order.marketplace_id]
        last = store.day_of(min(now, world.end_of(store.id)))
        for item in order.items:
            if item.shipped and not item.cancelled and (request := _request(store, order, item, last)):
                yield request


def _request(store: Store, order: Order, item: Item, last: int) -> ReturnRequest | None:
    refunded = refund_day(item, store.day_of(order.updated))
    if refunded is None:
        return None
    drawn = number("request", item.id)
    day = refunded - drawn % REQUEST_LEAD
    if day > last:
        return None
    return ReturnRequest(
        order,
        item,
        day,
        refunded if refunded <= last else None,
        f"D{letters(8, LETTERS, 'rma', order.id)}RRMA" if (drawn >> 8) % 100 >= BLANK_SHARE else "",
        REQUEST_REASONS[(drawn >> 16) % len(REQUEST_REASONS)],
        is_in_policy=(drawn >> 24) % 10 > 0,
        has_claim=(drawn >> 32) % 3 == 0,
        is_prepaid=(drawn >> 40) % 4 > 0,
    )
