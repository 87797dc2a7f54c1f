"""Rows are missing, duplicate or wrong by their values, not by the spelling of these."""

from datetime import UTC, datetime
from decimal import Decimal

from benchmarks.peer_rows import compare, off_truth, rows
from xpert_pipeline.sandbox.options import SandboxOptions
from xpert_pipeline.sandbox.server import start


def test_missing_duplicate_and_wrong_rows_are_counted():
    truth = rows(1, [("a", "1.50"), ("b", "2"), ("c", None), ("d", "x")])
    held = rows(1, [("a", Decimal("1.5000")), ("b", 3), ("c", None), ("c", None), ("e", "y")])
    assert compare(truth, held) == {"missing": 1, "doubled": 1, "wrong": 2}


def test_amounts_and_times_are_compared_by_value():
    at = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert rows(1, [("a", "10.00", at)]) == rows(1, [("a", Decimal("10.0000"), "2026-01-02T03:04:05Z")])


def test_in_an_empty_database_every_order_and_every_item_is_missing(admin_dsn):
    with start(SandboxOptions(days=1, orders_per_day=5, skus=5, rate_scale=0)) as sandbox:
        (world,) = sandbox.state.worlds.values()
        expected = sum(1 + len(order.items) for order in world.orders)
        assert off_truth("pipeline", admin_dsn, sandbox) == {"missing": expected, "doubled": 0, "wrong": 0}
