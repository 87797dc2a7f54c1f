"""Times and amounts as SP-API writes them."""

from datetime import UTC, datetime
from decimal import Decimal

from xpert_pipeline.sandbox.world import money


def zulu(seconds: float) -> str:
    """Write a time as in JSON answers: UTC with a Z."""
    return datetime.fromtimestamp(int(seconds), UTC).isoformat().replace("+00:00", "Z")


def offset(seconds: float) -> str:
    """Write a time as in reports: UTC with an offset in digits."""
    return datetime.fromtimestamp(int(seconds), UTC).isoformat()


def money_of(amount: str, currency: str) -> dict[str, str]:
    """Return an amount with its currency."""
    return {"amount": amount, "currencyCode": currency}


def amount_text(amount: Decimal | None) -> str | None:
    """Return an amount as the truth rows contain it."""
    return None if amount is None else money.written(amount)
