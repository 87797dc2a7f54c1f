"""How urgent a run is: live work may take a bucket's last tokens, a backfill may not."""

from datetime import date, timedelta

import pytest

from xpert_pipeline.resources.spapi import BACKFILL, LIVE, priority_of

TODAY = date(2026, 3, 1)


def days(count, last=TODAY):
    return tuple(last - timedelta(days=n) for n in range(count))


@pytest.mark.parametrize(
    ("days", "priority"),
    [
        (days(1), LIVE),
        (days(31), LIVE),
        (days(32), BACKFILL),
        (days(1, TODAY - timedelta(days=1)), BACKFILL),
        (days(31, TODAY - timedelta(days=1)), BACKFILL),
    ],
    ids=["today", "31 days with today", "32 days with today", "yesterday", "31 past days"],
)
def test_a_run_is_live_with_today_among_at_most_31_days(days, priority):
    assert priority_of(days, TODAY) == priority
