"""Invents a seller's listings in each store: names, prices, channels, and how often customers buy each product."""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from random import Random

from xpert_pipeline.sandbox.marketplaces import INDIA, Store
from xpert_pipeline.sandbox.world import money
from xpert_pipeline.sandbox.world.digest import fraction, letters, number
from xpert_pipeline.sandbox.world.localisation import localised_price, localised_title
from xpert_pipeline.sandbox.world.records import Listing

DAY = 86_400
KINDS = (
    ("kurta", "Cotton Straight Kurta", 499, 1299, ("S", "M", "L", "XL", "XXL")),
    ("Saree", "Banarasi Silk Saree", 899, 3499, ()),
    ("Set", "Kurta Set with Dupatta", 799, 1999, ("S", "M", "L", "XL")),
    ("Kitchen", "Stainless Steel Masala Dabba", 349, 1199, ()),
    ("Home", "Jaipuri Cotton Bedsheet", 599, 1799, ("Queen", "King")),
    ("Toys", "Wooden Toy Train", 299, 899, ()),
    ("Beauty", "Sandalwood Face Pack", 149, 449, ("100 g", "200 g")),
    ("Book", "Tales of the Deccan", 199, 599, ()),
)
COLOURS = ("Maroon", "Indigo", "Mustard", "Emerald", "Rani Pink", "Black", "Off-White")
RARE_TITLES = (
    "सूती कुर्ता {0}",
    "{0} 🎁 Diwali Special",
    "{0} (MRP ₹999 & free shipping)",
    '{0} 12" <Limited Edition>',
    "{0} – café style, naïve print",
)
"""Patterns for a few titles: other scripts, emoji, characters that markup must escape, an unbalanced quote."""
RARE_SKUS = ("{0}/IN", "{0} V2", "{0}+GIFT", "100%-{0}", "{0},COMBO")
PROMOTIONS = (
    "{0} Core Free Shipping 2015/04/08 23-48-5-108",
    "Duplicated A12RHGVGRWOT3S 1560498941486",
    "Amazon PLCC Free-Financing Universal Merchant AAT-WNKTBO3K27EJC",
    "VPC-44571 Marketing Launch",
)
BOTH_CHANNELS, MOST_BESIDE = 8, 30
"""Per cent of the FBA listings that the seller also offers in its own channel, and a number above its units there."""
FIRST_LISTED = 1_672_531_200
"""1 January 2023: the oldest listings."""
SHARED, OWN = 60, 30
"""In per cent of India's catalogue: the products that another store also offers, and those that only it offers."""
SAME_CHANNEL, ACTIVE = 85, 93
"""Per cent of another store's listings that have the same channel as in India; per cent that are active."""
_ASIN_ALPHABET = "ABCDEFGHJKLMNPQRSTVWXYZ0123456789"


@dataclass(frozen=True, slots=True)
class Product:
    """A listing and how it sells.

    Attributes:
        listing: The listing; its times are set later, from the end of the world.
        demand: Weight among the products that sell on a day.
        regularity: Share of the days on which it sells at all.
        listed: When it was listed, in seconds since 1970.
        seed: Decides the days on which it sells.
    """

    listing: Listing
    demand: float
    regularity: float
    listed: int
    seed: str

    def sells_on(self, day: date) -> bool:
        """Whether it sells on a day: most products sell on few days."""
        return fraction("wanted", self.seed, self.listing.sku, day.toordinal()) < self.regularity


def store_products(seed: str, amount: int, store: Store) -> list[Product]:
    """Return what a seller offers in one store.

    India offers the whole catalogue. Another store offers a share of it under the same SKUs, with its own titles,
    prices, channels and states, and some products of its own. Nothing depends on the seller's other stores.
    """
    products = build_products(seed, amount)
    if store.id == INDIA:
        return products
    shared = [product for product in products if number("sold in", seed, store.id, product.listing.sku) % 100 < SHARED]
    own = build_products(f"{seed}/{store.id}", max(1, amount * OWN // 100))
    return [
        *(_localised(product, product.listing.sku, store) for product in shared),
        *(_localised(product, f"{store.country}-{product.listing.sku}", store) for product in own),
    ]


def _localised(product: Product, sku: str, store: Store) -> Product:
    """Return a product as another store offers it."""
    listing, drawn = product.listing, number("localised", product.seed, store.id, sku)
    fba = listing.fba if drawn % 100 < SAME_CHANNEL else not listing.fba
    active = (drawn >> 8) % 100 < ACTIVE
    local = replace(
        listing,
        sku=sku,
        title=localised_title(listing.title, store),
        price=localised_price(listing.price, store, Decimal(90 + (drawn >> 16) % 80) / 100),
        currency=store.currency,
        fba=fba,
        quantity=None if fba else (drawn >> 24) % 80 if active else 0,
        active=active,
        marketplace_id=store.id,
        beside=_beside(sku, store.id, fba=fba),
    )
    demand = 0.05 + ((drawn >> 32) % 1000 / 1000) ** 4 * 3
    listed = product.listed + (drawn >> 44) % 60 * DAY
    return replace(product, listing=local, demand=demand, listed=listed, seed=f"{product.seed}/{store.id}")


def build_products(seed: str, amount: int) -> list[Product]:
    """Return India's catalogue; each product depends only on the seed and its place."""
    products: list[Product] = []
    for place in range(amount):
        draw = Random(f"{seed}/product {place}")  # noqa: S311  the draw must be repeatable
        twin = products[-1].listing if place % 29 == 28 else None
        products.append(_product(draw, seed, place, twin))
    return products


def _product(draw: Random, seed: str, place: int, twin: Listing | None) -> Product:
    kind, words, lowest, highest, sizes = KINDS[int(draw.random() * len(KINDS))]
    size = sizes[int(draw.random() * len(sizes))] if sizes else None
    price = Decimal(lowest + int(draw.random() * (highest - lowest)))
    rare, asin, channel = draw.random(), draw.random(), draw.random()
    title = f"{COLOURS[int(draw.random() * len(COLOURS))]} {words}" + (f" (Size {size})" if size else "")
    sku = f"{kind[:3].upper()}-{place:04d}" + (f"-{size.replace(' ', '')}" if size else "")
    stock, active, demand, regularity = draw.random(), draw.random(), draw.random(), draw.random()
    fba = channel < 0.55 if twin is None else not twin.fba
    if rare < 0.08:
        title = RARE_TITLES[place % len(RARE_TITLES)].format(title)
    own_sku = RARE_SKUS[place % len(RARE_SKUS)].format(sku) if 0.08 <= rare < 0.13 else sku
    listing = Listing(
        sku=own_sku,
        asin=twin.asin if twin else _asin(seed, place, is_book=kind == "Book" or asin < 0.02),
        title=twin.title if twin else title,
        category=twin.category if twin else kind,
        size=twin.size if twin else size,
        price=money.written(price + (Decimal("0.50") if rare > 0.9 else 0)),
        currency="INR",
        fba=fba,
        quantity=None if fba else int(stock * 80) if active < 0.93 else 0,
        active=active < 0.93,
        created=0,
        updated=0,
        beside=_beside(own_sku, INDIA, fba=fba),
    )
    listed = FIRST_LISTED + int(draw.random() * 900) * DAY
    return Product(listing, 0.05 + demand**4 * 3, 0.15 + 0.85 * regularity**2, listed, seed)


def _beside(sku: str, marketplace_id: str, *, fba: bool) -> int | None:
    """Return the seller's own units of an FBA listing; None if the seller does not offer it in its own channel."""
    drawn = number("both channels", marketplace_id, sku)
    return (drawn >> 8) % MOST_BESIDE if fba and drawn % 100 < BOTH_CHANNELS else None


def _asin(seed: str, place: int, *, is_book: bool) -> str:
    """Return an ASIN; a book's ASIN is its ISBN, which may begin with zeros."""
    if not is_book:
        return "B0" + letters(8, _ASIN_ALPHABET, "asin", seed, place)
    digits = "0" + letters(8, "0123456789", "isbn", seed, place)
    check = -sum((10 - at) * int(digit) for at, digit in enumerate(digits)) % 11
    return digits + ("X" if check == 10 else str(check))
