"""Writes texts and amounts into the cells of a workbook.

Texts are written as texts, whatever they begin with, and keep being texts when somebody edits them.
"""

from typing import TYPE_CHECKING, Any

from xpert_pipeline.cli.close.statement import UNKNOWN_CURRENCY, Statement
from xpert_pipeline.cli.money_format import MoneyFormat

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

LONGEST_TEXT = 32_000
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "'")
"""Beginnings that a spreadsheet program may take for a formula."""


class Pen:
    """The formats of a workbook, each made once."""

    def __init__(self, book: "Workbook") -> None:
        self._book = book
        self._made: dict[tuple[tuple[str, Any], ...], Format] = {}

    def __call__(self, **properties: Any) -> "Format":
        """Return the format with these properties."""
        key = tuple(sorted(properties.items()))
        if key not in self._made:
            self._made[key] = self._book.add_format(properties)
        return self._made[key]

    def text(self, sheet: "Worksheet", row: int, column: int, value: str | None, **properties: Any) -> None:
        """Write a text that stays a text; nothing for None."""
        if value is None:
            return
        if value.startswith(FORMULA):
            properties["quote_prefix"] = True
        sheet.write_string(row, column, value[:LONGEST_TEXT], self(**properties) if properties else None)

    def money(self, statement: Statement, **properties: Any) -> "Format":
        """Return the format of a statement's amounts."""
        return self(num_format=_format_of(statement).spreadsheet(), **properties)

    def group(self, sheet: "Worksheet", statement: Statement, where: tuple[int, int, int, int]) -> None:
        """Group the digits of large amounts in a range as people of the marketplace do."""
        for criteria, limit, form in _format_of(statement).spreadsheet_groups():
            look = self(num_format=form)
            rule = {"type": "cell", "criteria": criteria, "value": limit, "format": look, "stop_if_true": True}
            sheet.conditional_format(*where, rule)


def _format_of(statement: Statement) -> MoneyFormat:
    currency = "" if statement.currency == UNKNOWN_CURRENCY else statement.currency
    return MoneyFormat.of(statement.marketplace_id, currency or "?")
