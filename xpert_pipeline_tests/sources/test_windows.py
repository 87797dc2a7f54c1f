"""The windows that a run asks for: days of several marketplaces, their bounds, and each marketplace's today."""

from datetime import UTC, date, timedelta
from zoneinfo import ZoneInfo

import pytest

from xpert_pipeline.sources.windows import (
    DayWindow,
    Span,
    day_windows,
)
from xpert_pipeline_tests.sources.conftest import BRITAIN, GERMANY, INDIA
from xpert_pipeline_tests.sources.markets import DE, IN, UK, utc


def november(*days):
    return [date(2026, 11, day) for day in days]


def texts(windows):
    """Days of each window and the countries that it covers."""
    return [(f"{w.first.day}-{w.last.day}", "+".join(m.place.country for m in w.markets)) for w in windows]


def test_marketplaces_with_the_same_open_days_are_asked_for_together():
    windows = day_windows({IN: november(1, 2, 3), DE: november(1, 2, 3)})
    assert texts(windows) == [("1-3", "IN+DE")]
    assert windows[0].days == tuple(november(1, 2, 3))


def test_a_window_ends_where_the_marketplaces_that_need_it_change():
    windows = day_windows({IN: november(1, 2, 3, 4), DE: november(3, 4, 5), UK: november(5)})
    assert texts(windows) == [("5-5", "DE+GB"), ("3-4", "IN+DE"), ("1-2", "IN")]


def test_days_with_a_gap_are_separate_windows_and_the_newest_comes_first():
    assert texts(day_windows({IN: november(9, 1, 2, 7)})) == [("9-9", "IN"), ("7-7", "IN"), ("1-2", "IN")]


def test_no_window_is_longer_than_one_request_may_be():
    windows = day_windows({IN: november(*range(1, 11)), DE: november(*range(1, 11))}, longest=4)
    assert texts(windows) == [("7-10", "IN+DE"), ("4-6", "IN+DE"), ("1-3", "IN+DE")]


def test_no_window_has_only_the_day_that_is_left():
    """A month and a day were a report of a month and one of a day, which Amazon cancelled, as the day had no data."""
    windows = day_windows({IN: [date(2026, 10, day) for day in range(1, 32)]}, longest=30)
    assert [len(window.days) for window in windows] == [16, 15]


def test_where_a_request_covers_one_marketplace_each_has_windows_of_its_own():
    windows = day_windows({IN: november(1, 2), DE: november(2, 3)}, together=False)
    assert texts(windows) == [("2-3", "DE"), ("1-2", "IN")]


@pytest.mark.parametrize(
    ("place", "first", "windows", "exact"),
    [
        (DE, date(2026, 10, 20), ["25-29", "20-24"], ["26-29", "23-25", "20-22"]),
        (DE, date(2026, 3, 26), ["31-4", "26-30"], ["31-4", "26-30"]),
        (IN, date(2026, 10, 20), ["25-29", "20-24"], ["25-29", "20-24"]),
    ],
)
def test_a_day_of_25_hours_makes_an_exact_window_shorter(place, first, windows, exact):
    """Amazon counts the hours of a report's window: five days of which one has 25 hours are too long."""
    days = {place: [first + timedelta(days=n) for n in range(10)]}
    assert [days for days, _ in texts(day_windows(days, longest=5))] == windows
    assert [days for days, _ in texts(day_windows(days, longest=5, exact=True))] == exact


def test_without_open_days_there_is_no_window():
    assert day_windows({}) == day_windows({IN: []}) == []


@pytest.mark.parametrize(
    ("markets", "first", "last", "start", "end"),
    [
        pytest.param((IN,), date(2026, 11, 1), date(2026, 11, 1), "2026-10-31 18:30", "2026-11-01 18:30", id="India"),
        pytest.param(
            (IN, DE), date(2026, 11, 1), date(2026, 11, 2), "2026-10-31 18:30", "2026-11-02 23:00", id="two zones"
        ),
        pytest.param(
            (IN, DE, UK), date(2026, 7, 1), date(2026, 7, 1), "2026-06-30 18:30", "2026-07-01 23:00", id="in summer"
        ),
        pytest.param(
            (DE,), date(2026, 3, 29), date(2026, 3, 29), "2026-03-28 23:00", "2026-03-29 22:00", id="a day of 23 hours"
        ),
        pytest.param(
            (DE,),
            date(2026, 10, 25),
            date(2026, 10, 25),
            "2026-10-24 22:00",
            "2026-10-25 23:00",
            id="a day of 25 hours",
        ),
        pytest.param(
            (UK,),
            date(2026, 10, 25),
            date(2026, 10, 26),
            "2026-10-24 23:00",
            "2026-10-27 00:00",
            id="London falls back",
        ),
    ],
)
def test_a_window_reaches_from_the_first_midnight_to_the_last_one(markets, first, last, start, end):
    window = DayWindow((first, last) if first != last else (first,), markets)
    assert window.bounds() == (utc(start), utc(end))
    assert all(bound.tzinfo is UTC for bound in window.bounds())


@pytest.mark.parametrize(
    ("place", "end", "days"),
    [
        (IN, "2026-10-25 18:30", (25, 25)),
        (IN, "2026-10-25 18:30:01", (25, 26)),
        (DE, "2026-10-25 18:30:01", (25, 25)),
        (DE, "2026-10-25 23:00", (25, 25)),
        (DE, "2026-10-25 23:00:01", (25, 26)),
        (UK, "2026-10-26 00:00", (25, 25)),
    ],
)
def test_the_end_of_a_span_belongs_to_no_day(place, end, days):
    """Half past six in the evening, UTC, is midnight in India."""
    span = Span("created", utc("2026-10-25 10:00"), utc(end), (place,))
    assert tuple(day.day for day in span.local_days) == days


def test_the_days_of_a_span_over_time_zones_are_those_that_were_asked_for():
    """A window of two days was shown as three, because India begins its next day before Britain ends the last."""
    window = DayWindow((date(2026, 11, 1), date(2026, 11, 2)), (IN, UK))
    span = Span("created", *window.bounds(), window.markets)
    assert span.local_days == (window.first, window.last)


@pytest.mark.parametrize(
    ("now", "today", "is_live"),
    [
        ("2026-11-19 18:29", {INDIA: 19, GERMANY: 19, BRITAIN: 19}, {INDIA: True, GERMANY: True, BRITAIN: True}),
        ("2026-11-19 18:31", {INDIA: 20, GERMANY: 19, BRITAIN: 19}, {INDIA: False, GERMANY: True, BRITAIN: True}),
        ("2026-11-19 23:30", {INDIA: 20, GERMANY: 20, BRITAIN: 19}, {INDIA: False, GERMANY: False, BRITAIN: True}),
    ],
)
def test_each_marketplace_has_its_own_today(monkeypatch, stores, make_run, now, today, is_live):
    """A run of the 19th is over in India at half past six in the evening, UTC, and goes on in Europe."""
    monkeypatch.setattr(
        "xpert_pipeline.sources.run.local_today", lambda zone: utc(now).astimezone(ZoneInfo(zone)).date()
    )
    run = make_run(stores, november(18, 19))
    assert {market.id: market.today.day for market in run.markets} == today
    assert {market.id: market.is_live for market in run.markets} == is_live
    assert {market.id: market.yesterday for market in run.markets} == {
        name: date(2026, 11, day) - timedelta(days=1) for name, day in today.items()
    }


def test_a_marketplace_that_is_a_day_behind_leaves_out_days_that_have_not_begun(monkeypatch, stores, make_run):
    monkeypatch.setattr(
        "xpert_pipeline.sources.run.local_today",
        lambda zone: utc("2026-11-19 20:00").astimezone(ZoneInfo(zone)).date(),
    )
    india, germany, _ = make_run(stores, november(19, 20)).markets
    assert (india.days_until_today, germany.days_until_today) == (november(19, 20), november(19))
    assert (india.partition_of_today, germany.partition_of_today) == (date(2026, 11, 20), date(2026, 11, 19))
    assert make_run(stores, november(17, 18)).markets[0].partition_of_today == date(2026, 11, 18)
