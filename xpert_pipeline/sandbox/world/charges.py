"""What Amazon charges for one SKU on one day, fees and advertisements, and what the seller says it costs.

Everything follows from hashes and from what was sold. Amounts have two places; `total` is amount − promotion + tax.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from xpert_pipeline.sandbox.world.digest import number
from xpert_pipeline.sandbox.world.ledger import Sold, day_of
from xpert_pipeline.sandbox.world.money import CENT
from xpert_pipeline.sandbox.world.records import Listing

TAX = Decimal("0.18")
ADVERTISED_SHARE, ADVERTISED_DAYS = 15, 60
"""Per cent of the SKUs that are advertised, and of the days on which an advertised one is."""
COSTED_SHARE = 10
"""Per cent of the SKUs whose costs the seller has told."""
RESTATED_DAYS = 7
RESTATED_BY = Decimal("1.00")
"""A restatement adds this to every charge of so many last days."""
REFERRAL, CLOSING, FULFILMENT, SHIPPING, STORAGE, REFUND = (
    "Referral fee", "Closing fee", "FBA fulfillment fees", "Easy Ship handling fee", "FBA storage fee",
    "Refund administration fee",
)  # fmt: skip
PRODUCT_AD, DISPLAY_AD = "SponsoredProductFee", "SponsoredDisplayFee"


class Charge(NamedTuple):
    """Sum of the charges of one type. `quantity` is None where Amazon does not charge by the unit."""

    type: str
    amount: Decimal
    promotion: Decimal
    tax: Decimal
    quantity: int | None

    @property
    def total(self) -> Decimal:
        """What is paid."""
        return self.amount - self.promotion + self.tax

    def plus(self, other: "Charge") -> "Charge":
        """The sum of two charges of a type."""
        counted = [quantity for quantity in (self.quantity, other.quantity) if quantity is not None]
        return Charge(
            self.type,
            self.amount + other.amount,
            self.promotion + other.promotion,
            self.tax + other.tax,
            sum(counted) if counted else None,
        )


@dataclass(frozen=True, slots=True)
class UnitCost:
    """What the seller says one unit costs; None where it says nothing."""

    goods: Decimal
    miscellaneous: Decimal | None
    to_amazon: Decimal | None
    fulfilment: Decimal | None

    @property
    def total(self) -> Decimal:
        """Of a unit."""
        parts = (self.goods, self.miscellaneous, self.to_amazon, self.fulfilment)
        return sum((part for part in parts if part is not None), Decimal(0))


def fees(listing: Listing, day: int, sold: Sold | None) -> list[Charge]:
    """The fees of a SKU and day."""
    found = []
    if sold is not None and sold.everyone.units:
        found += _selling_fees(listing, sold.everyone.units, sold.everyone.sales)
    if sold is not None and sold.everyone.refunded:
        refunded = sold.everyone.refunded
        found.append(_charge(REFUND, Decimal(20) * refunded, quantity=refunded))
    if is_stored(listing, day):
        found.append(_charge(STORAGE, Decimal(500 + number("storage", listing.sku, day) % 4000) / 100))
    return found


def ads(listing: Listing, day: int) -> list[Charge]:
    """The advertisements of a SKU and day, also of days without a sale."""
    drawn = _ads_drawn(listing, day)
    if drawn is None:
        return []
    amount = Decimal(200 + (drawn >> 8) % 30_000) / 100
    promotion = (amount / 10).quantize(CENT) if (drawn >> 40) % 20 == 0 else Decimal(0)
    found = [_charge(PRODUCT_AD, amount, promotion)]
    if (drawn >> 32) % 7 == 0:
        found.append(_charge(DISPLAY_AD, Decimal(100 + (drawn >> 16) % 5_000) / 100))
    return found


def restated(charges: Iterable[Charge]) -> list[Charge]:
    """The same charges after Amazon corrected them."""
    return [charge._replace(amount=charge.amount + RESTATED_BY) for charge in charges]


def is_charged(listing: Listing, day: int) -> bool:
    """Whether a day costs something even if nothing is sold."""
    return is_stored(listing, day) or _ads_drawn(listing, day) is not None


def is_stored(listing: Listing, day: int) -> bool:
    """Whether storage is charged on a day: on the first of each month, for what Amazon stores."""
    return listing.fba and date.fromordinal(day).day == 1 and day >= day_of(listing.created)


@lru_cache(maxsize=20_000)
def is_advertised(sku: str) -> bool:
    """Whether a SKU is advertised at all."""
    return number("advertised", sku) % 100 < ADVERTISED_SHARE


def unit_cost(listing: Listing) -> UnitCost | None:
    """What the seller told about costs; mostly nothing."""
    drawn = number("costed", listing.sku)
    if drawn % 100 >= COSTED_SHARE or listing.price is None:
        return None
    goods = (Decimal(listing.price) * (40 + (drawn >> 8) % 20) / 100).quantize(CENT)
    return UnitCost(
        goods,
        Decimal("5.00") if (drawn >> 16) % 2 else None,
        Decimal("8.00") if listing.fba else None,
        None if listing.fba else Decimal("35.00"),
    )


def _ads_drawn(listing: Listing, day: int) -> int | None:
    if not is_advertised(listing.sku) or day < day_of(listing.created):
        return None
    drawn = number("ads", listing.sku, day)
    return drawn if drawn % 100 < ADVERTISED_DAYS else None


def _selling_fees(listing: Listing, units: int, sales: Decimal) -> list[Charge]:
    found = []
    if sales:
        drawn = number("referral", listing.category)
        amount = (sales * (5 + drawn % 13) / 100).quantize(CENT)
        rebate = (amount / 10).quantize(CENT) if number("rebate", listing.sku) % 10 == 0 else Decimal(0)
        found.append(_charge(REFERRAL, amount, rebate, units))
    found.append(_charge(CLOSING, Decimal(5) * units, quantity=units))
    name, rate = (FULFILMENT, Decimal("43.50")) if listing.fba else (SHIPPING, Decimal("61.25"))
    found.append(_charge(name, rate * units, quantity=units))
    return found


def _charge(name: str, amount: Decimal, promotion: Decimal = Decimal(0), quantity: int | None = None) -> Charge:
    return Charge(
        name,
        amount.quantize(CENT),
        promotion.quantize(CENT),
        ((amount - promotion) * TAX).quantize(CENT),
        quantity,
    )
