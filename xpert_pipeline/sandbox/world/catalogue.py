"""Invents what a seller lists: names, prices, channels, and how often each thing is wanted."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from random import Random

from xpert_pipeline.sandbox.world import money
from xpert_pipeline.sandbox.world.digest import fraction, letters
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
"""What a few titles look like: scripts, emoji, signs that mark-up must escape, an unbalanced quote."""
RARE_SKUS = ("{0}/IN", "{0} V2", "{0}+GIFT", "100%-{0}", "{0},COMBO")
CITIES = (
    ("Mumbai", "MAHARASHTRA", "400001"),
    ("Bengaluru", "KARNATAKA", "560001"),
    ("Hyderabad", "TELANGANA", "500001"),
    ("New Delhi", "DELHI", "110001"),
    ("Chennai", "TAMIL NADU", "600001"),
    ("Kolkata", "WEST BENGAL", "700001"),
    ("Pune", "MAHARASHTRA", "411001"),
    ("Lucknow", "UTTAR PRADESH", "226001"),
    ("Thiruvananthapuram", "KERALA", "695001"),
    ("Port Blair", "ANDAMAN & NICOBAR", "744101"),
)
PROMOTIONS = (
    "IN Core Free Shipping 2015/04/08 23-48-5-108",
    "Duplicated A12RHGVGRWOT3S 1560498941486",
    "Amazon PLCC Free-Financing Universal Merchant AAT-WNKTBO3K27EJC",
    "VPC-44571 Marketing Launch",
)
FIRST_LISTED = 1_672_531_200
"""1 January 2023: the oldest listings."""
_ASIN_ALPHABET = "ABCDEFGHJKLMNPQRSTVWXYZ0123456789"


@dataclass(frozen=True, slots=True)
class Product:
    """A listing and how it sells.

    Attributes:
        listing: What is listed; its times are set when the world ends.
        demand: Weight on days when it is wanted.
        regularity: Share of the days on which it is wanted at all.
        listed: When it was listed.
        seed: Of the days on which it is wanted.
    """

    listing: Listing
    demand: float
    regularity: float
    listed: int
    seed: str

    def wanted_on(self, day: date) -> bool:
        """Whether anyone wants it on a day: most things sell on few days."""
        return fraction("wanted", self.seed, self.listing.sku, day.toordinal()) < self.regularity


def build_products(seed: str, amount: int) -> list[Product]:
    """A catalogue; each product depends on the seed and its place alone."""
    products: list[Product] = []
    for place in range(amount):
        draw = Random(f"{seed}/product {place}")  # noqa: S311  a repeatable draw is wanted
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
    listing = Listing(
        sku=RARE_SKUS[place % len(RARE_SKUS)].format(sku) if 0.08 <= rare < 0.13 else sku,
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
    )
    listed = FIRST_LISTED + int(draw.random() * 900) * DAY
    return Product(listing, 0.05 + demand**4 * 3, 0.15 + 0.85 * regularity**2, listed, seed)


def _asin(seed: str, place: int, *, is_book: bool) -> str:
    """An ASIN; a book's is its ISBN, which may begin with zeros."""
    if not is_book:
        return "B0" + letters(8, _ASIN_ALPHABET, "asin", seed, place)
    digits = "0" + letters(8, "0123456789", "isbn", seed, place)
    check = -sum((10 - at) * int(digit) for at, digit in enumerate(digits)) % 11
    return digits + ("X" if check == 10 else str(check))
