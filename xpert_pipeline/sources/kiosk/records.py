"""Reads the fields that all Data Kiosk datasets share: the day, and amounts with their currency."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from xpert_pipeline.sources.collect import Unfit
from xpert_pipeline.sources.job_windows import Requested
from xpert_pipeline.sources.values import number


def day_of(record: Mapping[str, Any], requested: Requested) -> date:
    """The marketplace-local day of a daily record.

    Raises:
        Unfit: The record covers more than one day, or a day or marketplace that was not requested.
    """
    if record["startDate"] != record["endDate"]:
        raise Unfit(f"it covers {record['startDate']} to {record['endDate']}, not one day")
    day = date.fromisoformat(record["startDate"])
    if day not in requested.days or record["marketplaceId"] not in requested.marketplace_ids:
        raise Unfit(f"it is for {record['marketplaceId']} on {day}, which was not requested")
    return day


@dataclass
class Money:
    """Reads the amounts of one record, which must all have the same currency.

    Attributes:
        amount_name: Name of the number in an amount.
        currency_name: Name of its currency; both differ between Amazon's interfaces.
        currencies: The currencies of the amounts that were read.
    """

    amount_name: str = "amount"
    currency_name: str = "currencyCode"
    currencies: set[str] = field(default_factory=set)

    def read(self, value: Mapping[str, Any] | None) -> Decimal | None:
        """Return an amount; None if it is absent.

        Raises:
            Unfit: The amount has no currency.
        """
        amount = number(value.get(self.amount_name)) if value else None
        if value is None or amount is None:
            return None
        code = value.get(self.currency_name)
        if not code:
            raise Unfit("an amount has no currency")
        self.currencies.add(code)
        return amount

    @property
    def currency(self) -> str | None:
        """The currency of the amounts that were read; None if there were none.

        Raises:
            Unfit: There are several currencies, so the amounts cannot be in one row.
        """
        if len(self.currencies) > 1:
            raise Unfit(f"its amounts are in {' and '.join(sorted(self.currencies))}")
        return next(iter(self.currencies), None)
