"""The postings that belong to no order: fees of the account, advertisements, reimbursements, removals, adjustments.

- ServiceFee, on the first of the month: storage, as in `charges`; an item for each SKU, at most 50 items in one.
- ServiceFee, on the second of the month: the subscription; outside India with a digital services fee, which is told at
  three depths.
- ServiceFee, when an inbound shipment arrives: the inbound fee, without an order or shipment id.
- ProductAdsPayment, on the 7th, 14th, 21st and last day of the month: all advertisements since the last payment, i.e.
  Sponsored Products and Display as in `charges`, and Sponsored Brands, which economics do not tell.
- FBAInventoryReimbursement, 5 to 24 days after a loss: `REIMBURSED_SHARE` per cent of the losses and damages among the
  stock's movements.
- RemovalShipment, 3 days after a removal: every second removal is a liquidation. Its SKU is the FNSKU.
- Adjustment, on one day in ten: goodwill. Some have no id, some no status.
- Retrocharge, on the third of the month: a tax on revenue.
"""

import calendar
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from xpert_pipeline.sandbox.marketplaces import INDIA
from xpert_pipeline.sandbox.world import charges
from xpert_pipeline.sandbox.world.digest import number
from xpert_pipeline.sandbox.world.fee_shares import WORDS, cents, parts_of
from xpert_pipeline.sandbox.world.ledger import Ledger
from xpert_pipeline.sandbox.world.movements import DAMAGED, LOST, REMOVAL, Movement, Stock, StockLine
from xpert_pipeline.sandbox.world.order_postings import account_rail
from xpert_pipeline.sandbox.world.postings import (
    ADJUSTMENT,
    ADVERTISING,
    REIMBURSEMENT,
    RELEASED,
    RETROCHARGE,
    SERVICE_FEE,
    Leaf,
    Part,
    Posting,
    fee,
    total,
)
from xpert_pipeline.sandbox.world.postings import REMOVAL as REMOVAL_SHIPMENT
from xpert_pipeline.sandbox.world.records import Listing

HOUR = 3600
MOST_ITEMS = 50
REIMBURSED_SHARE, REIMBURSED_DAYS = 70, (5, 20)
"""Per cent of the losses that Amazon reimburses; the fewest days until then, and the number of possible values."""
REIMBURSED_VALUE = 60
"""Per cent of the price that Amazon reimburses."""
REMOVAL_LAG = 3


def account_postings(seller_id: str, ledger: Ledger, stock: Stock, cut: int) -> Iterator[Posting]:
    """Yield everything that was posted for one store by `cut` and belongs to no order."""
    books = _Account(seller_id, ledger, stock)
    for posting in books.postings():
        if posting.posted <= cut:
            yield posting


class _Account:
    def __init__(self, seller_id: str, ledger: Ledger, stock: Stock) -> None:
        self.ledger, self.stock, self.store = ledger, stock, ledger.store
        self.seed = f"{seller_id}/{ledger.store.id}"

    def postings(self) -> Iterator[Posting]:
        for day in range(self.ledger.first, self.ledger.last + 1):
            today = date.fromordinal(day)
            if today.day == 1:
                yield from self._storage(day)
            if today.day == 2:
                yield self._subscription(day)
            if today.day == 3:
                drawn = number("retrocharge", self.seed, day)
                leaf = Leaf(("Retrocharge", "TaxOnRevenue"), -self._rupees(500 + drawn % 4500))
                yield self._posting(RETROCHARGE, day, 6, "Retrocharge", (_part("Tax on revenue", leaf),))
            if today.day in (7, 14, 21, calendar.monthrange(today.year, today.month)[1]):
                yield from self._advertising(day)
            yield from self._adjustment(day)
        for shipment in self.stock.shipments:
            units = sum(item.quantity for item in shipment.items)
            leaves = fee("FBAInboundConvenienceFee", *self._taxed(200 * units))
            yield self._posting(
                SERVICE_FEE, shipment.receiving, 9, "FBA inbound fee", (_part("Inbound", *leaves),), shipment.id
            )
        for line in self.stock.lines:
            yield from self._of_stock(line)

    def _storage(self, day: int) -> Iterator[Posting]:
        parts = []
        for listing in sorted(self.ledger.listings.values(), key=lambda listing: listing.sku):
            for charge in charges.fees(listing, day, None) if charges.is_stored(listing, day) else ():
                leaves = tuple(fee(WORDS[charge.type], *parts_of(charge)))
                parts.append(Part(listing.sku, listing.asin, listing.title, None, "AFN", leaves))
        for place in range(0, len(parts), MOST_ITEMS):
            chosen = tuple(parts[place : place + MOST_ITEMS])
            yield self._posting(SERVICE_FEE, day, 5, "FBA storage fee", chosen, f"storage {place}", has_items=True)

    def _subscription(self, day: int) -> Posting:
        leaves = fee("Subscription", *self._taxed(49_900))
        if self.store.id != INDIA:
            leaves.append(Leaf(("DigitalServicesFee",) * 3, -self._rupees(998)))
        return self._posting(SERVICE_FEE, day, 4, "Subscription", (_part("Subscription", *leaves),))

    def _advertising(self, day: int) -> Iterator[Posting]:
        """Yield the payment for the days since the last one."""
        today, base, tax = date.fromordinal(day), 0, 0
        length = today.day - 21 if today.day > 21 else 7
        for spent in range(max(self.ledger.first, day - length + 1), day + 1):
            found = [charge for listing in self._advertised() for charge in charges.ads(listing, spent)]
            for charge in found:
                base, tax = base + parts_of(charge)[0], tax + parts_of(charge)[1]
            if found:
                brand = self._taxed(number("brands", self.seed, spent) % 15_000)
                base, tax = base + brand[0], tax + brand[1]
        if base:
            part = _part("Advertising", *fee("AdvertisingFee", base, tax))
            yield self._posting(ADVERTISING, day, 22, "Cost of Advertising", (part,))

    def _advertised(self) -> Iterator[Listing]:
        return (listing for listing in self.ledger.listings.values() if charges.is_advertised(listing))

    def _adjustment(self, day: int) -> Iterator[Posting]:
        drawn = number("adjusted account", self.seed, day)
        if drawn % 10 == 0:
            leaf = Leaf(("Adjustments", "GoodwillPrincipal"), -self._rupees(5_000 + (drawn >> 8) % 20_000))
            posting = self._posting(ADJUSTMENT, day, 13, "Goodwill", (_part("Goodwill", leaf),))
            status = None if (drawn >> 40) % 3 == 0 else RELEASED
            yield posting._replace(has_id=(drawn >> 44) % 2 == 0, status=status)

    def _of_stock(self, line: StockLine) -> Iterator[Posting]:
        removed: set[str] = set()
        for movement in line.movements:
            drawn = number("reimbursed", movement.reference, movement.reason, line.fn_sku)
            is_loss = movement.reason in (LOST, DAMAGED) and movement.quantity < 0
            if is_loss and drawn % 100 < REIMBURSED_SHARE:
                yield from self._reimbursement(line, movement, drawn >> 8)
            if movement.type == REMOVAL and drawn % 2 and movement.reference not in removed:
                removed.add(movement.reference)
                yield self._removal(line, movement)

    def _reimbursement(self, line: StockLine, movement: Movement, drawn: int) -> Iterator[Posting]:
        price = self.ledger.listings[line.sku].price
        if price is None:
            return
        day = movement.day + REIMBURSED_DAYS[0] + drawn % REIMBURSED_DAYS[1]
        paid = cents((Decimal(price) * REIMBURSED_VALUE / 100).quantize(Decimal("0.01"))) * -movement.quantity
        leaf = Leaf(("FBAInventoryReimbursement",), paid)
        part = Part(line.sku, line.asin, line.title, -movement.quantity, "AFN", (leaf,))
        yield self._posting(
            REIMBURSEMENT,
            day,
            11,
            "WAREHOUSE_LOST" if movement.reason == LOST else "WAREHOUSE_DAMAGE",
            (part,),
            f"{line.fn_sku} {movement.reference}",
            has_items=True,
        )

    def _removal(self, line: StockLine, movement: Movement) -> Posting:
        units = -sum(other.quantity for other in line.movements if other.reference == movement.reference)
        item_id = f"{number('removal item', movement.reference, line.fn_sku) % 10**10:010d}"
        leaf = Leaf(("ProductCharges", "RecommerceLiquidation"), self._rupees(1_000) * units)
        part = Part(line.fn_sku, None, line.title, units, "AFN", (leaf,), (("REMOVAL_SHIPMENT_ITEM_ID", item_id),))
        name = f"{line.fn_sku} {movement.reference}"
        return self._posting(
            REMOVAL_SHIPMENT, movement.day + REMOVAL_LAG, 15, "Liquidation", (part,), name, has_items=True
        )

    def _rupees(self, paise: int) -> int:
        """Convert hundredths of a rupee into hundredths of the store's currency; never into nothing."""
        return paise if self.store.rupees == 1 or not paise else max(1, round(paise / self.store.rupees))

    def _taxed(self, paise: int) -> tuple[int, int]:
        base = self._rupees(paise)
        return base, round(base * self.store.tax)

    def _posting(
        self,
        kind: str,
        day: int,
        hour: int,
        description: str,
        parts: tuple[Part, ...],
        name: str = "",
        *,
        has_items: bool = False,
    ) -> Posting:
        key = f"{kind} {self.seed} {day} {description} {name}"
        posted = self.store.moment(day, hour * HOUR + number("posted", key) % HOUR)
        rail = account_rail(self.store)
        return Posting(key, kind, posted, RELEASED, description, rail, total(parts), lambda: parts, has_items)


def _part(title: str, *leaves: Leaf) -> Part:
    return Part(None, None, title, None, None, tuple(leaves))
