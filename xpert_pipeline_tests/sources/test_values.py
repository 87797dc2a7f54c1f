"""Single values of payloads: figures as texts, times, nulls in lists."""

from collections import Counter
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from xpert_pipeline.sources.values import digits, entries, instant, is_rounded, local_day, number, plain, value_at


@pytest.mark.parametrize(
    ("value", "places", "text"),
    [
        ("30.1", 2, "30.10"),
        ("5.00", 2, "5.00"),
        ("1E+3", 2, "1000.00"),
        ("0.00005", 2, "0.00005"),
        ("-0", 2, "0.00"),
        ("5.0", 0, "5"),
        ("2.5", 0, "2.5"),
    ],
)
def test_equal_figures_have_equal_texts(value, places, text):
    assert digits(Decimal(value), places) == text


@pytest.mark.parametrize(
    ("path", "value"),
    [("a.b", 1), ("a", {"b": 1}), ("a.c", None), ("a.b.c", None), ("x.y", None), ("list.0", None)],
)
def test_a_value_that_is_absent_is_none(path, value):
    assert value_at({"a": {"b": 1}, "list": [1]}, path) == value
    assert value_at(None, path) is None


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-01T10:00:00Z", datetime(2026, 11, 1, 10, tzinfo=UTC)),
        ("2026-11-01T15:30:00+05:30", datetime(2026, 11, 1, 10, tzinfo=UTC)),
        ("", None),
        (None, None),
        ("yesterday", None),
        (7, None),
    ],
)
def test_a_time_that_cannot_be_read_is_none(text, moment):
    assert instant(text) == moment


@pytest.mark.parametrize(
    ("text", "zone", "day"),
    [
        ("2026-11-01T18:29:59Z", "Asia/Kolkata", date(2026, 11, 1)),
        ("2026-11-01T18:30:00Z", "Asia/Kolkata", date(2026, 11, 2)),
        ("2026-07-01T22:30:00Z", "Europe/Berlin", date(2026, 7, 2)),
        ("2026-07-01T22:30:00Z", "Europe/London", date(2026, 7, 1)),
        ("2026-11-01T10:00:00", "Europe/Berlin", None),
        ("soon", "Europe/Berlin", None),
        (None, "Europe/Berlin", None),
    ],
)
def test_a_local_day_needs_a_time_with_its_zone(text, zone, day):
    assert local_day(text, ZoneInfo(zone)) == day


@pytest.mark.parametrize(("value", "figure"), [(3, Decimal(3)), (Decimal("2.50"), Decimal("2.50")), (None, None)])
def test_a_figure_keeps_its_digits(value, figure):
    assert number(value) == figure


@pytest.mark.parametrize("value", [True, "3", 2.5, [], {}])
def test_what_is_no_figure_is_an_error_and_not_a_guess(value):
    with pytest.raises(TypeError, match="not a number"):
        number(value)


@pytest.mark.parametrize(
    ("amount", "loses"),
    [("1.23456", True), ("1.2345", False), ("1.23450", False), ("1E+3", False), (None, False), ("NaN", False)],
)
def test_an_amount_is_rounded_if_the_column_cannot_keep_its_decimals(amount, loses):
    assert is_rounded(None if amount is None else Decimal(amount)) == loses


def test_nulls_in_a_list_are_counted_and_skipped():
    signals = Counter()
    assert list(entries([None, {"a": 1}, None], "fees", signals)) == [{"a": 1}]
    assert signals == {"null among fees": 2}
    assert list(entries(None, "fees", signals)) == []


def test_decimals_of_json_become_texts():
    assert plain({"a": [Decimal("1.10"), 2], "b": {"c": Decimal(3)}}) == {"a": ["1.10", 2], "b": {"c": "3"}}
