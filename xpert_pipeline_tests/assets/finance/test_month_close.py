"""The month close: each kind of difference by hand."""

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from xpert_pipeline.postgres.month_close import read_month_close
from xpert_pipeline.spapi.marketplaces import MARKETPLACES
from xpert_pipeline_tests.assets.finance.books import Books
from xpert_pipeline_tests.assets.finance.month_chain import CHAIN, require_chain
from xpert_pipeline_tests.faults.conftest import DAGSTERS_OWN
from xpert_pipeline_tests.sources.conftest import INDIA

pytestmark = [pytest.mark.filterwarnings(DAGSTERS_OWN), pytest.mark.timeout(180)]
OCTOBER, NOVEMBER = date(2026, 10, 1), date(2026, 11, 1)
DAY, LATER = date(2026, 10, 14), date(2026, 11, 3)
NEVER_FRESH = {"last_updated_at": datetime(2026, 10, 14, tzinfo=UTC)}


@pytest.fixture
def books(pool, seller):
    return Books(pool, seller)


def kinds(books, month, step):
    """Rows, left and right side of each kind and currency of a step."""
    rows = books.ask(
        "select kind, currency, row_count, left_amount, right_amount from xpert_views.month_close"
        f" where month = '{month}' and step_number = {step}"
    )
    return {(kind, currency): (count, left, right) for kind, currency, count, left, right in rows}


def test_an_order_and_its_sale_differ_for_a_reason(books):
    """By hand: each order of October is one kind of difference."""
    now = datetime.now(UTC)
    sold = {"transaction_type": "Shipment"}
    books.ordered("equal", 100, DAY)
    books.amount("T1", 100, DAY, order_id="equal", **sold)
    books.ordered("waits", 90, DAY, status="UNSHIPPED")
    books.ordered("fresh", 80, DAY, last_updated_at=now)
    books.ordered("lost", 70, DAY)
    books.ordered("unpriced", None, DAY, status="PENDING")
    books.ordered("later", 60, DAY)
    books.amount("T2", 60, LATER, order_id="later", **sold)
    books.ordered("taxed", 118, DAY, tax_total=18)
    books.amount("T3", 100, DAY, order_id="taxed", **sold)
    books.amount("T4", 55, DAY, order_id="nobody's", **sold)
    books.ordered("elsewhere", 0, DAY, sales_channel="NON_AMAZON")
    books.amount("T5", 5, DAY, order_id="elsewhere", **sold)
    books.ordered("cancelled", 40, DAY, status="CANCELLED")
    books.amount("T6", 40, DAY, order_id="cancelled", **sold)
    books.ordered("never", 45, DAY, status="CANCELLED")
    books.ordered("foreign", 30, DAY)
    books.amount("T7", 1, DAY, order_id="foreign", currency="USD", **sold)
    books.ordered("rounded", 20, DAY)
    books.amount("T8", Decimal("20.04"), DAY, order_id="rounded", **sold)
    books.ordered("odd", 10, DAY)
    books.amount("T9", 9, DAY, order_id="odd", **sold)
    books.amount("T10", 18, DAY, group="Tax", order_id="taxed", **sold)
    assert kinds(books, OCTOBER, 1) == {
        ("equal", "INR"): (1, 100, 100),
        ("not shipped yet", "INR"): (1, 90, 0),
        ("not posted yet", "INR"): (1, 80, 0),
        ("no transaction", "INR"): (1, 70, 0),
        ("no price yet", "INR"): (1, 0, 0),
        ("posted in another month", "INR"): (1, 60, 0),
        ("tax in the price", "INR"): (1, 118, 100),
        ("order not loaded", "INR"): (1, 0, 55),
        ("not sold on Amazon", "INR"): (1, 0, 5),
        ("cancelled", "INR"): (1, 0, 40),
        ("currency", "INR"): (1, 30, 0),
        ("currency", "USD"): (1, 0, 1),
        ("rounding", "INR"): (1, 20, Decimal("20.04")),
        ("unknown", "INR"): (1, 10, 9),
    }
    assert kinds(books, NOVEMBER, 1) == {("ordered in another month", "INR"): (1, 0, 60)}


def test_a_cancelled_order_that_was_posted_in_another_month_adds_nothing_to_the_orders(books):
    """Its price was counted among the orders: the row of the other month was there, and the row that takes it out was not."""
    books.ordered("cancelled", 40, date(2026, 11, 1), status="CANCELLED")
    books.amount("T1", 40, date(2026, 10, 31), order_id="cancelled", transaction_type="Shipment")
    assert kinds(books, NOVEMBER, 1) == {
        ("posted in another month", "INR"): (1, 40, 0),
        ("cancelled", "INR"): (1, -40, 0),
    }
    assert kinds(books, OCTOBER, 1) == {("ordered in another month", "INR"): (1, 0, 40)}


def test_every_amount_of_a_month_has_one_kind(books):
    """By hand: ten amounts, and 3.00 of a transaction that Amazon does not break down."""
    amounts = [
        (100, "ProductCharges", "Shipment", {}), (18, "Tax", "Shipment", {}), (5, "GiftWrap", "Shipment", {}),
        (-10, "Promotion", "Shipment", {}), (-15, "AmazonFees", "Shipment", {}),
        (-3, "AmazonFees", "Shipment", {"is_tax": True}), (-1, "ItemTCS", "Shipment", {}),
        (-2, "ItemTDS", "Shipment", {}), (-40, "ProductCharges", "Refund", {}), (4, "AmazonFees", "Refund", {}),
        (-6, "AmazonFees", "ProductAdsPayment", {}), (7, "FBAInventoryReimbursement", "FBAInventoryReimbursement", {}),
        (8, "ProductCharges", "RemovalShipment", {}), (9, "Adjustments", "Adjustment", {}),
        (-50, "Transfer", "Transfer", {}), (77, "ProductCharges", "Shipment", {"is_counted": False}),
    ]  # fmt: skip
    for leaf, (amount, group, kind, more) in enumerate(amounts):
        books.amount("T", amount, DAY, group=group, leaf=leaf, transaction_type=kind, **more)
    books.posted("T", 74, DAY, amount_tree="ITEMS")
    books.posted("U", 3, DAY, transaction_type="Adjustment")
    found = {kind: (left, right) for (kind, _), (_, left, right) in kinds(books, OCTOBER, 2).items()}
    assert found == {
        "sales": (100, 100), "tax": (0, 18), "shipping and services": (0, 5), "promotions": (0, -10), "fees": (0, -11),
        "tax on fees": (0, -3), "TCS": (0, -1), "TDS": (0, -2), "refunds": (0, -40), "advertising": (0, -6),
        "reimbursements": (0, 7), "liquidations": (0, 8), "other": (0, 9), "not broken down": (0, 3),
    }  # fmt: skip
    assert kinds(books, OCTOBER, 3) == {("not settled yet", "INR"): (2, 77, 0)}


def settled_line(books, settlement, number, amount, **values):
    facts = {"posted_date": DAY, "amount_type": "ItemPrice", "amount": amount, "currency": "INR"}
    books.write("settlement_rows", settlement_id=settlement, row_number=number, **{**facts, **values})


def test_a_transaction_and_its_settlement_differ_for_a_reason(books):
    """By hand: S1 ends in October and S2 in November; a third settlement is named, and its report is not loaded."""
    order = "402-0000000-000000{}".format
    books.settled("S1", date(2026, 10, 1), date(2026, 10, 20), 100)
    books.settled("S2", date(2026, 11, 1), date(2026, 11, 10), 50)
    books.posted("before", 1, date(2026, 9, 30), settlement_id="S0")
    books.posted("equal", 100, DAY, order_id=order(1), settlement_id="S1")
    books.posted("later", 50, DAY, order_id=order(2), settlement_id="S2")
    books.posted("open", 9, DAY, posted_at=datetime(2026, 10, 25, tzinfo=UTC))
    waits = {"is_cash": False, "transaction_status": "DEFERRED"}
    books.posted("deferred", 8, DAY, deferral_reason="B2B", **waits)
    books.posted("released", 7, DAY, **{**waits, "transaction_status": "DEFERRED_RELEASED"})
    books.posted("first", 6, DAY, order_id=order(3), **{**waits, "transaction_status": "DEFERRED_RELEASED"})
    books.posted(
        "second 1", 6, LATER, order_id=order(3), is_counted=False, deferred_transaction_id="first", settlement_id="S2"
    )
    books.posted(
        "second 2", 2, LATER, order_id=order(3), is_counted=False, deferred_transaction_id="first", settlement_id="S2"
    )
    books.posted(
        "orphan", 5, LATER, order_id=order(4), is_counted=False, deferred_transaction_id="?", settlement_id="S2"
    )
    books.posted("unnamed", 4, DAY, posted_at=datetime(2026, 10, 15, tzinfo=UTC))
    books.posted("missing", 3, DAY, order_id=order(5), settlement_id="S1")
    books.posted("rounded", 2, DAY, order_id=order(6), settlement_id="S1")
    books.posted("odd", 1, DAY, order_id=order(7), settlement_id="S1")
    for number, (who, amount) in enumerate(((1, 100), (6, Decimal("2.03")), (7, 11), (8, 13)), start=2):
        settled_line(books, "S1", number, amount, order_id=order(who))
    settled_line(books, "S1", 9, -20, amount_description="Current Reserve Amount")
    settled_line(books, "S1", 10, 4, amount_type="ServiceFee")
    for number, (who, amount) in enumerate(((2, 50), (3, 8), (4, 5)), start=2):
        settled_line(books, "S2", number, amount, order_id=order(who))
    assert kinds(books, OCTOBER, 3) == {
        ("equal", "INR"): (5, 110, 110),
        ("settled in another month", "INR"): (2, 56, 0),
        ("not settled yet", "INR"): (1, 9, 0),
        ("deferred", "INR"): (1, 8, 0),
        ("release not loaded", "INR"): (1, 7, 0),
        ("only in transactions", "INR"): (1, 0, -3),
        ("rounding", "INR"): (1, 0, Decimal("0.03")),
        ("unknown", "INR"): (1, 0, 10),
        ("only in settlements", "INR"): (1, 0, 13),
        ("reserve", "INR"): (1, 0, -20),
    }
    assert kinds(books, NOVEMBER, 3) == {
        ("posted in another month", "INR"): (2, 0, 56),
        ("another release", "INR"): (1, 0, 2),
        ("first transaction not loaded", "INR"): (1, 0, 5),
    }
    assert kinds(books, date(2026, 9, 1), 3) == {("settlement not loaded", "INR"): (1, 1, 0)}
    assert sum(right for _, _, right in kinds(books, OCTOBER, 3).values()) == Decimal("110.03")


def test_money_of_an_order_from_another_channel_is_the_same_money_on_both_sides(books):
    """Settlements keep the ids of Amazon's orders only; transactions kept all, and there were two opposite differences."""
    books.settled("S1", date(2026, 10, 1), date(2026, 10, 20), -30)
    books.posted("T1", -30, DAY, order_id="S02-1234567-1234567", settlement_id="S1")
    settled_line(books, "S1", 2, -30, order_id="S02-1234567-1234567")
    assert kinds(books, OCTOBER, 3) == {("equal", "INR"): (1, -30, -30)}


def test_the_first_of_two_transactions_may_be_the_one_that_names_the_other(books):
    waits = {"is_cash": False, "transaction_status": "DEFERRED_RELEASED"}
    books.settled("S1", date(2026, 10, 1), date(2026, 10, 20), 6)
    books.posted("first", 6, DAY, release_transaction_id="second", **waits)
    books.posted("second", 6, DAY, is_counted=False, settlement_id="S1")
    settled_line(books, "S1", 2, 6)
    assert kinds(books, OCTOBER, 3) == {("equal", "INR"): (1, 6, 6)}


def test_money_between_two_settlements_or_currencies_says_so(books):
    books.settled("S1", date(2026, 10, 1), date(2026, 10, 20), 0)
    books.settled("S2", date(2026, 10, 1), date(2026, 10, 20), 0)
    books.posted("unnamed", 4, DAY)
    waits = {"is_cash": False, "transaction_status": "DEFERRED_RELEASED"}
    books.posted("first", 6, DAY, **waits)
    books.posted(
        "second", 1, DAY, is_counted=False, deferred_transaction_id="first", settlement_id="S1", currency="USD"
    )
    assert kinds(books, OCTOBER, 3) == {
        ("settlement not named", "INR"): (1, 4, 0),
        ("currency", "INR"): (1, 6, 0),
        ("currency", "USD"): (1, 0, 1),
        ("only in transactions", "USD"): (1, 0, -1),
    }


def test_a_settlement_its_deposit_and_its_transfer_differ_for_a_reason(books):
    def deposited(number, total, moment, **more):
        books.settled(number, date(2026, 10, 1), date(2026, 10, 30), total, deposited_at=moment, **more)

    def transferred(number, amount, day):
        books.posted(number, -amount, day, transaction_type="Transfer", settlement_id=number)

    here, there = datetime(2026, 10, 31, 18, 29, tzinfo=UTC), datetime(2026, 10, 31, 18, 31, tzinfo=UTC)
    for number, total, rows, moment in (
        ("A", 100, 100, here), ("B", 90, 90, there), ("C", 80, 80, None), ("D", 70, 69, here),
        ("E", 60, Decimal("60.01"), here), ("F", 50, 47, here), ("G", 0, 0, here),
    ):  # fmt: skip
        deposited(number, total, moment, rejected_count=int(number == "F"))
        if rows:
            settled_line(books, number, 2, rows)
    settled_line(books, "A", 3, 5, currency="USD")
    transferred("A", 100, DAY)
    transferred("B", 90, DAY)
    transferred("D", 70, LATER)
    transferred("E", Decimal("59.99"), DAY)
    transferred("H", 40, DAY)
    assert kinds(books, OCTOBER, 4) == {
        ("equal", "INR"): (2, 100, 100),
        ("currency", "USD"): (1, 5, 0),
        ("deposited in another month", "INR"): (1, 90, 0),
        ("no deposit date", "INR"): (1, 80, 0),
        ("unknown", "INR"): (1, 69, 70),
        ("rounding", "INR"): (1, Decimal("60.01"), 60),
        ("unread rows", "INR"): (1, 47, 50),
    }
    assert kinds(books, NOVEMBER, 4) == {("settled in another month", "INR"): (1, 0, 90)}
    assert kinds(books, OCTOBER, 5) == {
        ("equal", "INR"): (1, 100, 100),
        ("transferred in another month", "INR"): (1, 70, 0),
        ("rounding", "INR"): (1, 60, Decimal("59.99")),
        ("no transfer", "INR"): (1, 50, 0),
        ("deposited in another month", "INR"): (1, 0, 90),
        ("settlement not loaded", "INR"): (1, 0, 40),
    }
    assert kinds(books, NOVEMBER, 5) == {
        ("transferred in another month", "INR"): (1, 90, 0),
        ("deposited in another month", "INR"): (1, 0, 70),
    }
    require_chain(books.ask(CHAIN))


def test_each_transfer_without_a_known_settlement_stays_in_its_own_month(books):
    """All of them were one row in the month of the newest one."""
    for number, amount, day in (("A", 40, DAY), ("B", 30, DAY), ("C", 20, LATER)):
        books.posted(number, -amount, day, transaction_type="Transfer")
    assert kinds(books, OCTOBER, 5) == {("settlement not loaded", "INR"): (2, 0, 70)}
    assert kinds(books, NOVEMBER, 5) == {("settlement not loaded", "INR"): (1, 0, 20)}
    named = books.ask("select transaction_id from xpert_views.month_close_rows where step_number = 5")
    assert {number for (number,) in named} == {"A", "B", "C"}


def test_a_month_is_complete_when_it_is_over_and_all_its_days_are_loaded(books):
    """The days are Kolkata's own: a load until 18:29 UTC does not reach its midnight."""
    today = datetime.now(UTC) + timedelta(hours=5, minutes=30)
    spans = {
        "orders": [("2026-08-31T18:30Z", "2026-09-30T18:30Z"), ("2026-09-30T18:30Z", "2026-10-31T18:29Z")],
        "financial_events": [("2026-08-31T18:30Z", "2026-10-31T18:30Z")],
    }
    for number, (table, windows) in enumerate(spans.items()):
        for place, (start, end) in enumerate(windows):
            books.ask(
                "insert into loads (load_id, table_name, seller_id, marketplace_id, source, window_kind, window_start,"
                " window_end, run_id, fetched, inserted, updated, unchanged, deleted, rejected, started_at)"
                f" values ('00000000-0000-0000-0000-0000000000{number}{place}', '{table}', '{books.seller.id}',"
                f" '{INDIA}', 'a test', 'created', '{start}', '{end}', 'r', 0, 0, 0, 0, 0, 0, now()) returning 1"
            )
    columns = "month, days, order_days, transaction_days, is_over, is_complete"
    months = {row[0]: row[1:] for row in books.ask(f"select {columns} from xpert_views.months")}
    assert months[date(2026, 9, 1)] == (30, 30, 30, True, True)
    assert months[OCTOBER] == (31, 30, 31, True, False)
    assert months[today.date().replace(day=1)][3:] == (False, False)


def test_the_view_of_marketplaces_is_the_list_of_the_code(books):
    rows = books.ask("select marketplace_id, country, marketplace, currency, timezone from xpert_views.marketplaces")
    assert sorted(rows) == sorted(
        (each.id, each.country, each.domain, each.currency, each.timezone) for each in MARKETPLACES
    )


def test_the_questions_of_the_document_run(books):
    text = (Path(__file__).resolve().parents[3] / "docs" / "month-close.md").read_text()
    questions = re.findall(r"```sql\n(.*?)```", text, re.DOTALL)
    assert len(questions) == 2
    books.ordered("lost", 70, DAY)
    assert [len(books.ask(question)) for question in questions] == [1, 1]


def test_the_rows_of_a_month_are_read_with_the_meaning_of_their_kind(books):
    books.ordered("waits", 90, DAY, status="UNSHIPPED")
    found = read_month_close(books.pool, books.seller.id, OCTOBER)
    (row,) = found.rows
    assert (row.kind, row.difference, row.what) == ("not shipped yet", -90, "A book")
    assert row.meaning.startswith("Amazon posts the sale when the order ships.")
    assert found.loaded == []
