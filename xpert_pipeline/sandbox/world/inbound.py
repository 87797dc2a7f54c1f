"""Plans inbound shipments: when they are created, shipped and received, and how many units arrive."""

from xpert_pipeline.sandbox.world.digest import letters, number
from xpert_pipeline.sandbox.world.movements import InboundItem, InboundShipment

_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ0123456789"
WORKING_DAYS = 2
"""Days from creation to shipping."""
SHORTEST, SPREAD = 5, 5
"""Days from creation to the first receipt: the fewest, and the number of possible values."""
MORE_DAYS = 2
"""Days from the first receipt to the second one, and from the second one to closing."""
SHORT_SHARE = 4
"""Per cent of the items that arrive with one unit missing."""


class InboundPlan:
    """The shipments of one store. All SKUs that are planned on one day travel in one shipment."""

    def __init__(self, marketplace_id: str, seller_id: str) -> None:
        self.key = (seller_id, marketplace_id)
        self.shipments: dict[tuple[int, bool], InboundShipment] = {}

    def plan(self, day: int, sku: str, fn_sku: str, quantity: int) -> InboundItem:
        """Add units to the shipment created on this day; they arrive days later, in two parts."""
        shipment = self._shipment(day, express=False)
        missing = 1 if quantity > 1 and number("short", shipment.id, sku) % 100 < SHORT_SHARE else 0
        part = (quantity - missing + 1) // 2
        receipts = ((shipment.receiving, part), (shipment.receiving + MORE_DAYS, quantity - missing - part))
        item = InboundItem(sku, fn_sku, quantity, tuple((when, units) for when, units in receipts if units))
        shipment.items.append(item)
        return item

    def express(self, day: int, sku: str, fn_sku: str, quantity: int) -> str:
        """Add units that the seller brings in and Amazon receives on the same day; return the shipment's id."""
        shipment = self._shipment(day, express=True)
        shipment.items.append(InboundItem(sku, fn_sku, quantity, ((day, quantity),)))
        return shipment.id

    def id_of(self, day: int) -> str:
        """Return the id of the shipment created on this day."""
        return self._shipment(day, express=False).id

    def all(self) -> list[InboundShipment]:
        """Return all shipments that have items, sorted by creation."""
        return [self.shipments[key] for key in sorted(self.shipments) if self.shipments[key].items]

    def _shipment(self, day: int, *, express: bool) -> InboundShipment:
        if (day, express) not in self.shipments:
            shipment_id = "FBA15" + letters(7, _ALPHABET, "inbound", *self.key, day, express)
            if express:
                shipment = InboundShipment(shipment_id, day, day, day, day)
            else:
                receiving = day + SHORTEST + number("receiving", shipment_id) % SPREAD
                closed = receiving + 2 * MORE_DAYS
                shipment = InboundShipment(shipment_id, day, day + WORKING_DAYS, receiving, closed)
            self.shipments[day, express] = shipment
        return self.shipments[day, express]
