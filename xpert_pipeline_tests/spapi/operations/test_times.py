"""Moments in Amazon's answers, also those that no calendar has in UTC."""

from datetime import UTC, datetime

import pytest

from xpert_pipeline.spapi.operations.times import from_amazon


@pytest.mark.parametrize("text", ["9999-12-31T23:59:59-05:00", "0001-01-01T00:00:00+05:30", "soon", "", None])
def test_a_moment_that_cannot_be_told_in_utc_is_unknown(text):
    """The end of the year 9999 with an offset ended the whole load with an OverflowError."""
    assert from_amazon(text) is None


def test_a_moment_is_told_in_utc():
    assert from_amazon("2026-11-30T05:30:00+05:30") == datetime(2026, 11, 30, tzinfo=UTC)
