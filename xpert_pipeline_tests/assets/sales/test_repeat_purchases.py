"""Repeat purchases: one report for each whole week, records that fit no row, and no data told from a failure."""

from collections import Counter
from datetime import date, timedelta
from decimal import Decimal

import pytest

from xpert_pipeline.assets.sales.repeat_purchases import SOURCE, parse_asin
from xpert_pipeline.sandbox.sales import brand_weeks
from xpert_pipeline.sources import weekly_report
from xpert_pipeline.sources.collect import Unfit
from xpert_pipeline.sources.job_windows import Requested
from xpert_pipeline.sources.weekly_report import sunday_of
from xpert_pipeline_tests.assets.orders.payloads import market_of
from xpert_pipeline_tests.faults.conftest import DAGSTERS_OWN
from xpert_pipeline_tests.sources.conftest import INDIA

pytestmark = [pytest.mark.filterwarnings(DAGSTERS_OWN), pytest.mark.timeout(120)]
TABLE = "repeat_purchases"
SUNDAY = date(2025, 1, 5)
WEEK = [SUNDAY + timedelta(days=n) for n in range(7)]
REQUESTED = Requested((market_of(INDIA),), frozenset(WEEK))


def record(**changes):
    return {
        "startDate": "2025-01-05",
        "endDate": "2025-01-11",
        "asin": "B000000001",
        "orders": 1256,
        "uniqueCustomers": 1201,
        "repeatCustomersPctTotal": Decimal("0.0083"),
        "repeatPurchaseRevenue": {"amount": Decimal("2246.13"), "currencyCode": "INR"},
        "repeatPurchaseRevenuePctTotal": Decimal("0.0217"),
        **changes,
    }


@pytest.fixture
def make_repeats(make_brand):
    def make(**options):
        brand = make_brand(**options)
        brand.sources = (SOURCE,)
        return brand

    return make


def test_a_week_is_one_report_of_all_products_and_is_not_read_every_day(make_repeats, hours_pass):
    brand = make_repeats(orders_per_day=20)
    assert brand.run().success
    assert brand.differences(TABLE) == []
    weeks = {row["period_start"] for row in brand.rows(TABLE)}
    assert len(weeks) >= 3
    assert {week.isoweekday() for week in weeks} == {7}
    assert max(weeks) + timedelta(days=6) < brand.today - timedelta(days=10)
    assert brand.one("select count(distinct asin) from repeat_purchases")[0] > 18
    assert brand.calls("createReport") == len(weeks)
    hours_pass()
    again = brand.run()
    assert again.states[TABLE] == "up_to_date"
    assert brand.calls("createReport") == len(weeks)


def test_a_week_that_is_read_once_more_replaces_what_was_known(make_repeats, admin):
    brand = make_repeats(days=24, skus=5)
    assert brand.run().success
    admin.execute("update repeat_purchases set unique_customers = 1")
    admin.execute("insert into repeat_purchases (seller_id, marketplace_id, period_start, period_end, asin, source,"
                  " load_id) select seller_id, marketplace_id, period_start, period_end, 'B0GONE', source, load_id"
                  " from repeat_purchases limit 1")  # fmt: skip
    assert brand.run(refetch=True).success
    assert brand.differences(TABLE) == []


def test_a_week_without_data_is_empty_and_no_failure(make_repeats, monkeypatch):
    brand = make_repeats(days=20, skus=5)
    monkeypatch.setattr(brand_weeks, "LATE_DAYS", 90)
    done = brand.run()
    assert (done.success, done.states[TABLE]) == (True, "empty")
    assert brand.rows(TABLE) == []


def test_a_period_that_is_no_week_is_an_error_with_amazons_reason(make_repeats, monkeypatch):
    brand = make_repeats(days=20, skus=5)
    monkeypatch.setattr(weekly_report, "sunday_of", lambda day: sunday_of(day) + timedelta(days=1))
    failed = brand.run()
    assert not failed.success
    assert "dataStartTime must be a Sunday" in failed.error


def test_a_record_becomes_a_row_with_shares_in_percent():
    row = parse_asin(record(returns=5), REQUESTED, signals := Counter())
    assert (row["period_start"], row["period_end"], row["asin"]) == (SUNDAY, WEEK[-1], "B000000001")
    assert (row["orders"], row["unique_customers"]) == (1256, 1201)
    assert (row["repeat_customer_pct"], row["repeat_revenue_pct"]) == (Decimal("0.83"), Decimal("2.17"))
    assert (row["repeat_revenue"], row["currency"]) == (Decimal("2246.13"), "INR")
    assert signals == {"unknown field returns": 1}
    assert set(row) == set(SOURCE.table.columns)


def test_what_amazon_does_not_tell_is_null_and_no_zero():
    told = {name: value for name, value in record().items() if name in ("startDate", "endDate", "asin")}
    row = parse_asin(told | {"repeatPurchaseRevenue": None, "uniqueCustomers": 0}, REQUESTED, Counter())
    assert row.pop("unique_customers") == 0
    assert {name for name, value in row.items() if value is None} == {
        "orders", "repeat_customer_pct", "repeat_revenue", "repeat_revenue_pct", "currency",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"startDate": "2025-01-12", "endDate": "2025-01-18"}, "it is of 2025-01-12 to 2025-01-18"),
        ({"endDate": "2025-01-18"}, "it is of 2025-01-05 to 2025-01-18"),
        ({"repeatPurchaseRevenue": {"amount": 1}}, "an amount has no currency"),
    ],
)
def test_a_record_of_another_period_or_without_a_currency_is_refused(changes, why):
    with pytest.raises(Unfit, match=why):
        parse_asin(record(**changes), REQUESTED, Counter())
