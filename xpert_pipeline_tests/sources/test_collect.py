"""A stream of Data Kiosk records is collected as rows, or set apart with the reason, whole."""

from decimal import Decimal

import pytest

from xpert_pipeline.assets.economics_rows import parse_economics
from xpert_pipeline.assets.kiosk_rows import KioskRows
from xpert_pipeline.assets.traffic_rows import parse_traffic
from xpert_pipeline.postgres.spool import RowSpool
from xpert_pipeline.tables.economics import ECONOMICS_DAILY
from xpert_pipeline.tables.traffic import TRAFFIC_DAILY
from xpert_pipeline_tests.assets.kiosk_records import ASKED, DAY, STORE, economics, inr, traffic


@pytest.fixture
def rows_of(tmp_path):
    spools = []

    def make(table, parse, *records):
        spools.append(RowSpool(tmp_path))
        rows = KioskRows(table, parse, ASKED, spools[-1])
        rows.add(records)
        return rows

    yield make
    for spool in spools:
        spool.close()


@pytest.mark.parametrize(
    ("record", "why", "key"),
    [
        (economics(msku=None), "sku: Input should be a valid string", None),
        (economics(netProceeds={"total": inr(5, "USD")}), "its amounts are in INR and USD", "2026-11-01 SKU-1"),
        (economics(fees=[{"charges": "?"}]), "its shape is not the documented one", "2026-11-01 SKU-1"),
        (economics(startDate=None, endDate=None), "its shape is not the documented one", None),
        (
            economics(sales={"unitsOrdered": 3_000_000_000}),
            "units_ordered: Input should be less than",
            "2026-11-01 SKU-1",
        ),
        (
            economics(sales={"orderedProductSales": inr(True)}),
            "its shape is not the documented one",
            "2026-11-01 SKU-1",
        ),
        ({}, "its shape is not the documented one", None),
    ],
)
def test_a_record_that_breaks_the_contract_is_set_apart_whole(rows_of, record, why, key):
    rows = rows_of(ECONOMICS_DAILY, parse_economics, economics(msku="GOOD"), record)
    (reject,) = rows.rejects
    assert reject.record == record
    assert reject.reason.startswith(why)
    assert reject.record_key == key
    assert rows.kept == ([(STORE, DAY, "SKU-1")] if key else [])
    assert (rows.fetched, len(rows.spool)) == (2, 1)


def test_a_percentage_beyond_all_bounds_is_set_apart(rows_of):
    rows = rows_of(TRAFFIC_DAILY, parse_traffic, traffic(traffic={"buyBoxPercentage": 1e9}))
    assert [reject.reason for reject in rows.rejects] == [
        "buy_box_pct: Value error, not a finite percentage below a million"
    ]


def test_a_null_record_is_a_signal_and_no_record(rows_of):
    rows = rows_of(TRAFFIC_DAILY, parse_traffic, None, traffic())
    assert (rows.fetched, rows.signals) == (1, {"null among records": 1})


@pytest.mark.parametrize(
    ("amount", "count"), [("-12.50001", 1), ("12.5", 0), ("12.34560", 0), ("1E+2", 0), ("99999999999999.99991", 0)]
)
def test_amounts_that_the_table_rounds_are_counted(rows_of, amount, count):
    """COPY rounds to the column's four decimals without a word."""
    record = economics()
    record["netProceeds"]["total"]["amount"] = Decimal(amount)
    rows = rows_of(ECONOMICS_DAILY, parse_economics, record)
    assert rows.signals == ({"amounts with more than four decimals were rounded": count} if count else {})


def test_if_all_records_were_set_apart_no_day_is_told_as_empty(rows_of):
    """A field that Amazon renames makes all records unfit: that is no word on rows that are gone."""
    rows = rows_of(ECONOMICS_DAILY, parse_economics, economics(msku=None))
    assert (rows.part([DAY]).whole_sets, rows.fetched) == ([], 1)


def test_days_of_which_a_record_came_are_known_also_if_it_was_set_apart(rows_of):
    assert rows_of(ECONOMICS_DAILY, parse_economics).days_told == set()
    assert rows_of(ECONOMICS_DAILY, parse_economics, economics()).days_told == {DAY}
    assert rows_of(ECONOMICS_DAILY, parse_economics, economics(sales=[])).days_told == {DAY}
    assert rows_of(ECONOMICS_DAILY, parse_economics, economics(sales="?")).days_told == {DAY}


def test_every_day_asked_for_is_told_as_a_set_even_without_rows(rows_of):
    part = rows_of(TRAFFIC_DAILY, parse_traffic).part([DAY])
    assert (part.whole_sets, part.fetched) == ([(STORE, DAY)], 0)
