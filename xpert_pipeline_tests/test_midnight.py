"""A suite that runs past midnight still knows what day it is."""

from datetime import UTC, date, datetime, timedelta

import pytest

from xpert_pipeline_tests.midnight import moved_on

EVENING = datetime(2026, 12, 31, 18, 15, tzinfo=UTC)  # 23:45 in India, New Year's Eve


@pytest.mark.parametrize(
    ("noted", "minutes", "right"),
    [
        (date(2026, 12, 31), 10, date(2026, 12, 31)),
        (date(2026, 12, 31), 20, date(2027, 1, 1)),
        (date(2026, 12, 30), 20, date(2026, 12, 31)),
        (date(2020, 5, 1), 20, date(2020, 5, 1)),
    ],
)
def test_a_day_noted_before_midnight_in_india_is_the_next_one_after_it(noted, minutes, right):
    """Tests that had noted their TODAY an hour before asked for a day that was over."""
    assert moved_on(noted, EVENING, EVENING + timedelta(minutes=minutes)) == right


def test_indias_new_day_stays_when_that_of_utc_begins():
    began = datetime(2026, 12, 31, 23, 50, tzinfo=UTC)  # already the new year in India
    assert moved_on(date(2027, 1, 1), began, began + timedelta(minutes=20)) == date(2027, 1, 1)
