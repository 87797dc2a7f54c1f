"""The text of `xpert status`: days of the marketplace, one line for things that are alike, nothing unimportant."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from xpert_pipeline.cli.forecast import predicted_ends, predicted_tag
from xpert_pipeline.cli.seller_runs import SellerRunState
from xpert_pipeline.cli.status_text import lines, open_reports
from xpert_pipeline.postgres.sellers import Seller
from xpert_pipeline.postgres.source_coverage import AVAILABLE, NOT_AVAILABLE, Coverage
from xpert_pipeline.postgres.standing import BucketLevel, Standing, Waiting
from xpert_pipeline.wording import day_words, moment_words

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
INDIA, BRITAIN = "A21TJRUUN4KGV", "A1F83G8C2ARO7P"
SELLER = Seller(UUID(int=1), "A1", "Test Books", "eu", (INDIA,), "Asia/Kolkata", "active", None, False, True)
EXPORTER = replace(SELLER, marketplace_ids=(INDIA, BRITAIN))


def request(kind="query", report_type="economics", state="IN_PROGRESS", start=None, end=None, hours=0, **others):
    facts = {"tries": 1, "amazon_id": "77", "reason": None, "created_at": NOON + timedelta(hours=hours)}
    facts["marketplace_ids"] = [INDIA]
    window = {"window_start": start, "window_end": end}
    return {"kind": kind, "report_type": report_type, "state": state, **window, **facts, **others}


def days(first, last):
    return {"start": datetime(2026, 1, first, tzinfo=UTC), "end": datetime(2026, 1, last + 1, tzinfo=UTC)}


def test_queries_of_a_type_and_state_share_a_line_with_count_oldest_and_all_their_days():
    """Thirteen queries were thirteen rows of which five were shown, each with an end that was one day too late."""
    requests = [request(**days(11, 20), hours=2), request(**days(1, 10), hours=1, amazon_id="66")]
    since = f"{moment_words(NOON + timedelta(hours=1), UTC)} UTC"
    shown = day_words(date(2026, 1, 1), date(2026, 1, 20))
    assert list(open_reports(requests, SELLER)) == [
        f"economics: 2 queries IN_PROGRESS, the oldest since {since}, {shown}, 66"
    ]


def test_another_state_or_type_is_a_line_of_its_own():
    requests = [request(), request(state="DONE"), request(report_type="traffic")]
    assert [line.split(" since")[0] for line in open_reports(requests, SELLER)] == [
        "economics: 1 query IN_PROGRESS",
        "economics: 1 query DONE",
        "traffic: 1 query IN_PROGRESS",
    ]


@pytest.mark.parametrize(
    ("end", "shown"),
    [
        ("2026-01-03T18:30+00:00", lambda: day_words(date(2026, 1, 2), date(2026, 1, 3))),
        ("2026-01-02T18:30+00:00", lambda: day_words(date(2026, 1, 2))),
        ("2026-01-02T06:00+00:00", lambda: "{0} 00:00 to {0} 11:30 Asia/Kolkata".format(day_words(date(2026, 1, 2)))),
    ],
)
def test_a_reports_window_is_shown_in_days_of_the_marketplace_or_else_in_its_times(end, shown):
    window = {"start": datetime(2026, 1, 1, 18, 30, tzinfo=UTC), "end": datetime.fromisoformat(end)}
    (line,) = open_reports([request("report", "GET_X", **window, tries=2, reason="why")], SELLER)
    since = f"since {moment_words(NOON, UTC)} UTC"
    assert line == f"GET_X: 1 report IN_PROGRESS {since}, {shown()}, tried 2 times, 77: why"


def quota_lines(buckets, waiting=()):
    texts = list(lines(SELLER, Standing({}, list(waiting), buckets, [], [], {}), [], {}, verbose=True))
    at = next(number for number, line in enumerate(texts) if line.startswith("  quota"))
    return [line[23:] for line in texts[at:] if line.startswith(("  quota", "   "))]


def bucket(operation, level, *, burst=20.0, throttled=0):
    return BucketLevel(operation, "A1", 0.5, burst, level, 1, throttled, NOON if throttled else None)


def test_only_buckets_that_lack_tokens_or_are_waited_for_are_listed():
    waiting = Waiting("getReport", "A1", 0, NOON, True, NOON)
    buckets = [bucket("searchOrders", 5.4), bucket("getReport", 20.0), bucket("getOrder", 20.0, throttled=2)]
    assert quota_lines(buckets, [waiting]) == [
        "searchOrders: 5.4 of 20 tokens, 0.5 a second; 0 x 429",
        "getReport: 20.0 of 20 tokens, 0.5 a second; 0 x 429",
        f"1 other bucket full; getOrder 2 x 429, last {moment_words(NOON, UTC)} UTC",
    ]


def test_buckets_that_are_all_full_are_counted():
    assert quota_lines([bucket("searchOrders", 20.0), bucket("getReport", 20.0)]) == ["2 buckets full"]
    assert quota_lines([]) == ["no request yet"]


def newest_lines(seller, newest):
    texts = list(lines(seller, Standing(newest, [], [], [], [], {}), [], {}, verbose=True))
    at = next(number for number, line in enumerate(texts) if line.startswith("  last good day"))
    return [line[23:] for line in texts[at : at + len(seller.marketplace_ids)]]


def test_newest_days_are_one_line_per_marketplace_named_by_country():
    first, second = date(2026, 1, 1), date(2026, 1, 2)
    newest = {("orders", INDIA): first, ("products", INDIA): second, ("order_items", INDIA): first}
    former, latter = day_words(first), day_words(second)
    assert newest_lines(SELLER, newest) == [f"{latter}: products; {former}: orders, order_items"]
    newest |= {("orders", BRITAIN): second, ("products", BRITAIN): None, ("order_items", BRITAIN): second}
    assert newest_lines(EXPORTER, newest) == [
        f"IN  {latter}: products; {former}: orders, order_items",
        f"GB  {latter}: orders, order_items; never: products",
    ]


def test_a_report_of_one_of_several_marketplaces_is_shown_with_its_country_and_in_its_days():
    midnight = datetime.fromisoformat("2026-01-01T00:00+00:00")
    window = {"start": midnight, "end": midnight + timedelta(days=1)}
    requests = [request("report", "GET_X", **window, marketplace_ids=[BRITAIN]), request("report", "GET_X", **window)]
    british, indian = open_reports(requests, EXPORTER)
    assert british.startswith("GET_X (GB): 1 report")
    assert f", {day_words(midnight.date())}, 77" in british
    assert indian.startswith("GET_X (IN): 1 report")
    first, last = (day_words(date(2026, 1, day)) for day in (1, 2))
    assert f"{first} 05:30 to {last} 05:30 Asia/Kolkata" in indian


def told(seller=SELLER, runs=(), **options):
    return "\n".join(
        lines(seller, Standing({}, [], [bucket("searchOrders", 5.4)], [], [], {}), list(runs), {}, **options)
    )


def test_quota_and_calls_are_told_only_on_request():
    """Ten lines of token buckets stood before what a seller wants to know."""
    assert "searchOrders" not in told()
    assert "calls in 24 hours" not in told()
    assert "searchOrders: 5.4 of 20 tokens" in told(verbose=True)


def test_the_next_run_is_told_in_the_zone_of_the_sellers_hour_and_a_paused_one_has_none():
    assert re.search(r"next run +\d+ \w{3}( \d{4})? 02:00 Asia/Kolkata", told(replace(SELLER, sync_hour=2)))
    assert re.search(
        r"next run +none: the seller is paused \(`xpert sellers resume A1`\)", told(replace(SELLER, status="paused"))
    )


def test_the_last_error_stays_although_a_later_run_succeeded():
    ended = SellerRunState("1234567890", "success", None, None, NOON, NOON + timedelta(hours=2), [])
    failed = replace(ended, state="failure", ended_at=NOON + timedelta(hours=1), reasons=["orders: down"])
    text = told(runs=[ended, failed])
    ended_at, failed_at = (moment_words(NOON + timedelta(hours=hours), UTC) for hours in (2, 1))
    assert re.search(rf"last run +12345678: success at {ended_at} UTC", text)
    assert re.search(rf"last error +{failed_at} UTC: orders: down", text)
    assert "last error" not in told(runs=[ended])


def about(moment):
    """The time, with its day if that is not today."""
    day = "" if moment.date() == datetime.now(UTC).date() else f"{moment.day} {moment:%b} "
    return f"{day}{moment:%H:%M} UTC"


def test_what_is_still_coming_is_told_with_when_it_is_expected():
    """A first sync of hours told what was still coming, but not when."""
    began = datetime.now(UTC) - timedelta(hours=1)
    tags = predicted_tag({"orders": 60.0, "sales_data": 7200.0, "economics_daily": 7200.0, "traffic_daily": 10_800.0})
    ends = predicted_ends(tags, began)
    run = SellerRunState(
        "1234567890", "running", None, None, began, None, [], ["products"],
        ["traffic_daily", "orders", "sales_data", "economics_daily", "offer_summaries"], ends,
    )  # fmt: skip
    later, latest = (about(began + timedelta(hours=hours)) for hours in (2, 3))
    now = next(line for line in told(runs=[run]).splitlines() if line.startswith("  now "))
    assert now.endswith(
        "; now products; still coming: offer_summaries; orders soon; "
        f"sales_data, economics_daily about {later}; traffic_daily about {latest}"
    )
    assert predicted_ends({}, began) == {}


def test_tables_that_have_rows_or_are_not_offered_are_not_called_never_loaded():
    tables = {"orders": None, "offer_summaries": AVAILABLE, "review_topics": NOT_AVAILABLE}
    known = [
        Coverage(table, INDIA, table, state, NOON, NOON, None, None, None) for table, state in tables.items() if state
    ]
    newest = {(table, INDIA): None for table in tables}
    first, second = list(lines(SELLER, Standing(newest, [], [], [], [], {}), [], {}, known, verbose=False))[1:3]
    assert first == "  last good day        never: orders; no day known to be complete: offer_summaries"
    assert second.startswith("  coverage ")
