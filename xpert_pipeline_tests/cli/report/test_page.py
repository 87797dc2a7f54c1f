"""`xpert report page`: what the page shows, what it must not, and that each figure leads to the SQL behind it."""

import json
import os
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from html.parser import HTMLParser
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner

from xpert_pipeline.cli.main import main
from xpert_pipeline.cli.report.figures import ask
from xpert_pipeline.cli.report.page import page
from xpert_pipeline.cli.report.tiles import tiles_of
from xpert_pipeline_tests.assets.finance.books import Books
from xpert_pipeline_tests.cli.db.conftest import environment

KOLKATA = ZoneInfo("Asia/Kolkata")
NOW = datetime(2026, 11, 18, 6, tzinfo=UTC)
TODAY = date(2026, 11, 18)
YESTERDAY = TODAY - timedelta(days=1)
HOSTILE = '</script><script>alert(1)</script><img src=x onerror="alert(2)">\'"&'
GERMANY = "A1PA6795UKMFR9"


class Page(HTMLParser):
    """The elements of a page: ids, links, texts by class, statements, and what would ask the network."""

    def __init__(self, text):
        super().__init__()
        self.ids, self.links, self.asked, self.scripts, self.statements = set(), [], [], 0, {}
        self.texts, self.open, self.article = [], [], None
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.open.append(tag)
        self.scripts += tag == "script"
        if "id" in found:
            assert found["id"] not in self.ids
            self.ids.add(found["id"])
        if tag == "article":
            self.article = found.get("id")
        if tag == "a":
            self.links.append(found["href"])
        self.asked += [
            (tag, name) for name in found if name in ("src", "srcset", "action", "data") or name.startswith("on")
        ]
        self.asked += [("link", tag)] if tag in ("link", "iframe", "object", "img") else []

    def handle_endtag(self, tag):
        while self.open and self.open.pop() != tag:
            pass

    def handle_data(self, data):
        if self.open and self.open[-1] == "pre":
            self.statements[self.article] = self.statements.get(self.article, "") + data
        elif not self.open or self.open[-1] not in ("script", "style"):
            self.texts.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.texts).split())


@pytest.fixture
def books(pool, seller):
    return Books(pool, seller)


def loaded(books, table, first, last, *, hours=24):
    """The ledger says that the days from first to last are loaded; of the last one, only so many hours."""
    midnight = datetime.min.time()
    start, end = (datetime.combine(day, midnight, KOLKATA) for day in (first, last))
    end += timedelta(hours=hours)
    books.write(
        "loads", load_id=UUID(int=len(table)), table_name=table, window_kind="created", window_start=start,
        window_end=end, run_id="r", fetched=0, inserted=0, updated=0, unchanged=0, deleted=0, rejected=0, started_at=end,
    )  # fmt: skip


def sold(books, day, units, sales, sku="A"):
    books.write(
        "sales_data", sale_date=day, sku=sku, orders=units, order_items=units, units_ordered=units, units_b2b=0,
        units_cancelled=0, ops=sales, currency="INR", is_final=False,
    )  # fmt: skip
    books.ordered(f"{day}-{sku}", sales, day, sku=sku)


def earned(books, day, **amounts):
    names = (
        "units_refunded", "shipping_sales", "promotions", "refunded_sales", "referral_fees", "fulfillment_fees",
        "closing_fees", "storage_fees", "other_fees", "reimbursements", "other_amount", "unexplained_amount", "ads_paid",
        "fee_tax", "ads_paid_tax", "sales_tax", "tcs_amount", "tds_amount", "transfer_amount",
    )  # fmt: skip
    sales, fees = amounts["product_sales"], amounts.pop("fees")
    facts = {
        **dict.fromkeys(names, 0), "business_date": day, "sku": "A", "currency": "INR", "net_units": 1, "ad_spend": 0,
        "net_product_sales": sales, "referral_fees": fees, "amazon_fees": fees, "ads_state": "PARTIAL",
        "is_tax_credit": True, "margin_before_cogs": sales - fees, "cost_basis": "MISSING",
        "transactions_amount": sales - fees, "is_final": False,
    }  # fmt: skip
    books.write("profit_margins", **{**facts, **amounts})


def tiles(books, now=NOW):
    """The tiles of each marketplace: figure and lines by title."""
    return [
        {tile.title: (tile.figure, *tile.lines) for tile in tiles_of(store)}
        for store in ask(books.pool, books.seller, None, None, now)
    ]


def test_a_tile_shows_the_figure_of_its_days(books):
    """By hand: 1,23,456.60 yesterday, 1,000 twelve days before, and 2,000 in October, of which one day is loaded."""
    loaded(books, "orders", date(2026, 10, 31), YESTERDAY)
    loaded(books, "financial_events", date(2026, 10, 31), YESTERDAY)
    sold(books, YESTERDAY, 3, Decimal("123456.60"))
    sold(books, date(2026, 11, 5), 1, 1000)
    sold(books, date(2026, 10, 31), 2, 2000)
    earned(books, YESTERDAY, product_sales=900, fees=100)
    earned(
        books, date(2026, 10, 31), product_sales=500, fees=50, cost_basis="KNOWN", unit_cost=150, cogs=150, margin=300
    )
    (found,) = tiles(books)
    assert found["Yesterday"] == ("₹1,23,457", "17 Nov", "1 order, 3 units", "₹800 before the cost of goods")
    assert found["Last 7 days"] == ("₹1,23,457", "11 Nov – 17 Nov", "1 order, 3 units", "₹800 before the cost of goods")
    assert found["This month"] == ("₹1,24,457", "1 Nov – 17 Nov", "2 orders, 4 units", "₹800 before the cost of goods")
    assert found["Last month"] == (
        "₹2,000", "1 Oct – 31 Oct", "1 order, 2 units", "Margin ₹300",
        "Transactions of only 1 of 31 days are loaded.", "Only 1 of 31 days are loaded.",
    )  # fmt: skip
    assert found["Amazon owes you"] == ("Nothing", "No posted money waits.")


def test_what_is_not_loaded_says_so_and_never_shows_0(books):
    sold(books, date(2026, 9, 1), 1, 500)
    (found,) = tiles(books)
    assert {figure for figure, *_ in found.values()} == {"Not loaded"}
    (store,) = ask(books.pool, books.seller, None, None, NOW)
    made = Page(page(books.seller, [store], NOW))
    assert "₹0" not in made.text
    assert "Nothing of these days is loaded for Amazon.in: run xpert sync" in made.text
    sold(books, YESTERDAY, 1, 500)
    text = Page(page(books.seller, ask(books.pool, books.seller, None, None, NOW), NOW)).text
    for words in (
        "₹500",
        "Margin: not loaded",
        "No stock is loaded.",
        "no transactions are loaded.",
        "There is no forecast.",
    ):
        assert words in text
    assert "₹0" not in text


def test_a_day_that_is_only_partly_loaded_says_so(books):
    """Yesterday's orders were loaded until noon. The page showed them as the whole day, and said 1 of 1 days are loaded."""
    loaded(books, "orders", date(2026, 11, 1), YESTERDAY, hours=12)
    sold(books, YESTERDAY, 3, 300)
    books.write(
        "sales_data", sale_date=date(2026, 9, 1), sku="A", orders=1, order_items=1, units_ordered=1, units_b2b=0,
        units_cancelled=0, ops=9, currency="INR", is_final=True,
    )  # fmt: skip
    expected(books, date(2026, 11, 30), YESTERDAY, (10, 20, 30))
    (found,) = tiles(books)
    assert found["Yesterday"] == (
        "₹300", "17 Nov", "1 order, 3 units", "Margin: not loaded", "The day is only partly loaded.",
    )  # fmt: skip
    assert found["This month"][-1] == "Only 16 of 17 days are loaded, and 1 in part."
    assert found["November, expected"] == ("Not loaded", "Orders of 1 day of this month are not loaded.")
    text = Page(page(books.seller, ask(books.pool, books.seller, None, None, NOW), NOW)).text
    assert text.count("17 Nov is only partly loaded, so orders are missing there.") == 2
    days = "select day, has_orders, is_final from xpert_views.daily_business where units > 0 or day = '2026-11-01' order by day"
    assert books.ask(days) == [
        (date(2026, 9, 1), False, False), (date(2026, 11, 1), True, True), (YESTERDAY, False, False),
    ]  # fmt: skip


def test_orders_without_any_price_are_told_and_money_in_another_currency_too(books):
    """The page failed with a TypeError, and told of money in other currencies only beside money in the own one."""
    books.write(
        "sales_data", sale_date=YESTERDAY, sku="A", orders=1, order_items=1, units_ordered=2, units_b2b=0,
        units_cancelled=0, is_final=False,
    )  # fmt: skip
    books.posted("T", 70, YESTERDAY, is_cash=False, transaction_status="DEFERRED", order_id="1", currency="USD")
    (found,) = tiles(books)
    assert found["Yesterday"] == (
        "No price yet", "17 Nov", "2 units", "Margin: not loaded", "The day is only partly loaded.",
        "2 units without a price yet.",
    )  # fmt: skip
    assert found["Amazon owes you"] == ("Nothing in INR", "Amounts in 1 other currency, see below.")


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


def test_on_the_first_of_a_month_no_day_of_it_is_over(books):
    loaded(books, "orders", date(2026, 10, 1), date(2026, 10, 31))
    (found,) = tiles(books, datetime(2026, 11, 1, 6, tzinfo=UTC))
    assert found["This month"] == ("–", "No day of this month is over.")
    assert found["Last month"][:3] == ("₹0", "1 Oct – 31 Oct", "0 orders, 0 units")


def expected(books, day, origin, totals):
    low, middle, high = totals
    books.write(
        "forecasting_data", scope="ACCOUNT", sku="(all)", forecast_date=day, origin_date=origin, is_sufficient=True,
        units_mean=middle, units_p10=low, units_p50=middle, units_p90=high, total_p10=low, total_p50=middle,
        total_p90=high, total_mean=middle, history_days=90, sold_days=60, lead_time_days=14, service_level_pct=95,
    )  # fmt: skip


def test_the_month_is_expected_from_what_was_ordered_and_the_forecast(books):
    """By hand: 4 units for 2,000 in all, so 500 each; 10, 20 or 30 more are worth 5,000, 10,000 or 15,000."""
    loaded(books, "orders", date(2026, 10, 1), YESTERDAY)
    sold(books, YESTERDAY, 3, 1500)
    sold(books, date(2026, 10, 25), 1, 500)
    expected(books, date(2026, 11, 30), YESTERDAY, (10, 20, 30))
    expected(books, date(2026, 12, 15), YESTERDAY, (100, 200, 300))
    (found,) = tiles(books)
    assert found["November, expected"] == (
        "₹11,500", "₹6,500 to ₹16,500 with a chance of 80 %", "23 units, 3 of them ordered until 17 Nov",
        "At the average price of the last 28 days.",
    )  # fmt: skip


def test_units_without_a_price_count_beside_priced_ones_of_the_same_sku_and_day(books):
    """By hand: 3 of 5 units cost 1,500, so 500 each; 2 have no price yet. They lowered the average price to 300."""
    loaded(books, "orders", date(2026, 10, 1), YESTERDAY)
    sold(books, YESTERDAY, 5, 1500)
    books.ordered("unpriced", None, YESTERDAY, quantity_ordered=2)
    books.ordered("cancelled", None, YESTERDAY, status="CANCELLED", quantity_ordered=9)
    books.ordered("elsewhere", None, YESTERDAY, sales_channel="NON_AMAZON", quantity_ordered=7)
    expected(books, date(2026, 11, 30), YESTERDAY, (10, 20, 30))
    (found,) = tiles(books)
    assert found["Yesterday"][-1] == "2 units without a price yet."
    assert found["November, expected"][:2] == ("₹12,500", "₹7,500 to ₹17,500 with a chance of 80 %")


def at_risk(books, sku):
    books.write(
        "velocity_trends", sku=sku, as_of_date=TODAY, is_complete=False, loaded_days=90, stock_known_days_30=30,
        lead_time_days=14, service_level_pct=95, reorder_point=20, planning_velocity=2, velocity_class="FAST",
        stock_quantity=10, days_of_cover=5,
    )  # fmt: skip


def test_the_sales_of_stock_at_risk_are_of_one_currency_and_tell_what_has_no_price(books):
    """By hand: 2 units a day at 100 rupees. Dollars were added to rupees, and a SKU without a price counted as 0."""
    for sku, facts in {"A": {"price": 100, "currency": "INR"}, "B": {"price": 7, "currency": "USD"}, "C": {}}.items():
        at_risk(books, sku)
        books.write("products", sku=sku, item_name=sku, **facts)
    assert tiles(books)[0]["Stock at risk"] == (
        "3 SKUs", "Runs out before new stock can arrive: 3", "They sell ₹200 a day.",
        "2 SKUs of them: no price in INR is known.",
    )  # fmt: skip


def test_a_forecast_of_another_month_or_with_missing_days_is_none(books):
    loaded(books, "orders", date(2026, 11, 2), YESTERDAY)
    expected(books, date(2026, 11, 30), YESTERDAY, (10, 20, 30))
    assert tiles(books)[0]["November, expected"] == ("Not loaded", "Orders of 1 day of this month are not loaded.")
    books.ask("update forecasting_data set origin_date = '2026-10-30' returning 1")
    assert tiles(books)[0]["November, expected"][0] == "Not loaded"


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
    assert "1 Oct – 31 Oct" in Page(file.read_text()).text
    report(*words, "--out", file)


def test_the_command_writes_over_reports_only(rich, report, tmp_path):
    file = tmp_path / "mine.html"
    file.write_text("<html>mine</html>")
    assert "exists and is no report: choose another name with --out" in report("--out", file, code=3).output
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
