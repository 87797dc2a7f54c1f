"""Refunds and returns of customers: those of fewer than 10 orders tell nothing, and what is not loaded is not 0."""

from datetime import date, timedelta

from xpert_pipeline_tests.assets.sales.customers import SUNDAY, figures
from xpert_pipeline_tests.sources.conftest import INDIA

WEEK_END = SUNDAY + timedelta(days=6)
REFUNDS = ("refund_state", "refunded_orders", "units_refunded", "refund_pct")
RETURNS = ("return_state", "returned_orders", "units_returned", "return_pct")


def sell(shop, *numbers):
    """As many orders of one unit as the numbers say, of the ASINs A, B, C…, in a week that is loaded as a whole."""
    for asin, number in zip("ABCD", numbers, strict=False):
        for _ in range(number):
            shop.order(SUNDAY, (asin, 1, 10))
    shop.loaded(SUNDAY, WEEK_END)


def told(shop, names=REFUNDS):
    """Figures of the week by scope."""
    shop.run()
    return {key[3]: figures(row, *names) for key, row in shop.rows().items() if key[1] == "WEEK" and key[2] == SUNDAY}


def test_refunds_and_returns_count_in_the_week_in_which_they_happened(shop):
    """40 units sold; 12 orders with 2 units each refunded; 10 units came back and 10 requests came: 24 / 40, 20 / 40."""
    sell(shop, 25, 15)
    shop.came(SUNDAY, "A", 12, units=2)
    shop.came(WEEK_END, "A", 10, kind="FBA")
    shop.came(WEEK_END, "A", 10, kind="MFN")
    shop.came(WEEK_END + timedelta(days=1), "A", 30)
    for table in ("financial_events", "fba_returns", "merchant_returns"):
        shop.loaded(SUNDAY, WEEK_END, table=table)
    assert told(shop) == {
        "ACCOUNT": ("KNOWN", 12, 24, "60.0000"),
        "A": ("KNOWN", 12, 24, "96.0000"),
        "B": ("KNOWN", 0, 0, "0.0000"),
    }
    assert told(shop, RETURNS)["ACCOUNT"] == ("KNOWN", 20, 20, "50.0000")
    month = shop.rows()[INDIA, "MONTH", SUNDAY, "ACCOUNT"]
    assert figures(month, *REFUNDS) == ("KNOWN", 12, 24, "60.0000"), (
        "the days of the month that are loaded are this week"
    )


def test_refunds_of_fewer_than_ten_orders_are_not_told_neither_by_themselves_nor_by_subtraction(shop):
    """A 11 and B 12 refunded, C 9: C is withheld. Then C would be account - A - B: so the smallest of them is, too."""
    sell(shop, 20, 20, 20, 20)
    shop.loaded(SUNDAY, WEEK_END, table="financial_events")
    for asin, number in (("A", 11), ("B", 12), ("C", 9)):
        shop.came(SUNDAY, asin, number)
    few, none = ("FEW", None, None, None), ("KNOWN", 0, 0, "0.0000")
    assert told(shop) == {
        "ACCOUNT": ("KNOWN", 32, 32, "40.0000"), "A": few, "B": ("KNOWN", 12, 12, "60.0000"), "C": few, "D": none,
    }  # fmt: skip
    shop.came(SUNDAY, "C", 1)
    assert {state for state, *_ in told(shop).values()} == {"KNOWN"}, "10 refunds are enough"
    shop.came(SUNDAY, None, 2)
    assert told(shop)["C"] == few, "those of no ASIN and C are withheld together"
    shop.admin.execute("delete from returns_refunds where asin is distinct from 'D'")
    shop.came(SUNDAY, "D", 3)
    assert told(shop) == {"ACCOUNT": few, "A": none, "B": none, "C": none, "D": few}


def test_what_is_not_loaded_is_not_zero(shop):
    """Refunds are told as soon as all loaded days of orders have transactions; returns when both reports are loaded."""
    sell(shop, 20)
    nothing = ("NOT_LOADED", None, None, None)
    assert (told(shop)["A"], told(shop, RETURNS)["A"]) == (nothing, nothing)
    shop.loaded(SUNDAY, WEEK_END - timedelta(days=1), table="financial_events")
    shop.loaded(SUNDAY, WEEK_END, table="fba_returns")
    assert told(shop, (*REFUNDS, "refund_days"))["A"] == (*nothing, 6)
    shop.loaded(WEEK_END, WEEK_END, table="financial_events")
    assert told(shop)["A"] == ("KNOWN", 0, 0, "0.0000")
    assert told(shop, (*RETURNS, "return_days"))["A"] == (*nothing, 0)
    shop.loaded(SUNDAY, WEEK_END, table="merchant_returns")
    assert told(shop, (*RETURNS, "return_days"))["A"] == ("KNOWN", 0, 0, "0.0000", 7)
    shop.came(SUNDAY, "A", 10, units=None)
    assert told(shop)["A"] == ("KNOWN", 10, None, None), "the refunds name no units"
    assert told(shop, ("refund_state", "return_state"))["ACCOUNT"] == ("KNOWN", "KNOWN")
    shop.admin.execute("delete from order_items where order_id not in (select order_id from orders order by 1 limit 9)")
    assert told(shop) == dict.fromkeys(("ACCOUNT", "A"), ("SUPPRESSED", None, None, None))


def test_refunds_count_on_the_days_that_are_loaded_for_orders_and_for_refunds(shop):
    """Orders of 5 days of March and refunds of all of March gave 124 %: of 31 refunds, 10 are of these days: 10 / 25 = 40 %."""
    first, last = date(2026, 3, 27), date(2026, 3, 31)
    for _ in range(25):
        shop.order(last, ("A", 1, 10))
    shop.loaded(first, last)
    for table in ("financial_events", "fba_returns", "merchant_returns"):
        shop.loaded(SUNDAY, last, table=table)
    for kind in ("REFUND", "FBA"):
        shop.came(first - timedelta(days=1), "A", 21, kind=kind)
        shop.came(first, "A", 10, kind=kind)
    shop.run()
    month = shop.rows()[INDIA, "MONTH", SUNDAY, "A"]
    assert figures(month, "loaded_days", "refund_days", *REFUNDS) == (5, 5, "KNOWN", 10, 10, "40.0000")
    assert figures(month, *RETURNS) == ("KNOWN", 10, 10, "40.0000")


def test_refunds_and_returns_of_orders_of_another_shop_do_not_count(shop):
    """20 orders at Amazon without a return and 20 returned orders of another shop gave 100 %. Those of unknown orders count."""
    sell(shop, 20)
    for table in ("financial_events", "fba_returns", "merchant_returns"):
        shop.loaded(SUNDAY, WEEK_END, table=table)
    elsewhere = [shop.order(SUNDAY, ("A", 1, 10), channel="NON_AMAZON") for _ in range(20)]
    for kind in ("REFUND", "FBA"):
        shop.came(WEEK_END, "A", elsewhere, kind=kind)
    assert told(shop)["A"] == told(shop, RETURNS)["A"] == ("KNOWN", 0, 0, "0.0000")
    shop.came(WEEK_END, "A", 10)
    assert told(shop)["A"] == ("KNOWN", 10, 10, "50.0000")


def test_an_order_of_another_shop_that_comes_after_its_refund_takes_the_refund_back(shop):
    """12 refunds of unknown orders count; when 10 of them are known as orders of an earlier month elsewhere, 2 are left."""
    sell(shop, 20)
    shop.loaded(SUNDAY, WEEK_END, table="financial_events")
    shop.came(WEEK_END, "A", 12)
    assert told(shop)["A"] == ("KNOWN", 12, 12, "60.0000")
    elsewhere = [shop.order(date(2026, 1, 15), ("A", 1, 10), channel="NON_AMAZON") for _ in range(10)]
    shop.admin.execute(
        "update orders set order_id = r.order_id from (select order_id, row_number() over () as n from returns_refunds) r"
        " where orders.order_id = (%s::text[])[r.n]",
        [elsewhere],
    )
    shop.run(date(2026, 1, 1))
    week = shop.rows()[INDIA, "WEEK", SUNDAY, "A"]
    assert figures(week, *REFUNDS) == ("FEW", None, None, None), "its week was computed again"


def test_units_that_one_refund_does_not_tell_are_not_known(shop):
    """Of 10 refunded orders 9 told no units: the sum was 1, and 5 %."""
    sell(shop, 20, 10)
    for table in ("financial_events", "fba_returns", "merchant_returns"):
        shop.loaded(SUNDAY, WEEK_END, table=table)
    for kind in ("REFUND", "MFN"):
        shop.came(SUNDAY, "A", 9, units=None, kind=kind)
        shop.came(SUNDAY, "A", 1, kind=kind)
    unknown, none = ("KNOWN", 10, None, None), ("KNOWN", 0, 0, "0.0000")
    assert told(shop) == told(shop, RETURNS) == {"ACCOUNT": unknown, "A": unknown, "B": none}
    shop.came(SUNDAY, None, 10, kind="FBA")
    assert told(shop)["B"] == none, "each refund names its ASIN"
    assert told(shop, RETURNS)["B"] == ("KNOWN", None, None, None), "a return that names no ASIN may be of B"
