"""What comes to the price of an order line: shipping, gift wrap, cash on delivery, tax, and discounts.

Each charge depends only on the order and the line, so that it changes no other figure of a world.
"""

from collections.abc import Iterator
from decimal import Decimal

from xpert_pipeline.sandbox.marketplaces import INDIA, Store
from xpert_pipeline.sandbox.world import money
from xpert_pipeline.sandbox.world.digest import fraction
from xpert_pipeline.sandbox.world.records import Item, Order

SHIPPING, GIFT_WRAP, COD_FEE, TAX, DISCOUNT = "SHIPPING", "GIFT_WRAP", "COD_FEE", "TAX", "DISCOUNT"
SHIPPING_SHARE, GIFT_SHARE, COD_SHARE, DISCOUNT_SHARE = 0.3, 0.03, 0.15, 0.5
RUPEES = {SHIPPING: 40, GIFT_WRAP: 25, COD_FEE: 30}
TAX_RATE, DISCOUNT_RATE = Decimal("0.05"), Decimal("0.1")
CENT = Decimal("0.01")


def charges_of(order: Order, store: Store) -> Order:
    """Return the order with the charges of its lines; a line without a price or without units has none."""
    items = tuple(
        item._replace(charges=tuple(_charges(order, item, place, store)))
        if item.amount is not None and item.quantity > 0
        else item
        for place, item in enumerate(order.items)
    )
    return order._replace(items=items)


def line_total(item: Item) -> str | None:
    """The price of a line with all its charges, less discounts; None if the price is unknown."""
    if item.amount is None:
        return None
    return money.written(Decimal(item.amount) + sum(_signed(kind, amount) for kind, amount in item.charges))


def breakdown(items: tuple[Item, ...]) -> list[tuple[str, str]]:
    """Sums of the price (ITEM) and of each kind of charge over lines with a price."""
    sums: dict[str, Decimal] = {}
    for item in items:
        if item.amount is not None:
            for kind, amount in (("ITEM", item.amount), *item.charges):
                sums[kind] = sums.get(kind, Decimal(0)) + Decimal(amount)
    return [(kind, money.written(amount)) for kind, amount in sums.items()]


def charge(item: Item, kind: str) -> str | None:
    """One charge of a line; None if the line has none of its kind, or if its price is unknown."""
    return None if item.amount is None else dict(item.charges).get(kind)


def _signed(kind: str, amount: str) -> Decimal:
    return -Decimal(amount) if kind == DISCOUNT else Decimal(amount)


def _charges(order: Order, item: Item, place: int, store: Store) -> Iterator[tuple[str, str]]:
    def drawn(kind: str) -> float:
        return fraction(kind, order.id, place)

    def priced(kind: str) -> tuple[str, str]:
        return kind, money.written((Decimal(RUPEES[kind]) / store.rupees).quantize(CENT))

    if not order.fba and order.service == "Standard" and drawn(SHIPPING) < SHIPPING_SHARE:
        yield priced(SHIPPING)
    if drawn(GIFT_WRAP) < GIFT_SHARE:
        yield priced(GIFT_WRAP)
    if store.id == INDIA and not order.fba and drawn(COD_FEE) < COD_SHARE:
        yield priced(COD_FEE)
    price = Decimal(item.amount or 0)
    if order.is_business:
        yield TAX, money.written((price * TAX_RATE).quantize(CENT))
    if item.promotions and drawn(DISCOUNT) < DISCOUNT_SHARE:
        yield DISCOUNT, money.written((price * DISCOUNT_RATE).quantize(CENT))
