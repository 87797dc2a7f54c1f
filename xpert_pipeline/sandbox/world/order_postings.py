"""The postings of orders: a shipment when an order ships, refunds, and the second rows of deferred money.

- A shipment is posted when its order ships, a refund on its day in `refunds`. An item's leaves are its price and the
  charges of `order_charges`, its share of the selling fees (see `fee_shares`), and in India TCS (0.5 % of the net
  value without tax; half each to the centre and the state if the buyer lives in the seller's state) and TDS (0.1 % of
  the gross value). A refund returns the price, shipping, gift wrap, tax, discount, TCS and TDS, keeps the selling
  fees, and costs the refund fee.
- An order that Amazon ships for another shop is a released shipment of zero: only its units are real.
- Some orders are deferred: of business customers until they pay, others until a week after delivery. The first row is
  DEFERRED, and DEFERRED_RELEASED once the money is released; then a second row with the same amounts appears, RELEASED.
  The second row names the first (DEFERRED_TRANSACTION_ID); in half of the pairs the first names the second, too
  (RELEASE_TRANSACTION_ID). A refund before the release is deferred like its order; in every third pair of refunds only
  the first row names the second.
"""

from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

from xpert_pipeline.sandbox.marketplaces import INDIA, Store
from xpert_pipeline.sandbox.world.digest import number
from xpert_pipeline.sandbox.world.fee_shares import FeeShares, cents
from xpert_pipeline.sandbox.world.order_charges import COD_FEE, DISCOUNT, GIFT_WRAP, SHIPPING, TAX
from xpert_pipeline.sandbox.world.postings import (
    DEFERRED,
    DEFERRED_RELEASED,
    REFUND,
    RELEASED,
    SHIPMENT,
    Leaf,
    Part,
    Posting,
    total,
    transaction_id,
)
from xpert_pipeline.sandbox.world.records import Item, Order
from xpert_pipeline.sandbox.world.refunds import refund_day

ELECTRONIC = "Electronic Transactions (Credit Card/Net Banking/GC)"
CASH = "Cash On Delivery Transactions and Non-Transactional Fees"
STANDARD = "Standard Orders"
"""The payment rails. India has the first two, every other store has the third."""
CASH_SHARE, DEFERRED_SHARE, NO_STATUS_IN = 20, 30, 60
"""Per cent of India's orders that are paid in cash besides those with a fee for it; per cent of the orders that are
deferred; one shipment in this many has no status."""
HOME_STATE = "MAHARASHTRA"
CHARGED = {
    SHIPPING: ("Shipping", "ShippingPrincipal"),
    GIFT_WRAP: ("GiftWrap", "GiftWrapPrincipal"),
    COD_FEE: ("CashOnDelivery", "CODPrincipal"),
    TAX: ("Tax", "OurPriceTax"),
    DISCOUNT: ("Promotion", "OurPricePromotion"),
}
"""Kind of a charge of an order line → its words in a breakdown."""


class Deferral(NamedTuple):
    """Why an order's money waits, and until when (seconds since 1970)."""

    reason: str
    matures: int


def rail_of(order: Order, store: Store) -> str:
    """Return the payment rail of an order."""
    if store.id != INDIA:
        return STANDARD
    has_fee = any(kind == COD_FEE for item in order.items for kind, _ in item.charges)
    return CASH if has_fee or number("cash", order.id) % 100 < CASH_SHARE else ELECTRONIC


def account_rail(store: Store) -> str:
    """Return the payment rail of everything that belongs to no order."""
    return CASH if store.id == INDIA else STANDARD


def deferral_of(order: Order, store: Store) -> Deferral | None:
    """Return the deferral of an order; None if its money is released at once."""
    drawn, shipped = number("deferred", order.id), store.day_of(order.updated)
    second = (drawn >> 24) % 86_400
    if order.is_business and drawn % 100 < 2 * DEFERRED_SHARE:
        return Deferral("B2B", store.moment(shipped + 20 + (drawn >> 8) % 11, second))
    if drawn % 100 < DEFERRED_SHARE:
        return Deferral("DD7", store.moment(shipped + 10 + (drawn >> 8) % 5, second))
    return None


def order_postings(shares: FeeShares, order: Order, cut: int) -> Iterator[Posting]:
    """Yield everything that was posted for an order by `cut`."""
    store = shares.ledger.store
    shipped = [item for item in order.items if item.shipped]
    if not shipped or order.updated > cut:
        return
    rail = rail_of(order, store)
    if not order.is_sale:
        parts = partial(_foreign_parts, order)
        key, identifiers = f"shipment {order.id}", _identifiers(order)
        yield Posting(key, SHIPMENT, order.updated, RELEASED, "Order Payment", rail, 0, parts, identifiers=identifiers)
        return
    deferral = deferral_of(order, store)
    sold = partial(shipment_parts, shares, order)
    posting = Posting(
        f"shipment {order.id}",
        SHIPMENT,
        order.updated,
        None if deferral is None and number("no status", order.id) % NO_STATUS_IN == 0 else RELEASED,
        "Order Payment",
        rail,
        total(sold()),
        sold,
        identifiers=_identifiers(order),
    )
    yield from _rows(posting, deferral, cut)
    yield from _refunds(shares, order, rail, deferral, cut)


def _refunds(shares: FeeShares, order: Order, rail: str, deferral: Deferral | None, cut: int) -> Iterator[Posting]:
    store = shares.ledger.store
    shipped = store.day_of(order.updated)
    days = {refund_day(item, shipped) for item in order.items if item.shipped}
    for day in sorted(day for day in days if day is not None):
        posted = store.moment(day, number("refunded", order.id, day) % 86_400)
        if posted > cut or day > shares.ledger.last:
            continue
        parts = partial(refund_parts, shares, order, day)
        identifiers = (*_identifiers(order)[:1], ("REFUND_ID", f"{number('refund id', order.id, day) % 10**12:012d}"))
        key = f"refund {order.id} {day}"
        refund = Posting(
            key, REFUND, posted, RELEASED, "Refund Order", rail, total(parts()), parts, identifiers=identifiers
        )
        yield from _rows(refund, deferral if deferral and posted < deferral.matures else None, cut)


def _rows(posting: Posting, deferral: Deferral | None, cut: int) -> Iterator[Posting]:
    """Yield the one row of a posting, or its two rows if it is deferred."""
    if deferral is None:
        yield posting
        return
    deferred = posting._replace(reason=deferral.reason, matures=deferral.matures)
    if deferral.matures > cut:
        yield deferred._replace(status=DEFERRED)
        return
    key = f"{posting.key} released"
    drawn = number("pair", posting.key)
    only_first = posting.type == REFUND and drawn % 3 == 0
    names_second = only_first or (drawn >> 8) % 2 == 0
    to_second = (("RELEASE_TRANSACTION_ID", transaction_id(key)),) if names_second else ()
    to_first = () if only_first else (("DEFERRED_TRANSACTION_ID", posting.id),)
    yield deferred._replace(status=DEFERRED_RELEASED, identifiers=posting.identifiers + to_second)
    yield posting._replace(
        key=key, posted=deferral.matures, status=RELEASED, identifiers=posting.identifiers + to_first
    )


def shipment_parts(shares: FeeShares, order: Order) -> tuple[Part, ...]:
    """Return the items of an order's shipment."""
    return tuple(
        _part(order, item, (*_proceeds(item, 1), *shares.selling(item), *_withheld(order, item, -1)))
        for item in order.items
        if item.shipped
    )


def refund_parts(shares: FeeShares, order: Order, day: int) -> tuple[Part, ...]:
    """Return the items of an order that were refunded on a day."""
    shipped = shares.ledger.store.day_of(order.updated)
    return tuple(
        _part(
            order,
            item,
            (*_proceeds(item, -1), *shares.refunding(item), *_withheld(order, item, 1)),
            (("ORDER_ADJUSTMENT_ITEM_ID", f"{number('adjustment item', item.id) % 10**14:014d}"),),
        )
        for item in order.items
        if item.shipped and refund_day(item, shipped) == day
    )


def _foreign_parts(order: Order) -> tuple[Part, ...]:
    return tuple(_part(order, item, ()) for item in order.items if item.shipped)


def _part(order: Order, item: Item, leaves: tuple[Leaf, ...], identifiers: tuple[tuple[str, str], ...] = ()) -> Part:
    network = "AFN" if order.fba else "MFN"
    return Part(item.sku, item.asin, item.title, item.shipped, network, leaves, identifiers)


def _proceeds(item: Item, sign: int) -> Iterator[Leaf]:
    """Yield the price and its charges; a refund does not return the fee for cash on delivery."""
    if item.amount is None:
        return
    yield Leaf(("ProductCharges", "OurPricePrincipal"), sign * cents(item.amount))
    for kind, amount in item.charges:
        if sign > 0 or kind != COD_FEE:
            yield Leaf(CHARGED[kind], cents(amount) * (-sign if kind == DISCOUNT else sign))


def _withheld(order: Order, item: Item, sign: int) -> Iterator[Leaf]:
    """Yield what Amazon withholds in India as tax at source; `sign` is 1 where it pays it back."""
    if order.marketplace_id != INDIA or item.amount is None:
        return
    paid = {kind: cents(amount) for kind, amount in item.charges}
    net = cents(item.amount) + paid.get(SHIPPING, 0) + paid.get(GIFT_WRAP, 0) - paid.get(DISCOUNT, 0)
    gross = net + paid.get(TAX, 0) + (paid.get(COD_FEE, 0) if sign < 0 else 0)
    is_home = order.state.strip().upper() == HOME_STATE
    for word, rate in (("TCS-CGST", 25), ("TCS-SGST", 25)) if is_home else (("TCS-IGST", 50),):
        if part := round(net * rate / 10_000):
            yield Leaf(("ItemTCS", word), sign * part)
    if part := round(gross / 1000):
        yield Leaf(("ItemTDS",), sign * part)


def _identifiers(order: Order) -> tuple[tuple[str, str], ...]:
    shipment = f"{number('shipment', order.id) % 10**11:011d}"
    return (("ORDER_ID", order.id), ("SHIPMENT_ID", shipment))
