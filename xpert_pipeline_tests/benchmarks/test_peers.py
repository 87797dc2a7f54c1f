"""What is missing, doubled or wrong, and how a day passes between two syncs."""

from datetime import UTC, date, datetime
from decimal import Decimal

from benchmarks.later_world import changed, later_worlds
from benchmarks.peers import compare, rows
from xpert_pipeline.sandbox.options import SandboxOptions
from xpert_pipeline.sandbox.world.worlds import build_worlds


def test_rows_are_counted_as_missing_doubled_and_wrong():
    truth = rows(1, [("a", "1.50"), ("b", "2"), ("c", None), ("d", "x")])
    held = rows(1, [("a", Decimal("1.5000")), ("b", 3), ("c", None), ("c", None), ("e", "y")])
    assert compare(truth, held) == {"missing": 1, "doubled": 1, "wrong": 2}


def test_amounts_and_times_are_compared_by_value():
    at = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert rows(1, [("a", "10.00", at)]) == rows(1, [("a", Decimal("10.0000"), "2026-01-02T03:04:05Z")])


def test_a_later_world_is_the_same_business_with_changes_between_the_moments():
    options = SandboxOptions(days=6, orders_per_day=40, as_of=date(2026, 3, 10))
    before = build_worlds(options)
    after = later_worlds(before, options, 1_800_000_000, 1_800_000_020)
    ((seller, one), (same, other)) = next(iter(before.items())), next(iter(after.items()))
    assert seller == same
    moved, new = changed(one, other)
    assert min(moved, new) > 10
    known = {order.id: order for order in one.orders}
    assert len(other.orders) == len(one.orders) + new
    for order in other.orders:
        assert order == known.get(order.id) or 1_800_000_000 <= order.updated < 1_800_000_020
