"""Exponents of growth for known powers, and figures of the runs of many sellers."""

import pytest
from click.testing import CliRunner

from benchmarks.growth import exponent, main, outcome
from benchmarks.seller_runs import Run, figures_of


@pytest.mark.parametrize("power", [0, 0.5, 1, 2])
def test_the_exponent_of_a_power_is_found(power):
    assert exponent({size: 3.0 * size**power for size in (1, 2, 4, 100)}) == pytest.approx(power)


def test_one_size_has_no_exponent():
    with pytest.raises(ValueError, match="two sizes"):
        exponent({1: 2.0})


def sizes(power, *which, **more):
    return {size: [{"seconds": 2.0 * size**power, "peak": 1e8, **more}] for size in which}


def test_time_that_grows_faster_than_the_data_misses_the_goal():
    linear, square = (outcome({"data": sizes(power, 1, 2, 4), "sellers": sizes(1, 4, 8)}, 100) for power in (1, 2))
    assert linear.figures["data_time_exponent"] == 1.0
    assert linear.figures["data_memory_exponent"] == 0.0
    assert linear.figures["data_seconds_at_4"] == 8.0
    assert linear.holds
    assert not square.holds


def test_small_numbers_of_sellers_are_shown_but_not_fitted():
    """With sizes 1 and 10, the memory of Dagster's own processes looked like growth by sellers."""
    results = sizes(1, 10, 100) | {1: [{"seconds": 90.0, "peak": 1e7}]}
    figures = outcome({"data": {}, "sellers": results}, 100).figures
    assert (figures["sellers_time_exponent"], figures["sellers_memory_exponent"]) == (1.0, 0.0)
    assert (figures["sellers_seconds_at_1"], figures["sellers_peak_mb_at_1"]) == (90.0, 10.0)


def test_a_single_fitted_size_has_no_exponent_and_no_goal():
    result = outcome({"data": {}, "sellers": sizes(1, 1, 3, 10)}, 100)
    assert not {name for name in (*result.figures, *result.goals) if name.endswith("exponent")}


@pytest.mark.parametrize(("ok", "failed", "holds"), [(8, 2, True), (7, 3, False), (9, 1, False)])
def test_exactly_the_sellers_that_answer_errors_fail(ok, failed, holds):
    """Failing sellers are measured in a sync of their own, so that they do not change the time of the others."""
    good = sizes(1, 10, sellers_ok=10, sellers_failed=0)
    runs = {"data": {}, "sellers": good, "failing": sizes(1, 10, sellers_ok=ok, sellers_failed=failed)}
    result = outcome(runs, 100, failing=2)
    assert (result.figures["sellers_ok"], result.figures["sellers_failed"]) == (ok, failed)
    assert result.figures["sellers_ok_none_failing"] == 10
    assert result.figures["failing_seconds_at_10"] == result.figures["sellers_seconds_at_10"] == 20.0
    assert result.holds is holds


def test_all_sellers_cannot_fail():
    done = CliRunner().invoke(main, ["--sellers", "3", "--failing", "3"])
    assert done.exit_code == 2
    assert "the first of 3 sellers does not fail" in done.output


def test_figures_of_runs_follow_from_their_starts_and_ends():
    runs = [Run("SUCCESS", 0.0, 5.0, 2e8), Run("FAILURE", 1.0, 90.0), Run("SUCCESS", 8.0, 15.0, 1e8)]
    assert figures_of(runs) == {
        "sellers_ok": 2,
        "sellers_failed": 1,
        "longest_gap_seconds": 7.0,
        "slowest_ok_seconds": 7.0,
    }


def test_the_first_and_the_last_ten_processes_have_figures_of_their_own():
    result = figures_of([Run("SUCCESS", float(place), place + 1.0, place * 1e6) for place in range(25)])
    assert (result["first_ten_peak_mb"], result["last_ten_peak_mb"]) == (9.0, 24.0)


def test_a_run_that_never_began_has_no_seconds():
    assert figures_of([Run("CANCELED", None, None)]) == {"sellers_ok": 0, "sellers_failed": 1}
