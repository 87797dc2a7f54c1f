"""How `xpert status` reads: days of the marketplace, like things together, and what needs no attention left out."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from xpert_pipeline.cli.status_reports import open_reports

from xpert_pipeline.cli.status_text import lines
from xpert_pipeline.postgres.sellers import Seller
from xpert_pipeline.postgres.standing import BucketLevel, Standing, Waiting

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
KOLKATA = "Asia/Kolkata"
SELLER = Seller(UUID(int=1), "A1", "Test Books", "eu", ("A21TJRUUN4KGV",), KOLKATA, "active", None, False, True)


def request(kind="query", report_type="economics", state="IN_PROGRESS", start=None, end=None, hours=0, **given):
    facts = {"tries": 1, "amazon_id": "77", "reason": None, "created_at": NOON + timedelta(hours=hours)}
    window = {"window_start": start, "window_end": end}
    return {"kind": kind, "report_type": report_type, "state": state, **window, **facts, **given}


def days(first, last):
    return {"start": datetime(2026, 1, first, tzinfo=UTC), "end": datetime(2026, 1, last + 1, tzinfo=UTC)}


def test_queries_of_a_type_and_state_share_a_line_with_count_oldest_and_all_their_days():
    """Thirteen queries were thirteen rows of which five were shown, each with an end that was one day too late."""
    asked = [request(**days(11, 20), hours=2), request(**days(1, 10), hours=1, amazon_id="66")]
    assert list(open_reports(asked, KOLKATA)) == [
        "economics: 2 queries IN_PROGRESS, the oldest since 2026-03-01 13:00 UTC, 2026-01-01 to 2026-01-20, 66"
    ]


def test_another_state_or_type_is_a_line_of_its_own():
    asked = [request(), request(state="DONE"), request(report_type="traffic")]
    assert [line.split(" since")[0] for line in open_reports(asked, KOLKATA)] == [
        "economics: 1 query IN_PROGRESS",
        "economics: 1 query DONE",
        "traffic: 1 query IN_PROGRESS",
    ]


@pytest.mark.parametrize(
    ("start", "end", "told"),
    [
        ("2026-01-01T18:30+00:00", "2026-01-03T18:30+00:00", "2026-01-02 to 2026-01-03"),
        ("2026-01-01T18:30+00:00", "2026-01-02T18:30+00:00", "2026-01-02"),
        ("2026-01-01T18:30+00:00", "2026-01-02T06:00+00:00", "2026-01-02 00:00 to 2026-01-02 11:30 Asia/Kolkata"),
    ],
)
def test_a_reports_window_is_told_in_days_of_the_marketplace_or_else_in_its_times(start, end, told):
    window = {"start": datetime.fromisoformat(start), "end": datetime.fromisoformat(end)}
    (line,) = open_reports([request("report", "GET_X", **window, tries=2, reason="why")], KOLKATA)
    assert line == f"GET_X: 1 report IN_PROGRESS since 2026-03-01 12:00 UTC, {told}, tried 2 times, 77: why"


def quota_lines(buckets, waiting=()):
    told = list(lines(SELLER, Standing({}, list(waiting), buckets, [], [], {}), [], {}))
    at = next(number for number, line in enumerate(told) if line.startswith("  quota"))
    return [line[23:] for line in told[at:] if line.startswith(("  quota", "   "))]


def bucket(operation, level, *, burst=20.0, throttled=0):
    return BucketLevel(operation, "A1", 0.5, burst, level, 1, throttled, NOON if throttled else None)


def test_only_buckets_that_lack_tokens_or_are_waited_for_are_listed():
    waiting = Waiting("getReport", "A1", 0, NOON, True, NOON)
    buckets = [bucket("searchOrders", 5.4), bucket("getReport", 20.0), bucket("getOrder", 20.0, throttled=2)]
    assert quota_lines(buckets, [waiting]) == [
        "searchOrders: 5.4 of 20 tokens, 0.5 a second; 0 x 429",
        "getReport: 20.0 of 20 tokens, 0.5 a second; 0 x 429",
        "1 other bucket full; getOrder 2 x 429, last 2026-03-01 12:00 UTC",
    ]


def test_buckets_that_are_all_full_are_counted():
    assert quota_lines([bucket("searchOrders", 20.0), bucket("getReport", 20.0)]) == ["2 buckets full"]
    assert quota_lines([]) == ["nothing asked yet"]
