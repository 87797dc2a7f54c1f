"""The live display: the state of each table, and what happens now."""

from datetime import UTC, datetime, timedelta

import pytest
from rich.console import Console

from xpert_pipeline.cli.board import Board
from xpert_pipeline.progress import QUOTA, Began, Ended, Loaded, Predicted, Step, Wait

LATER = datetime.now(UTC) + timedelta(hours=1)


def shown_time(moment):
    """A time as the board shows it: with its day, if that is another one."""
    local = moment.astimezone()
    is_today = local.date() == datetime.now(UTC).astimezone().date()
    return f"{local:%H:%M}" if is_today else f"{local.day} {local:%b %H:%M}"


@pytest.fixture
def board():
    return Board("Syncing", ["products", "orders", "order_items"])


def shown(board, height=25):
    console = Console(width=120, height=height, force_terminal=False)
    with console.capture() as captured:
        console.print(board)
    return captured.get().splitlines()


def line_of(board, table):
    return next(line for line in shown(board) if line.startswith(table)).split()[1:]


def test_a_table_that_has_not_begun_is_to_do(board):
    assert line_of(board, "products") == ["to", "do"]


def test_the_tables_of_a_step_work_and_then_are_done_with_what_was_loaded(board):
    board.take(Began("A1", ("orders", "order_items")))
    assert line_of(board, "orders")[0] == line_of(board, "order_items")[0] == "working"
    board.take(Loaded("A1", "orders", 1_000, 900, 50))
    board.take(Loaded("A1", "orders", 234, 200, 4))
    board.take(Ended("A1", ("orders", "order_items")))
    assert line_of(board, "orders")[:4] == ["done", "1,234", "1,100", "54"]
    assert line_of(board, "order_items")[:4] == ["done", "0", "0", "0"]
    assert line_of(board, "products") == ["to", "do"]


def test_a_table_waits_until_it_is_heard_of_again(board):
    board.take(Began("A1", ("products",)))
    board.take(Wait("A1", "getReport", "Amazon to prepare 7 reports", LATER, "products"))
    assert line_of(board, "products")[0] == "waiting"
    last = shown(board)[-1]
    assert last == f"products: Waiting for Amazon to prepare 7 reports; next check {shown_time(LATER)}"
    board.take(Step("A1", "products", "200 listings to read"))
    assert line_of(board, "products")[0] == "working"
    assert shown(board)[-1] == "products: 200 listings to read"


def test_a_step_that_fails_leaves_its_tables_failed(board):
    board.take(Began("A1", ("orders",)))
    board.take(Ended("A1", ("orders",), failed=True))
    assert line_of(board, "orders")[0] == "failed"


def test_several_sellers_are_counted_per_table_and_named_in_what_happens_now():
    board = Board("Syncing", ["orders"], sellers=3)
    for seller, failed in (("A1", False), ("B2", True)):
        board.take(Began(seller, ("orders",)))
        board.take(Ended(seller, ("orders",), failed=failed))
    board.take(Wait("C3", "searchOrders", QUOTA, LATER, "orders"))
    assert line_of(board, "orders")[:6] == ["2", "of", "3", "sellers,", "1", "failed"]
    when = shown_time(LATER)
    assert shown(board)[-1] == f"C3: orders: Waiting for Amazon's rate limit of searchOrders; continues at {when}"


def test_what_is_still_coming_is_named_in_its_order(board):
    assert not any("Still coming" in line for line in shown(board)), "nothing has begun"
    board.take(Began("A1", ("products",)))
    assert shown(board)[-1] == "Still coming: orders, order_items"
    board.take(Ended("A1", ("products",)))
    board.take(Began("A1", ("orders", "order_items")))
    assert not any("Still coming" in line for line in shown(board))


def test_many_tables_to_come_are_counted():
    board = Board("Syncing", [f"table_{number}" for number in range(8)])
    board.take(Began("A1", ("table_0",)))
    assert shown(board)[-1] == "Still coming: table_1, table_2, table_3, table_4 and 3 more"


def test_a_low_terminal_shows_what_works_failed_or_ended_last_and_counts_the_others():
    """The display of 32 tables in a terminal of 24 lines was cut off above the table that was being loaded."""
    names = [f"table_{number:02}" for number in range(32)]
    board = Board("Syncing", names)
    for number, name in enumerate(names[:20]):
        board.take(Began("A1", (name,)))
        board.take(Ended("A1", (name,), failed=number == 1))
    board.take(Began("A1", ("table_20",)))
    board.take(Step("A1", "table_20", "a word " * 20))  # two lines
    lines = shown(board, 24)
    assert len(lines) == 24 - 1
    assert lines[1] == "20 of 32 tables done"
    assert [line.split()[0] for line in lines[3:-3]] == ["table_01", *names[5:21]]
    assert (line_of(board, "table_01")[0], line_of(board, "table_20")[0]) == ("failed", "working")
    assert lines[-3] == "Still coming: table_21, table_22, table_23, table_24 and 7 more"
    assert len(shown(board, 60)) == 1 + 1 + 32 + 1 + 2, "a high one shows all of them"


def test_a_table_is_done_for_several_sellers_when_the_last_one_is():
    board = Board("Syncing", [f"table_{number}" for number in range(9)], sellers=2)
    for seller, table in (("A1", "table_0"), ("B2", "table_0"), ("A1", "table_1")):
        board.take(Began(seller, (table,)))
        board.take(Ended(seller, (table,)))
    assert shown(board, 8)[1] == "1 of 9 tables done for all sellers"


def test_when_everything_is_expected_is_told_while_something_is_still_coming(board):
    board.take(Predicted("A1", {"products": LATER - timedelta(minutes=5), "orders": LATER, "order_items": LATER}))
    board.take(Began("A1", ("products",)))
    assert shown(board)[-1] == f"Still coming: orders, order_items; all expected by {shown_time(LATER)}"
    board.take(Predicted("A1", {"orders": datetime.now(UTC) - timedelta(seconds=1)}))
    assert shown(board)[-1] == "Still coming: orders, order_items", "it is late, and nobody knows how long"
