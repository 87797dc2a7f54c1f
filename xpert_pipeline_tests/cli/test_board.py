"""The live display: the state of each table, and what happens now."""

from datetime import UTC, datetime, timedelta

import pytest
from rich.console import Console

from xpert_pipeline.cli.board import Board
from xpert_pipeline.progress import QUOTA, Began, Ended, Loaded, Step, Wait

LATER = datetime.now(UTC) + timedelta(hours=1)


@pytest.fixture
def board():
    return Board("Syncing", ["products", "orders", "order_items"])


def shown(board):
    console = Console(width=120, force_terminal=False)
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
    assert last == f"products: Waiting for Amazon to prepare 7 reports; next check {LATER.astimezone():%H:%M}"
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
    when = f"{LATER.astimezone():%H:%M}"
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
