"""Decides by hashes of the item id which shipped items are refunded, and which refunded FBA items come back."""

from typing import NamedTuple

from xpert_pipeline.sandbox.world.digest import number
from xpert_pipeline.sandbox.world.records import Item

REFUNDED_SHARE = 40
"""How many of a thousand shipped items are refunded."""
REFUND_DAYS = (3, 10)
"""Days from shipping to the refund: the minimum, and how many more it can be."""
RETURNED_SHARE = 90
"""Per cent of the refunded items that come back to Amazon; the customer keeps the others."""
RETURN_DAYS = (2, 7)
"""Days from the refund to the arrival: the minimum, and how many more it can be."""
SELLABLE = "SELLABLE"
DISPOSITIONS = ((60, SELLABLE), (85, "CUSTOMER_DAMAGED"), (95, "DEFECTIVE"), (100, "CARRIER_DAMAGED"))
"""Cumulative per cent of the returned items → the state in which they arrive."""


class Return(NamedTuple):
    """The return of an item: the local day of its arrival, and its state on arrival."""

    day: int
    disposition: str


def refund_day(item: Item, shipped: int) -> int | None:
    """Return the day of the refund for an item shipped on day `shipped`; None if it is never refunded."""
    drawn = number("refund", item.id)
    return shipped + REFUND_DAYS[0] + (drawn >> 16) % (REFUND_DAYS[1] + 1) if drawn % 1000 < REFUNDED_SHARE else None


def return_of(item: Item, shipped: int) -> Return | None:
    """Return the customer's return of an FBA item shipped on day `shipped`; None if it does not come back."""
    refunded = refund_day(item, shipped)
    if refunded is None:
        return None
    drawn = number("return", item.id)
    if drawn % 100 >= RETURNED_SHARE:
        return None
    state = (drawn >> 16) % 100
    disposition = next(name for share, name in DISPOSITIONS if state < share)
    return Return(refunded + RETURN_DAYS[0] + (drawn >> 32) % (RETURN_DAYS[1] + 1), disposition)
