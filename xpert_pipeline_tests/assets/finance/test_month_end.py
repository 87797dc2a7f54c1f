"""What Amazon owed at the end of a month: by hand."""

from datetime import UTC, date, datetime, timedelta

from xpert_pipeline.postgres.month_close import read_month_close
from xpert_pipeline_tests.assets.finance.books import Books


def test_what_was_open_at_the_end_of_a_month_follows_from_the_days_of_releases_and_settlements(pool, seller):
    """By hand: S1 ends in January and S2 in March. At the end of January 8 + 7 are deferred, and 5 + 4 not settled."""
    books = Books(pool, seller)
    january, february, march = date(2024, 1, 14), date(2024, 2, 29), date(2024, 3, 5)
    books.settled("S1", date(2024, 1, 10), date(2024, 1, 31), 10)
    books.settled("S2", date(2024, 3, 1), date(2024, 3, 20), 19)
    waits = {"is_cash": False, "transaction_status": "DEFERRED_RELEASED"}
    books.posted("settled", 10, january, settlement_id="S1")
    books.posted("later", 5, january, settlement_id="S2")
    books.posted("never", 4, january, posted_at=datetime(2024, 2, 20, tzinfo=UTC))
    books.posted("deferred", 8, january, is_cash=False, transaction_status="DEFERRED")
    books.posted("released", 7, january, **waits)
    books.posted(
        "release", 7, february, is_counted=False, deferred_transaction_id="released", settlement_id="S2",
        posted_at=datetime(2024, 3, 1, tzinfo=UTC),
    )  # fmt: skip
    books.posted("named", 3, january, release_transaction_id="its release", **waits)
    books.posted("its release", 3, january, is_counted=False, settlement_id="S1")
    books.posted("young", 6, march, settlement_id="S2")
    books.posted("unknown", 9, january, settlement_id="S9")

    def open_at(month):
        rows = books.ask(
            "select transaction_id, state, amount, release_date, settlement_id, settled_month"
            f" from xpert_views.month_end_open where month = '{month}'"
        )
        return {number: tuple(row) for number, *row in rows}

    settled_in = date(2024, 3, 1)
    assert open_at(date(2024, 1, 1)) == {
        "later": ("not settled yet", 5, None, "S2", settled_in),
        "never": ("not settled yet", 4, None, None, None),
        "deferred": ("deferred", 8, None, None, None),
        "released": ("deferred", 7, february, "S2", settled_in),
    }
    assert {number: state for number, (state, *_) in open_at(date(2024, 2, 1)).items()} == {
        "later": "not settled yet", "never": "not settled yet", "deferred": "deferred", "released": "not settled yet",
    }  # fmt: skip
    assert open_at(settled_in).keys() == {"never", "deferred"}
    this_month = (datetime.now(UTC) + timedelta(hours=5, minutes=30)).date().replace(day=1)
    assert open_at(this_month) == {}, "it is not over"
    found = read_month_close(books.pool, books.seller.id, date(2024, 2, 1)).open_rows
    assert [(row.transaction_id, row.state, row.amount) for row in found] == [
        ("deferred", "deferred", 8), ("later", "not settled yet", 5), ("never", "not settled yet", 4),
        ("released", "not settled yet", 7),
    ]  # fmt: skip


def test_a_plan_reads_the_releases_once_and_not_for_each_transaction(pool, seller, admin):
    """With 20,000 transactions a close took minutes: every one read all transactions in search of its release."""
    books, number = Books(pool, seller), 150
    waits = {"is_cash": False, "transaction_status": "DEFERRED_RELEASED"}
    for each in range(number):
        books.posted(f"T{each}", 1, date(2024, 1, 14), release_transaction_id=f"R{each}" if each % 2 else None, **waits)
        books.posted(
            f"R{each}", 1, date(2024, 2, 14), is_counted=False, deferred_transaction_id=None if each % 2 else f"T{each}"
        )
    admin.execute("analyze financial_events")
    asked = (
        f"select release_date from xpert_views.month_end_open where month = '2024-01-01' and seller_id = '{seller.id}'"
    )
    assert books.ask(asked) == [(date(2024, 2, 14),)] * number
    ((plan,),) = books.ask(f"explain (analyze, format json) {asked}")
    read = max(_rows_read(plan[0]["Plan"]))
    assert number <= read < number * number / 3, (
        "the rows that one step of the plan reads; 23 marketplaces for each row"
    )


def _rows_read(node):
    """The rows that each step of a plan reads from tables and other steps, over all its loops."""
    if node["Node Type"] == "Function Scan":
        return
    rows = sum(node.get(name, 0) for name in ("Actual Rows", "Rows Removed by Filter", "Rows Removed by Join Filter"))
    yield rows * node["Actual Loops"]
    for below in node.get("Plans", ()):
        yield from _rows_read(below)
