"""Amounts as people of a marketplace write them: ₹1,23,456.00, $123,456.00, 123.456,00 €."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from xpert_pipeline.spapi.marketplaces import by_id

SYMBOLS = {
    "INR": "₹", "USD": "$", "CAD": "CA$", "MXN": "MX$", "BRL": "R$", "EUR": "€", "GBP": "£", "SEK": "kr", "PLN": "zł",
    "TRY": "₺", "SGD": "S$", "AUD": "A$", "JPY": "¥", "ZAR": "R",
}  # fmt: skip
"""The signs of currencies; others are written with their code."""
WITHOUT_DECIMALS = frozenset(("JPY",))
THIN, HARD = "\N{NARROW NO-BREAK SPACE}", "\N{NO-BREAK SPACE}"
MARKS = {
    "DE": (".", ","), "ES": (".", ","), "IT": (".", ","), "NL": (".", ","), "BE": (".", ","), "BR": (".", ","),
    "TR": (".", ","), "FR": (THIN, ","), "SE": (HARD, ","), "PL": (HARD, ","), "ZA": (HARD, ","),
}  # fmt: skip
"""Country → mark between groups of digits, and decimal mark; elsewhere comma and point."""
BEHIND = frozenset(("DE", "ES", "IT", "FR", "SE", "PL"))
"""Countries that write the currency behind the amount."""
LAKHS = "IN"
MINUS = "\N{MINUS SIGN}"


@dataclass(frozen=True, slots=True)
class MoneyFormat:
    """How a marketplace's amounts in one currency look.

    Attributes:
        country: Country of the marketplace; its digits decide the marks.
        currency: ISO 4217 code of the amounts.
    """

    country: str
    currency: str

    @classmethod
    def of(cls, marketplace_id: str, currency: str | None = None) -> "MoneyFormat":
        """Return the format of a marketplace, for its own currency or another one."""
        place = by_id(marketplace_id)
        return cls(place.country, currency or place.currency)

    @property
    def decimals(self) -> int:
        """Digits behind the decimal mark."""
        return 0 if self.currency in WITHOUT_DECIMALS else 2

    def amount(self, value: Decimal | float, *, decimals: int | None = None) -> str:
        """Format an amount with its currency.

        Args:
            value: The amount.
            decimals: Digits behind the decimal mark, if not the currency's own.
        """
        digits = self.number(abs(Decimal(value)), self.decimals if decimals is None else decimals)
        sign = MINUS if Decimal(value) < 0 and any(digit in "123456789" for digit in digits) else ""
        symbol = SYMBOLS.get(self.currency)
        if self.country in BEHIND:
            return f"{sign}{digits}{HARD}{symbol or self.currency}"
        return f"{sign}{symbol}{digits}" if symbol else f"{sign}{self.currency}{HARD}{digits}"

    def number(self, value: Decimal | float, decimals: int = 0) -> str:
        """Format a number without a currency."""
        rounded = Decimal(value).quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
        whole, _, fraction = f"{abs(rounded):f}".partition(".")
        group, point = MARKS.get(self.country, (",", "."))
        text = group.join(self._groups(whole)) + (point + fraction if fraction else "")
        return MINUS + text if rounded < 0 else text

    def _groups(self, whole: str) -> list[str]:
        """Digits in groups of three; in India, all but the last three are in groups of two."""
        head, last = whole[:-3], whole[-3:]
        size = 2 if self.country == LAKHS else 3
        first = len(head) % size
        groups = [head[:first], *(head[place : place + size] for place in range(first, len(head), size)), last]
        return [each for each in groups if each]

    def for_charts(self) -> dict[str, Any]:
        """Return marks, grouping and sign for the axes of a chart, in the words of d3."""
        group, point = MARKS.get(self.country, (",", "."))
        sign = SYMBOLS.get(self.currency, f"{self.currency} ")
        return {
            "decimal": point,
            "thousands": group,
            "grouping": [3, *([2] * 6)] if self.country == LAKHS else [3],
            "before": "" if self.country in BEHIND else sign,
            "after": f" {sign}" if self.country in BEHIND else "",
        }

    def spreadsheet(self) -> str:
        """Return the number format of a spreadsheet cell; the program itself chooses the marks."""
        return self._worded("#,##0")

    def spreadsheet_groups(self) -> list[tuple[str, int, str]]:
        """Return formats for large amounts, which a cell's own format groups by thousands: comparison, limit, format.

        A cell's format can compare twice, but then programs disagree about the sign of what is left.
        """
        if self.country != LAKHS:
            return []
        lakhs, crores = self._worded(r"##\,##\,##0"), self._worded(r"##\,##\,##\,##0")
        return [
            (">=", 10_000_000, crores), ("<=", -10_000_000, crores), (">=", 100_000, lakhs), ("<=", -100_000, lakhs)
        ]  # fmt: skip

    def _worded(self, digits: str) -> str:
        number = digits + ("." + "0" * self.decimals if self.decimals else "")
        symbol = SYMBOLS.get(self.currency)
        if self.country in BEHIND:
            return f'{number}" {symbol or self.currency}"'
        return f'"{symbol}"{number}' if symbol else f'"{self.currency} "{number}'
