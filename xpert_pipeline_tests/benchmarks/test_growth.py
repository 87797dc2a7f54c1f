"""Exponents of growth by powers that are known, and the memory of a command."""

import pytest

from benchmarks.growth import exponent, outcome


@pytest.mark.parametrize("power", [0, 0.5, 1, 2])
def test_the_exponent_is_that_of_the_power(power):
    assert exponent({size: 3.0 * size**power for size in (1, 2, 4, 100)}) == pytest.approx(power)


def test_one_size_has_no_exponent():
    with pytest.raises(ValueError, match="two sizes"):
        exponent({1: 2.0})


def test_what_grows_faster_than_its_data_misses_the_goal():
    def sizes(power):
        return {size: [{"seconds": 2.0 * size**power, "peak": 1e8}] for size in (1, 2, 4)}

    linear, square = (outcome({"data": sizes(power), "sellers": sizes(1)}, 100) for power in (1, 2))
    assert linear.figures["data_time_exponent"] == 1.0
    assert linear.figures["data_memory_exponent"] == 0.0
    assert linear.figures["data_seconds_at_4"] == 8.0
    assert linear.holds
    assert not square.holds
