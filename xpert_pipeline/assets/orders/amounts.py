"""The amounts of one order or line: all in one currency, exact, and unknown where Amazon gives none."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

Money = tuple[Any, Any]
"""An amount and its currency as Amazon sends them; each may be absent or empty."""
NO_CURRENCY = "amounts without a currency"
TWO_CURRENCIES = "amounts in another currency than the rest of the order line"
FINEST = Decimal("0.0001")


def money_of(entry: Mapping[str, Any] | None) -> Money:
    """The amount and currency of a Money object of the API."""
    return (entry.get("amount"), entry.get("currencyCode")) if entry else (None, None)


def in_one_currency(parts: Mapping[str, Sequence[Money]], signals: Counter[str]) -> tuple[dict[str, Any], str | None]:
    """Add the parts of each amount; all amounts of a line have one currency, that of the first part that names one.

    An empty amount is unknown. An amount without a currency, or in another currency, is unknown, too, because nobody
    can add it to the others; it is counted.

    Args:
        parts: The parts of each amount, by column. A kind of charge may come more than once.
        signals: Counts what is unusual.

    Returns:
        The amounts by column, and their currency. What is not a number is returned as it is, so that the row contract
        rejects it.
    """
    currency = next((code for some in parts.values() for amount, code in some if code and _is_given(amount)), None)
    return {name: _total(some, currency, signals) if some else None for name, some in parts.items()}, currency


def total_of(amounts: Iterable[Any]) -> Any:
    """Add amounts of one currency; None if one of them is unknown, or if there is none."""
    known = list(amounts)
    return None if not known or any(amount is None for amount in known) else _added(known)


def share_of(amount: Any, units: Any) -> Any:
    """Return the price of one unit if it is exact to four decimals; None otherwise."""
    if amount is None or not isinstance(units, int) or units <= 0:
        return None
    if units == 1:
        return amount
    try:
        share = (Decimal(amount) / units).quantize(FINEST)
    except InvalidOperation:
        return None
    return share if share * units == Decimal(amount) else None


def is_zero(amount: Any) -> bool:
    """Whether a charge is absent or 0."""
    try:
        return amount is None or Decimal(amount) == 0
    except InvalidOperation:
        return False


def without_sign(amount: Any) -> Any:
    """Return a discount as a positive amount; sources disagree about its sign."""
    try:
        return amount if amount is None else abs(Decimal(amount))
    except InvalidOperation:
        return amount


def less(amount: Any) -> Any:
    """Return an amount with the opposite sign, to subtract it."""
    try:
        return -Decimal(amount)
    except InvalidOperation:
        return amount


def whole(value: Any) -> Any:
    """Return a whole number of units as an int, also if it is written as 2.0; any other value as it is.

    The row contract rejects what is not a whole number.
    """
    if value is None or isinstance(value, int):
        return value
    try:
        number = Decimal(value)
        return int(number) if number == number.to_integral_value() else value
    except (InvalidOperation, TypeError, ValueError, OverflowError):
        return value


def _total(some: Sequence[Money], currency: str | None, signals: Counter[str]) -> Any:
    """The sum of the parts; None if one of them cannot be added."""
    given = [(amount, code) for amount, code in some if _is_given(amount)]
    if not given:
        return None
    if strange := sum(not code or code != currency for _, code in given):
        signals[TWO_CURRENCIES if all(code for _, code in given) else NO_CURRENCY] += strange
        return None
    return _added([amount for amount, _ in given])


def _added(amounts: Sequence[Any]) -> Any:
    if len(amounts) == 1:
        return amounts[0]
    try:
        return sum((Decimal(amount) for amount in amounts), Decimal(0))
    except (InvalidOperation, TypeError, ValueError):
        return " + ".join(map(str, amounts))  # the row contract rejects it


def _is_given(amount: Any) -> bool:
    return amount is not None and amount != ""
