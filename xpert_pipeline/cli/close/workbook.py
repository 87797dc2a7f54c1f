"""The month close as an Excel workbook: a summary whose figures are formulas over sheets of rows, and the differences.

Every formula has its value beside it, for programs that do not calculate.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from io import BytesIO
from typing import TYPE_CHECKING

from xpert_pipeline.cli.close.lists import (
    CURRENCY,
    DIFFERENCE,
    KIND,
    LEFT,
    OPEN_AMOUNT,
    OPEN_CURRENCY,
    OPEN_STATE,
    RIGHT,
    STEP,
    STORE,
    write_open,
    write_rows,
)
from xpert_pipeline.cli.close.pen import Pen
from xpert_pipeline.cli.close.statement import NOT_KNOWN, OPEN_STATES, STEPS, SUMS, Difference, Statement

if TYPE_CHECKING:
    from xlsxwriter.worksheet import Worksheet

MOST_ROWS = 1_048_575
"""Rows of a sheet below its header."""
ROWS, DIFFERENCES, OPEN = "Rows", "Differences", "Open"


class TooManyRows(ValueError):
    """The month has more rows than a sheet of Excel."""


def workbook(title: str, about: Sequence[str], found: Sequence[Statement], made_at: datetime) -> bytes:
    """Return a workbook as the content of its file.

    Args:
        title: Its title.
        about: Lines below the title: whose month it is, and why it is not closed yet.
        found: The statements, one for each marketplace and currency.
        made_at: The time that the file's properties name.

    Raises:
        TooManyRows: The month has more rows than a sheet of Excel.
        OSError: The temporary files of the rows cannot be written.
    """
    import xlsxwriter  # noqa: PLC0415  only this command needs it

    rows = max(sum(len(each.rows) for each in found), sum(len(each.open_rows) for each in found))
    if rows > MOST_ROWS:
        raise TooManyRows(f"the month has {rows:,} rows, and a sheet can have {MOST_ROWS:,}")
    options = {"constant_memory": True, "default_date_format": "yyyy-mm-dd"}
    content = BytesIO()
    book = xlsxwriter.Workbook(content, options)
    book.set_properties({"title": title, "created": made_at.replace(tzinfo=None)})
    sheets = [book.add_worksheet(name) for name in ("Summary", DIFFERENCES, ROWS, OPEN)]
    pen = Pen(book)
    _Summary(sheets[0], pen, rows).write(title, about, found)
    write_rows(sheets[1], pen, found, only_differences=True)
    write_rows(sheets[2], pen, found, only_differences=False)
    write_open(sheets[3], pen, found)
    book.close()
    return content.getvalue()


class _Summary:
    """Writes the summary, line by line."""

    def __init__(self, sheet: "Worksheet", pen: Pen, rows: int) -> None:
        self._sheet, self._pen, self._rows = sheet, pen, rows
        self._row = 0

    def write(self, title: str, about: Sequence[str], found: Sequence[Statement]) -> None:
        """Write everything."""
        self._sheet.set_column(0, 0, 34)
        self._sheet.set_column(1, 1, 9)
        self._sheet.set_column(2, 2, 22)
        self._sheet.set_column(3, 3, 90)
        self._sheet.hide_gridlines(2)
        self._sheet.set_landscape()
        self._sheet.fit_to_pages(1, 0)
        self._pen.text(self._sheet, 0, 0, title, bold=True, font_size=16)
        for line in about:
            self._row += 1
            self._pen.text(self._sheet, self._row, 0, line)
        for statement in found:
            self._block(statement)

    def _block(self, statement: Statement) -> None:
        self._row += 2
        first = self._row
        head = {"bold": True, "bottom": 1}
        for column, text in enumerate((f"{statement.store}, {statement.currency}", "Rows", "Amount", "What it means")):
            align = {"align": "right"} if column in (1, 2) else {"indent": column // 3}
            self._pen.text(self._sheet, first, column, text, **head, **align)
        self._sum(statement, SUMS[0], LEFT, 1, statement.sums[0][0])
        for step, (_, right) in zip(STEPS, statement.sums, strict=True):
            start = self._row
            for each in statement.of_step(step):
                self._difference(statement, each)
            self._sum(statement, SUMS[step], RIGHT, step, right)
            self._check(statement, step, start)
        for state, name in OPEN_STATES.items():
            self._open(statement, state, name)
        self._pen.group(self._sheet, statement, (first, 2, self._row, 2))

    def _sum(self, statement: Statement, name: str, column: str, step: int, value: Decimal) -> None:
        self._row += 1
        self._pen.text(self._sheet, self._row, 0, name, bold=True)
        formula = self._total("SUMIFS", statement, step, column=column)
        self._sheet.write_formula(self._row, 2, formula, self._pen.money(statement, bold=True), float(value))

    def _difference(self, statement: Statement, each: Difference) -> None:
        self._row += 1
        self._pen.text(self._sheet, self._row, 0, each.kind, indent=1)
        count = self._total("COUNTIFS", statement, each.step_number, each.kind)
        self._sheet.write_formula(self._row, 1, count, self._pen(num_format="#,##0"), each.rows)
        formula = self._total("SUMIFS", statement, each.step_number, each.kind, column=DIFFERENCE)
        self._sheet.write_formula(self._row, 2, formula, self._pen.money(statement), float(each.amount))
        self._pen.text(self._sheet, self._row, 3, each.meaning, indent=1)

    def _open(self, statement: Statement, state: str, name: str) -> None:
        """Write what was open at the end of the month; nothing if nothing was, or if the month is not over."""
        if not (rows := statement.in_state(state)):
            return
        self._row += 1
        self._pen.text(self._sheet, self._row, 0, name, italic=True)
        wanted = ((STORE, statement.store), (OPEN_STATE, state), (OPEN_CURRENCY, statement.currency))
        where = ",".join(f'{self._range(letter, OPEN)},"{value}"' for letter, value in wanted)
        self._sheet.write_formula(self._row, 1, f"=COUNTIFS({where})", self._pen(num_format="#,##0"), len(rows))
        formula = f"=SUMIFS({self._range(OPEN_AMOUNT, OPEN)},{where})"
        amount = float(statement.open_amount(state))
        self._sheet.write_formula(self._row, 2, formula, self._pen.money(statement, italic=True), amount)
        about = "Its settlement or release is not loaded, or not named" if state == NOT_KNOWN else "Not settled by then"
        text = f"Posted in this month or before. {about}; see the sheet {OPEN}."
        self._pen.text(self._sheet, self._row, 3, text, indent=1)

    def _check(self, statement: Statement, step: int, start: int) -> None:
        """Beside a sum: whether the sum before it and the differences between them add up to it.

        The sum before must also be the left side of the step's own rows.
        """
        left = self._total("SUMIFS", statement, step, column=LEFT)[1:]
        both = f"ABS(SUM(C{start + 1}:C{self._row})-C{self._row + 1})+ABS(C{start + 1}-{left})"
        before = statement.sums[step - 2][1] if step > 1 else statement.sums[0][0]
        own, right = statement.sums[step - 1]
        lines = sum((each.amount for each in statement.of_step(step)), Decimal(0))
        adds_up = before == own and before + lines == right
        words = ("adds up", "does not add up")
        formula = f'=IF({both}<0.005,"{words[0]}","{words[1]}")'
        self._sheet.write_formula(self._row, 3, formula, self._pen(italic=True, indent=1), words[0 if adds_up else 1])

    def _total(
        self, function: str, statement: Statement, step: int, kind: str | None = None, *, column: str = ""
    ) -> str:
        """Return a formula over the sheet of rows."""
        wanted: list[tuple[str, str]] = [
            (STORE, f'"{statement.store}"'),
            (CURRENCY, f'"{statement.currency}"'),
            (STEP, str(step)),
        ]
        if kind is not None:
            wanted.append((KIND, f'"{kind}"'))
        ranges = [self._range(column)] if column else []
        for letter, value in wanted:
            ranges += [self._range(letter), value]
        return f"={function}({','.join(ranges)})"

    def _range(self, letter: str, sheet: str = ROWS) -> str:
        return f"{sheet}!${letter}$2:${letter}${self._rows + 1}"
