"""The fees that Amazon would charge for one unit: the sandbox's own rules, which are those of its charges.

- An estimate has the referral fee, the closing fee and, if Amazon fulfils the listing, the fee for that, which consists
  of picking (30 per cent) and weight handling (the rest).
- Amazon knows no estimate for one listing in 25.

Data Kiosk previews the same fees for the units that Amazon expects to sell in the coming days:

- From one listing in 12 it expects no sale. From the others it expects 1 to 40 units in 30 days.
- It expects the listed price, but 5 per cent less from one listing in 20.
- For one listing in 15, the closing fee rises by a rupee's worth within the range, after a third of the units.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import NamedTuple

from xpert_pipeline.sandbox.world import charges
from xpert_pipeline.sandbox.world.charges import Charge
from xpert_pipeline.sandbox.world.digest import number
from xpert_pipeline.sandbox.world.money import CENT
from xpert_pipeline.sandbox.world.records import Listing

FBA_FEES = "FBAFees"
NAMES = {charges.REFERRAL: "ReferralFee", charges.CLOSING: "VariableClosingFee", charges.FULFILMENT: FBA_FEES}
"""What estimates call the fees."""
PICKING, WEIGHT = "FBAPickAndPack", "FBAWeightHandling"
PICKING_SHARE = Decimal("0.3")


def is_known(listing: Listing) -> bool:
    """Return whether Amazon can estimate the fees of a listing."""
    return number("estimate", listing.seed) % 25 != 0


def estimate(listing: Listing, price: Decimal, *, fba: bool) -> list[Charge]:
    """Return the charges for one unit at a price, by the names of the charges."""
    return charges.of_one_unit(listing, price, fba=fba)


def fulfilment_parts(charge: Charge) -> tuple[Charge, Charge]:
    """Return the two parts of the fee for fulfilment, which add up to it."""
    amount, tax = ((value * PICKING_SHARE).quantize(CENT) for value in (charge.amount, charge.tax))
    return (
        Charge(PICKING, amount, Decimal(0), tax, charge.quantity),
        Charge(WEIGHT, charge.amount - amount, Decimal(0), charge.tax - tax, charge.quantity),
    )


def estimate_lines(listing: Listing, price: Decimal, *, fba: bool) -> list[tuple[str, str | None, Charge]] | None:
    """Return the fees with Amazon's names and the sum that they belong to; a sum gives way to its parts.

    None if Amazon knows no estimate.
    """
    if not is_known(listing):
        return None
    lines: list[tuple[str, str | None, Charge]] = []
    for charge in estimate(listing, price, fba=fba):
        name = NAMES[charge.type]
        if name == FBA_FEES:
            lines += [(part.type, name, part) for part in fulfilment_parts(charge)]
        else:
            lines.append((name, None, charge))
    return lines


PREVIEW, BATCHES = "economicsPreview", "getMyFeesEstimates"
"""What Amazon calls the two ways to ask for estimates."""
PREVIEW_REFUSED = "economics-preview-refused"
"""Name of the fault in which Amazon rejects every preview."""
BATCH = 20
"""A perfect pipeline asks for a preview if a store has more priced listings on sale than fit in one batch."""
PREVIEW_DAYS = 30
"""The days of the preview that a perfect pipeline asks for."""
Lines = list[tuple[str, str | None, Charge]]


class Estimated(NamedTuple):
    """What a perfect pipeline holds about a listing: `lines` is None if Amazon knows no estimate."""

    listing: Listing
    way: str
    lines: Lines | None
    units: int | None


def estimated(listings: Iterable[Listing], *, previewed: bool) -> Iterator[Estimated]:
    """Yield the estimates of all priced listings on sale.

    Args:
        listings: The listings of all stores.
        previewed: Whether Amazon grants previews.
    """
    priced = [listing for listing in listings if listing.active and listing.price is not None]
    in_store = Counter(listing.marketplace_id for listing in priced)
    for listing in priced:
        units, price = expected_units(listing, PREVIEW_DAYS), Decimal(listing.price or 0)
        is_told = previewed and in_store[listing.marketplace_id] > BATCH and is_known(listing)
        if is_told and units and expected_price(listing) == price:
            lines: Lines = [(charge.type, None, charge) for charge in estimate(listing, price, fba=listing.fba)]
            yield Estimated(listing, PREVIEW, lines, units)
        else:
            yield Estimated(listing, BATCHES, estimate_lines(listing, price, fba=listing.fba), None)


def expected_units(listing: Listing, days: int) -> int:
    """Return how many units Amazon expects to sell in so many days."""
    drawn = number("expected units", listing.seed)
    return 0 if drawn % 12 == 0 else (1 + (drawn >> 8) % 40) * days // 30


def expected_price(listing: Listing) -> Decimal:
    """Return the price at which Amazon expects to sell."""
    price = Decimal(listing.price or 0)
    return (price * Decimal("0.95")).quantize(CENT) if number("expected price", listing.seed) % 20 == 0 else price


def previewed_charges(listing: Listing, charge: Charge, units: int) -> list[Charge]:
    """Return the charges of one fee for the units of a range; several if the fee changes within the range."""
    if charge.type != charges.CLOSING or units < 2 or number("fee change", listing.seed) % 15:
        return [_times(charge, units)]
    before = max(1, units // 3)
    return [_times(charge, before), _times(charges.raised(listing, charge), units - before)]


def _times(charge: Charge, units: int) -> Charge:
    return Charge(charge.type, charge.amount * units, charge.promotion * units, charge.tax * units, units)
