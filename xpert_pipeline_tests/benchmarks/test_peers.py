"""The figures of the ways for known numbers."""

from collections import Counter

import pytest

from benchmarks.peers import Way, outcome


def way(name, first, second, **numbers):
    return Way(name, None, "", lambda _: False, Counter(numbers), {"first": first, "second": second})


def ratios(*ways):
    figures = outcome([way("pipeline", 10.0, 5.0), *ways], {}, 60).figures
    return {name: value for name, value in figures.items() if name.endswith("_vs_pipeline")}


def test_seconds_are_compared_with_the_pipelines():
    assert ratios(way("dlt", 25.0, 1.0)) == {"dlt_seconds_vs_pipeline": 2.5, "dlt_second_seconds_vs_pipeline": 0.2}


@pytest.mark.parametrize(
    ("gave_up", "left"), [("first_gave_up", set()), ("second_gave_up", {"loop_seconds_vs_pipeline"})]
)
def test_a_way_that_gave_up_has_no_speed(gave_up, left):
    """A loop that gave up after 8 seconds appeared in the figures as four times as fast as the pipeline."""
    assert ratios(way("loop", 2.5, 5.0, **{gave_up: 1})).keys() == left


def test_a_pipeline_that_gave_up_is_not_compared():
    ours, other = way("pipeline", 10.0, 5.0, first_gave_up=1), way("dlt", 25.0, 1.0)
    assert "dlt_seconds_vs_pipeline" not in outcome([ours, other], {}, 60).figures
