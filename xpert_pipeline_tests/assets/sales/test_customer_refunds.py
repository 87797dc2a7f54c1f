"""Refunds and returns of customers: those of fewer than 10 orders tell nothing, and what is not loaded is not 0."""

from datetime import timedelta

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
    assert figures(month, *REFUNDS) == ("KNOWN", 42, 54, "135.0000"), "more than was sold in the days that are loaded"


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
