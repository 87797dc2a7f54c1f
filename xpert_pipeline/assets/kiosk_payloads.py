"""What records of all Data Kiosk datasets have in common: the day they tell of, and amounts with their currency."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any


class Unfit(Exception):
    """A record that cannot become a row; the message says why and quotes no figures."""


@dataclass(frozen=True)
class Asked:
    """What a query asked for: no record tells of anything else."""

    marketplace_id: str
    days: Collection[date]


def day_of(record: Mapping[str, Any], asked: Asked) -> date:
    """The marketplace-local day that a record of day grain tells of.

    Raises:
        Unfit: It tells of more than a day, or of what was not asked for.
    """
    if record["startDate"] != record["endDate"]:
        raise Unfit(f"it tells of {record['startDate']} to {record['endDate']}, not of one day")
    day = date.fromisoformat(record["startDate"])
    if day not in asked.days or record["marketplaceId"] != asked.marketplace_id:
        raise Unfit(f"it tells of {record['marketplaceId']} on {day}, which was not asked for")
    return day


@dataclass
class Money:
    """Reads the amounts of one record, which must all be of one currency."""

    currencies: set[str] = field(default_factory=set)

    def read(self, told: Mapping[str, Any] | None) -> Decimal | None:
        """An amount; None when it is not told.

        Raises:
            Unfit: It has no currency.
        """
        value = number(told.get("amount")) if told else None
        if told is None or value is None:
            return None
        code = told.get("currencyCode")
        if not code:
            raise Unfit("an amount has no currency")
        self.currencies.add(code)
        return value

    @property
    def currency(self) -> str | None:
        """The one currency of what was read; None when no amount was told.

        Raises:
            Unfit: There are several, so the amounts cannot stand in one row.
        """
        if len(self.currencies) > 1:
            raise Unfit(f"its amounts are in {' and '.join(sorted(self.currencies))}")
        return next(iter(self.currencies), None)


def number(value: Any) -> Decimal | None:
    """A figure; None when it is not told.

    Raises:
        TypeError: It is no number.
    """
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise TypeError("not a number")
    return Decimal(value)


def entries(found: Iterable[Any] | None, what: str, signals: Counter[str]) -> Iterator[Mapping[str, Any]]:
    """The entries of a list that may hold nulls, as Amazon's schema allows; those are counted."""
    for entry in found or ():
        if entry is None:
            signals[f"null among {what}"] += 1
        else:
            yield entry


def digits(value: Decimal | None, places: int = 0) -> str | None:
    """A figure as text for JSON, equal for equal figures: at least so many places, and no needless zeros."""
    if value is None:
        return None
    short = value.normalize() + 0
    _, _, exponent = short.as_tuple()
    return f"{short:f}" if isinstance(exponent, int) and exponent < -places else f"{short:.{places}f}"
