"""late_order: a small seller, measured as the command does."""

from benchmarks.harness import Outcome
from benchmarks.late_order import GOALS, measure


def test_a_late_order_computes_the_rows_of_its_sku_and_the_other_ways_those_of_all(admin_dsn, pipeline_dsn):
    figures = measure(admin_dsn, pipeline_dsn, skus=3, days=40, rounds=1)
    outcome = Outcome("late_order", figures, GOALS)
    assert (figures["late_order_rows"], figures["days_rows"], figures["all_rows"]) == (22, 66, 120)
    assert outcome.as_json()["goals"].keys() <= figures.keys()
