"""The month close as an Excel workbook: a summary whose figures are formulas over a sheet of rows, and the differences.

Every formula has its value beside it, for programs that do not calculate. Texts are written as texts, whatever they
begin with, and keep being texts when somebody edits them.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO
from typing import TYPE_CHECKING, Any

from xpert_pipeline.cli.close.statement import STEPS, SUMS, UNKNOWN_CURRENCY, Difference, Statement
from xpert_pipeline.cli.money_format import MoneyFormat
from xpert_pipeline.postgres.month_close import CloseRow

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

MOST_ROWS = 1_048_575
"""Rows of a sheet below its header."""
LONGEST_TEXT = 32_000
COLUMNS = (
    ("Marketplace", 14), ("Step", 6), ("From, to", 26), ("Kind", 26), ("Difference?", 11), ("Day", 11), ("Order", 21),
    ("Transaction", 24), ("Settlement", 14), ("Type", 16), ("What", 40), ("Other month", 12), ("Currency", 9),
    ("Left", 18), ("Right", 18), ("Difference", 18), ("Meaning", 60),
)  # fmt: skip
STORE, STEP, KIND, CURRENCY, LEFT, RIGHT, DIFFERENCE = "A", "B", "D", "M", "N", "O", "P"
ROWS, DIFFERENCES = "Rows", "Differences"
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "'")
"""Beginnings that a spreadsheet program may take for a formula."""


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

    rows = sum(len(statement.rows) for statement in found)
    if rows > MOST_ROWS:
        raise TooManyRows(f"the month has {rows:,} rows, and a sheet can have {MOST_ROWS:,}")
    options = {"constant_memory": True, "default_date_format": "yyyy-mm-dd"}
    content = BytesIO()
    book = xlsxwriter.Workbook(content, options)
    book.set_properties({"title": title, "created": made_at.replace(tzinfo=None)})
    sheets = [book.add_worksheet(name) for name in ("Summary", DIFFERENCES, ROWS)]
    pen = _Pen(book)
    _Summary(sheets[0], pen, rows).write(title, about, found)
    _list(sheets[1], pen, found, only_differences=True)
    _list(sheets[2], pen, found, only_differences=False)
    book.close()
    return content.getvalue()


class _Pen:
    """The formats of a workbook, each made once."""

    def __init__(self, book: "Workbook") -> None:
        self._book = book
        self._made: dict[tuple[tuple[str, Any], ...], Format] = {}

    def __call__(self, **properties: Any) -> "Format":
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


class _Summary:
    """Writes the summary, line by line."""

    def __init__(self, sheet: "Worksheet", pen: _Pen, rows: int) -> None:
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

    def _range(self, letter: str) -> str:
        return f"{ROWS}!${letter}$2:${letter}${self._rows + 1}"


def _list(sheet: "Worksheet", pen: _Pen, found: Sequence[Statement], *, only_differences: bool) -> None:
    """Write rows, one line each."""
    for column, (name, width) in enumerate(COLUMNS):
        sheet.set_column(column, column, width)
        pen.text(sheet, 0, column, name, bold=True, bottom=1)
    sheet.freeze_panes(1, 0)
    sheet.repeat_rows(0)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    line = 0
    for statement in found:
        first = line + 1
        for row in _sorted(statement.rows, only_differences=only_differences):
            line += 1
            _write_row(sheet, pen, line, statement, row)
        if line >= first:
            pen.group(sheet, statement, (first, len(COLUMNS) - 4, line, len(COLUMNS) - 2))
    sheet.autofilter(0, 0, max(line, 1), len(COLUMNS) - 1)


def _sorted(rows: Sequence[CloseRow], *, only_differences: bool) -> Iterable[CloseRow]:
    if not only_differences:
        return rows
    return sorted(
        (row for row in rows if row.is_difference), key=lambda row: (row.step_number, row.kind, -abs(row.difference))
    )


def _write_row(sheet: "Worksheet", pen: _Pen, line: int, statement: Statement, row: CloseRow) -> None:
    texts: dict[int, str | None] = {
        0: statement.store, 2: row.step, 3: row.kind, 4: "yes" if row.is_difference else "no", 6: row.order_id,
        7: row.transaction_id, 8: row.settlement_id, 9: row.transaction_type, 10: row.what, 12: statement.currency,
        16: row.meaning,
    }  # fmt: skip
    for column in range(len(COLUMNS)):
        if column in texts:
            pen.text(sheet, line, column, texts[column])
    sheet.write_number(line, 1, row.step_number)
    _write_day(sheet, pen, line, 5, row.day, "yyyy-mm-dd")
    _write_day(sheet, pen, line, 11, row.other_month, "mmm yyyy")
    money = pen.money(statement)
    for column, amount in zip((13, 14, 15), (row.left_amount, row.right_amount, row.difference), strict=True):
        sheet.write_number(line, column, float(amount), money)


def _write_day(sheet: "Worksheet", pen: _Pen, line: int, column: int, day: date | None, form: str) -> None:
    if day is not None:
        sheet.write_datetime(line, column, datetime(day.year, day.month, day.day), pen(num_format=form, align="left"))  # noqa: DTZ001
