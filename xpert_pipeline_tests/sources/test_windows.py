"""Which days and spans a run asks for: open days of several marketplaces, restated days, and the change stream."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from xpert_pipeline.assets.orders import feed as orders
from xpert_pipeline.postgres.scope import Scope
from xpert_pipeline.sources.change_spans import changed_spans, created_spans
from xpert_pipeline.sources.run import Market, market_of
from xpert_pipeline.sources.windows import (
    DayWindow,
    Restatement,
    Span,
    day_windows,
    groups_of,
    restated_open_days,
    stream_position,
)
from xpert_pipeline.spapi.marketplaces import by_id
from xpert_pipeline_tests.sources.conftest import BRITAIN, GERMANY, INDIA, TODAY, days_before, last_days

TABLE = "economics_daily"
RULE = Restatement(restated=timedelta(days=14), oldest=timedelta(days=730), anchors=("orders",))
OVERLAP = timedelta(minutes=5)
SETTLING = timedelta(seconds=150)


def market(marketplace_id, *days, today=date(2026, 11, 20)):
    place = by_id(marketplace_id)
    return Market(place, Scope(UUID(int=1), place.id, place.timezone), days, today)


IN, DE, UK = market(INDIA), market(GERMANY), market(BRITAIN)


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
    assert texts(windows) == [("7-10", "IN+DE"), ("3-6", "IN+DE"), ("1-2", "IN+DE")]


def test_where_a_request_covers_one_marketplace_each_has_windows_of_its_own():
    windows = day_windows({IN: november(1, 2), DE: november(2, 3)}, together=False)
    assert texts(windows) == [("2-3", "DE"), ("1-2", "IN")]


@pytest.mark.parametrize(
    ("place", "first", "windows", "exact"),
    [
        (DE, date(2026, 10, 20), ["25-29", "20-24"], ["26-29", "22-25", "20-21"]),
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


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


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


@pytest.fixture
def open_days(seller, make_run):
    """Ages of the days that a run would read, newest first."""

    def read(days=(), rule=RULE, **options):
        run = make_run(seller, days, **options)
        (own,) = run.markets
        return [(own.today - day).days for day in reversed(restated_open_days(run, own, TABLE, rule))]

    return read


def hours_ago(hours):
    return datetime.now(UTC) - timedelta(hours=hours)


def test_days_that_no_load_covers_are_open_and_today_is_not_over(open_days, seller, loaded):
    loaded(seller, TABLE, *days_before(TODAY, 40, 38), began=hours_ago(7))
    past = days_before(TODAY, 41, 40, 39, 38, 37)
    assert open_days(past) == [41, 37][::-1]
    assert 0 not in open_days(last_days(3))


def test_refetch_opens_complete_days_again(open_days, seller, loaded):
    loaded(seller, TABLE, *days_before(TODAY, 40, 38), began=hours_ago(7))
    assert open_days(days_before(TODAY, 40, 39, 38), refetch=True) == [38, 39, 40]
    assert open_days(days_before(TODAY, 40, 39, 38)) == []


def test_a_live_run_reads_restated_days_again_unless_they_were_read_within_hours(open_days, seller, loaded):
    loaded(seller, TABLE, *days_before(TODAY, 50, 1), began=hours_ago(7))
    assert open_days([TODAY]) == list(range(1, 15))
    loaded(seller, TABLE, *days_before(TODAY, 14, 4), began=hours_ago(5))
    assert open_days([TODAY]) == [1, 2, 3]


def test_a_run_of_past_days_reads_no_restated_days_beside_its_own(open_days, seller, loaded):
    loaded(seller, TABLE, *days_before(TODAY, 50, 1), began=hours_ago(7))
    assert open_days(days_before(TODAY, 3, 2)) == []
    assert open_days(days_before(TODAY, 3, 2), refetch=True) == [2, 3]


def test_days_that_have_settled_since_their_last_load_are_open(open_days, seller, loaded):
    """The last load is 18 days old: it found days in it that Amazon still restated for up to 14 days."""
    loaded(seller, TABLE, *days_before(TODAY, 70, 19), began=datetime.now(UTC) - timedelta(days=18))
    open_ages = [age for age in open_days([TODAY]) if age > 14]
    assert open_ages[:4] == [15, 16, 17, 18], "never loaded, but after the first day that was"
    assert open_ages[4:] == list(range(19, 18 + 14))


def test_a_run_of_past_days_settles_its_own_days_only(open_days, seller, loaded):
    loaded(seller, TABLE, *days_before(TODAY, 70, 19), began=datetime.now(UTC) - timedelta(days=18))
    assert open_days(days_before(TODAY, 60, 40, 25, 20)) == [20, 25]


def test_recent_days_that_failed_are_repaired_but_not_those_before_the_first_load(open_days, seller, loaded):
    loaded(seller, TABLE, *days_before(TODAY, 22, 21), began=hours_ago(7))
    assert [age for age in open_days([TODAY]) if age > 14] == [15, 16, 17, 18, 19, 20]


def test_days_more_than_thirty_back_are_not_repaired(open_days, seller, loaded):
    loaded(seller, TABLE, *days_before(TODAY, 50, 49), began=hours_ago(7))
    assert max(open_days([TODAY])) == 30


def test_the_first_day_of_another_table_counts_as_the_beginning_too(open_days, seller, loaded):
    assert max(open_days([TODAY])) == 14, "nothing was ever loaded"
    loaded(seller, "products", *days_before(TODAY, 25, 1), began=hours_ago(7))
    assert max(open_days([TODAY])) == 14, "products is no anchor"
    loaded(seller, "orders", *days_before(TODAY, 20, 1), began=hours_ago(7))
    assert max(open_days([TODAY])) == 20


def test_days_before_amazons_history_are_never_open(open_days):
    rule = Restatement(restated=timedelta(days=3), oldest=timedelta(days=10))
    assert open_days(last_days(30), rule=rule) == list(range(1, 11))
    assert open_days(last_days(30), rule=rule, refetch=True) == list(range(1, 11))


def test_each_marketplace_has_open_days_of_its_own(stores, make_run, loaded):
    loaded(stores, TABLE, *days_before(TODAY, 45, 40), marketplace=INDIA, began=hours_ago(7))
    loaded(stores, TABLE, *days_before(TODAY, 42, 41), marketplace=GERMANY, began=hours_ago(7))
    run = make_run(stores, days_before(TODAY, 43, 42, 41, 40))
    open_days = {own: restated_open_days(run, own, TABLE, RULE) for own in run.markets}
    windows = day_windows(open_days)
    ages = [([(TODAY - day).days for day in w.days], [m.place.country for m in w.markets]) for w in windows]
    assert ages == [([40], ["DE", "GB"]), ([42, 41], ["GB"]), ([43], ["DE", "GB"])]


def test_a_window_of_several_zones_begins_no_day_earlier_in_the_west(stores, make_run, loaded):
    """Loads of India's days begin on the evening before in Germany: that evening is no day that was loaded."""
    first, last = days_before(TODAY, 20, 16)
    run = make_run(stores, [TODAY])
    window = DayWindow((first, last), run.markets)
    for own in run.markets:
        loaded(stores, "orders", *window.bounds(), marketplace=own.id, began=hours_ago(7))
    for own in run.markets:
        open_days = restated_open_days(run, own, TABLE, RULE)
        assert min(open_days) == first, own.place.country


@pytest.mark.parametrize(
    ("minutes", "groups"),
    [
        ((0, 20, 0), {0: "IN+GB", 20: "DE"}),
        ((20, 0, 20), {0: "DE", 20: "IN+GB"}),
        ((0, 5, 3), {0: "IN+DE+GB"}),
        ((0, 5.1, 0), {0: "IN+GB", 5.1: "DE"}),
        ((0, 4, 8), {0: "IN+DE", 8: "GB"}),
    ],
)
def test_marketplaces_at_about_the_same_position_of_their_stream_are_grouped(minutes, groups):
    """Each group is read from its earliest position; positions may differ by the overlap."""
    noon = utc("2026-11-01 12:00")
    marks = [(place, noon + timedelta(minutes=n)) for place, n in zip((IN, DE, UK), minutes, strict=True)]
    expected = {noon + timedelta(minutes=n): countries for n, countries in groups.items()}
    found = groups_of(marks, OVERLAP)
    assert {mark: "+".join(own.place.country for own in markets) for mark, markets in found.items()} == expected


def test_without_streams_there_are_no_groups():
    assert groups_of([], OVERLAP) == {}


class Clock:
    """A client whose clock stands still."""

    def __init__(self, now):
        self.now = now

    def server_now(self):
        return self.now


NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def live_run(stores, make_run):
    clock = Clock(NOW)
    return make_run(stores, last_days(3), lambda: clock)


FEED = orders.SOURCE.feed


def minutes_ago(minutes):
    return NOW - timedelta(minutes=minutes)


def shown(spans):
    """Start and end of each span in minutes before now, and its countries."""
    return [
        [
            (round((NOW - span.start).total_seconds() / 60, 1), "+".join(own.place.country for own in span.markets))
            for span in group
        ]
        for group in spans
    ]


def test_the_stream_begins_with_the_first_load_and_goes_on_from_its_own_end(stores, live_run, loaded):
    (india, *_) = live_run.markets
    assert stream_position(live_run, india, "orders", OVERLAP) is None
    loaded(stores, "orders", TODAY, TODAY, began=minutes_ago(90))
    assert stream_position(live_run, india, "orders", OVERLAP) == minutes_ago(95)
    loaded(stores, "orders", minutes_ago(95), minutes_ago(30), kind="updated")
    assert stream_position(live_run, india, "orders", OVERLAP) == minutes_ago(30)


def test_changes_of_marketplaces_at_one_position_are_asked_for_in_one_walk(stores, live_run, loaded):
    for place, minutes in ((INDIA, 60), (GERMANY, 60), (BRITAIN, 20)):
        loaded(stores, "orders", TODAY, TODAY, marketplace=place, began=minutes_ago(90))
        loaded(stores, "orders", minutes_ago(95), minutes_ago(minutes), marketplace=place, kind="updated")
    groups = changed_spans(live_run, FEED)
    assert shown(groups) == [[(65.0, "IN+DE")], [(25.0, "GB")]]
    assert {span.end for spans in groups for span in spans} == {NOW - SETTLING}
    assert {span.kind for spans in groups for span in spans} == {"updated"}


def test_a_marketplace_without_a_first_load_has_no_changes_to_follow(stores, live_run, loaded):
    assert changed_spans(live_run, FEED) == []
    loaded(stores, "orders", TODAY, TODAY, marketplace=GERMANY, began=minutes_ago(90))
    assert shown(changed_spans(live_run, FEED)) == [[(100.0, "DE")]]


def test_a_run_of_past_days_follows_no_changes(stores, make_run, loaded):
    loaded(stores, "orders", TODAY, TODAY, began=minutes_ago(90))
    assert changed_spans(make_run(stores, days_before(TODAY, 9, 8), lambda: Clock(NOW)), FEED) == []


def test_a_stream_read_a_moment_ago_is_not_read_again(stores, live_run, loaded):
    loaded(stores, "orders", TODAY, TODAY, began=minutes_ago(90))
    loaded(stores, "orders", minutes_ago(95), NOW - SETTLING, kind="updated")
    assert changed_spans(live_run, FEED) == []


def test_created_spans_end_where_amazon_lets_them(stores, live_run):
    """Amazon refuses bounds within two minutes of now."""
    days = {own: list(last_days(2)) for own in live_run.markets}
    (span,) = created_spans(live_run, FEED, days)
    first = market_of(stores, INDIA, ()).bounds(TODAY - timedelta(days=1), TODAY)[0]
    assert (span.kind, span.start, span.end) == ("created", first, NOW - SETTLING)
    assert span.marketplace_ids == (INDIA, GERMANY, BRITAIN)


def test_a_day_that_has_only_just_begun_has_no_span_yet(stores, make_run):
    midnight, _ = market_of(stores, INDIA, ()).bounds(TODAY, TODAY)
    run = make_run(stores, [TODAY], lambda: Clock(midnight + timedelta(seconds=100)))
    assert created_spans(run, FEED, {run.markets[0]: [TODAY]}) == []
