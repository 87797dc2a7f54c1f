"""Sales, fees, advertisements and proceeds, summed over SKUs and days: one record of seller economics."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from xpert_pipeline.sandbox.world import charges, money
from xpert_pipeline.sandbox.world.charges import RESTATED_DAYS, Charge
from xpert_pipeline.sandbox.world.ledger import Count, Ledger
from xpert_pipeline.sandbox.world.records import Listing


def active_skus(ledger: Ledger, day: int) -> tuple[str, ...]:
    """Return the SKUs with a sale, a refund or a charge on a day, sorted."""
    days: dict[int, tuple[str, ...]] = ledger.derived.setdefault("active", {})
    if day not in days:
        days[day] = tuple(sorted(_active_skus(ledger, day)))
    return days[day]


def _active_skus(ledger: Ledger, day: int) -> set[str]:
    skus = {sku for sku, sold in ledger.of(day).items() if _counts(sold.everyone)}
    if ledger.is_open(day):
        skus |= {listing.sku for listing in _candidates(ledger, day) if charges.is_charged(listing, day)}
    return skus


def _counts(count: Count) -> bool:
    """Return whether seller economics include this count; they ignore a SKU that was only shipped on the day."""
    return bool(count.items or count.refunded)


def _candidates(ledger: Ledger, day: int) -> Iterable[Listing]:
    """Return the listings that may have a charge on a day."""
    if date.fromordinal(day).day == 1:
        return ledger.listings.values()
    if "advertised" not in ledger.derived:
        ledger.derived["advertised"] = [
            listing for listing in ledger.listings.values() if charges.is_advertised(listing)
        ]
    advertised: list[Listing] = ledger.derived["advertised"]
    return advertised


@dataclass(slots=True)
class Economy:
    """Sums over SKUs and days. `costs` is the seller's own cost of the net units."""

    count: Count = field(default_factory=Count)
    fees: dict[str, Charge] = field(default_factory=dict)
    ads: dict[str, Charge] = field(default_factory=dict)
    costs: Decimal = Decimal(0)

    def add(self, ledger: Ledger, day: int, sku: str, *, restated: bool, is_unsold: bool = False) -> None:
        """Add one SKU and day.

        Args:
            ledger: The store's sums.
            day: The day.
            sku: The SKU.
            restated: Whether Amazon has corrected the last days.
            is_unsold: Whether its sales are left out, as in a wrong answer of Amazon; its charges stay.
        """
        listing, sold = ledger.listings[sku], ledger.of(day).get(sku)
        fees = charges.fees(listing, day, sold) if ledger.is_own or sold else []
        ads = charges.ads(listing, day) if ledger.is_own else []
        if restated and day > ledger.last - RESTATED_DAYS:
            fees, ads = charges.restated(fees), charges.restated(ads)
        for sums, charged in ((self.fees, fees), (self.ads, ads)):
            for charge in charged:
                sums[charge.type] = sums[charge.type].plus(charge) if charge.type in sums else charge
        if sold is not None and not is_unsold:
            self.count.add(sold.everyone)
            if cost := charges.unit_cost(listing):
                self.costs += cost.total * (sold.everyone.units - sold.everyone.refunded)

    @property
    def net_units(self) -> int:
        """Ordered units less refunded ones."""
        return self.count.units - self.count.refunded

    @property
    def net_sales(self) -> Decimal:
        """Ordered product sales less refunded ones."""
        return self.count.sales - self.count.refunded_sales

    @property
    def asp(self) -> Decimal | None:
        """Ordered product sales per unit; None if there are no units."""
        return (self.count.sales / self.count.units).quantize(money.FINEST) if self.count.units else None

    @property
    def fees_total(self) -> Decimal:
        """Sum of all fees."""
        return sum((charge.total for charge in self.fees.values()), Decimal(0))

    @property
    def ads_total(self) -> Decimal:
        """Sum of all advertisements."""
        return sum((charge.total for charge in self.ads.values()), Decimal(0))

    @property
    def net_proceeds(self) -> Decimal:
        """Net sales less fees, advertisements and the seller's own costs."""
        return self.net_sales - self.fees_total - self.ads_total - self.costs

    @property
    def net_proceeds_per_unit(self) -> Decimal | None:
        """Net proceeds per net unit; None if the seller entered no costs or there are no net units."""
        if not self.costs or self.net_units <= 0:
            return None
        return (self.net_proceeds / self.net_units).quantize(money.CENT)
