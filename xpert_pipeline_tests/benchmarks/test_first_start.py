"""First starts that are killed: the next start ends well. The benchmark kills at a hundred moments, this at three."""

import pytest

from benchmarks.first_start import Start, killed_start

pytestmark = pytest.mark.long
FEW = "products,orders,order_items,sales_data,economics_daily"
"""In its first seconds a start has loaded nothing yet, whatever its tables are."""


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("seconds", "tables"), [(2.5, FEW), (5.0, FEW), (9.0, "")])
def test_a_start_after_a_killed_first_start_ends_well(seconds, tables):
    """5 of 33 data directories could not be started again for ever."""
    start = killed_start(seconds, tables)
    assert start.ended_well, start


@pytest.mark.parametrize(
    ("exit_code", "loaded", "logged"), [(3, (5, 5), (5, 5)), (0, (0, 0), (0, 0)), (0, (5, 5), (4, 5))]
)
def test_a_start_that_fails_loads_nothing_or_logs_less_has_not_ended_well(exit_code, loaded, logged):
    assert not Start(1.0, exit_code, loaded, logged, "").ended_well
