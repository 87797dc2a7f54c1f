"""The spans of a change stream: where each marketplace begins, and which are read together."""

from datetime import UTC, datetime, timedelta

import pytest

from xpert_pipeline.assets.orders import feed as orders
from xpert_pipeline.sources.change_spans import changed_spans, created_spans
from xpert_pipeline.sources.run import market_of
from xpert_pipeline.sources.windows import (
    groups_of,
    stream_position,
)
from xpert_pipeline_tests.sources.conftest import BRITAIN, GERMANY, INDIA, TODAY, days_before, last_days
from xpert_pipeline_tests.sources.markets import DE, IN, UK, utc

OVERLAP = timedelta(minutes=5)
SETTLING = timedelta(seconds=150)


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
