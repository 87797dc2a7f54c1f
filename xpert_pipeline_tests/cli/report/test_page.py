"""`xpert report page`: what the page shows, what it must not, and that each figure leads to the SQL behind it."""

import json
import os
import re
from dataclasses import replace
from datetime import date, timedelta

import pytest
from click.testing import CliRunner

from xpert_pipeline.cli.main import main
from xpert_pipeline.cli.report.figures import ask
from xpert_pipeline.cli.report.page import page
from xpert_pipeline_tests.cli.db.conftest import environment
from xpert_pipeline_tests.cli.report.by_hand import NOW, TODAY, YESTERDAY, at_risk, earned, expected, loaded, sold
from xpert_pipeline_tests.cli.report.pages import Page

HOSTILE = '</script><script>alert(1)</script><img src=x onerror="alert(2)">\'"&'
GERMANY = "A1PA6795UKMFR9"


def test_the_page_tells_why_the_cost_of_goods_is_not_known(books):
    """A sale and a refund without a cost were "0 units (1 SKU)", and so were shipments of unknown units."""
    sold(books, YESTERDAY, 1, 100)
    earned(books, YESTERDAY, product_sales=100, fees=10)
    earned(books, TODAY - timedelta(days=2), product_sales=-100, fees=0, net_units=-1)
    earned(books, YESTERDAY, product_sales=100, fees=10, sku="B", cost_basis="OTHER_CURRENCY")
    earned(books, YESTERDAY, product_sales=100, fees=10, sku="C", cost_basis="UNITS_UNKNOWN", net_units=None)
    text = Page(page(books.seller, ask(books.pool, books.seller, None, None, NOW), NOW)).text
    assert (
        "This ends before the cost of goods: the cost of 1 SKU is not known (xpert costs import); the cost of 1 SKU is in "
        "another currency; Amazon does not tell the units of a shipment on 1 day."
    ) in text


@pytest.fixture
def rich(books):
    """A seller with a hostile title, stock at risk, money that is owed and a forecast."""
    loaded(books, "orders", date(2026, 10, 1), YESTERDAY)
    loaded(books, "financial_events", date(2026, 10, 1), YESTERDAY)
    sold(books, YESTERDAY, 1, 100)
    earned(books, YESTERDAY, product_sales=100, fees=10)
    books.write("products", sku="A", item_name=HOSTILE, price=100, currency="INR")
    at_risk(books, "A")
    books.posted("T", 70, YESTERDAY, is_cash=False, transaction_status="DEFERRED", order_id="1")
    expected(books, date(2026, 11, 30), YESTERDAY, (10, 20, 30))
    return books


def test_a_hostile_title_is_text_and_the_page_asks_no_network(rich):
    """`HOSTILE` would end a script, begin another, and load an image."""
    text = page(rich.seller, ask(rich.pool, rich.seller, None, None, NOW), NOW)
    made = Page(text)
    assert made.text.count(HOSTILE) == 2
    assert made.asked == []
    assert made.scripts == 3
    assert "alert(1)</script>" not in text
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', text)[1]
    assert policy.startswith("default-src 'none'")
    charts = json.loads(re.search(r'id="charts">(.*?)</script>', text, re.DOTALL)[1])
    assert charts.keys() == {"IN-sales", "IN-margin", "IN-forecast"} <= made.ids
    assert charts["IN-sales"]["format"]["grouping"][:2] == [3, 2]
    assert charts["IN-margin"]["amounts"] == [100, -10, 90]


def test_every_figure_leads_to_a_statement_that_gives_it(rich):
    stores = ask(rich.pool, rich.seller, None, None, NOW)
    made = Page(page(rich.seller, stores, NOW))
    assert len(made.links) == 13
    assert {link.removeprefix("#") for link in made.links} == made.statements.keys() - {"IN-sql-stock_days"}
    for name, answer in stores[0].answers.items():
        rows = rich.ask(made.statements[f"IN-sql-{name}"].rstrip(";"))
        assert rows == [tuple(row.values()) for row in answer.rows]
        assert answer.question.endswith("?")
    assert "₹70" in made.text
    assert "Runs out before new stock can arrive" in made.text


def test_the_table_of_stock_keeps_amounts_of_each_currency_together(books):
    """By hand, 2 units a day each: 200 and 400 rupees, 1,000 dollars, and no price. The dollars stood before the rupees."""
    prices = {"A": (100, "INR"), "B": (500, "USD"), "C": (200, "INR"), "D": (None, "INR"), "E": (1, "EUR")}
    for sku, (price, currency) in prices.items():
        at_risk(books, sku)
        books.write("products", sku=sku, item_name=sku, price=price, currency=currency)
    for number in range(16):
        at_risk(books, f"M{number:02}")
        books.write("products", sku=f"M{number:02}", item_name="many", price=10, currency="INR")
    (store,) = ask(books.pool, books.seller, None, None, NOW)
    shown = [(row["sku"], row["currency"]) for row in store.rows("stock")]
    assert shown[:2] == [("C", "INR"), ("A", "INR")]
    assert {currency for _, currency in shown[:15]} == {"INR"}
    assert shown[15:] == [("E", "EUR"), ("B", "USD"), ("D", "INR")], "at the end the SKU without a price"


@pytest.fixture
def report(pipeline_dsn, tmp_path):
    """Runs `xpert report` in this process."""

    def run(*words, code=0):
        before = dict(os.environ)
        try:
            os.environ.clear()
            os.environ.update(environment(DATABASE_URL=pipeline_dsn))
            done = CliRunner().invoke(main, ["report", *map(str, words)])
        finally:
            os.environ.clear()
            os.environ.update(before)
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        assert done.exit_code == code, done.output
        return done

    return run


@pytest.mark.parametrize("words", [["page"], []])
def test_the_command_writes_the_page_with_and_without_its_name(rich, report, tmp_path, words):
    file = tmp_path / "report.html"
    told = report(
        *words, "--seller", "A1TESTSELLER", "--from", "2026-10-01", "--to", "2026-10-31", "--out", file
    ).stdout
    assert told.strip() == f"{file}: report of A1TESTSELLER; open it in a browser"
    assert re.search("1 Oct( 2026)? – 31 Oct( 2026)?", Page(file.read_text()).text), "next year, the year is told"
    report(*words, "--out", file)


def test_the_command_writes_over_reports_only(rich, report, tmp_path):
    file = tmp_path / "mine.html"
    file.write_text("<html>mine</html>")
    assert "exists and is no report: choose another name with --out" in report("--out", file, code=3).output
    pdf = file.with_suffix(".pdf")
    assert "must end in .html, so that a browser opens it" in report("--out", pdf, code=3).output
    assert not pdf.exists()
    assert file.read_text() == "<html>mine</html>"


def test_what_cannot_be_reported_is_refused_with_what_to_do(seller, report, tmp_path):
    file = tmp_path / "report.html"
    assert "run `xpert sync --seller A1TESTSELLER`" in report("--out", file, code=3).output
    assert "seller A9NOBODY is not known" in report("--seller", "A9NOBODY", "--out", file, code=3).output
    wrong = report("--from", "2026-10-02", "--to", "2026-10-01", "--out", file, code=2).output
    assert "--from 2026-10-02 is after --to 2026-10-01" in wrong
    late = report("--from", "2999-01-01", "--out", file, code=2).output
    assert "--from 2999-01-01 is after" in late
    assert "the last day that is over for Amazon.in: choose an earlier day, or also a --to" in " ".join(late.split())
    assert "Missing option '--out'" in report("--seller", "A1TESTSELLER", code=2).output
    assert not file.exists()


def test_a_marketplace_without_data_says_so_beside_one_that_has_some(rich):
    seller = replace(rich.seller, marketplace_ids=[*rich.seller.marketplace_ids, GERMANY])
    text = Page(page(seller, ask(rich.pool, seller, None, None, NOW), NOW)).text
    assert "Nothing of these days is loaded for Amazon.de" in text
    assert "Amazon.de, EUR" in text
