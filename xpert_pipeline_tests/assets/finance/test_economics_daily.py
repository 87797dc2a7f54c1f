"""Economics records become rows: totals, unknowns, and records that fit no row; no figure is invented."""

import json
from collections import Counter
from decimal import Decimal

import pytest

from xpert_pipeline.assets.finance.economics_daily import ECONOMICS_DAILY, parse_economics
from xpert_pipeline.sources.collect import Unfit
from xpert_pipeline_tests.sources.kiosk.records import DAY, REQUESTED, detail, economics, inr


def test_an_economics_record_becomes_a_row():
    row = parse_economics(economics(), REQUESTED, Counter())
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
    ("sent", "kept"),
    [("3", 3), ("3.0", 3), ("2.5", 2.5), ("0", 0), ("-1", -1), ("null", None)],
)
def test_a_quantity_is_a_number_and_whole_where_it_is_whole(sent, kept):
    """Amazon's quantity is a Float, "may be null or may not be an integer"; it was kept as text."""
    fee = {"feeTypeName": "F", "charges": [{"aggregatedDetail": detail(1, quantity="?")}]}
    record = json.loads(json.dumps(economics(fees=[fee]), default=float).replace('"?"', sent), parse_float=Decimal)
    ((fee,),) = [parse_economics(record, REQUESTED, Counter())["fees"]]
    assert (fee["quantity"], type(fee["quantity"])) == (kept, type(kept))


def test_fees_in_another_order_or_writing_are_no_change():
    once = parse_economics(economics(), REQUESTED, Counter())
    other = economics() | {"fees": [*reversed(economics()["fees"])]}
    other["fees"][1]["charges"][0]["aggregatedDetail"]["totalAmount"]["amount"] = Decimal("30.1000")
    assert parse_economics(other, REQUESTED, Counter())["fees"] == once["fees"]


def test_each_charge_of_a_fee_counts_where_its_rate_changed_during_the_day():
    fee = {"feeTypeName": "F", "charges": [{"aggregatedDetail": detail(1)}, {"aggregatedDetail": detail(2.5)}]}
    row = parse_economics(economics(fees=[fee]), REQUESTED, Counter())
    assert row["fees_total"] == Decimal("3.5")
    assert [fee["total"] for fee in row["fees"]] == ["1.00", "2.50"]


def test_bare_nulls_in_lists_are_counted_and_skipped():
    fees = [None, {"feeTypeName": "F", "charges": [None, {"aggregatedDetail": detail(2)}]}]
    signals = Counter()
    row = parse_economics(
        economics(fees=fees, ads=[{"adTypeName": "A", "charge": detail(3)}, None]), REQUESTED, signals
    )
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
    """The total of the known fees alone was stored as the total of all, and 0 where none was known."""
    signals = Counter()
    for fees in ([fee], [KNOWN, fee]):
        signals.clear()
        row = parse_economics(economics(fees=fees), REQUESTED, signals)
        assert row["fees_total"] is None
        assert ("F", None) in [(charge["type"], charge["total"]) for charge in row["fees"]]
        assert signals == signal
    assert row["ads_total"] == Decimal("12.25"), "the other list is known"


@pytest.mark.parametrize("charge", [None, {}, {"amount": inr(7), "totalAmount": None}])
def test_an_advertisement_of_unknown_amount_makes_the_total_unknown(charge):
    ads = [{"adTypeName": "B", "charge": detail(1)}, {"adTypeName": "A", "charge": charge}]
    row = parse_economics(economics(ads=ads), REQUESTED, Counter())
    assert row["ads_total"] is None
    assert [ad["type"] for ad in row["ads"]] == ["A", "B"]


def test_a_list_of_nulls_alone_is_unknown_and_an_empty_one_is_zero():
    unknown = parse_economics(economics(fees=[None], ads=[None, None]), REQUESTED, Counter())
    assert [unknown[name] for name in ("fees_total", "fees", "ads_total", "ads")] == [None] * 4
    zero = parse_economics(economics(fees=[], ads=[]), REQUESTED, Counter())
    assert [zero[name] for name in ("fees_total", "fees", "ads_total", "ads")] == [0, [], 0, []]


def test_unknown_is_not_zero():
    unknown = {"adTypeName": "A", "charge": {"amount": None, "totalAmount": None}}
    row = parse_economics(
        economics(fees=None, ads=[unknown], cost=None, sales=None, netProceeds={"total": None}), REQUESTED, Counter()
    )
    for name in ("fees_total", "fees", "ads_total", "cost_of_goods_sold", "ops", "units_ordered", "net_proceeds"):
        assert row[name] is None, name
    assert row["currency"] is None
    assert parse_economics(economics(fees=[]), REQUESTED, Counter())["fees_total"] == 0, (
        "Amazon reported that there was none"
    )


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"netProceeds": {"total": inr(5, "USD")}}, "its amounts are in INR and USD"),
        ({"netProceeds": {"total": {"amount": 5}}}, "an amount has no currency"),
        ({"endDate": "2026-11-07"}, "it covers 2026-11-01 to 2026-11-07, not one day"),
        ({"startDate": "2026-11-02", "endDate": "2026-11-02"}, "on 2026-11-02, which was not requested"),
        ({"marketplaceId": "ATVPDKIKX0DER"}, "ATVPDKIKX0DER on 2026-11-01, which was not requested"),
    ],
)
def test_a_record_that_fits_no_row_says_why(changes, why):
    with pytest.raises(Unfit, match=why):
        parse_economics(economics(**changes), REQUESTED, Counter())
