"""Field types that the row contracts share: what a valid id, amount, currency or time is."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, Field, Strict

from xpert_pipeline.tables.columns import SqlType, Unit

LARGEST_AMOUNT = Decimal("99999999999999.9999")
LARGEST_PERCENT = Decimal("999999.999")


def _printable(text: str) -> str:
    """Replace NUL and lone surrogates, which PostgreSQL cannot store."""
    if text.isascii() and "\x00" not in text:  # nearly every text
        return text
    if "\x00" in text:
        text = text.replace("\x00", "\N{SYMBOL FOR NULL}")
    try:
        text.encode()
    except UnicodeEncodeError:
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def _decoded(text: str) -> str:
    """Refuse an id with a character that could not be decoded: it would name something else, or nothing."""
    if "\N{REPLACEMENT CHARACTER}" in text:
        msg = "an id with a character that could not be decoded"
        raise ValueError(msg)
    return text


def _finite(amount: Decimal) -> Decimal:
    if not amount.is_finite() or abs(amount) > LARGEST_AMOUNT:
        msg = "not a finite amount below 10^14"
        raise ValueError(msg)
    return amount


def _percent(value: Decimal) -> Decimal:
    if not value.is_finite() or abs(value) > LARGEST_PERCENT:
        msg = "not a finite percentage below a million"
        raise ValueError(msg)
    return value


def _zoned(value: Any) -> Any:
    if isinstance(value, datetime) and value.tzinfo is None:
        msg = "time without a zone"
        raise ValueError(msg)
    return value


Text = Annotated[str, AfterValidator(_printable)]
"""Any text that PostgreSQL can store."""

Id = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_decoded), AfterValidator(_printable)]
"""An id from Amazon or from the seller; text, because some ids have leading zeros."""

Amount = Annotated[Decimal, AfterValidator(_finite), Unit("money in currency")]
"""Money in the currency of the row; an unknown amount is None, never 0."""

Percent = Annotated[Decimal, AfterValidator(_percent), SqlType("numeric"), Unit("percent")]
"""A share in percent: 100 is the whole. Rates may exceed 100."""

Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
"""ISO 4217 code."""

Quantity = Annotated[int, Field(ge=-2_147_483_648, le=2_147_483_647), Unit("count")]
"""A count of units."""

Instant = Annotated[datetime, AfterValidator(_zoned)]
"""A point in time, always with a zone."""

Flag = Annotated[bool, Strict()]
"""True or False; other values are not converted."""

MarketplaceId = Annotated[Id, "Amazon's id of the marketplace."]
"""The marketplace of a row; every table has it."""
