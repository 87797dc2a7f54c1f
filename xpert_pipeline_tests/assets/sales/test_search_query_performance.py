"""Search query performance: weeks as a whole, no data told from a wrong request, and records that fit no row."""

import io
from collections import Counter
from datetime import date, timedelta
from decimal import Decimal

import pytest

from xpert_pipeline.assets.sales.search_query_performance import SOURCE, parse_query
from xpert_pipeline.sandbox.sales import brand_weeks
from xpert_pipeline.sandbox.world import searches
from xpert_pipeline.sources import weekly_report, weekly_subjects
from xpert_pipeline.sources.collect import Unfit
from xpert_pipeline.sources.job_windows import JobWindow, Requested
from xpert_pipeline.sources.weekly_report import sunday_of
from xpert_pipeline.sources.windows import DayWindow
from xpert_pipeline.spapi.documents.json_document import BadDocument
from xpert_pipeline.spapi.operations.search_queries import read_queries
from xpert_pipeline_tests.assets.orders.payloads import market_of
from xpert_pipeline_tests.faults.conftest import DAGSTERS_OWN
from xpert_pipeline_tests.sources.conftest import INDIA

pytestmark = [pytest.mark.filterwarnings(DAGSTERS_OWN), pytest.mark.timeout(120)]
TABLE = "search_query_performance"
READ = ["products", TABLE]
SUNDAY = date(2025, 1, 5)
WEEK = [SUNDAY + timedelta(days=n) for n in range(7)]
REQUESTED = Requested((market_of(INDIA),), frozenset(WEEK))


def money(amount, currency="INR"):
    return {"amount": Decimal(amount), "currencyCode": currency}


def record(**changes):
    return {
        "startDate": "2025-01-05",
        "endDate": "2025-01-11",
        "asin": "B000000001",
        "searchQueryData": {"searchQuery": "kurta", "searchQueryScore": 5, "searchQueryVolume": 15000},
        "impressionData": {
            "totalQueryImpressionCount": 10000,
            "asinImpressionCount": 765,
            "asinImpressionShare": Decimal("0.0765"),
        },
        "clickData": {
            "totalClickCount": 1000,
            "asinClickCount": 50,
            "asinClickShare": Decimal("0.05"),
            "totalMedianClickPrice": money("499.50"),
            "asinMedianClickPrice": None,
        },
        "cartAddData": {"totalCartAddCount": 200, "asinCartAddCount": 10, "asinCartAddShare": Decimal("0.05")},
        "purchaseData": None,
        **changes,
    }


def test_weeks_that_amazon_has_are_read_whole_in_batches_of_asins(make_brand, hours_pass):
    brand = make_brand()
    assert brand.run(tables=READ).success
    assert brand.differences(TABLE) == []
    rows = brand.rows(TABLE)
    weeks = {row["period_start"] for row in rows}
    assert len(weeks) >= 3
    assert {week.isoweekday() for week in weeks} == {7}
    assert max(weeks) + timedelta(days=6) < brand.today - timedelta(days=10)
    asins = brand.one("select count(distinct asin) from products")[0]
    assert asins > 18
    assert brand.calls("createReport") == 2 * len(weeks)
    hours_pass()
    again = brand.run(tables=READ)
    assert again.states[TABLE] == "up_to_date"
    assert brand.calls("createReport") == 2 * len(weeks), "a week is not read again every day"


def test_a_week_without_data_is_empty_and_no_failure(make_brand, monkeypatch):
    brand = make_brand(days=20, skus=5)
    monkeypatch.setattr(brand_weeks, "LATE_DAYS", 90)
    done = brand.run(tables=READ)
    assert (done.success, done.states[TABLE]) == (True, "empty")
    assert brand.rows(TABLE) == []
    assert {load["details"]["reports"][0]["state"] for load in brand.rows("loads") if load["table_name"] == TABLE} == {
        "EMPTY"
    }
    monkeypatch.setattr(brand_weeks, "LATE_DAYS", searches.LATE_DAYS)
    assert brand.run(tables=READ, refetch=True).success
    assert brand.differences(TABLE) == []


def test_a_period_that_is_no_week_is_an_error_with_amazons_reason(make_brand, monkeypatch):
    brand = make_brand(days=20, skus=5)
    monkeypatch.setattr(weekly_report, "sunday_of", lambda day: sunday_of(day) + timedelta(days=1))
    failed = brand.run(tables=READ)
    assert not failed.success
    assert "ReportFailed" in failed.error
    assert "dataStartTime must be a Sunday" in failed.error


def test_the_requests_of_a_week_stay_as_they_were_sent_and_only_lacking_ones_are_added(monkeypatch):
    """A product that was listed in between changed the requests of a week, so that all of them were sent again."""
    known = [f"B{number:09}" for number in range(2 * SOURCE.most)]
    monkeypatch.setattr(weekly_subjects, "known_values", lambda *_: known)
    week = DayWindow(tuple(WEEK), (market_of(INDIA),))
    sent = SOURCE.requests(None, week)
    assert len(sent) == 2
    assert SOURCE.completed(None, JobWindow(week, sent[:1])).requests == sent
    known[0] = "B999999999"
    planned = JobWindow(week, sent)
    assert SOURCE.requests(None, week)[0] != sent[0]
    assert SOURCE.completed(None, planned) == planned
    known.append("B888888888")
    assert len(SOURCE.completed(None, planned).requests) > len(sent), "a batch is lacking"


def test_a_record_becomes_a_row_with_shares_in_percent():
    row = parse_query(record(), REQUESTED, signals := Counter())
    assert (row["period_start"], row["period_end"], row["asin"]) == (SUNDAY, WEEK[-1], "B000000001")
    assert (row["search_query"], row["search_query_rank"], row["search_query_volume"]) == ("kurta", 5, 15000)
    assert (row["asin_impressions"], row["total_impressions"]) == (765, 10000)
    assert (row["asin_impression_share_pct"], row["asin_click_share_pct"]) == (Decimal("7.65"), Decimal(5))
    assert (row["total_median_click_price"], row["asin_median_click_price"]) == (Decimal("499.5"), None)
    assert (row["asin_purchases"], row["asin_purchase_share_pct"], row["currency"]) == (None, None, "INR")
    assert signals == {"record without purchaseData": 1}
    assert set(row) == set(SOURCE.table.columns)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"startDate": "2025-01-12", "endDate": "2025-01-18"}, "it is of 2025-01-12 to 2025-01-18"),
        ({"endDate": "2025-01-07"}, "it is of 2025-01-05 to 2025-01-07"),
        ({"cartAddData": {"totalMedianCartAddPrice": money(1, "EUR")}}, "its amounts are in EUR and INR"),
    ],
)
def test_a_record_of_another_period_or_in_two_currencies_is_refused(changes, why):
    with pytest.raises(Unfit, match=why):
        parse_query(record(**changes), REQUESTED, Counter())


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "not JSON, or it is cut off"),
        ('{"dataByAsin": [{"asin": "B0"', "not JSON, or it is cut off"),
        ('{"errorDetails": "secret"}', "no list dataByAsin; it has errorDetails"),
        ("[]", "a list, not an object"),
    ],
)
def test_a_document_that_is_half_or_something_else_is_refused_whole(text, why):
    with pytest.raises(BadDocument, match=why) as error:
        read_queries(io.StringIO(text))
    assert "secret" not in str(error.value)


@pytest.mark.parametrize(
    ("day", "sunday"),
    [
        (date(2025, 1, 5), date(2025, 1, 5)),
        (date(2025, 1, 11), date(2025, 1, 5)),
        (date(2025, 1, 4), date(2024, 12, 29)),
    ],
)
def test_a_week_begins_on_sunday(day, sunday):
    assert sunday_of(day) == sunday
