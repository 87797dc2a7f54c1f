"""The fees that Amazon would charge for one unit: the sandbox's own rules, which are those of its charges.

- An estimate has the referral fee, the closing fee and, if Amazon fulfils the listing, the fee for that, which consists
  of picking (30 per cent) and weight handling (the rest).
- Amazon knows no estimate for one listing in 25.
"""

from decimal import Decimal

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
