"""Gives every item its share of the fees that `charges` knows only as the sum of a SKU and day.

Economics tell the selling fees of a SKU by the day of purchase, and the refund fees by the day of the refund. Each
sum is divided among the day's items of the SKU by largest remainder: the referral fee in proportion to the sales,
everything else in proportion to the units; items with equal remainders come in the order of their ids. So the items
of a SKU and day add up to the sum, to the last hundredth.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import NamedTuple

from xpert_pipeline.sandbox.marketplaces import Store
from xpert_pipeline.sandbox.world import charges
from xpert_pipeline.sandbox.world.charges import Charge
from xpert_pipeline.sandbox.world.ledger import Ledger
from xpert_pipeline.sandbox.world.postings import Leaf, fee
from xpert_pipeline.sandbox.world.records import CANCELLED, Item, Order
from xpert_pipeline.sandbox.world.refunds import refund_day

WORDS = {
    charges.REFERRAL: "Commission",
    charges.CLOSING: "FixedClosingFee",
    charges.FULFILMENT: "FBAPerUnitFulfillmentFee",
    charges.SHIPPING: "ShippingHB",
    charges.REFUND: "RefundCommission",
    charges.STORAGE: "FBAStorageFee",
}
"""Type of a charge in economics → Amazon's word for it in a transaction."""
MOST_DIVIDED = 2_000
"""SKUs and days whose shares are kept; an order's neighbours ask for the same ones."""
SELLING = (charges.REFERRAL, charges.CLOSING, charges.FULFILMENT, charges.SHIPPING)


class Claim(NamedTuple):
    """What one item brings to the fees of its SKU and day."""

    item_id: str
    cents: int
    units: int


class FeeShares:
    """The shares of all items of a store.

    Args:
        ledger: The store's sums.
        orders: The orders that the ledger counts, and others.
    """

    def __init__(self, ledger: Ledger, orders: Iterable[Order]) -> None:
        self.ledger = ledger
        self.sold: dict[tuple[int, str], list[Claim]] = {}
        self.refunded: dict[tuple[int, str], list[Claim]] = {}
        self._divided: dict[tuple[Sequence[str], int, str], dict[str, list[Leaf]]] = {}
        store = ledger.store
        for order in orders:
            if order.marketplace_id == store.id and order.is_sale and order.status != CANCELLED:
                self._add(store, order)

    def _add(self, store: Store, order: Order) -> None:
        created, updated = store.day_of(order.created), store.day_of(order.updated)
        for item in order.items:
            if not item.cancelled:
                self.sold.setdefault((created, item.sku), []).append(Claim(item.id, cents(item.amount), item.quantity))
                refunded = refund_day(item, updated) if item.shipped else None
                if refunded is not None and refunded <= self.ledger.last:
                    claim = Claim(item.id, cents(item.amount), item.shipped)
                    self.refunded.setdefault((refunded, item.sku), []).append(claim)

    def selling(self, created: int, item: Item) -> list[Leaf]:
        """Return the selling fees of an item that was bought on a day."""
        return self._leaves(self.sold, SELLING, created, item)

    def refunding(self, refunded: int, item: Item) -> list[Leaf]:
        """Return the refund fee of an item that was refunded on a day."""
        return self._leaves(self.refunded, (charges.REFUND,), refunded, item)

    def _leaves(
        self, claims: dict[tuple[int, str], list[Claim]], types: Sequence[str], day: int, item: Item
    ) -> list[Leaf]:
        key = (types, day, item.sku)
        if key not in self._divided:
            if len(self._divided) > MOST_DIVIDED:
                self._divided.clear()
            self._divided[key] = self._divide(claims[day, item.sku], types, day, item.sku)
        return self._divided[key][item.id]

    def _divide(self, claimed: Sequence[Claim], types: Sequence[str], day: int, sku: str) -> dict[str, list[Leaf]]:
        """Return the leaves of all items of a SKU and day."""
        found: dict[str, list[Leaf]] = {claim.item_id: [] for claim in claimed}
        for charge in charges.fees(self.ledger.listings[sku], day, self.ledger.of(day).get(sku)):
            if charge.type in types:
                weights = [claim.cents if charge.type == charges.REFERRAL else claim.units for claim in claimed]
                bases, taxes = (_shares(amount, weights, claimed) for amount in parts_of(charge))
                for claim, base, tax in zip(claimed, bases, taxes, strict=True):
                    found[claim.item_id] += fee(WORDS[charge.type], base, tax)
        return found


def parts_of(charge: Charge) -> tuple[int, int]:
    """Return what a charge costs after its promotion, and the tax on it, in hundredths."""
    return cents(charge.amount - charge.promotion), cents(charge.tax)


def cents(amount: str | Decimal | None) -> int:
    """Return an amount in hundredths; an unknown one counts nothing. Finer amounts are rounded to even hundredths."""
    return 0 if amount is None else round(Decimal(amount) * 100)


def _shares(amount: int, weights: Sequence[int], claimed: Sequence[Claim]) -> list[int]:
    if len(weights) == 1:
        return [amount]
    weights = weights if sum(weights) else [1] * len(weights)
    whole = sum(weights)
    shares = [divmod(amount * weight, whole) for weight in weights]
    missing = amount - sum(share for share, _ in shares)
    ranked = sorted(range(len(weights)), key=lambda at: (-shares[at][1], claimed[at].item_id, at))
    more = set(ranked[:missing])
    return [share + (place in more) for place, (share, _) in enumerate(shares)]
