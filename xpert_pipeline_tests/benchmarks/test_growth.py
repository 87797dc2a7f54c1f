"""Exponents of growth by powers that are known, and what is told of the runs of many sellers."""

import pytest
from click.testing import CliRunner

from benchmarks.growth import exponent, main, outcome
from benchmarks.seller_runs import Run, figures_of


@pytest.mark.parametrize("power", [0, 0.5, 1, 2])
def test_the_exponent_is_that_of_the_power(power):
    assert exponent({size: 3.0 * size**power for size in (1, 2, 4, 100)}) == pytest.approx(power)


def test_one_size_has_no_exponent():
    with pytest.raises(ValueError, match="two sizes"):
        exponent({1: 2.0})


def sizes(power, *which, **more):
    return {size: [{"seconds": 2.0 * size**power, "peak": 1e8, **more}] for size in which}


def test_what_grows_faster_than_its_data_misses_the_goal():
    linear, square = (outcome({"data": sizes(power, 1, 2, 4), "sellers": sizes(1, 4, 8)}, 100) for power in (1, 2))
    assert linear.figures["data_time_exponent"] == 1.0
    assert linear.figures["data_memory_exponent"] == 0.0
    assert linear.figures["data_seconds_at_4"] == 8.0
    assert linear.holds
    assert not square.holds


def test_few_sellers_that_are_synced_in_another_way_are_told_but_not_fitted():
    """With sizes 1 and 10, the memory of Dagster's own processes looked like growth by sellers."""
    found = sizes(1, 10, 100) | {1: [{"seconds": 90.0, "peak": 1e7}]}
    figures = outcome({"data": {}, "sellers": found}, 100).figures
    assert (figures["sellers_time_exponent"], figures["sellers_memory_exponent"]) == (1.0, 0.0)
    assert (figures["sellers_seconds_at_1"], figures["sellers_peak_mb_at_1"]) == (90.0, 10.0)


def test_one_size_that_is_left_has_no_exponent_and_no_goal():
    found = outcome({"data": {}, "sellers": sizes(1, 1, 3, 10)}, 100)
    assert not {name for name in (*found.figures, *found.goals) if name.endswith("exponent")}


@pytest.mark.parametrize(("ok", "failed", "holds"), [(8, 2, True), (7, 3, False), (9, 1, False)])
def test_as_many_sellers_fail_as_answer_errors_and_no_more(ok, failed, holds):
    """The failing sellers are synced apart, so the time of the others is that of good sellers."""
    good = sizes(1, 10, sellers_ok=10, sellers_failed=0)
    runs = {"data": {}, "sellers": good, "failing": sizes(1, 10, sellers_ok=ok, sellers_failed=failed)}
    found = outcome(runs, 100, failing=2)
    assert (found.figures["sellers_ok"], found.figures["sellers_failed"]) == (ok, failed)
    assert found.figures["sellers_ok_none_failing"] == 10
    assert found.figures["failing_seconds_at_10"] == found.figures["sellers_seconds_at_10"] == 20.0
    assert found.holds is holds


def test_all_sellers_cannot_fail():
    done = CliRunner().invoke(main, ["--sellers", "3", "--failing", "3"])
    assert done.exit_code == 2
    assert "the first of 3 sellers does not fail" in done.output


def test_the_runs_of_sellers_are_told_by_their_starts_and_ends():
    runs = [Run("SUCCESS", 0.0, 5.0, 2e8), Run("FAILURE", 1.0, 90.0), Run("SUCCESS", 8.0, 15.0, 1e8)]
    assert figures_of(runs) == {
        "sellers_ok": 2,
        "sellers_failed": 1,
        "longest_gap_seconds": 7.0,
        "slowest_ok_seconds": 7.0,
    }


def test_the_first_ten_processes_are_told_apart_from_the_last_ten():
    found = figures_of([Run("SUCCESS", float(place), place + 1.0, place * 1e6) for place in range(25)])
    assert (found["first_ten_peak_mb"], found["last_ten_peak_mb"]) == (9.0, 24.0)


def test_a_run_that_never_began_has_no_seconds():
    assert figures_of([Run("CANCELED", None, None)]) == {"sellers_ok": 0, "sellers_failed": 1}
