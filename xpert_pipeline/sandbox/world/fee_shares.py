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
        claimed = claims[day, item.sku]
        place = next(place for place, claim in enumerate(claimed) if claim.item_id == item.id)
        sold = self.ledger.of(day).get(item.sku)
        leaves: list[Leaf] = []
        for charge in charges.fees(self.ledger.listings[item.sku], day, sold):
            if charge.type in types:
                weights = [claim.cents if charge.type == charges.REFERRAL else claim.units for claim in claimed]
                base, tax = parts_of(charge)
                shares = (_share(amount, weights, claimed, place) for amount in (base, tax))
                leaves += fee(WORDS[charge.type], *shares)
        return leaves


def parts_of(charge: Charge) -> tuple[int, int]:
    """Return what a charge costs after its promotion, and the tax on it, in hundredths."""
    return cents(charge.amount - charge.promotion), cents(charge.tax)


def cents(amount: str | Decimal | None) -> int:
    """Return an amount in hundredths; an unknown one counts nothing. Finer amounts are rounded to even hundredths."""
    return 0 if amount is None else round(Decimal(amount) * 100)


def _share(amount: int, weights: Sequence[int], claimed: Sequence[Claim], place: int) -> int:
    if len(weights) == 1:
        return amount
    weights = weights if sum(weights) else [1] * len(weights)
    whole = sum(weights)
    shares = [divmod(amount * weight, whole) for weight in weights]
    missing = amount - sum(share for share, _ in shares)
    ranked = sorted(range(len(weights)), key=lambda at: (-shares[at][1], claimed[at].item_id, at))
    return shares[place][0] + (place in ranked[:missing])
