"""One more day passes between two syncs."""

from datetime import date

from benchmarks.later_world import changed, later_worlds
from xpert_pipeline.sandbox.options import SandboxOptions
from xpert_pipeline.sandbox.world.worlds import build_worlds


def test_a_later_world_is_the_same_business_and_changes_only_between_the_two_moments():
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
