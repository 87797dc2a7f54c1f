"""Derives a seller's listings from an order history."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from xpert_pipeline.sandbox.world import money
from xpert_pipeline.sandbox.world.digest import fraction, letters, number
from xpert_pipeline.sandbox.world.records import Item, Listing, Order
from xpert_pipeline.sandbox.world.stock_csv import Stocked

DAY = 86_400
_ALPHABET = "ABCDEFGHJKLMNPQRSTVWXYZ0123456789"


@dataclass(slots=True)
class _Sold:
    first: int
    last: int = 0
    asins: Counter[str] = field(default_factory=Counter)
    fba: int = 0
    lines: int = 0
    latest: Item | None = None
    price: str | None = None


def listings_of(orders: Iterable[Order], facts: Mapping[str, tuple[str, str]], end: int) -> list[Listing]:
    """Return one listing for each SKU ever sold, sorted by SKU.

    Args:
        orders: Oldest first.
        facts: SKU → (category, size).
        end: The world's last second; no listing changes later.
    """
    sold: dict[str, _Sold] = {}
    for order in orders:
        for item in order.items:
            one = sold.get(item.sku)
            if one is None:
                one = sold[item.sku] = _Sold(order.created)
            one.last, one.latest = order.created, item
            one.asins[item.asin] += 1
            one.lines += 1
            one.fba += order.fba
            if item.amount is not None and item.quantity > 0:
                one.price = money.share(item.amount, item.quantity)
    return [_listing(sku, one, facts[sku], end) for sku, one in sorted(sold.items())]


def with_stock(listings: list[Listing], stock: Mapping[str, Stocked], end: int) -> list[Listing]:
    """Return listings with the units of a stock list, and a listing for each SKU of it that was never sold.

    The units of a listing that Amazon fulfils are in Amazon's stock (`stock`). A SKU that was never sold has no price,
    because no file knows one; its ASIN and its times are the sandbox's own.
    """
    known = {listing.sku for listing in listings}
    for listing in listings:
        if listing.sku in stock and not listing.fba:
            listing.quantity = stock[listing.sku].units
    unsold = [_unsold(sku, one, end) for sku, one in stock.items() if sku not in known]
    return sorted([*listings, *unsold], key=lambda listing: listing.sku) if unsold else listings


def _unsold(sku: str, one: Stocked, end: int) -> Listing:
    design, category, size, colour = one.facts
    words = [category.capitalize(), design, colour, f"(Size {size})" if size else ""]
    created = end - (10 + number("listed", sku) % 390) * DAY
    return Listing(
        sku=sku,
        asin="B0" + letters(8, _ALPHABET, "unsold", sku),
        title=" ".join(word for word in words if word) or sku,
        category=category or "Other",
        size=size or None,
        price=None,
        currency="INR",
        fba=False,
        quantity=one.units,
        active=one.units > 0,
        created=created,
        updated=created,
    )


def _listing(sku: str, one: _Sold, facts: tuple[str, str], end: int) -> Listing:
    assert one.latest is not None
    fba = one.fba * 2 >= one.lines
    active = fraction("active", sku) < 0.9
    return Listing(
        sku=sku,
        asin=max(one.asins, key=lambda asin: (one.asins[asin], asin)),
        title=one.latest.title,
        category=facts[0],
        size=facts[1] or None,
        price=one.price,
        currency=one.latest.currency,
        fba=fba,
        quantity=None if fba else number("stock", sku) % 60 if active else 0,
        active=active,
        created=one.first - (10 + number("listed", sku) % 390) * DAY,
        updated=min(one.last + number("changed", sku) % DAY, end),
    )
