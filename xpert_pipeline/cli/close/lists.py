"""The sheets of a month close that list rows, one line each; the formulas of the summary add up their columns."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING

from xpert_pipeline.cli.close.pen import Pen
from xpert_pipeline.cli.close.statement import Statement
from xpert_pipeline.postgres.month_close import CloseRow, OpenRow

if TYPE_CHECKING:
    from xlsxwriter.worksheet import Worksheet

COLUMNS = (
    ("Marketplace", 14), ("Step", 6), ("From, to", 26), ("Kind", 26), ("Difference?", 11), ("Day", 11), ("Order", 21),
    ("Transaction", 24), ("Settlement", 14), ("Type", 16), ("What", 40), ("Other month", 12), ("Currency", 9),
    ("Left", 18), ("Right", 18), ("Difference", 18), ("Meaning", 60),
)  # fmt: skip
STORE, STEP, KIND, CURRENCY, LEFT, RIGHT, DIFFERENCE = "A", "B", "D", "M", "N", "O", "P"
OPEN_COLUMNS = (
    ("Marketplace", 14), ("State", 16), ("Day", 11), ("Order", 21), ("Transaction", 24), ("Type", 16), ("What", 40),
    ("Released on", 12), ("Settlement", 14), ("Settled in", 12), ("Currency", 9), ("Amount", 18),
)  # fmt: skip
OPEN_STATE, OPEN_CURRENCY, OPEN_AMOUNT = "B", "K", "L"


def write_rows(sheet: "Worksheet", pen: Pen, found: Sequence[Statement], *, only_differences: bool) -> None:
    """Write rows, one line each."""
    _head(sheet, pen, COLUMNS)
    line = 0
    for statement in found:
        first = line + 1
        for row in _sorted(statement.rows, only_differences=only_differences):
            line += 1
            _write_row(sheet, pen, line, statement, row)
        if line >= first:
            pen.group(sheet, statement, (first, len(COLUMNS) - 4, line, len(COLUMNS) - 2))
    sheet.autofilter(0, 0, max(line, 1), len(COLUMNS) - 1)


def write_open(sheet: "Worksheet", pen: Pen, found: Sequence[Statement]) -> None:
    """Write what was open at the end of the month, one line for each transaction."""
    _head(sheet, pen, OPEN_COLUMNS)
    line = 0
    for statement in found:
        first = line + 1
        for row in statement.open_rows:
            line += 1
            _write_open_row(sheet, pen, line, statement, row)
        if line >= first:
            pen.group(sheet, statement, (first, len(OPEN_COLUMNS) - 1, line, len(OPEN_COLUMNS) - 1))
    sheet.autofilter(0, 0, max(line, 1), len(OPEN_COLUMNS) - 1)


def _head(sheet: "Worksheet", pen: Pen, columns: Sequence[tuple[str, int]]) -> None:
    for column, (name, width) in enumerate(columns):
        sheet.set_column(column, column, width)
        pen.text(sheet, 0, column, name, bold=True, bottom=1)
    sheet.freeze_panes(1, 0)
    sheet.repeat_rows(0)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)


def _write_open_row(sheet: "Worksheet", pen: Pen, line: int, statement: Statement, row: OpenRow) -> None:
    texts = {
        0: statement.store, 1: row.state, 3: row.order_id, 4: row.transaction_id, 5: row.transaction_type, 6: row.what,
        8: row.settlement_id, 10: statement.currency,
    }  # fmt: skip
    for column in range(len(OPEN_COLUMNS)):
        if column in texts:
            pen.text(sheet, line, column, texts[column])
    _write_day(sheet, pen, line, 2, row.day, "yyyy-mm-dd")
    _write_day(sheet, pen, line, 7, row.release_date, "yyyy-mm-dd")
    _write_day(sheet, pen, line, 9, row.settled_month, "mmm yyyy")
    sheet.write_number(line, 11, float(row.amount), pen.money(statement))


def _sorted(rows: Sequence[CloseRow], *, only_differences: bool) -> Iterable[CloseRow]:
    if not only_differences:
        return rows
    return sorted(
        (row for row in rows if row.is_difference), key=lambda row: (row.step_number, row.kind, -abs(row.difference))
    )


def _write_row(sheet: "Worksheet", pen: Pen, line: int, statement: Statement, row: CloseRow) -> None:
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


def _write_day(sheet: "Worksheet", pen: Pen, line: int, column: int, day: date | None, form: str) -> None:
    if day is not None:
        sheet.write_datetime(line, column, datetime(day.year, day.month, day.day), pen(num_format=form, align="left"))  # noqa: DTZ001
