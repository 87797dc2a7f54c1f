"""Advertising by SKU from economics and for the account from its payments: two answers that are never added."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import uuid4

import pytest

from xpert_pipeline.assets.finance import advertising_spend, economics_daily, transaction_feed
from xpert_pipeline.postgres.pool import tenant
from xpert_pipeline_tests.faults.conftest import DAGSTERS_OWN, empty_pipeline, make_sandbox
from xpert_pipeline_tests.sources.conftest import INDIA, make_run

__all__ = ["empty_pipeline", "make_run", "make_sandbox"]
pytestmark = [pytest.mark.filterwarnings(DAGSTERS_OWN), pytest.mark.timeout(120)]
ADVERTISING = "advertising_spend"


@pytest.fixture
def advertised(empty_pipeline, make_sandbox):
    """A seller of 24 days, whose advertising comes from both sources."""
    sources = (economics_daily.SOURCE, transaction_feed.SOURCE, advertising_spend.SOURCE)
    empty_pipeline.sources = sources
    empty_pipeline.serve(make_sandbox(days=24, orders_per_day=8, skus=40))
    return empty_pipeline


def test_advertising_is_computed_row_for_row_and_a_second_run_changes_nothing(advertised):
    assert advertised.run(checks=True).errors == {}
    advertised.assert_whole(ADVERTISING)
    rows = advertised.rows(ADVERTISING)
    assert {row["scope"] for row in rows} == {"SKU", "ACCOUNT"}
    assert {row["is_final"] for row in rows} == {True, False}
    again = advertised.run()
    counts = again.counts[ADVERTISING]
    assert [counts[name] for name in ("inserted", "updated", "deleted")] == [0, 0, 0]
    months = advertised.rows("advertising_months")
    assert [row["currency"] for row in months] == ["INR"] * len(months)
    for month in months:
        cash = [row["spend"] for row in rows if row["scope"] == "ACCOUNT" and _month(row) == month["month"]]
        known = [row["spend"] for row in rows if row["scope"] == "SKU" and _month(row) == month["month"]]
        assert (month["cash_spend"] or 0, month["economics_spend"]) == (sum(cash), sum(known))
        if cash:
            assert month["gap_amount"] == sum(cash) - sum(known)
            assert month["cash_tacos_pct"] == pytest.approx(100 * sum(cash) / month["ops"])
        assert month["economics_tacos_pct"] == pytest.approx(100 * sum(known) / month["ops"])
        assert month["unknown_count"] == 0


STANDARD = "seller_id, marketplace_id, source, load_id"
ECONOMICS = f"insert into economics_daily ({STANDARD}, business_date, sku, asin, ops, ads, currency) values "
HEADERS = (
    f"insert into financial_events ({STANDARD}, transaction_id, item_index, has_amazon_id, transaction_type, posted_at, "
    "posted_date, total_amount, currency, is_balanced, is_counted, is_cash) values "
)
LEAVES = (
    f"insert into financial_event_amounts ({STANDARD}, transaction_id, item_index, leaf_number, amount_tree, path, "
    "amount_group, amount_name, is_tax, amount, currency, transaction_type, posted_at, posted_date, is_counted, is_cash) "
    "values "
)
DAY, OTHER = date(2026, 11, 2), date(2026, 11, 3)


class Books:
    """A seller's economics and payments, written by hand."""

    def __init__(self, pool, seller, make_run):
        self.pool, self.seller, self._make_run = pool, seller, make_run

    def write(self, statement, *values):
        place = (self.seller.id, INDIA, "a test", uuid4())
        with tenant(self.pool, self.seller.id) as connection:
            marks = ", ".join(["%s"] * (len(place) + len(values)))
            connection.execute(f"{statement} ({marks})", [*place, *values])

    def sold(self, sku, ops, ads, day=DAY):
        self.write(ECONOMICS, day, sku, f"ASIN-{sku}", ops, None if ads is None else json.dumps(ads), "INR")

    def paid(self, number, base, tax, day=DAY, currency="INR", kind="ProductAdsPayment"):
        posted = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
        total = None if base is None else base + (tax or 0)
        self.write(HEADERS, number, -1, True, kind, posted, day, total, currency, True, True, True)
        for place, (amount, is_tax) in enumerate(((base, False), (tax, True))):
            if amount is not None:
                leaf = (number, -1, place, "TRANSACTION", "AdvertisingFee", "AmazonFees", "AdvertisingFee", is_tax)
                self.write(LEAVES, *leaf, amount, currency, kind, posted, day, True, True)

    def derived(self):
        run = self._make_run(self.seller, [DAY, OTHER])
        advertising_spend.SOURCE.sync(run, None)
        columns = "spend_date, sku, ad_type, spend, spend_ex_tax, tax, currency, ops, tacos_pct"
        with tenant(self.pool, self.seller.id) as connection:
            rows = connection.execute(f"select {columns} from advertising_spend order by 1, 2, 3").fetchall()
        return [tuple(str(value) if isinstance(value, Decimal) else value for value in row) for row in rows]


def charge(kind, amount, promotion, tax, total):
    return {"type": kind, "amount": amount, "promotion": promotion, "tax": tax, "total": total, "quantity": None}


def test_advertising_worked_by_hand(pool, seller, make_run):
    """Two charges of a type are one row; an unknown charge makes the sum unknown; refunds of payments count, too."""
    books = Books(pool, seller, make_run)
    product = "SponsoredProductFee"
    books.sold(
        "A", "500", [charge(product, "100", "10", "16.20", "106.20"), charge(product, "10", "0", "1.80", "11.80")]
    )
    books.sold("B", "0", [charge(product, "5", "0", "0.90", "5.90")])
    books.sold("C", "80", [charge(product, None, None, None, None), charge(product, "1", "0", "0", "1")])
    books.sold("D", "70", [])
    books.sold("E", "60", None)
    books.paid("P1", Decimal(-200), Decimal(-36))
    books.paid("P2", Decimal(50), Decimal(9), kind="productadspayment")
    books.paid("P3", Decimal(-7), None, day=OTHER)
    books.paid("P4", Decimal(-8), None, day=OTHER, currency="USD")
    books.paid("F1", Decimal(-9), None, kind="ServiceFee")
    assert books.derived() == [
        (DAY, "(account)", "ACCOUNT_CASH", "177.0000", "150.0000", "27.0000", "INR", None, None),
        (DAY, "A", product, "118.0000", "100.0000", "18.0000", "INR", "500.0000", "23.6000"),
        (DAY, "B", product, "5.9000", "5.0000", "0.9000", "INR", "0.0000", None),
        (DAY, "C", product, None, None, None, "INR", "80.0000", None),
        (OTHER, "(account)", "ACCOUNT_CASH", None, None, None, None, None, None),
    ]


def test_the_gap_of_a_whole_month_is_told_and_too_small_payments_are_a_warning(pool, seller, make_run):
    books = Books(pool, seller, make_run)
    first, last = date(2026, 9, 1), date(2026, 9, 30)
    for day in (first, last):
        books.sold("A", "500", [charge("SponsoredProductFee", "100", "0", "18", "118")], day=day)
    books.paid("P1", Decimal(-200), Decimal(-36), day=first)
    run = make_run(seller, [first, last])
    advertising_spend.SOURCE.sync(run, None)

    def found():
        with tenant(pool, seller.id) as connection:
            return connection.execute(advertising_spend.GAP_BY_MONTH, {"seller_id": seller.id}).fetchall()

    assert found() == [(False, f"2026-09 {INDIA}: payments 236.00 INR, economics 236.00, gap 0.00")]
    with tenant(pool, seller.id) as connection:
        connection.execute("update advertising_spend set spend = 200 where scope = 'ACCOUNT'")
    assert found() == [(True, f"2026-09 {INDIA}: payments 200.00 INR, economics 236.00, gap -36.00")]


def _month(row):
    return row["spend_date"].replace(day=1)
