"""What customers order: groups below 10 tell nothing, and any history gives what a fresh start gives."""

import random
from datetime import date, timedelta
from decimal import Decimal
from types import SimpleNamespace

import pytest

from xpert_pipeline.sandbox.sales.customers_truth import period_rows
from xpert_pipeline.sandbox.world.records import CANCELLED, Item
from xpert_pipeline_tests.assets.by_hand import ZONES
from xpert_pipeline_tests.assets.sales.customers import FIGURES, NAME, SUNDAY, figures
from xpert_pipeline_tests.faults.pipeline import same
from xpert_pipeline_tests.sources.conftest import GERMANY, INDIA


def test_the_figures_of_a_week_are_those_of_its_orders(shop):
    """20 orders of 2 units for 300, one without an amount yet, 3 cancelled: aov = (20 * 300) / 20, 3 of 24 cancelled."""
    for place in range(20):
        shop.order(SUNDAY + timedelta(days=place % 7), ("A", 1, 100), ("B", 1, 200), is_business=place < 10)
    shop.order(SUNDAY, ("A", 1, 100), ("B", 4, None))
    for _ in range(3):
        shop.order(SUNDAY, ("A", 1, 100), status="CANCELLED")
    shop.order(SUNDAY, ("A", 50, 5000), channel="NON_AMAZON")
    shop.loaded(SUNDAY, SUNDAY + timedelta(days=6))
    shop.run()
    rows = shop.rows()
    week = rows[INDIA, "WEEK", SUNDAY, "ACCOUNT"]
    assert figures(week) == (21, 45, "6100.0000", "300.0000", "2.1429", "44.4444", "12.5000", "INR")
    assert figures(rows[INDIA, "WEEK", SUNDAY, "A"]) == (
        21,
        21,
        "2100.0000",
        "100.0000",
        "1.0000",
        "47.6190",
        "12.5000",
        "INR",
    )
    assert figures(week, "period_end", "loaded_days") == (date(2026, 3, 7), 7)
    month = rows[INDIA, "MONTH", SUNDAY, "ACCOUNT"]
    assert (figures(month), month["period_end"], month["loaded_days"]) == (figures(week), date(2026, 3, 31), 7)


def test_a_group_below_ten_orders_tells_nothing_neither_itself_nor_by_subtraction(shop):
    """A 12 orders, B 11, C 9: C is withheld. Then B would be account - A - C: so the next smallest is withheld, too."""
    for asin, number in (("A", 12), ("B", 11), ("C", 9)):
        for _ in range(number):
            shop.order(SUNDAY, (asin, 1, 10))
    shop.run()
    rows = shop.rows()
    hidden = {key[3] for key, row in rows.items() if row["is_suppressed"]}
    assert hidden == {"B", "C"}
    assert {figures(row) for row in rows.values() if row["is_suppressed"]} == {(None,) * len(FIGURES)}
    assert figures(rows[INDIA, "WEEK", SUNDAY, "ACCOUNT"], "orders", "units") == (32, 32)
    shop.order(SUNDAY, ("C", 1, 10))
    shop.run()
    assert {row["is_suppressed"] for row in shop.rows().values()} == {False}, "10 orders are enough"


def test_an_order_of_two_withheld_products_counts_once(shop):
    """8 orders of C and D together: 16 by ASIN, but 8 orders, which A less the account would tell."""
    for _ in range(12):
        shop.order(SUNDAY, ("A", 1, 10))
        shop.order(SUNDAY, ("B", 1, 10), ("A", 1, 10))
    for _ in range(8):
        shop.order(SUNDAY, ("C", 1, 10), ("D", 1, 10))
    shop.run()
    assert {key[3] for key, row in shop.rows().items() if row["is_suppressed"]} == {"B", "C", "D"}


def test_orders_without_a_product_count_among_those_that_are_withheld(shop):
    """6 orders of C and 5 without an ASIN: 11 orders are in the difference, which is enough.

    With 5 and 4 it is not. In the month C has 11 orders, but those without an ASIN are 9.
    """
    for _ in range(12):
        shop.order(SUNDAY, ("A", 1, 10))
    for place in range(11):
        shop.order(SUNDAY, ("C" if place < 6 else None, 1, 10))
    for place in range(9):
        shop.order(SUNDAY + timedelta(days=7), ("C" if place < 5 else None, 1, 10))
    for _ in range(12):
        shop.order(SUNDAY + timedelta(days=7), ("A", 1, 10))
    shop.run()
    hidden = {key[1:] for key, row in shop.rows().items() if row["is_suppressed"]}
    second = SUNDAY + timedelta(days=7)
    assert hidden == {("WEEK", SUNDAY, "C"), ("WEEK", second, "A"), ("WEEK", second, "C"), ("MONTH", SUNDAY, "C")}


def test_odd_orders_give_a_row_without_what_is_not_known(shop):
    """Two currencies, all cancelled, no ASIN, and 3 business orders among 12."""
    for place in range(12):
        shop.order(SUNDAY, ("TWO", 1, 5, ("currency", "USD" if place else "INR")), is_business=place < 3)
        shop.order(SUNDAY - timedelta(days=1), ("OFF", 1, 5, ("is_cancelled", True)))
        shop.order(SUNDAY - timedelta(days=40), (None, 2, None))
    shop.run()
    rows = shop.rows()
    assert figures(rows[INDIA, "WEEK", SUNDAY, "TWO"]) == (12, 12, None, None, "1.0000", None, "0.0000", None)
    february = rows[INDIA, "MONTH", date(2026, 2, 1), "OFF"]
    assert figures(february) == (0, 0, None, None, None, None, "100.0000", None)
    january = date(2026, 1, 1)
    assert figures(rows[INDIA, "MONTH", january, "ACCOUNT"]) == (12, 24, None, None, "2.0000", "0.0000", "0.0000", None)
    assert [key for key in rows if key[2] == january] == [(INDIA, "MONTH", january, "ACCOUNT")]


def test_days_that_are_loaded_later_are_counted_although_no_order_is_in_them(shop):
    for _ in range(10):
        shop.order(SUNDAY, ("A", 1, 10))
    shop.loaded(SUNDAY, SUNDAY)
    shop.run()
    assert {row["loaded_days"] for row in shop.rows().values()} == {1}
    shop.loaded(SUNDAY + timedelta(days=1), SUNDAY + timedelta(days=9))
    shop.run()
    assert {(key[1], row["loaded_days"]) for key, row in shop.rows().items()} == {("WEEK", 7), ("MONTH", 10)}


REPEATS = ("repeat_state", "unique_customers", "repeat_customer_pct", "repeat_revenue")


def report(shop, asin, customers, revenue, currency="INR", week=SUNDAY, share=25):
    shop.put(
        "repeat_purchases", period_start=week, period_end=week + timedelta(days=6), asin=asin, orders=customers,
        unique_customers=customers, repeat_customer_pct=share, repeat_revenue=revenue, currency=currency,
    )  # fmt: skip


def test_customers_who_come_back_are_told_in_the_weeks_of_products_that_amazon_reports(shop):
    """A has 40 orders and a report; B is in dollars there; C is in no report; D has a report, but is suppressed."""
    for asin, number in (("A", 40), ("B", 40), ("C", 12), ("D", 9), ("E", 9)):
        for _ in range(number):
            shop.order(SUNDAY, (asin, 1, 10))
    shop.run()
    weeks = {asin: (INDIA, "WEEK", SUNDAY, asin) for asin in "ABCD"}
    assert figures(shop.rows()[weeks["A"]], *REPEATS) == ("NOT_REPORTED", None, None, None)
    report(shop, "A", 40, 30)
    report(shop, "B", 44, 30, currency="USD")
    report(shop, "D", 8, 20)
    report(shop, "F", 8, 20)
    shop.run()
    rows = shop.rows()
    assert figures(rows[weeks["A"]], *REPEATS) == ("KNOWN", 40, "25", "30.0000"), "a new report computes its week"
    assert figures(rows[weeks["B"]], *REPEATS) == ("KNOWN", 44, "25", None), "the row is in rupees"
    assert figures(rows[weeks["C"]], *REPEATS) == ("NOT_REPORTED", None, None, None)
    assert figures(rows[weeks["D"]], *REPEATS) == ("SUPPRESSED", None, None, None)
    assert (INDIA, "WEEK", SUNDAY, "F") not in rows, "a product without an order has no row"
    for key in ((INDIA, "WEEK", SUNDAY, "ACCOUNT"), (INDIA, "MONTH", SUNDAY, "A"), (INDIA, "MONTH", SUNDAY, "ACCOUNT")):
        assert figures(rows[key], *REPEATS) == ("OTHER_GRAIN", None, None, None)
    shop.admin.execute("update repeat_purchases set unique_customers = 48 where asin = 'A'")
    shop.admin.execute("delete from repeat_purchases where asin = 'B'")
    shop.run()
    assert shop.rows()[weeks["A"]]["unique_customers"] == 48
    assert shop.rows()[weeks["B"]]["repeat_state"] == "NOT_REPORTED"


@pytest.mark.parametrize(
    ("customers", "share", "told"),
    [
        (40, 25, ("KNOWN", 40, "25", "30.0000")),  # 10 came back
        (36, 25, ("KNOWN", 36, None, None)),  # 9 did
        (40, 0, ("KNOWN", 40, "0", "30.0000")),
        (40, 80, ("KNOWN", 40, None, None)),  # 8 did not
        (40, None, ("KNOWN", 40, None, None)),
        (9, 0, ("FEW", None, None, None)),
        (None, 25, ("FEW", None, None, None)),
    ],
)
def test_nothing_is_told_of_fewer_than_ten_customers(shop, customers, share, told):
    for _ in range(40):
        shop.order(SUNDAY, ("A", 1, 10))
    report(shop, "A", customers, 30, share=share)
    shop.run()
    assert figures(shop.rows()[INDIA, "WEEK", SUNDAY, "A"], *REPEATS) == told


def expected(shop):
    """All rows, from the raw orders, by other means than the pipeline's."""
    found = shop.admin.execute(
        "select o.marketplace_id, o.order_date, o.order_id, o.fulfillment_status, o.is_business, i.asin,"
        " i.quantity_ordered, i.item_subtotal, i.currency, i.is_cancelled"
        " from orders o join order_items i using (seller_id, marketplace_id, order_id)"
    ).fetchall()
    orders, lines = {}, {}
    for store, day, number, status, is_business, asin, units, amount, currency, is_cancelled in found:
        orders[number] = (store, day, SimpleNamespace(id=number, status=status, is_business=is_business))
        price = None if amount is None else str(amount)
        lines.setdefault(number, []).append(Item("", "", asin, "", units, 0, price, currency, (), is_cancelled))
    periods = {}
    for number, (store, day, order) in orders.items():
        for kind, start in (("WEEK", day - timedelta(days=day.isoweekday() % 7)), ("MONTH", day.replace(day=1))):
            scopes = periods.setdefault((store, kind, start), {})
            scopes.setdefault("ACCOUNT", []).append((order, lines[number]))
            for asin in {line.asin for line in lines[number]}:
                of_asin = [line for line in lines[number] if line.asin == asin]
                scopes.setdefault(asin or "", []).append((order, of_asin))
    return {(*period, row["scope"]): row for period, scopes in periods.items() for row in period_rows(scopes)}


@pytest.mark.parametrize("seed", [1, 2])
def test_any_history_gives_the_rows_of_a_fresh_start(shop, seed):
    """Late orders, cancellations, moves and deletions, in two marketplaces."""
    rng, known = random.Random(seed), []
    for store in ZONES:
        for table in ("orders", "financial_events", "fba_returns", "merchant_returns"):
            shop.loaded(SUNDAY, SUNDAY + timedelta(days=7), store, table)
    for step in range(5):
        for _ in range(60 if step == 0 else 6):
            lines = [
                (rng.choice([*"ABBBCCCCC", None]), rng.randrange(-1, 5), rng.choice([None, 5, 7, Decimal("9.99")]))
                for _ in range(rng.choice([1, 1, 2]))
            ]
            day = SUNDAY + timedelta(days=rng.choice([-3, 0, 0, 1, 2, 29, 31]))
            status, is_business = rng.choice(["SHIPPED", "SHIPPED", CANCELLED]), rng.random() < 0.5
            known.append(
                shop.order(
                    day, *lines, store=rng.choice([INDIA, INDIA, GERMANY]), status=status, is_business=is_business
                )
            )
        for number in rng.sample(known, 4):
            change(shop, rng, number)
        shop.came(
            SUNDAY + timedelta(days=rng.choice([-3, 0, 1, 29])), rng.choice("ABC"), rng.randrange(1, 15),
            kind=rng.choice(["REFUND", "REFUND", "FBA", "MFN"]), store=rng.choice(list(ZONES)),
        )  # fmt: skip
        shop.admin.execute(
            "delete from returns_refunds where return_key = (select min(return_key) from returns_refunds)"
        )
        shop.run()
        rows, truth = shop.rows(), expected(shop)
        assert rows.keys() == truth.keys()
        assert [
            f"{key}: {name} is {rows[key][name]}, not {value}"
            for key, row in truth.items()
            for name, value in row.items()
            if not same(rows[key][name], value)
        ] == []
    assert {row["is_suppressed"] for row in rows.values()} == {True, False}
    assert {row["refund_state"] for row in rows.values()} >= {"SUPPRESSED", "KNOWN"}
    shop.admin.execute("delete from loads where table_name = %s", [NAME])
    shop.run()
    assert shop.rows() == rows, "all periods are computed: none differs"
    shop.admin.execute("delete from order_items")
    shop.run()
    assert shop.rows() == {}


def change(shop, rng, number):
    kind = rng.choice(["cancel", "line", "move", "delete"])
    if kind == "cancel":
        shop.admin.execute("update orders set fulfillment_status = 'CANCELLED' where order_id = %s", [number])
    elif kind == "line":
        shop.admin.execute("update order_items set is_cancelled = true where order_id = %s", [number])
    else:
        day = SUNDAY + timedelta(days=rng.randrange(-40, 40))
        for table in ("order_items", "orders"):
            statement = "update {} set order_date = %(day)s" if kind == "move" else "delete from {}"
            shop.admin.execute(f"{statement.format(table)} where order_id = %(id)s", {"day": day, "id": number})
