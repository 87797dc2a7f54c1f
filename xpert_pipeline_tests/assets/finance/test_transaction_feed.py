"""Transactions and their amounts: rows equal the world's books, and a window that is read again replaces what it held."""

import json
from collections import defaultdict
from dataclasses import replace
from datetime import timedelta

import pytest

from xpert_pipeline.assets.finance.transaction_feed import SOURCE
from xpert_pipeline.postgres.pool import tenant
from xpert_pipeline.sandbox.finance import transactions_api
from xpert_pipeline.sandbox.world.transactions import MoneyBooks, books_of
from xpert_pipeline_tests.faults.conftest import DAGSTERS_OWN, empty_pipeline, hours_pass, make_sandbox

__all__ = ["empty_pipeline", "hours_pass", "make_sandbox"]
pytestmark = [pytest.mark.filterwarnings(DAGSTERS_OWN), pytest.mark.timeout(120)]
INDIA, EMIRATES = "A21TJRUUN4KGV", "A2VIGQ35RCS4UG"
TABLES = EVENTS, AMOUNTS = "financial_events", "financial_event_amounts"
STATES = """
select coalesce(transaction_status, 'none'), count(*), count(*) filter (where is_counted)
from financial_events where item_index = -1 and transaction_type = 'Shipment' group by 1
"""


def served(pipeline, make_sandbox, stores=(INDIA,), **options):
    pipeline.sources = (SOURCE,)
    pipeline.serve(
        make_sandbox(**{"marketplaces": stores, "days": 32, "orders_per_day": 5, "skus": 8, **options}), onboard=False
    )
    pipeline.add_seller(pipeline.sellers[0], "Atzr|sandbox-1", marketplaces=stores)
    return pipeline


@pytest.fixture
def two_stores(empty_pipeline, make_sandbox):
    return served(empty_pipeline, make_sandbox, (INDIA, EMIRATES))


@pytest.fixture
def money(empty_pipeline, make_sandbox):
    return served(empty_pipeline, make_sandbox, days=22, orders_per_day=4)


def world_of(pipeline):
    return pipeline.sandbox.state.worlds[pipeline.sellers[0]]


def let_the_world_end(pipeline, days):
    """Let the world have ended some days earlier; return the whole one."""
    world = world_of(pipeline)
    pipeline.sandbox.state.worlds[world.seller_id] = replace(world, end=world.end - days * 86_400, ends={})
    return world


def let_an_order_be_of_another_shop(pipeline):
    """Let Amazon have shipped an order of the seller's own shop: it moves units, and nothing is paid for it."""
    orders = world_of(pipeline).orders
    *_, place = (n for n, order in enumerate(orders) if order.status == "SHIPPED" and order.is_sale)
    pipeline.change_order(place, channel="Non-Amazon", updated=orders[place].updated)


def let_books_lack(pipeline, is_gone):
    """Take postings out of the world's books."""
    world = world_of(pipeline)
    books = books_of(world, INDIA, world.end)
    key, _ = world.figures[f"money {INDIA}"]
    left = [posting for posting in books.postings if not is_gone(posting)]
    world.figures[f"money {INDIA}"] = key, MoneyBooks(left, books.periods)
    return len(books.postings) - len(left)


def result(pipeline, table, check):
    return pipeline.one(
        "select passed, sentence from check_results where table_name = %s and check_name = %s", table, check
    )


def test_both_tables_and_the_views_are_the_books_of_two_stores_and_a_second_run_changes_nothing(two_stores, hours_pass):
    pipeline = two_stores
    let_an_order_be_of_another_shop(pipeline)
    for name in ("transactions-empty-page", "transactions-old-envelope", "transactions-nulls"):
        pipeline.fault(name, count=1)
    assert pipeline.run().errors == {}
    pipeline.assert_whole(*TABLES)
    rows = pipeline.rows(EVENTS)
    assert {row["marketplace_id"] for row in rows} == {INDIA, EMIRATES}
    assert {row["transaction_status"] for row in rows} - {None} == {"DEFERRED", "DEFERRED_RELEASED", "RELEASED"}
    assert {row["amount_tree"] for row in rows} - {None} == {"ITEMS", "TRANSACTION"}
    assert any(row["total_amount"] == 0 and row["quantity"] for row in rows), "a shipment of nothing moves units"
    periods_are_the_cash(pipeline)
    what_counts_is_the_accrual(pipeline)
    views_show_another_tenant_nothing(pipeline)

    hours_pass()
    again = pipeline.run()
    for table in TABLES:
        counts = again.counts[table]
        assert (counts["inserted"], counts["updated"], counts["deleted"]) == (0, 0, 0)
        assert counts["unchanged"] > 100


def periods_are_the_cash(pipeline):
    """A group of the cash view collects what its settlement pays, and its transfer pays it out."""
    cash = {row["financial_event_group_id"]: row for row in pipeline.rows("financial_cash")}
    world = world_of(pipeline)
    periods = [period for store in (INDIA, EMIRATES) for period in books_of(world, store, world.end).periods]
    assert cash.keys() == {period.group for period in periods}
    sums = defaultdict(int)
    for row in pipeline.rows("financial_cash_amounts"):
        sums[row["financial_event_group_id"]] += row["amount"] if row["transaction_type"] != "Transfer" else 0
    for period in periods:
        row = cash[period.group]
        assert row["collected_amount"] * 100 == sums[period.group] * 100 == period.cents
        assert row["settlement_id"] == (period.settlement if period.is_closed else None)
        assert row["transferred_amount"] == (-row["collected_amount"] if period.is_closed else 0)
        assert (row["account_type"], row["transactions"]) == (period.rail, len(period.postings))


def views_show_another_tenant_nothing(pipeline):
    other = pipeline.add_seller("A0OTHERSELLER", "Atzr|sandbox-1")
    with tenant(pipeline.pool, other.id) as connection:
        for view in ("financial_accrual", "financial_cash", "financial_cash_amounts"):
            assert connection.execute(f"select count(*) from {view}").fetchone() == (0,)


def what_counts_is_the_accrual(pipeline):
    rows, expected = pipeline.rows("financial_accrual"), defaultdict(int)
    for row in pipeline.truth(AMOUNTS):
        if row["is_counted"]:
            expected[row["marketplace_id"], row["amount_name"]] += round(float(row["amount"]) * 100)
    found = defaultdict(int)
    for row in rows:
        found[row["marketplace_id"], row["amount_name"]] += round(row["amount"] * 100)
    assert found == expected


def test_a_status_that_changes_without_a_new_date_is_read_again_for_45_days(money, hours_pass):
    whole = let_the_world_end(money, 12)
    money.run()
    money.assert_whole(*TABLES)
    before = states(money)
    assert before["DEFERRED"][0] > 0

    money.sandbox.state.worlds[whole.seller_id] = whole
    hours_pass()
    counts = money.run(days=[money.today]).counts[EVENTS]
    money.assert_whole(*TABLES)
    after = states(money)
    assert after["DEFERRED_RELEASED"][0] > before.get("DEFERRED_RELEASED", (0, 0))[0]
    assert counts["updated"] > 0
    released = after["RELEASED"]
    assert released[0] - released[1] == after["DEFERRED_RELEASED"][0], "each pair counts once"


def states(pipeline):
    with tenant(pipeline.pool, pipeline.book.get(pipeline.sellers[0]).id) as connection:
        return {state: counts for state, *counts in connection.execute(STATES)}


def test_what_does_not_come_again_is_deleted_with_its_amounts(money, hours_pass):
    money.run()
    days = {row["posted_date"] for row in money.rows(EVENTS)}
    hours_pass()
    shipments = iter(range(10_000))
    gone = let_books_lack(money, lambda posting: posting.type == "Shipment" and next(shipments) % 9 == 4)
    counts = money.run(days=[money.today]).counts
    assert counts[EVENTS]["deleted"] >= 2 * gone > 0
    assert counts[AMOUNTS]["deleted"] > counts[EVENTS]["deleted"]
    assert {row["posted_date"] for row in money.rows(EVENTS)} == days
    money.assert_whole(*TABLES)


def test_a_day_of_which_nothing_comes_keeps_its_rows_and_is_told(money, hours_pass):
    """An answer without a record may be Amazon's mistake, and deleting a day's money is the worse one."""
    money.run()
    before = {table: money.rows(table, "transaction_id, item_index") for table in TABLES}
    day = money.today - timedelta(days=6)
    zone = 19_800
    hours_pass()
    gone = let_books_lack(money, lambda posting: (posting.posted + zone) // 86_400 == day.toordinal() - 719_163)
    assert gone
    done = money.run(days=[money.today])
    assert (done.counts[EVENTS]["deleted"], done.counts[AMOUNTS]["deleted"]) == (0, 0)
    assert {table: money.rows(table, "transaction_id, item_index") for table in TABLES} == before
    told = money.one(
        "select details -> 'signals' ->> 'days that came empty, whose rows were kept' from loads"
        " where table_name = 'financial_events' and details -> 'signals' ? 'days that came empty, whose rows were kept'"
    )
    assert told == ("1",)


def test_a_transaction_that_cannot_be_read_is_set_aside_and_what_is_known_of_it_stays(money, hours_pass, monkeypatch):
    money.run()
    before = {table: money.rows(table, "transaction_id, item_index") for table in TABLES}
    hours_pass()
    honest = transactions_api.transaction_text
    bad = next(row["transaction_id"] for row in money.rows(EVENTS) if row["item_index"] == 0)

    def damaged(posting, *place):
        payload = json.loads(honest(posting, *place))
        if payload.get("transactionId") == bad:
            payload["totalAmount"]["currencyCode"] = "rupees"
        return json.dumps(payload)

    monkeypatch.setattr(transactions_api, "transaction_text", damaged)
    counts = money.run(days=[money.today]).counts[EVENTS]
    assert (counts["rejected"], counts["deleted"]) == (1, 0)
    assert {table: money.rows(table, "transaction_id, item_index") for table in TABLES} == before


def test_a_tree_that_does_not_add_up_is_loaded_and_the_check_says_so(money):
    money.fault("transaction-unbalanced", count=1)
    assert money.run(checks=True).errors == {}
    (header,) = [row for row in money.rows(EVENTS) if row["item_index"] == -1 and not row["is_balanced"]]
    assert header["imbalance_amount"] < 0
    assert result(money, EVENTS, "breakdowns_add_up") == (False, "1 wrong row")
    assert result(money, AMOUNTS, "amounts_are_totals")[0]
    assert result(money, EVENTS, "pairs_count_once")[0]
    assert money.differences(EVENTS, only=("total_amount", "transaction_status")) == []


def test_a_page_token_that_dies_starts_the_window_over_and_nothing_is_doubled(money):
    money.fault("transactions-empty-page", count=1)
    money.fault("expired-page-token", count=2)
    assert money.run().errors == {}
    assert money.struck("expired-page-token") == 2
    money.assert_whole(*TABLES)


def test_transactions_that_come_late_are_loaded_by_the_next_run(money, hours_pass):
    money.fault("transactions-late")
    money.run()
    newest = max(row["posted_at"] for row in money.rows(EVENTS)).timestamp()
    assert newest < world_of(money).end - 48 * 3600
    money.mend()
    hours_pass()
    assert money.run(days=[money.today]).counts[EVENTS]["inserted"] > 0
    money.assert_whole(*TABLES)


def test_without_the_role_the_tables_say_so(empty_pipeline, make_sandbox):
    pipeline = served(empty_pipeline, make_sandbox, days=3, denied_roles=("Finance and Accounting",))
    done = pipeline.run()
    assert done.states == dict.fromkeys(TABLES, "not_granted")
    assert pipeline.rows(EVENTS) == []
