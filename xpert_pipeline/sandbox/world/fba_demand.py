"""The effect of FBA orders on the stock of one SKU: units that are needed, shipped, returned and reserved."""

from dataclasses import dataclass, field

from xpert_pipeline.sandbox.marketplaces import Store
from xpert_pipeline.sandbox.world.records import CANCELLED, SHIPPED, Item, Order
from xpert_pipeline.sandbox.world.refunds import return_of

MOST_UNITS, MOST_BUSINESS_UNITS = 3, 15
"""The most units of an order item. Cancelled items may have lost their quantity, so stock for this many is needed."""


@dataclass(slots=True)
class Demand:
    """The effect of orders on one SKU.

    Attributes:
        needed: Day → change of the units that open orders need.
        shipped: Day → (time, units, order id) of each shipped item.
        returned: Day → (units, disposition, order id) of each returned item.
        reserved: Units in orders that are open at the end.
        touched: Time of the last change of an order.
    """

    needed: dict[int, int] = field(default_factory=dict)
    shipped: dict[int, list[tuple[int, int, str]]] = field(default_factory=dict)
    returned: dict[int, list[tuple[int, str, str]]] = field(default_factory=dict)
    reserved: int = 0
    touched: int = 0

    def add(self, store: Store, order: Order, item: Item, last: int) -> None:
        """Add one item of an FBA order."""
        most = MOST_BUSINESS_UNITS if order.is_business else MOST_UNITS
        units, created, updated = max(most, item.quantity), store.day_of(order.created), store.day_of(order.updated)
        self.touched = max(self.touched, order.updated)
        self.needed[created] = self.needed.get(created, 0) + units
        if order.status in (SHIPPED, CANCELLED) or item.cancelled:
            self.needed[updated] = self.needed.get(updated, 0) - units
        else:
            self.reserved += item.quantity - item.shipped
        if item.shipped:
            self.shipped.setdefault(updated, []).append((order.updated, item.shipped, order.id))
            back = return_of(item, updated) if order.is_sale else None
            if back is not None and back.day <= last:
                self.returned.setdefault(back.day, []).append((item.shipped, back.disposition, order.id))
