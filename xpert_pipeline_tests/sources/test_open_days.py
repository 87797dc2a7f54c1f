"""Which days a run opens: those that no load covers, restated ones, and those that failed."""

from datetime import UTC, datetime, timedelta

import pytest

from xpert_pipeline.sources.windows import (
    DayWindow,
    Restatement,
    day_windows,
    restated_open_days,
)
from xpert_pipeline_tests.sources.conftest import GERMANY, INDIA, TODAY, days_before, last_days

TABLE = "economics_daily"
RULE = Restatement(restated=timedelta(days=14), oldest=timedelta(days=730), anchors=("orders",))


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
