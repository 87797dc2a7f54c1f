"""The days that options select: each seller's own today, and never a day without a partition."""

from datetime import date, datetime, timedelta
from uuid import UUID

import click
import pytest

from xpert_pipeline.cli import selection
from xpert_pipeline.cli.selection import chosen_days
from xpert_pipeline.postgres.sellers import Seller
from xpert_pipeline.settings import Settings

TODAY = date(2026, 3, 10)
YESTERDAY, TOMORROW = TODAY - timedelta(days=1), TODAY + timedelta(days=1)
START = date(2026, 1, 1)
NOBODY = (None, None)
SELLER = Seller(UUID(int=1), "A1", "Books", "eu", ("A21TJRUUN4KGV",), "Asia/Kolkata", "active", None, False, True)


def at(day):
    return datetime(day.year, day.month, day.day)  # noqa: DTZ001  as click parses an option


@pytest.fixture
def settings(monkeypatch):
    """The newest partition is TODAY."""
    monkeypatch.setattr(Settings, "today", lambda _self: TODAY)
    return Settings()


@pytest.fixture
def local_today(monkeypatch):
    """Sets the today of every seller."""
    return lambda day: monkeypatch.setattr(selection, "today_of", lambda _seller: day)


@pytest.mark.parametrize(
    ("own_today", "last"), [(TODAY, TODAY), (YESTERDAY, YESTERDAY), (TOMORROW, TODAY)], ids=["same", "behind", "ahead"]
)
def test_days_end_at_the_sellers_today_if_it_has_a_partition(settings, local_today, own_today, last):
    local_today(own_today)
    assert chosen_days(settings, START, NOBODY, 3, SELLER) == (last - timedelta(days=2), last)


def test_a_to_that_has_not_begun_for_one_seller_ends_at_its_today(settings, local_today):
    local_today(YESTERDAY)
    span = (at(START), at(TODAY))
    assert chosen_days(settings, START, span, 30) == (START, TODAY)
    assert chosen_days(settings, START, span, 30, SELLER) == (START, YESTERDAY)


@pytest.mark.parametrize(
    ("span", "seller", "message"),
    [
        ((at(TODAY), at(YESTERDAY)), None, f"the range is reversed: --from {TODAY} is after --to {YESTERDAY}"),
        ((None, at(TOMORROW)), None, f"--to {TOMORROW} is in the future: today is {TODAY}"),
        ((at(TOMORROW), None), None, f"--from {TOMORROW} is in the future: today is {TODAY}"),
        ((at(TODAY), None), SELLER, f"--from {TODAY} is in the future: today is {YESTERDAY} for seller A1"),
        ((at(date(2025, 12, 31)), None), None, "2025-12-31 is before 2026-01-01, the first day of this pipeline"),
    ],
)
def test_days_that_cannot_be_synced_are_a_usage_error(settings, local_today, span, seller, message):
    local_today(YESTERDAY)
    with pytest.raises(click.UsageError) as refused:
        chosen_days(settings, START, span, 1, seller)
    assert message in refused.value.message


def test_many_days_do_not_begin_before_the_first_partition_unnoticed(settings, local_today):
    local_today(TODAY)
    with pytest.raises(click.UsageError, match="is before 2026-01-01"):
        chosen_days(settings, START, NOBODY, 100, SELLER)
