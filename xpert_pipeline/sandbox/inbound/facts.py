"""Facts of inbound shipments that the two APIs show: names, ids, times and plans, derived from the world's shipments.

A shipment that arrived on the day of its creation was made in the old workflow: it has no plan. Every other one has a
plan of its own. A plan lists some SKUs by lot: the units that expire on one day.
"""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from xpert_pipeline.sandbox.marketplaces import STORES, Store
from xpert_pipeline.sandbox.world.digest import letters, number
from xpert_pipeline.sandbox.world.movements import IN_TRANSIT, WORKING, InboundItem, InboundShipment, Stock
from xpert_pipeline.sandbox.world.records import World
from xpert_pipeline.sandbox.world.stock import stock_of

HOUR = 3600
CREATED_HOUR, CHANGED_HOUR = 5, 7
"""Hours of the day at which a shipment is created, and at which its state or a received quantity changes."""
TWO_LOTS_SHARE = 25
"""Per cent of the items that consist of two lots."""
READY_TO_SHIP = "READY_TO_SHIP"
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True, slots=True)
class Inbound:
    """One shipment as it is now.

    Attributes:
        store: The store.
        shipment: The world's shipment.
        stock: All stock in the store.
        day: The current day in the store.
        now: The current time.
    """

    store: Store
    shipment: InboundShipment
    stock: Stock
    day: int
    now: float

    @property
    def status(self) -> str:
        """State as the v0 API words it."""
        return self.shipment.status(self.day)

    @property
    def plan_status(self) -> str:
        """State as the 2024-03-20 API words it, which knows one more."""
        is_ready = self.status == WORKING and self.day > self.shipment.created
        return READY_TO_SHIP if is_ready else self.status

    @property
    def created(self) -> int:
        """When it was created."""
        return self.store.midnight(self.shipment.created) + CREATED_HOUR * HOUR

    @property
    def updated(self) -> int:
        """When it last changed."""
        days = self.shipment.days_of_change
        moments = (self.store.midnight(day) + CHANGED_HOUR * HOUR for day in days if day <= self.day)
        return max([self.created, *(moment for moment in moments if moment <= self.now)])

    @property
    def name(self) -> str:
        """Name that Amazon gives the shipment."""
        created = date.fromordinal(self.shipment.created)
        return f"FBA STA ({created:%m/%d/%Y} 10:30)-{self.centre}"

    @property
    def centre(self) -> str:
        """Fulfilment centre to which it goes."""
        return letters(3, _LETTERS, "centre", self.shipment.id) + str(1 + number("centre", self.shipment.id) % 9)

    @property
    def label_prep(self) -> str:
        """Who labels the units."""
        return ("SELLER_LABEL", "AMAZON_LABEL", "NO_LABEL")[number("label", self.shipment.id) % 3]

    @property
    def has_plan(self) -> bool:
        """Whether it was made by an inbound plan."""
        return self.shipment.receiving > self.shipment.created

    @property
    def plan_id(self) -> str:
        """Id of its plan."""
        return _id("wf", self.shipment.id)

    @property
    def uuid(self) -> str:
        """Its id in the 2024-03-20 API."""
        return _id("sh", self.shipment.id)

    @property
    def tracking(self) -> list[str]:
        """Ids of the carrier for its boxes, once it is on its way."""
        boxes = 1 + number("boxes", self.shipment.id) % 3
        if self.status == WORKING:
            return []
        return [f"{number('tracking', self.shipment.id, box) % 10**12:012d}" for box in range(boxes)]

    @property
    def delivery_window(self) -> tuple[int, int] | None:
        """The days on which it should arrive; None until it is ready."""
        if self.plan_status == WORKING:
            return None
        return self.store.midnight(self.shipment.receiving - 1), self.store.midnight(self.shipment.receiving + 2)

    @property
    def appointment(self) -> str | None:
        """State of the appointment at the fulfilment centre; only some shipments have one."""
        if number("appointment", self.shipment.id) % 3 or self.status in (WORKING, IN_TRANSIT):
            return None
        return "ARRIVAL_SCHEDULED" if self.day < self.shipment.closed else "CLOSED"

    def lots(self, item: InboundItem) -> list[tuple[int, str | None]]:
        """Return the units of an item by lot, with the day on which the lot expires."""
        drawn = number("lots", self.shipment.id, item.sku)
        if item.quantity == 1 or drawn % 100 >= TWO_LOTS_SHARE:
            return [(item.quantity, None)]
        first = 1 + (drawn >> 8) % (item.quantity - 1)
        created = date.fromordinal(self.shipment.created)
        days = (created + timedelta(days=300), created + timedelta(days=420))
        return [(first, days[0].isoformat()), (item.quantity - first, days[1].isoformat())]


def inbound_of(world: World, marketplace_id: str, now: float) -> Iterator[Inbound]:
    """Yield the shipments to one store that exist now, by creation."""
    store, stock = STORES[marketplace_id], stock_of(world, marketplace_id, now)
    for shipment in stock.shipments:
        one = Inbound(store, shipment, stock, min(store.day_of(now), stock.last), now)
        if one.created <= now:
            yield one


def _id(prefix: str, shipment_id: str) -> str:
    return prefix + str(uuid.UUID(int=number(prefix, shipment_id) << 64 | number(shipment_id, prefix)))
