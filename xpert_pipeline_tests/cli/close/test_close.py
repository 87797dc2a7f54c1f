"""`xpert close`: the workbook is opened and its formulas are worked out; and what the command refuses."""

import json
import os
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from click.testing import CliRunner

from xpert_pipeline.cli.main import main
from xpert_pipeline.cli.money_format import MoneyFormat
from xpert_pipeline_tests.assets.finance.books import Books
from xpert_pipeline_tests.cli.close.sheets import Book
from xpert_pipeline_tests.cli.db.conftest import environment

DAY, LATER = date(2026, 10, 14), date(2026, 11, 3)
UK = "A1F83G8C2ARO7P"
HOSTILE = '=HYPERLINK("http://evil.example","+1")'
ORDER = "402-0000000-0000001"


@pytest.fixture
def close(pipeline_dsn, tmp_path):
    """Runs the command in this process; the workbook is close.xlsx."""

    def run(*words, month="2026-10", file="close.xlsx", code=0):
        before = dict(os.environ)
        try:
            os.environ.clear()
            os.environ.update(environment(DATABASE_URL=pipeline_dsn))
            done = CliRunner().invoke(main, ["close", "--month", month, "--out", str(tmp_path / file), *words])
        finally:
            os.environ.clear()
            os.environ.update(before)
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        assert done.exit_code == code, done.output
        return done

    return run


@pytest.fixture
def october(pool, seller):
    """An order of 1,50,000 that was sold and settled, one that waits, a fee, and one sale in Britain."""
    books = Books(pool, seller)
    books.ordered(ORDER, 150_000, DAY, title=HOSTILE)
    books.amount("T1", 150_000, DAY, order_id=ORDER)
    books.posted("T1", 150_000, DAY, amount_tree="ITEMS", order_id=ORDER, settlement_id="S1", description="@SUM(A1)")
    books.ordered("402-0000000-0000002", Decimal("99.50"), DAY, status="UNSHIPPED", title="Mask, \x07blue")
    books.amount("T2", -118, DAY, group="AmazonFees", transaction_type="ServiceFee")
    unsettled = {"posted_at": datetime(2026, 10, 25, tzinfo=UTC), "transaction_type": "ServiceFee"}
    books.posted("T2", -118, DAY, amount_tree="ITEMS", **unsettled)
    books.settled("S1", date(2026, 10, 10), date(2026, 10, 20), 150_000)
    facts = {"posted_date": DAY, "amount_type": "ItemPrice", "amount": 150_000, "currency": "INR", "order_id": ORDER}
    books.write("settlement_rows", settlement_id="S1", row_number=2, **facts)
    books.amount("T3", 20, DAY, marketplace_id=UK, currency="GBP")
    books.posted("T3", 20, DAY, marketplace_id=UK, currency="GBP", amount_tree="ITEMS")
    return books


def test_the_formulas_of_the_workbook_give_the_figures_beside_them(october, close, tmp_path):
    """By hand: 1,50,099.50 ordered, 1,50,000 sold, 1,49,882 with the fee, of which 1,50,000 is settled."""
    close()
    book = Book(tmp_path / "close.xlsx")
    summary = book.sheets["Summary"]
    formulas = {place: cell for place, cell in summary.items() if cell.formula}
    assert len(formulas) > 20
    for cell in formulas.values():
        value = book.worked_out(cell.formula)
        assert cell.value == value if isinstance(value, str) else float(cell.value) == pytest.approx(value)
    names = {cell.value: place for place, cell in summary.items() if place.startswith("A") and cell.value}
    figures = {name: summary.get(place.replace("A", "C")) for name, place in names.items()}
    assert float(figures["fees"].value) == -118
    assert {cell.value for cell in formulas.values() if cell.kind == "str"} == {"adds up"}
    totals = [
        float(cell.value) for place, cell in sorted(summary.items(), key=_row) if place.startswith("C") and cell.formula
    ]
    assert totals[:4] == [150_099.5, -99.5, 150_000, -118]
    assert set(names) >= {"Amazon.in, INR", "Amazon.co.uk, GBP", "Orders", "Deposits", "no deposit date"}


def _row(entry):
    return int(entry[0].lstrip("ABCD"))


def test_the_workbook_tells_what_was_open_at_the_end_of_a_month_that_is_over(pool, seller, close, tmp_path):
    """By hand: at the end of January 2024, 70 are deferred and -30 not settled; both were settled in March."""
    books = Books(pool, seller)
    books.settled("S2", date(2024, 3, 1), date(2024, 3, 20), 40)
    waits = {"is_cash": False, "transaction_status": "DEFERRED_RELEASED"}
    books.posted("T1", 70, date(2024, 1, 14), description=HOSTILE, **waits)
    books.posted("T1b", 70, date(2024, 2, 2), is_counted=False, deferred_transaction_id="T1", settlement_id="S2")
    books.posted("T2", -30, date(2024, 1, 20), settlement_id="S2")
    done = close(month="2024-01")
    assert "  Deferred at the month's end: ₹70.00" in done.stdout
    assert "  Not settled at the month's end: \N{MINUS SIGN}₹30.00" in done.stdout
    book = Book(tmp_path / "close.xlsx")
    summary = book.sheets["Summary"]
    rows = {cell.value: place.lstrip("A") for place, cell in summary.items() if place.startswith("A")}
    for name, count, amount in (("Deferred at the month's end", 1, 70), ("Not settled at the month's end", 1, -30)):
        for letter, value in (("B", count), ("C", amount)):
            cell = summary[letter + rows[name]]
            assert (float(cell.value), book.worked_out(cell.formula)) == (value, value)
    assert [cell.value for cell in book.column("Open", "E").values()] == ["T1", "T2"]
    assert book.sheets["Open"]["G2"].is_quoted
    told = json.loads(close("--json", month="2024-01", file="again.xlsx").stdout)
    assert told["statements"][0]["open_at_month_end"] == {"deferred": "70.0000", "not settled yet": "-30.0000"}


def test_money_of_which_it_is_not_known_whether_it_was_open_has_a_sum_of_its_own(pool, seller, close, tmp_path):
    """It was left out: a transaction may name a settlement whose report is not loaded.

    By hand: at the end of February 2024, 9 of January and 4 of February are not known; 2 of March came later.
    """
    books = Books(pool, seller)
    books.posted("T1", 9, date(2024, 1, 14), settlement_id="S9")
    books.posted("T2", 4, date(2024, 2, 14), is_cash=False, transaction_status="DEFERRED_RELEASED")
    books.posted("T3", 2, date(2024, 3, 14), settlement_id="S9")
    books.posted("T4", -30, date(2024, 2, 20))
    done = close(month="2024-02")
    assert "  Not settled at the month's end: \N{MINUS SIGN}₹30.00" in done.stdout
    assert "  Not known at the month's end: ₹13.00 (2 transactions)" in done.stdout
    book = Book(tmp_path / "close.xlsx")
    summary = book.sheets["Summary"]
    (row,) = (place[1:] for place, cell in summary.items() if cell.value == "Not known at the month's end")
    for letter, value in (("B", 2), ("C", 13)):
        cell = summary[letter + row]
        assert (float(cell.value), book.worked_out(cell.formula)) == (value, value)
    states = zip(book.column("Open", "E").values(), book.column("Open", "B").values(), strict=True)
    assert [(number.value, state.value) for number, state in states] == [
        ("T4", "not settled yet"), ("T1", "not known"), ("T2", "not known"),
    ]  # fmt: skip
    (told,) = json.loads(close("--json", month="2024-02", file="again.xlsx").stdout)["statements"]
    assert told["open_at_month_end"] == {"deferred": "0", "not settled yet": "-30.0000", "not known": "13.0000"}
    assert told["not_known_transactions"] == 2


def test_the_rows_of_the_workbook_are_all_rows_and_its_differences_are_listed(october, close, tmp_path):
    told = json.loads(close("--json").stdout)
    book = Book(tmp_path / "close.xlsx")
    rows = book.column("Rows", "D")
    assert len(rows) == told["rows"] == 10
    different = [row for row, cell in book.column("Rows", "E").items() if cell.value == "yes"]
    assert len(book.column("Differences", "D")) == len(different) == 6
    india, britain = told["statements"]
    assert (india["marketplace"], britain["currency"]) == ("Amazon.in", "GBP")
    assert india["sums"]["Transactions"] == "149882.0000"
    kinds = {line["kind"]: (line["rows"], line["amount"]) for line in india["differences"]}
    assert kinds["not shipped yet"] == (1, "-99.5000")


def test_a_title_that_looks_like_a_formula_stays_a_text(october, close, tmp_path):
    close()
    book = Book(tmp_path / "close.xlsx")
    for sheet in ("Rows", "Differences"):
        assert [cell for cell in book.sheets[sheet].values() if cell.formula] == []
    texts = {cell.value: cell for cell in book.column("Rows", "K").values()}
    for text in (HOSTILE, "@SUM(A1)"):
        assert texts[text].kind == "inlineStr"
        assert texts[text].is_quoted, "a program would take it for a formula when somebody edits it"
    assert not texts["Mask, _x0007_blue"].is_quoted


def test_the_command_tells_the_sums_and_what_is_not_loaded(october, close):
    lines = close().stdout.splitlines()
    assert "  Orders                ₹1,50,099.50" in lines
    assert "  Transactions          ₹1,49,882.00" in lines
    assert "  Sales as posted       £20.00" in lines
    assert any(line.startswith("  Look at: order not loaded (1 row, £20.00)") for line in lines)
    assert "Amazon.in: none of the month's days is loaded to the end" in lines


def test_an_existing_file_is_kept(october, close, tmp_path):
    (tmp_path / "close.xlsx").write_text("mine")
    assert "exists already: choose another name with --out" in close(code=3).output
    assert (tmp_path / "close.xlsx").read_text() == "mine"
    assert [path.name for path in tmp_path.iterdir()] == ["close.xlsx"]


@pytest.mark.parametrize("month", ["2026-13", "10/2026", "2026-1", "1999-12", "October"])
def test_a_month_that_is_none_is_refused_with_its_form(close, month):
    assert f"'{month}' is not a month: write it as YYYY-MM, such as 2026-10" in close(month=month, code=2).output


def test_what_cannot_be_closed_is_refused_with_what_to_do(seller, close, tmp_path):
    nothing = close(code=3).output
    assert "nothing is loaded for A1TESTSELLER in October 2026" in nothing
    assert "xpert backfill --from 2026-10-01 --to 2026-10-31 --seller A1TESTSELLER" in nothing
    assert "seller A9NOBODY is not known: see `xpert sellers list`" in close("--seller", "A9NOBODY", code=3).output
    assert "January 2999 has not begun" in close(month="2999-01", code=3).output
    assert "must end in .xlsx" in close(file="close.csv", code=3).output
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_missing_is_named(october, close, tmp_path):
    assert f"{tmp_path / 'missing'} cannot be written" in close(file="missing/close.xlsx", code=3).output


def test_amounts_look_like_those_of_the_marketplace():
    india, germany, japan = (MoneyFormat.of(each) for each in ("A21TJRUUN4KGV", "A1PA6795UKMFR9", "A1VC38T7YXB528"))
    assert [india.amount(Decimal(each)) for each in ("0", "-999.995", "123456.7", "98765432")] == [
        "₹0.00", "−₹1,000.00", "₹1,23,456.70", "₹9,87,65,432.00",
    ]  # fmt: skip
    assert germany.amount(Decimal("-1234567.891")) == "−1.234.567,89\N{NO-BREAK SPACE}€"
    assert japan.amount(1234567) == "¥1,234,567"
    assert india.amount(Decimal("-0.001")) == "₹0.00"
    assert MoneyFormat.of("A33AVAJ2PDY3EV", "CHF").amount(5) == "CHF\N{NO-BREAK SPACE}5,00"
    assert india.amount(1234567, decimals=0) == "₹12,34,567"
    assert india.spreadsheet() == '"₹"#,##0.00'
    assert germany.spreadsheet_groups() == []
    assert india.spreadsheet_groups()[-1] == ("<=", -100_000, r'"₹"##\,##\,##0.00')
