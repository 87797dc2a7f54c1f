"""Fee estimates: in the store's currency, a fee or its parts, a refusal without amounts, and again when a price changes."""

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from types import SimpleNamespace

import pytest

from xpert_pipeline.assets.pricing.fee_estimates import FEE_ESTIMATES, parse_estimate
from xpert_pipeline.assets.pricing.fee_previews import PREVIEW, parse_preview
from xpert_pipeline.sandbox.jobs import kiosk_api
from xpert_pipeline.sources.collect import Unfit
from xpert_pipeline.spapi.operations.batch import Subject
from xpert_pipeline_tests.faults.conftest import DAGSTERS_OWN
from xpert_pipeline_tests.sources.conftest import GERMANY, INDIA

pytestmark = [pytest.mark.filterwarnings(DAGSTERS_OWN), pytest.mark.timeout(300)]

BATCHES = "getMyFeesEstimates"
MARKET = SimpleNamespace(id="A21TJRUUN4KGV", today=date(2026, 11, 20))
SUBJECT = Subject("A B/1", {"asin": "B000000001", "price": "499.5", "currency": "INR", "is_fba": True})


@pytest.fixture
def shop(empty_pipeline, make_sandbox):
    """A seller whose listings are loaded."""
    empty_pipeline.serve(make_sandbox(days=1, orders_per_day=5, skus=60))
    assert empty_pipeline.run(tables=["products"], days=[empty_pipeline.today]).success
    return empty_pipeline


def estimate(shop):
    return shop.run(tables=["fee_estimates"], days=[shop.today])


def without_preview(shop):
    """Amazon withholds the role of Data Kiosk."""
    shop.sandbox.state.options = replace(shop.sandbox.state.options, denied_roles=("Brand Analytics",))


def test_one_query_estimates_most_listings_and_batches_the_others(shop, admin):
    """Each listing has one estimate, and none has both."""
    done = estimate(shop)
    assert (done.success, done.states, done.reasons) == (True, {"fee_estimates": "ok"}, {})
    shop.assert_whole("fee_estimates")
    rows = shop.rows("fee_estimates")
    previews = [row for row in rows if row["estimated_by"] == PREVIEW.name]
    batched = [row for row in rows if row["estimated_by"] == BATCHES]
    asked = shop.calls(BATCHES)
    assert len(previews) > 20
    assert len(previews) + len(batched) == len(rows)
    assert (shop.calls("createQuery"), asked) == (1, -(-len(batched) // 20))
    assert {row["source"] for row in previews} == {"economicsPreview"}
    for row in previews:
        names = {fee["type"] for fee in row["fees"]}
        assert names == {"Referral fee", "Closing fee"} | ({"FBA fulfillment fees"} if row["is_fba"] else set())
        assert sum(Decimal(fee["total"]) for fee in row["fees"]) == row["fees_total"]
        assert (row["status"], row["expected_units"] > 0, row["currency"]) == ("Success", True, "INR")
        assert row["previewed_until"] == row["estimated_date"] + timedelta(days=29)
    preview, batch = sorted((load for load in shop.rows("loads") if load["table_name"] == "fee_estimates"), key=began)
    assert (preview["source"], preview["details"]["answered"]) == ("economicsPreview", len(previews))
    left = preview["details"]["left"]
    assert set(left) == {"Amazon expects no sale, or another price than the listing's", "Amazon knows no fee"}
    assert sum(left.values()) == len(batched)
    assert (batch["source"], batch["details"]) == (BATCHES, {"asked": len(batched), "answered": len(batched)})
    _assert_that_a_new_price_is_estimated_by_a_batch(shop, admin, previews[0], asked)


def began(load):
    return load["finished_at"]


def _assert_that_a_new_price_is_estimated_by_a_batch(shop, admin, changed, asked):
    """A query for one listing is not worth its while."""
    assert estimate(shop).states == {"fee_estimates": "up_to_date"}
    admin.execute("update products set price = price + 100 where sku = %s", [changed["sku"]])
    assert estimate(shop).counts["fee_estimates"]["updated"] == 1
    assert (shop.calls("createQuery"), shop.calls(BATCHES)) == (1, asked + 1)
    (now,) = [row for row in shop.rows("fee_estimates") if row["sku"] == changed["sku"]]
    assert now["listing_price"] == changed["listing_price"] + 100
    assert now["fees_total"] > changed["fees_total"]
    assert (now["estimated_by"], now["expected_units"], now["previewed_until"]) == (BATCHES, None, None)


def test_without_the_role_of_the_preview_all_estimates_are_of_batches(shop):
    without_preview(shop)
    assert estimate(shop).states == {"fee_estimates": "ok"}
    shop.assert_whole("fee_estimates")
    rows = shop.rows("fee_estimates")
    assert shop.calls(BATCHES) == -(-len(rows) // 20)
    assert {row["status"] for row in rows} == {"Success", "ClientError"}
    assert {row["is_fba"] for row in rows} == {True, False}
    assert {row["currency"] for row in rows} == {"INR"}, "not in the library's US dollars"
    for row in rows:
        if row["status"] == "Success":
            assert sum(Decimal(fee["total"]) for fee in row["fees"]) == row["fees_total"]
            assert ("FBAFees" in {fee["group"] for fee in row["fees"]}) == row["is_fba"]
    _assert_that_parts_without_amounts_leave_the_sum(shop)


def _assert_that_parts_without_amounts_leave_the_sum(shop):
    """The dataset is known to be refused by now, so the preview is not asked for once more."""
    assert shop.run(tables=["economics_daily"], days=shop.past_days).errors == {}
    queries = shop.calls("createQuery")
    shop.fault("fees-parts-without-final")
    assert shop.run(tables=["fee_estimates"], days=[shop.today], refetch=True).states == {"fee_estimates": "ok"}
    fees = [fee for row in shop.rows("fee_estimates") for fee in row["fees"] or ()]
    assert {fee["type"] for fee in fees} == {"ReferralFee", "VariableClosingFee", "FBAFees"}
    assert shop.differences("fee_estimates", only=("status", "fees_total", "error_code")) == []
    assert shop.calls("createQuery") == queries


@pytest.mark.parametrize("fault", ["economics-preview-refused", "query-fatal", "query-stuck"])
def test_a_preview_that_amazon_does_not_give_leaves_all_to_the_batches(shop, fault):
    """One after the other, without a mistake: the seller gets every estimate on the same day."""
    shop.fault(fault)
    shop.fault("fees-item-service-error", count=1)
    assert shop.run_impatiently(tables=["fee_estimates"], days=[shop.today]).states == {"fee_estimates": "ok"}
    rows = shop.rows("fee_estimates")
    assert {row["estimated_by"] for row in rows} == {BATCHES}
    assert shop.calls(BATCHES) == -(-len(rows) // 20) + 1, "a failed item is asked for alone"
    if fault == "economics-preview-refused":
        shop.assert_whole("fee_estimates")


def test_each_store_has_a_preview_of_its_own_and_one_that_amazon_refuses_stops_no_other(
    empty_pipeline, make_sandbox, monkeypatch
):
    """The preview of a large seller has pages."""
    monkeypatch.setattr(kiosk_api, "RECORDS_A_PAGE", 20)
    empty_pipeline.serve(make_sandbox(days=1, orders_per_day=5, skus=60, marketplaces=(INDIA, GERMANY)), onboard=False)
    empty_pipeline.add_seller(empty_pipeline.sellers[0], "Atzr|sandbox-1", marketplaces=(INDIA, GERMANY))
    today = max(empty_pipeline.days)
    assert empty_pipeline.run(tables=["products"], days=[today]).success
    state = empty_pipeline.sandbox.state
    state.options = replace(state.options, denied_marketplaces=(GERMANY,))
    assert empty_pipeline.run(tables=["fee_estimates"], days=[today]).success
    rows = empty_pipeline.rows("fee_estimates")
    assert {row["marketplace_id"] for row in rows} == {INDIA}
    assert sum(row["estimated_by"] == PREVIEW.name for row in rows) > 40, "those of all pages"
    state.options = replace(state.options, denied_marketplaces=())
    assert empty_pipeline.run(tables=["fee_estimates"], days=[today]).success
    empty_pipeline.assert_whole("fee_estimates")
    assert {row["currency"] for row in empty_pipeline.rows("fee_estimates")} == {"INR", "EUR"}


def test_what_came_before_a_broken_line_is_kept_and_batches_answer_for_the_rest(shop):
    shop.fault("kiosk-null-entries")
    shop.fault("malformed-jsonl", count=1)
    assert estimate(shop).states == {"fee_estimates": "ok"}
    rows = shop.rows("fee_estimates")
    assert {row["estimated_by"] for row in rows} == {PREVIEW.name, BATCHES}
    assert shop.differences("fee_estimates", only=("status", "fees_total", "error_code")) == []


def rupees(amount):
    return {"amount": Decimal(str(amount)), "currencyCode": "INR"}


def charge(units, amount, promotion, tax, total, per_unit, **fields):
    detail = {
        "amount": rupees(amount), "promotionAmount": rupees(promotion), "taxAmount": rupees(tax),
        "totalAmount": rupees(total), "amountPerUnit": rupees(per_unit), "quantity": Decimal(units),
    }  # fmt: skip
    return {"startDate": "2026-11-20", "endDate": "2026-12-19", "aggregatedDetail": detail, **fields}


REFERRAL = charge(7, "349.65", "34.97", "56.64", "371.32", "53.05")
CLOSING = charge(2, "10.00", "0", "1.80", "11.80", "5.90", endDate="2026-11-29")
LATER = charge(5, "30.00", "0", "5.40", "35.40", "7.08", startDate="2026-11-30")


def preview(*fees, price="499.5", **fields):
    return {
        "startDate": "2026-11-20",
        "endDate": "2026-12-19",
        "marketplaceId": MARKET.id,
        "msku": "A B/1",
        "sales": {"unitsOrdered": 7, "averageSellingPrice": rupees(price)},
        "fees": [{"feeTypeName": name, "charges": charges} for name, charges in fees],
        **fields,
    }


def test_a_preview_is_told_for_one_unit_on_its_first_day():
    """By hand: 7 units. A third of the closing fees is charged before the fee rises; today's fee counts."""
    signals = Counter()
    record = preview(("Referral fee", [None, REFERRAL]), ("Closing fee", [CLOSING, LATER]))
    row = parse_preview(record, SUBJECT, MARKET, signals)
    assert set(row) == set(FEE_ESTIMATES.columns)
    assert row["fees"] == [
        {"type": "Closing fee", "group": None, "amount": "5.00", "promotion": "0.00", "tax": "0.90", "total": "5.90"},
        {
            "type": "Referral fee",
            "group": None,
            "amount": "49.95",
            "promotion": "4.9957",
            "tax": "8.0914",
            "total": "53.05",
        },
    ]
    assert (row["fees_total"], row["expected_units"], row["estimated_by"]) == (Decimal("58.95"), 7, "economicsPreview")
    assert (row["listing_price"], row["previewed_until"]) == (Decimal("499.5"), date(2026, 12, 19))
    assert signals == {"null among charges of a fee": 1}


@pytest.mark.parametrize(
    ("record", "why"),
    [
        (preview(("Referral fee", [REFERRAL]), price="479.5"), "another price"),
        (preview(("Referral fee", [REFERRAL]), sales=None), "expects no sale"),
        (preview(fees=[]), "knows no fee"),
        (preview(("Referral fee", [REFERRAL, CLOSING])), "several charges"),
        (preview(("Referral fee", [])), "or none"),
        (preview(("Storage", [charge(0, 5, 0, 1, 6, 6)])), "not told for one unit"),
        (preview(("Without tax", [charge(2, 10, 0, 1.8, 11.8, 5)])), "not the fee for all units"),
        (preview(("Fee", [REFERRAL]), ("Dollars", [CLOSING | {"aggregatedDetail": {"quantity": 1, "amountPerUnit": {
            "amount": 1, "currencyCode": "USD"}}}])), "amounts are in INR and USD"),
    ],
)  # fmt: skip
def test_a_preview_that_answers_another_question_is_left_to_a_batch(record, why):
    with pytest.raises(Unfit, match=why):
        parse_preview(record, SUBJECT, MARKET, Counter())


def inr(amount):
    return {"CurrencyCode": "INR", "Amount": amount}


def fee(name, final, **fields):
    return {"FeeType": name, "FeeAmount": inr(final), "FinalFee": inr(final), **fields}


def record(*details, total=None):
    return {"Status": "Success", "FeesEstimate": {"TotalFeesEstimate": inr(total), "FeeDetailList": list(details)}}


def totals(row):
    return {fee["type"]: (fee["group"], fee["total"]) for fee in row["fees"]}


def test_a_sum_gives_way_to_its_parts_only_if_they_are_all_of_it():
    parts = [fee("FBAPickAndPack", Decimal("14.16")), fee("FBAWeightHandling", 37)]
    whole = fee("FBAFees", Decimal("51.16"), IncludedFeeDetailList=parts)
    row = parse_estimate(record(whole, fee("ReferralFee", 50), total=Decimal("101.16")), SUBJECT, MARKET)
    assert set(row) == set(FEE_ESTIMATES.columns)
    assert totals(row) == {
        "FBAPickAndPack": ("FBAFees", "14.16"),
        "FBAWeightHandling": ("FBAFees", "37.00"),
        "ReferralFee": (None, "50.00"),
    }
    assert (row["listing_price"], row["fees_total"], row["currency"]) == (Decimal("499.5"), Decimal("101.16"), "INR")
    for broken in ([parts[0]], [parts[0], {"FeeType": "FBAWeightHandling", "FeeAmount": inr(37)}]):
        row = parse_estimate(record(whole | {"IncludedFeeDetailList": broken}), SUBJECT, MARKET)
        assert totals(row) == {"FBAFees": (None, "51.16")}


def test_a_refused_estimate_has_its_code_and_no_amounts():
    error = {"Type": "Sender", "Code": "InvalidParameterValue", "Message": "no", "Detail": []}
    row = parse_estimate({"Status": "ClientError", "Error": error}, SUBJECT, MARKET)
    assert (row["status"], row["error_code"], row["fees_total"], row["fees"]) == (
        "ClientError",
        "InvalidParameterValue",
        None,
        None,
    )


def test_fees_in_another_currency_than_the_price_fit_no_row():
    dollars = {"FeeType": "ReferralFee", "FinalFee": {"CurrencyCode": "USD", "Amount": 5}}
    with pytest.raises(Unfit, match="in INR, but its fees are in USD"):
        parse_estimate({"Status": "Success", "FeesEstimate": {"FeeDetailList": [dollars]}}, SUBJECT, MARKET)
