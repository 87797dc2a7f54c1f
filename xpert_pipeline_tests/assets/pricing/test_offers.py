"""Offers beside the seller's listings: every answer a row, each failure of one SKU for itself, nothing invented."""

from collections import Counter
from datetime import date
from decimal import Decimal
from types import SimpleNamespace

import pytest

from xpert_pipeline.assets.pricing.competitor_data import COMPETITOR_DATA, NOBODY, parse_offers
from xpert_pipeline.assets.pricing.offer_summaries import OFFER_SUMMARIES, parse_summary
from xpert_pipeline.sources.collect import Unfit
from xpert_pipeline.spapi.operations.batch import Subject
from xpert_pipeline_tests.faults.conftest import DAGSTERS_OWN

pytestmark = [pytest.mark.filterwarnings(DAGSTERS_OWN), pytest.mark.timeout(300)]

TABLES = ("offer_summaries", "competitor_data")
BATCHES = "getListingOffersBatch"
MARKET = SimpleNamespace(id="A21TJRUUN4KGV", today=date(2026, 11, 20))
SUBJECT = Subject("A B/1", {"asin": "B000000001", "condition": "New"})


@pytest.fixture
def shop(empty_pipeline, make_sandbox):
    """A seller whose listings are loaded, in a sandbox of every kind of product page."""
    empty_pipeline.serve(make_sandbox(days=1, orders_per_day=5, skus=120))
    assert empty_pipeline.run(tables=["products"], days=[empty_pipeline.today]).success
    return empty_pipeline


def look_up(shop, **options):
    return shop.run(tables=list(TABLES), days=[shop.today], **options)


def on_sale(shop):
    return sorted(row["sku"] for row in shop.rows("products") if "BUYABLE" in row["status"])


def statuses(shop):
    return {row["sku"]: row["status"] for row in shop.rows("offer_summaries")}


def test_offers_and_pages_are_those_of_amazon_and_a_second_sync_asks_nothing(shop, admin):
    done = look_up(shop)
    assert (done.success, done.states, done.reasons) == (True, dict.fromkeys(TABLES, "ok"), {})
    shop.assert_whole(*TABLES)
    skus, offers = on_sale(shop), shop.rows("competitor_data")
    assert len(skus) < len(shop.rows("products"))
    assert shop.calls(BATCHES) == -(-len(skus) // 20)
    assert set(statuses(shop)) == set(skus), "each listing on sale has an answer, and no other"
    found = Counter(statuses(shop).values())
    assert set(found) == {
        "Success",
        "NoBuyableOffers",
        "ActiveButTooSoonForProcessing",
        "NoOfferDueToMissingShippingCharge",
    }
    with_offers = {row["sku"] for row in offers}
    assert with_offers == {sku for sku, status in statuses(shop).items() if status == "Success"}
    all_listed = {row["sku"] for row in shop.rows("offer_summaries") if 0 < row["total_offers"] <= 20}
    assert all_listed <= {row["sku"] for row in offers if row["is_own_offer"]} <= with_offers
    assert {row["offer_number"] for row in offers} >= {1, 2}, "a shop may make the same offer twice"
    assert {row["featured_offers"] for row in shop.rows("offer_summaries")} == {None, 1, 2}
    assert max(row["total_offers"] for row in shop.rows("offer_summaries")) > 20
    assert max(Counter(row["sku"] for row in offers).values()) == 20
    again = look_up(shop)
    assert (again.states, shop.calls(BATCHES)) == (dict.fromkeys(TABLES, "up_to_date"), -(-len(skus) // 20))
    admin.execute("update offer_summaries set captured_date = captured_date - 1")
    past = shop.run(tables=list(TABLES), days=shop.past_days)
    assert past.states["offer_summaries"] == "up_to_date", "the pages of yesterday are kept"


def test_what_fails_within_a_batch_is_asked_for_alone(shop):
    """One SKU of a batch was throttled within it; the others were answered."""
    batches = -(-len(on_sale(shop)) // 20)
    for fault in ("offers-item-throttled", "offers-item-500", "offers-item-missing"):
        asked = shop.calls(BATCHES)
        shop.fault(fault, count=1)
        assert look_up(shop, refetch=True).states == dict.fromkeys(TABLES, "ok")
        assert (shop.struck(fault), shop.calls(BATCHES) - asked) == (1, batches + 1)
        shop.assert_whole(*TABLES)
        shop.mend()


def test_a_sku_that_fails_twice_keeps_its_rows_and_is_left_to_the_next_run(shop):
    look_up(shop)
    before = shop.rows("competitor_data")
    shop.fault("offers-item-throttled")
    failed = look_up(shop, refetch=True)
    shop.mend()
    batches = -(-len(on_sale(shop)) // 20)
    assert failed.reasons["offer_summaries"] == (
        f"offer_summaries: Amazon did not answer for {batches} listings; the next run looks them up again"
    )
    assert shop.rows("competitor_data") == before


def test_a_refusal_of_one_sku_is_an_answer_without_offers(shop):
    first = on_sale(shop)[0]
    shop.fault("offers-item-404", count=1)
    done = look_up(shop)
    assert (done.success, done.states["offer_summaries"]) == (True, "ok")
    (page,) = [row for row in shop.rows("offer_summaries") if row["sku"] == first]
    assert (page["status"], page["total_offers"], page["currency"]) == ("NotFound", None, None)
    assert first not in {row["sku"] for row in shop.rows("competitor_data")}


def test_offers_in_two_currencies_are_set_aside_and_the_other_batches_are_loaded(shop):
    shop.fault("offers-foreign-currency", count=1)
    done = look_up(shop)
    assert done.success
    rejects = shop.rows("rejected_records")
    assert {row["reason"] for row in rejects} == {"its amounts are in INR and USD"}
    assert 0 < len(rejects) <= 20
    assert len(shop.rows("offer_summaries")) == len(on_sale(shop)) - len(rejects)


def test_an_offer_whose_seller_amazon_does_not_name_is_kept_as_nobodys(shop):
    shop.fault("offers-unnamed-seller", count=1)
    assert look_up(shop).success
    unnamed = [row for row in shop.rows("competitor_data") if row["competitor_seller_id"] == "(no seller id)"]
    assert unnamed
    assert all(row["listing_price"] is not None for row in unnamed)


def test_a_status_that_amazon_does_not_document_is_kept_as_it_came(shop):
    first = on_sale(shop)[0]
    shop.fault("offers-unknown-status", count=1)
    assert look_up(shop).success
    (page,) = [row for row in shop.rows("offer_summaries") if row["sku"] == first]
    assert page["status"] == "OffersOnHoliday"
    assert first not in {row["sku"] for row in shop.rows("competitor_data")}


def inr(amount):
    return {"CurrencyCode": "INR", "Amount": amount}


def offer(seller, price, **fields):
    return {
        "SellerId": seller,
        "SubCondition": "new",
        "IsFulfilledByAmazon": True,
        "ListingPrice": inr(price),
        "Shipping": inr(0),
        "ShippingTime": {},
        "SellerFeedbackRating": {"FeedbackCount": 12, "SellerPositiveFeedbackRating": Decimal("91.5")},
        **fields,
    }


def record(offers=(), refusal="", **summary):
    payload = {"status": "Success", "Offers": list(offers), "Summary": {"TotalOfferCount": len(offers), **summary}}
    return {"offers": None if refusal else payload, "refusal": refusal, "own_seller_id": "AOWN"}


def test_the_price_of_a_page_is_that_of_one_unit_for_a_consumer():
    """Prices for ten units, or for businesses, stand in the same list and are lower."""
    bulk = {"offerType": "B2C", "quantityTier": 10, "LandedPrice": inr(80), "ListingPrice": inr(80), "Shipping": inr(0)}
    business = {"offerType": "B2B", "LandedPrice": inr(90), "ListingPrice": inr(90), "Shipping": inr(0)}
    unit = {"LandedPrice": inr(Decimal("139.5")), "ListingPrice": inr(100), "Shipping": inr(Decimal("39.5"))}
    offers = [offer("A2", 100, IsBuyBoxWinner=True), offer("AOWN", 105, IsBuyBoxWinner=True, MyOffer=True)]
    row = parse_summary(record(offers, BuyBoxPrices=[bulk, business, unit], LowestPrices=[bulk, unit]), SUBJECT, MARKET)
    assert set(row) == set(OFFER_SUMMARIES.columns)
    assert (row["featured_listing_price"], row["featured_landed_price"]) == (100, Decimal("139.5"))
    assert (row["lowest_landed_price"], row["featured_offers"], row["is_featured_own"]) == (Decimal("139.5"), 2, True)
    assert (row["sku"], row["asin"], row["captured_date"], row["currency"]) == (
        "A B/1",
        "B000000001",
        MARKET.today,
        "INR",
    )


def test_offers_become_rows_with_landed_prices_and_numbers_by_content():
    points = {"PointsNumber": 5, "PointsMonetaryValue": inr(5)}
    offers = [
        offer("A2", 120, Shipping=inr(30), IsFulfilledByAmazon=False),
        offer("A2", 100, Points=points),
        offer("A2", 100, Points=points),
        offer("A2", 99),
        offer("AOWN", 150),
        offer(None, 160),
        offer("A3", 1, offerType="B2B"),
    ]
    rows = parse_offers(record(offers), SUBJECT, MARKET)
    assert all(set(row) == set(COMPETITOR_DATA.columns) for row in rows)
    told = [
        (row["competitor_seller_id"], row["fulfilled_by"], row["offer_number"], row["landed_price"]) for row in rows
    ]
    assert told == [
        ("A2", "MERCHANT", 1, 150),
        ("A2", "AMAZON", 1, 95),
        ("A2", "AMAZON", 2, 95),
        ("A2", "AMAZON", 3, 99),
        ("AOWN", "AMAZON", 1, 150),
        (NOBODY, "AMAZON", 1, 160),
    ]
    assert [row["is_own_offer"] for row in rows] == [False, False, False, False, True, False]
    assert (rows[0]["feedback_count"], rows[0]["feedback_positive_pct"]) == (12, Decimal("91.5"))
    keys = [[row[name] for name in COMPETITOR_DATA.key] for row in rows]
    reordered = parse_offers(record(offers[::-1]), SUBJECT, MARKET)
    assert sorted([row[name] for name in COMPETITOR_DATA.key] for row in reordered) == sorted(keys)


def test_a_page_without_offers_says_why_and_knows_nothing_else():
    payload = {"status": "NoBuyableOffers", "Offers": [], "Summary": {"TotalOfferCount": 0}}
    row = parse_summary(record() | {"offers": payload}, SUBJECT, MARKET)
    known = {name for name, value in row.items() if value is not None}
    assert known == {"marketplace_id", "sku", "captured_date", "asin", "item_condition", "status", "total_offers"}
    assert parse_offers(record() | {"offers": payload}, SUBJECT, MARKET) == []
    refused = parse_summary(record(refusal="InvalidInput"), SUBJECT, MARKET)
    assert (refused["status"], refused["total_offers"]) == ("InvalidInput", None)
    assert parse_offers(record(refusal="InvalidInput"), SUBJECT, MARKET) == []


def test_an_offer_in_two_currencies_fits_no_row():
    foreign = offer("A2", 100, Shipping={"CurrencyCode": "USD", "Amount": 1})
    with pytest.raises(Unfit, match="INR and USD"):
        parse_offers(record([foreign]), SUBJECT, MARKET)
