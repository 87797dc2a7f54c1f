"""The tiles of `xpert report page`: figures by hand, and what they say where something is not loaded or not known."""

from datetime import UTC, date, datetime
from decimal import Decimal

from xpert_pipeline.cli.report.figures import ask
from xpert_pipeline.cli.report.page import page
from xpert_pipeline_tests.cli.report.by_hand import NOW, YESTERDAY, at_risk, earned, expected, loaded, sold, tiles
from xpert_pipeline_tests.cli.report.pages import Page


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
        units_without_price=0, units_cancelled=0, ops=9, currency="INR", is_final=True,
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
        units_without_price=2, units_cancelled=0, is_final=False,
    )  # fmt: skip
    books.posted("T", 70, YESTERDAY, is_cash=False, transaction_status="DEFERRED", order_id="1", currency="USD")
    (found,) = tiles(books)
    assert found["Yesterday"] == (
        "No price yet", "17 Nov", "2 units", "Margin: not loaded", "The day is only partly loaded.",
        "2 units without a price yet.",
    )  # fmt: skip
    assert found["Amazon owes you"] == ("Nothing in INR", "Amounts in 1 other currency, see below.")


def test_on_the_first_of_a_month_no_day_of_it_is_over(books):
    loaded(books, "orders", date(2026, 10, 1), date(2026, 10, 31))
    (found,) = tiles(books, datetime(2026, 11, 1, 6, tzinfo=UTC))
    assert found["This month"] == ("–", "No day of this month is over.")
    assert found["Last month"][:3] == ("₹0", "1 Oct – 31 Oct", "0 orders, 0 units")


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
    sold(books, YESTERDAY, 5, 1500, unpriced=2)
    books.ordered("unpriced", None, YESTERDAY, quantity_ordered=2)
    books.ordered("cancelled", None, YESTERDAY, status="CANCELLED", quantity_ordered=9)
    books.ordered("elsewhere", None, YESTERDAY, sales_channel="NON_AMAZON", quantity_ordered=7)
    expected(books, date(2026, 11, 30), YESTERDAY, (10, 20, 30))
    (found,) = tiles(books)
    assert found["Yesterday"][-1] == "2 units without a price yet."
    assert found["November, expected"][:2] == ("₹12,500", "₹7,500 to ₹17,500 with a chance of 80 %")


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
