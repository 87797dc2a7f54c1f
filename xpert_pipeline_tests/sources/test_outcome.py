"""What a run did to a table: one state for each marketplace and day, one over all of them, and the reasons."""

from datetime import date

import pytest

from xpert_pipeline.sources.outcome import TableOutcome, overall
from xpert_pipeline_tests.sources.conftest import GERMANY, INDIA

DAY, DAY_BEFORE = date(2026, 11, 20), date(2026, 11, 19)
ROWS, NOTHING = {"fetched": 3, "inserted": 3, "deleted": 0}, {"fetched": 0, "inserted": 0, "deleted": 0}


@pytest.fixture
def outcome():
    return TableOutcome()


@pytest.mark.parametrize(
    ("counts", "state"),
    [
        (ROWS, "ok"),
        (NOTHING, "empty"),
        ({}, "empty"),
        ({**NOTHING, "deleted": 1}, "ok"),
        ({**NOTHING, "rejected": 1}, "ok"),
    ],
)
def test_a_day_without_special_events_is_ok_if_anything_came_or_went(outcome, counts, state):
    assert outcome.state(INDIA, DAY, counts) == state
    assert outcome.reason is None


@pytest.mark.parametrize(("counts", "state"), [(ROWS, "incomplete"), (NOTHING, "skipped")])
def test_a_day_that_was_left_to_a_later_run_is_incomplete_with_rows_and_skipped_without(outcome, counts, state):
    outcome.skip(INDIA, [DAY], "the report is not ready")
    assert outcome.state(INDIA, DAY, counts) == state
    assert outcome.state(INDIA, DAY_BEFORE, counts) == ("ok" if counts == ROWS else "empty")
    assert outcome.state(GERMANY, DAY, counts) == ("ok" if counts == ROWS else "empty")
    assert outcome.reason == "the report is not ready"


def test_a_run_goes_on_if_any_of_what_was_skipped_needs_nothing_else_first(outcome):
    outcome.skip(INDIA, [DAY], "requested too often")
    assert not outcome.is_continued
    outcome.skip(INDIA, [DAY], "the report is not ready", continues=True)
    outcome.skip(GERMANY, [DAY], "requested too often")
    assert outcome.is_continued


def test_a_day_without_rows_of_a_table_that_was_read_whole_is_up_to_date(outcome):
    """A second sync called the settlements empty, because none was paid on the days of the run."""
    outcome.read_whole.add(INDIA)
    assert (outcome.state(INDIA, DAY, NOTHING), outcome.state(GERMANY, DAY, NOTHING)) == ("up_to_date", "empty")


def test_a_day_for_which_amazon_sent_less_than_it_counted_is_incomplete_even_without_rows(outcome):
    outcome.skip(INDIA, [DAY_BEFORE, DAY], "the report has a header alone")
    outcome.mark_incomplete(INDIA, [DAY])
    assert [outcome.state(INDIA, day, NOTHING) for day in (DAY_BEFORE, DAY)] == ["skipped", "incomplete"]


def test_days_before_the_present_state_have_no_history(outcome):
    outcome.no_history(INDIA, DAY)
    states = [outcome.state(INDIA, day, NOTHING) for day in (DAY_BEFORE, DAY)]
    assert states == ["no_history", "empty"]
    assert outcome.state(GERMANY, DAY_BEFORE, NOTHING) == "empty", "of this marketplace alone"


def test_a_refused_source_is_not_granted_whatever_else_happened(outcome):
    outcome.skip(INDIA, [DAY], "later")
    outcome.no_history(INDIA, DAY)
    outcome.not_granted("the role is missing")
    for marketplace in (INDIA, GERMANY):
        assert outcome.state(marketplace, DAY, ROWS) == "not_granted"


def test_one_marketplace_may_be_refused_alone(outcome):
    outcome.not_granted("the role is missing", INDIA)
    assert (outcome.state(INDIA, DAY, NOTHING), outcome.state(GERMANY, DAY, ROWS)) == ("not_granted", "ok")


def test_reasons_come_in_order_and_each_once(outcome):
    for reason in ("first", "second", "first", ""):
        outcome.explain(reason)
    outcome.skip(INDIA, [DAY], "second")
    assert outcome.reason == "first; second"


@pytest.mark.parametrize(
    ("states", "state"),
    [
        (["ok"], "ok"),
        (["ok", "empty"], "ok"),
        (["empty", "no_history"], "empty"),
        (["up_to_date", "empty"], "up_to_date"),
        (["ok", "up_to_date"], "ok"),
        (["skipped", "up_to_date"], "skipped"),
        (["not_granted", "up_to_date"], "up_to_date"),
        (["skipped", "empty"], "skipped"),
        (["ok", "skipped"], "incomplete"),
        (["ok", "incomplete"], "incomplete"),
        (["incomplete", "skipped", "empty"], "incomplete"),
        (["not_granted", "ok"], "ok"),
        (["not_granted", "no_history"], "no_history"),
        (["not_granted"], "not_granted"),
    ],
)
def test_the_state_over_all_is_the_best_one_and_incomplete_if_some_have_rows_and_some_lack_them(states, state):
    assert overall(states) == overall(reversed(states)) == state


@pytest.mark.parametrize(("rows", "state"), [(1, "up_to_date"), (0, "empty")])
def test_a_day_for_which_nothing_arrived_is_up_to_date_if_the_table_has_rows_for_it(outcome, rows, state):
    assert outcome.state(INDIA, DAY, NOTHING, rows) == state
    outcome.skip(INDIA, [DAY], "later")
    assert outcome.state(INDIA, DAY, NOTHING, rows) == "skipped"
