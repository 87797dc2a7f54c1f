"""The limiter's figures for known answers."""

import pytest

from benchmarks import token_bound
from benchmarks.limiter import PLANS, outcome
from benchmarks.limiter_callers import OPERATION, Answers, Callers, let_call
from xpert_pipeline.sandbox.options import SandboxOptions
from xpert_pipeline.sandbox.server import start

FULL = {
    "burst": [Answers(335, 0, 16.0)],
    "published": [Answers(95, 0, 40.0)],
    "single": [Answers(25, 0, 16.0)],
}


def test_the_share_is_granted_calls_divided_by_allowed_calls():
    assert Answers(30, 5, 10.0).share(rate=2.0, burst=10) == 1.0
    figures = outcome(FULL, 8, 4).figures
    assert [figures[f"share_of_plan{suffix}"] for suffix in ("", "_as_published", "_at_burst_1")] == [1.0] * 3
    assert outcome(FULL, 8, 4).holds


@pytest.mark.parametrize(
    ("plan", "rounds", "figure"),
    [
        ("burst", [Answers(315, 0, 16.0)], "share_of_plan"),
        ("published", [Answers(92, 0, 40.0)], "share_of_plan_as_published"),
        ("published", [Answers(95, 1, 40.0)], "refusals_as_published"),
        ("single", [Answers(22, 0, 16.0)], "share_of_plan_at_burst_1"),
        ("burst", [Answers(335, 0, 16.0), Answers(335, 1, 16.0)], "refusals"),
        ("single", [Answers(25, 0, 16.0), Answers(25, 2, 16.0)], "refusals_at_burst_1"),
    ],
)
def test_too_few_calls_or_too_many_refusals_miss_their_goals(plan, rounds, figure):
    result = outcome(FULL | {plan: rounds}, 8, 4)
    assert [name for name, goal in result.goals.items() if not goal.holds(result.figures[name])] == [figure]


def test_the_published_plan_is_amazons():
    assert (PLANS["published"].rate, PLANS["published"].burst) == token_bound.PLANS[OPERATION]


def test_callers_that_fail_are_reported_with_their_messages():
    with (
        start(SandboxOptions(days=1, orders_per_day=1, skus=1)) as sandbox,
        pytest.raises(RuntimeError, match="1 of 1 callers failed"),
    ):
        let_call(sandbox, "no address at all", Callers(1.0, calls=1, processes=1, threads=1))
