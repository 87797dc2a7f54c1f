"""Fee estimates: in the store's currency, a fee or its parts, a refusal without amounts, and again when a price changes."""

from datetime import date
from decimal import Decimal
from types import SimpleNamespace

import pytest

from xpert_pipeline.assets.pricing.fee_estimates import FEE_ESTIMATES, parse_estimate
from xpert_pipeline.sources.collect import Unfit
from xpert_pipeline.spapi.operations.batch import Subject
from xpert_pipeline_tests.faults.conftest import DAGSTERS_OWN

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


def test_estimates_are_those_of_amazon_and_are_asked_for_again_when_the_price_changes(shop, admin):
    done = estimate(shop)
    assert (done.success, done.states, done.reasons) == (True, {"fee_estimates": "ok"}, {})
    shop.assert_whole("fee_estimates")
    rows, asked = shop.rows("fee_estimates"), shop.calls(BATCHES)
    assert asked == -(-len(rows) // 20)
    assert {row["status"] for row in rows} == {"Success", "ClientError"}
    assert {row["is_fba"] for row in rows} == {True, False}
    assert {row["currency"] for row in rows} == {"INR"}, "not in the library's US dollars"
    for row in rows:
        if row["status"] == "Success":
            assert sum(Decimal(fee["total"]) for fee in row["fees"]) == row["fees_total"]
            assert ("FBAFees" in {fee["group"] for fee in row["fees"]}) == row["is_fba"]
    assert estimate(shop).states == {"fee_estimates": "up_to_date"}
    assert shop.calls(BATCHES) == asked
    changed = next(row for row in rows if row["status"] == "Success")
    admin.execute("update products set price = price + 100 where sku = %s", [changed["sku"]])
    assert estimate(shop).counts["fee_estimates"]["updated"] == 1
    assert shop.calls(BATCHES) == asked + 1
    (now,) = [row for row in shop.rows("fee_estimates") if row["sku"] == changed["sku"]]
    assert now["listing_price"] == changed["listing_price"] + 100
    assert now["fees_total"] > changed["fees_total"]


def test_a_service_error_is_asked_again_alone_and_parts_without_amounts_leave_the_sum(shop):
    shop.fault("fees-item-service-error", count=1)
    shop.fault("fees-parts-without-final")
    assert estimate(shop).states == {"fee_estimates": "ok"}
    rows = shop.rows("fee_estimates")
    assert shop.calls(BATCHES) == -(-len(rows) // 20) + 1
    fees = [fee for row in rows for fee in row["fees"] or ()]
    assert {fee["type"] for fee in fees} == {"ReferralFee", "VariableClosingFee", "FBAFees"}
    assert shop.differences("fee_estimates", only=("status", "fees_total", "error_code")) == []


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
