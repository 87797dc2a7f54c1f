"""Gives every item its share of the fees that `charges` knows only as the sum of a SKU and day.

Economics tell the selling fees of a SKU by the day of purchase, and the refund fees by the day of the refund. Each
sum is divided among the day's items of the SKU by largest remainder: the referral fee in proportion to the sales,
everything else in proportion to the units; items with equal remainders come in the order of their ids. So the items
of a SKU and day add up to the sum, to the last hundredth.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

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


Claims = dict[tuple[int, str], list[Claim]]
"""By day and SKU."""
Shares = dict[str, tuple[Leaf, ...]]
"""By item."""


class FeeShares:
    """The shares of all items of a store. Equal leaves are one object, because there are very many.

    Args:
        ledger: The store's sums.
        orders: The orders that the ledger counts, and others.
    """

    def __init__(self, ledger: Ledger, orders: Iterable[Order]) -> None:
        self.ledger = ledger
        sold: Claims = {}
        refunded: Claims = {}
        for order in orders:
            if order.marketplace_id == ledger.store.id and order.is_sale and order.status != CANCELLED:
                _claim(ledger, order, sold, refunded)
        self._selling = _divided(ledger, sold, SELLING)
        self._refunding = _divided(ledger, refunded, (charges.REFUND,))

    def selling(self, item: Item) -> tuple[Leaf, ...]:
        """Return the selling fees of an item."""
        return self._selling[item.id]

    def refunding(self, item: Item) -> tuple[Leaf, ...]:
        """Return the refund fee of an item that was refunded."""
        return self._refunding[item.id]


def _claim(ledger: Ledger, order: Order, sold: Claims, refunded: Claims) -> None:
    """Add what the items of an order bring to the fees of their days."""
    created, updated = ledger.store.day_of(order.created), ledger.store.day_of(order.updated)
    for item in order.items:
        if not item.cancelled:
            sold.setdefault((created, item.sku), []).append(Claim(item.id, cents(item.amount), item.quantity))
            day = refund_day(item, updated) if item.shipped else None
            if day is not None and day <= ledger.last:
                refunded.setdefault((day, item.sku), []).append(Claim(item.id, cents(item.amount), item.shipped))


def _divided(ledger: Ledger, claims: Claims, types: Sequence[str]) -> Shares:
    """Return the leaves of all items; this uses the claims up, so that they need no memory any more."""
    known: dict[tuple[str, int, int], tuple[Leaf, ...]] = {}
    shares: Shares = {}
    while claims:
        (day, sku), claimed = claims.popitem()
        shares.update(dict.fromkeys((claim.item_id for claim in claimed), ()))
        for charge in charges.fees(ledger.listings[sku], day, ledger.of(day).get(sku)):
            if charge.type in types:
                weights = [claim.cents if charge.type == charges.REFERRAL else claim.units for claim in claimed]
                bases, taxes = (_shares(amount, weights, claimed) for amount in parts_of(charge))
                for claim, base, tax in zip(claimed, bases, taxes, strict=True):
                    name = (WORDS[charge.type], base, tax)
                    if name not in known:
                        known[name] = tuple(fee(*name))
                    shares[claim.item_id] += known[name]
    return shares


def parts_of(charge: Charge) -> tuple[int, int]:
    """Return what a charge costs after its promotion, and the tax on it, in hundredths."""
    return cents(charge.amount - charge.promotion), cents(charge.tax)


def cents(amount: str | Decimal | None) -> int:
    """Return an amount in hundredths; an unknown one counts nothing. Finer amounts are rounded to even hundredths."""
    if isinstance(amount, str):
        return _cents_of_text(amount)
    return 0 if amount is None else round(amount * 100)


@lru_cache(maxsize=20_000)
def _cents_of_text(amount: str) -> int:
    return round(Decimal(amount) * 100)


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
