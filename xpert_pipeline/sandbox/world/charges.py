"""Fees and advertisements that Amazon charges for one SKU on one day, and the unit costs that the seller entered.

All charges are derived from sales and hashes. Fixed fees are set in rupees and converted into the store's currency.
Amounts have two decimal places; `total` is amount − promotion + tax.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from xpert_pipeline.sandbox.marketplaces import STORES, Store
from xpert_pipeline.sandbox.world.digest import number
from xpert_pipeline.sandbox.world.ledger import Sold
from xpert_pipeline.sandbox.world.money import CENT
from xpert_pipeline.sandbox.world.records import Listing

ADVERTISED_SHARE, ADVERTISED_DAYS = 15, 60
"""Per cent of the SKUs that are advertised; per cent of the days on which they are."""
COSTED_SHARE = 10
"""Per cent of the SKUs whose unit costs the seller has entered."""
RESTATED_DAYS = 7
RESTATED_BY = Decimal("1.00")
"""A restatement adds `RESTATED_BY` to every charge of the last `RESTATED_DAYS` days."""
REFERRAL, CLOSING, FULFILMENT, SHIPPING, STORAGE, REFUND = (
    "Referral fee", "Closing fee", "FBA fulfillment fees", "Easy Ship handling fee", "FBA storage fee",
    "Refund administration fee",
)  # fmt: skip
CLOSING_RUPEES, FULFILMENT_RUPEES = Decimal(5), Decimal("43.50")
"""Fees per unit that do not depend on the price."""
PRODUCT_AD, DISPLAY_AD = "SponsoredProductFee", "SponsoredDisplayFee"


class Charge(NamedTuple):
    """Sum of the charges of one type. `quantity` is None if Amazon does not charge per unit."""

    type: str
    amount: Decimal
    promotion: Decimal
    tax: Decimal
    quantity: int | None

    @property
    def total(self) -> Decimal:
        """The amount that the seller pays."""
        return self.amount - self.promotion + self.tax

    def plus(self, other: "Charge") -> "Charge":
        """Return the sum of two charges of one type."""
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
    """Unit costs that the seller entered; None for those that it did not enter."""

    goods: Decimal
    miscellaneous: Decimal | None
    to_amazon: Decimal | None
    fulfilment: Decimal | None

    @property
    def total(self) -> Decimal:
        """All costs of one unit."""
        parts = (self.goods, self.miscellaneous, self.to_amazon, self.fulfilment)
        return sum((part for part in parts if part is not None), Decimal(0))


def fees(listing: Listing, day: int, sold: Sold | None) -> list[Charge]:
    """Return the fees of a SKU and day."""
    store, charges = STORES[listing.marketplace_id], []
    if sold is not None and sold.everyone.units:
        charges += _selling_fees(listing, sold.everyone.units, sold.everyone.sales)
    if sold is not None and sold.everyone.refunded:
        refunded = sold.everyone.refunded
        charges.append(_charge(store, REFUND, _local(store, Decimal(20)) * refunded, quantity=refunded))
    if is_stored(listing, day):
        rupees = Decimal(500 + number("storage", listing.seed, day) % 4000) / 100
        charges.append(_charge(store, STORAGE, _local(store, rupees)))
    return charges


def ads(listing: Listing, day: int) -> list[Charge]:
    """Return the charges for advertising a SKU on a day; even a day without a sale can have some."""
    drawn = _ads_drawn(listing, day)
    if drawn is None:
        return []
    store = STORES[listing.marketplace_id]
    amount = _local(store, Decimal(200 + (drawn >> 8) % 30_000) / 100)
    promotion = (amount / 10).quantize(CENT) if (drawn >> 40) % 20 == 0 else Decimal(0)
    charges = [_charge(store, PRODUCT_AD, amount, promotion)]
    if (drawn >> 32) % 7 == 0:
        charges.append(_charge(store, DISPLAY_AD, _local(store, Decimal(100 + (drawn >> 16) % 5_000) / 100)))
    return charges


def of_one_unit(listing: Listing, price: Decimal, *, fba: bool) -> list[Charge]:
    """Return what one unit would be charged at a price: the fees of a sale, without the seller's own shipping."""
    store = STORES[listing.marketplace_id]
    charges = [_referral(listing, price, 1), _charge(store, CLOSING, _local(store, CLOSING_RUPEES), quantity=1)]
    return [*charges, _charge(store, FULFILMENT, _local(store, FULFILMENT_RUPEES), quantity=1)] if fba else charges


def raised(listing: Listing, charge: Charge) -> Charge:
    """Return a fee for one unit after it has risen by a rupee's worth."""
    store = STORES[listing.marketplace_id]
    return _charge(store, charge.type, charge.amount + _local(store, Decimal(1)), charge.promotion, charge.quantity)


def restated(charges: Iterable[Charge]) -> list[Charge]:
    """Return the same charges after Amazon corrected them."""
    return [charge._replace(amount=charge.amount + RESTATED_BY) for charge in charges]


def is_charged(listing: Listing, day: int) -> bool:
    """Whether Amazon charges something for a day even if nothing is sold."""
    return is_stored(listing, day) or _ads_drawn(listing, day) is not None


def is_stored(listing: Listing, day: int) -> bool:
    """Whether Amazon charges storage on a day: on the first of each month, for FBA listings."""
    return listing.fba and date.fromordinal(day).day == 1 and day >= _listed(listing)


def is_advertised(listing: Listing) -> bool:
    """Whether a listing is advertised at all."""
    return _is_advertised(listing.seed)


@lru_cache(maxsize=20_000)
def _is_advertised(seed: str) -> bool:
    return number("advertised", seed) % 100 < ADVERTISED_SHARE


def unit_cost(listing: Listing) -> UnitCost | None:
    """Return the unit costs that the seller entered; None for most listings."""
    drawn, store = number("costed", listing.seed), STORES[listing.marketplace_id]
    if drawn % 100 >= COSTED_SHARE or listing.price is None:
        return None
    goods = (Decimal(listing.price) * (40 + (drawn >> 8) % 20) / 100).quantize(CENT)
    return UnitCost(
        goods,
        _local(store, Decimal("5.00")) if (drawn >> 16) % 2 else None,
        _local(store, Decimal("8.00")) if listing.fba else None,
        None if listing.fba else _local(store, Decimal("35.00")),
    )


def _ads_drawn(listing: Listing, day: int) -> int | None:
    if not is_advertised(listing) or day < _listed(listing):
        return None
    drawn = number("ads", listing.seed, day)
    return drawn if drawn % 100 < ADVERTISED_DAYS else None


def _listed(listing: Listing) -> int:
    return STORES[listing.marketplace_id].day_of(listing.created)


def _selling_fees(listing: Listing, units: int, sales: Decimal) -> list[Charge]:
    store, charges = STORES[listing.marketplace_id], []
    if sales:
        charges.append(_referral(listing, sales, units))
    charges.append(_charge(store, CLOSING, _local(store, CLOSING_RUPEES) * units, quantity=units))
    name, rupees = (FULFILMENT, FULFILMENT_RUPEES) if listing.fba else (SHIPPING, Decimal("61.25"))
    charges.append(_charge(store, name, _local(store, rupees) * units, quantity=units))
    return charges


def _referral(listing: Listing, sales: Decimal, units: int) -> Charge:
    amount = (sales * _referral_pct(listing.category) / 100).quantize(CENT)
    rebate = (amount / 10).quantize(CENT) if _has_rebate(listing.seed) else Decimal(0)
    return _charge(STORES[listing.marketplace_id], REFERRAL, amount, rebate, units)


@lru_cache(maxsize=1_000)
def _referral_pct(category: str) -> int:
    return 5 + number("referral", category) % 13


@lru_cache(maxsize=20_000)
def _has_rebate(seed: str) -> bool:
    return number("rebate", seed) % 10 == 0


def _local(store: Store, rupees: Decimal) -> Decimal:
    """Convert an amount into the store's currency; India's amounts stay as they are."""
    return rupees if store.rupees == 1 else (rupees / store.rupees).quantize(CENT)


def _charge(
    store: Store, name: str, amount: Decimal, promotion: Decimal = Decimal(0), quantity: int | None = None
) -> Charge:
    return Charge(
        name,
        amount.quantize(CENT),
        promotion.quantize(CENT),
        ((amount - promotion) * store.tax).quantize(CENT),
        quantity,
    )
