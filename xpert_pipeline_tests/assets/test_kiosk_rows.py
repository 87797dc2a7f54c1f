"""Records of Data Kiosk become rows, or are set apart with the reason; no figure is invented on the way."""

import json
from collections import Counter
from datetime import date
from decimal import Decimal

import pytest

from xpert_pipeline.assets.economics_rows import parse_economics
from xpert_pipeline.assets.kiosk_payloads import Asked, Unfit, digits
from xpert_pipeline.assets.kiosk_rows import KioskRows
from xpert_pipeline.assets.traffic_rows import parse_traffic
from xpert_pipeline.postgres.spool import RowSpool
from xpert_pipeline.tables.economics import ECONOMICS_DAILY
from xpert_pipeline.tables.traffic import TRAFFIC_DAILY

STORE, DAY = "A21TJRUUN4KGV", date(2026, 11, 1)
ASKED = Asked(STORE, frozenset({DAY}))


def inr(amount, code="INR"):
    return {"amount": amount, "currencyCode": code}


def detail(total, **other):
    return {"amount": inr(total), "promotionAmount": inr(0), "taxAmount": inr(0), "totalAmount": inr(total), **other}


def economics(**changes):
    """A record as Amazon writes it: text, so that numbers arrive as they would."""
    record = {
        "startDate": "2026-11-01",
        "endDate": "2026-11-01",
        "marketplaceId": STORE,
        "msku": "SKU-1",
        "fnsku": None,
        "childAsin": "B000000001",
        "parentAsin": "B000000000",
        "sales": {
            "unitsOrdered": 3,
            "unitsRefunded": 1,
            "netUnitsSold": 2,
            "orderedProductSales": inr(299.99),
            "refundedProductSales": inr(100),
            "netProductSales": inr(199.99),
            "averageSellingPrice": inr(99.9966),
        },
        "fees": [
            {"feeTypeName": "Referral fee", "charges": [{"aggregatedDetail": detail(30.1, quantity=3)}]},
            {"feeTypeName": "FBA fulfillment fees", "charges": [{"aggregatedDetail": detail(43.5, quantity=None)}]},
        ],
        "ads": [{"adTypeName": "SponsoredProductFee", "charge": detail(12.25)}],
        "cost": {"costOfGoodsSold": inr(50.5), "miscellaneousCost": None, "mfnCost": {"fulfillmentCost": inr(35)}},
        "netProceeds": {"total": inr(-12.5), "perUnit": None},
        **changes,
    }
    return json.loads(json.dumps(record), parse_float=Decimal)


def traffic(**changes):
    record = {
        "startDate": "2026-11-01",
        "endDate": "2026-11-01",
        "marketplaceId": STORE,
        "childAsin": "B000000001",
        "parentAsin": "B000000000",
        "sales": {
            "orderedProductSales": inr(299.99),
            "orderedProductSalesB2B": None,
            "unitsOrdered": 3,
            "unitsOrderedB2B": None,
            "totalOrderItems": 2,
            "totalOrderItemsB2B": None,
            "unitsShipped": 3,
            "ordersShipped": 2,
            "shippedProductSales": inr(299.99),
            "unitsRefunded": 0,
            "refundRate": 0.0,
        },
        "traffic": {
            "sessions": 10,
            "sessionsB2B": None,
            "browserSessions": 4,
            "mobileAppSessions": 6,
            "pageViews": 12,
            "pageViewsB2B": None,
            "browserPageViews": 5,
            "mobileAppPageViews": 7,
            "buyBoxPercentage": 97.5,
            "buyBoxPercentageB2B": None,
            "unitSessionPercentage": 30.0,
        },
        **changes,
    }
    return json.loads(json.dumps(record), parse_float=Decimal)


def test_an_economics_record_becomes_a_row():
    row = parse_economics(economics(), ASKED, Counter())
    assert set(row) == set(ECONOMICS_DAILY.columns)
    assert (row["business_date"], row["sku"], row["asin"], row["fn_sku"]) == (DAY, "SKU-1", "B000000001", None)
    assert (row["units_ordered"], row["units_refunded"], row["net_units"]) == (3, 1, 2)
    assert (row["ops"], row["net_product_sales"], row["asp"]) == (
        Decimal("299.99"),
        Decimal("199.99"),
        Decimal("99.9966"),
    )
    assert (row["fees_total"], row["ads_total"], row["net_proceeds"]) == (
        Decimal("73.6"),
        Decimal("12.25"),
        Decimal("-12.5"),
    )
    assert (row["cost_of_goods_sold"], row["miscellaneous_cost"], row["fulfillment_cost"]) == (
        Decimal("50.5"),
        None,
        Decimal(35),
    )
    assert row["net_proceeds_per_unit"] is None
    assert row["currency"] == "INR"
    assert row["fees"] == [
        {
            "type": "FBA fulfillment fees",
            "amount": "43.50",
            "promotion": "0.00",
            "tax": "0.00",
            "total": "43.50",
            "quantity": None,
        },
        {
            "type": "Referral fee",
            "amount": "30.10",
            "promotion": "0.00",
            "tax": "0.00",
            "total": "30.10",
            "quantity": 3,
        },
    ]


@pytest.mark.parametrize(
    ("told", "kept"),
    [("3", 3), ("3.0", 3), ("2.5", 2.5), ("0", 0), ("-1", -1), ("null", None)],
)
def test_a_quantity_is_a_number_and_whole_where_it_is_whole(told, kept):
    """Amazon's quantity is a Float, "may be null or may not be an integer"; it was kept as text."""
    fee = {"feeTypeName": "F", "charges": [{"aggregatedDetail": detail(1, quantity="?")}]}
    record = json.loads(json.dumps(economics(fees=[fee]), default=float).replace('"?"', told), parse_float=Decimal)
    ((fee,),) = [parse_economics(record, ASKED, Counter())["fees"]]
    assert (fee["quantity"], type(fee["quantity"])) == (kept, type(kept))


def test_fees_in_another_order_or_writing_are_no_change():
    once = parse_economics(economics(), ASKED, Counter())
    other = economics() | {"fees": [*reversed(economics()["fees"])]}
    other["fees"][1]["charges"][0]["aggregatedDetail"]["totalAmount"]["amount"] = Decimal("30.1000")
    assert parse_economics(other, ASKED, Counter())["fees"] == once["fees"]


def test_each_charge_of_a_fee_counts_where_its_rate_changed_during_the_day():
    fee = {"feeTypeName": "F", "charges": [{"aggregatedDetail": detail(1)}, {"aggregatedDetail": detail(2.5)}]}
    row = parse_economics(economics(fees=[fee]), ASKED, Counter())
    assert row["fees_total"] == Decimal("3.5")
    assert [fee["total"] for fee in row["fees"]] == ["1.00", "2.50"]


def test_bare_nulls_in_lists_are_counted_and_passed_over():
    fees = [None, {"feeTypeName": "F", "charges": [None, {"aggregatedDetail": detail(2)}]}]
    signals = Counter()
    row = parse_economics(economics(fees=fees, ads=[{"adTypeName": "A", "charge": detail(3)}, None]), ASKED, signals)
    assert (row["fees_total"], row["ads_total"]) == (Decimal(2), Decimal(3))
    assert [fee["total"] for fee in row["fees"]] == ["2.00"]
    assert signals == {"null among fees": 1, "null among charges of a fee": 1, "null among ads": 1}


KNOWN = {"feeTypeName": "K", "charges": [{"aggregatedDetail": detail(5)}]}


@pytest.mark.parametrize(
    ("fee", "signal"),
    [
        ({"feeTypeName": "F", "charges": [{"aggregatedDetail": None}]}, {"fee charge without details": 1}),
        (
            {"feeTypeName": "F", "charges": [{"aggregatedDetail": detail(2)}, {"aggregatedDetail": None}]},
            {"fee charge without details": 1},
        ),
        ({"feeTypeName": "F", "charges": []}, {"fee charge without details": 1}),
        ({"feeTypeName": "F", "charges": None}, {"fee charge without details": 1}),
        (
            {"feeTypeName": "F", "charges": [None]},
            {"fee charge without details": 1, "null among charges of a fee": 1},
        ),
        ({"feeTypeName": "F", "charges": [{"aggregatedDetail": {"totalAmount": None, "amount": inr(70)}}]}, {}),
        ({"feeTypeName": "F", "charges": [{"aggregatedDetail": {"totalAmount": {"amount": None}}}]}, {}),
    ],
)
def test_a_fee_of_unknown_amount_makes_the_total_unknown_and_stays_in_the_list(fee, signal):
    """A total of the known fees alone was told as the total of all, and 0 where none was known."""
    signals = Counter()
    for fees in ([fee], [KNOWN, fee]):
        signals.clear()
        row = parse_economics(economics(fees=fees), ASKED, signals)
        assert row["fees_total"] is None
        assert ("F", None) in [(each["type"], each["total"]) for each in row["fees"]]
        assert signals == signal
    assert row["ads_total"] == Decimal("12.25"), "the other list is known"


@pytest.mark.parametrize("charge", [None, {}, {"amount": inr(7), "totalAmount": None}])
def test_an_advertisement_of_unknown_amount_makes_the_total_unknown(charge):
    ads = [{"adTypeName": "B", "charge": detail(1)}, {"adTypeName": "A", "charge": charge}]
    row = parse_economics(economics(ads=ads), ASKED, Counter())
    assert row["ads_total"] is None
    assert [each["type"] for each in row["ads"]] == ["A", "B"]


def test_a_list_of_nulls_alone_is_unknown_and_an_empty_one_is_nought():
    unknown = parse_economics(economics(fees=[None], ads=[None, None]), ASKED, Counter())
    assert [unknown[name] for name in ("fees_total", "fees", "ads_total", "ads")] == [None] * 4
    nought = parse_economics(economics(fees=[], ads=[]), ASKED, Counter())
    assert [nought[name] for name in ("fees_total", "fees", "ads_total", "ads")] == [0, [], 0, []]


def test_unknown_is_not_nought():
    unknown = {"adTypeName": "A", "charge": {"amount": None, "totalAmount": None}}
    row = parse_economics(
        economics(fees=None, ads=[unknown], cost=None, sales=None, netProceeds={"total": None}), ASKED, Counter()
    )
    for name in ("fees_total", "fees", "ads_total", "cost_of_goods_sold", "ops", "units_ordered", "net_proceeds"):
        assert row[name] is None, name
    assert row["currency"] is None
    assert parse_economics(economics(fees=[]), ASKED, Counter())["fees_total"] == 0, "told: there was none"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"netProceeds": {"total": inr(5, "USD")}}, "its amounts are in INR and USD"),
        ({"netProceeds": {"total": {"amount": 5}}}, "an amount has no currency"),
        ({"endDate": "2026-11-07"}, "it tells of 2026-11-01 to 2026-11-07, not of one day"),
        ({"startDate": "2026-11-02", "endDate": "2026-11-02"}, "on 2026-11-02, which was not asked for"),
        ({"marketplaceId": "ATVPDKIKX0DER"}, "ATVPDKIKX0DER on 2026-11-01, which was not asked for"),
    ],
)
def test_a_record_that_cannot_stand_in_a_row_says_why(changes, why):
    with pytest.raises(Unfit, match=why):
        parse_economics(economics(**changes), ASKED, Counter())


def test_a_traffic_record_becomes_a_row_and_percentages_stay_as_received():
    row = parse_traffic(traffic(), ASKED, Counter())
    assert set(row) == set(TRAFFIC_DAILY.columns)
    assert (row["asin"], row["sessions"], row["page_views"], row["order_items"]) == ("B000000001", 10, 12, 2)
    assert (row["buy_box_pct"], row["unit_session_pct"], row["refund_rate"]) == (
        Decimal("97.5"),
        Decimal("30.0"),
        Decimal("0.0"),
    )
    assert (row["sessions_b2b"], row["buy_box_pct_b2b"], row["ops_b2b"]) == (None, None, None)
    assert (row["ops"], row["shipped_sales"], row["currency"]) == (Decimal("299.99"), Decimal("299.99"), "INR")


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
    assert (rows.part([DAY]).empty_sets, rows.fetched) == ([], 1)


def test_days_of_which_a_record_came_are_known_also_if_it_was_set_apart(rows_of):
    assert rows_of(ECONOMICS_DAILY, parse_economics).days_told == set()
    assert rows_of(ECONOMICS_DAILY, parse_economics, economics()).days_told == {DAY}
    assert rows_of(ECONOMICS_DAILY, parse_economics, economics(sales=[])).days_told == {DAY}
    assert rows_of(ECONOMICS_DAILY, parse_economics, economics(sales="?")).days_told == {DAY}


def test_every_day_asked_for_is_told_as_a_set_even_without_rows(rows_of):
    part = rows_of(TRAFFIC_DAILY, parse_traffic).part([DAY])
    assert (part.empty_sets, part.fetched) == ([(STORE, DAY)], 0)


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
