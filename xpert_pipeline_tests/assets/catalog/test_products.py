"""Rows of listings, from the search and from a line of the report."""

from collections import Counter
from decimal import Decimal

import pytest

from xpert_pipeline.assets.catalog.products import parse_listing, parse_report_listing
from xpert_pipeline_tests.assets.orders.payloads import INDIA, market_of

MARKET = market_of(INDIA)
OWN = {"fulfillmentChannelCode": "DEFAULT", "quantity": 7}
AMAZONS = {"fulfillmentChannelCode": "AMAZON_IN"}


def of_search(*channels):
    row = parse_listing({"sku": "A", "fulfillmentAvailability": list(channels)}, None, MARKET)
    return row["fulfillment_channel"], row["quantity"]


def of_report(**cells):
    signals = Counter()
    line = {"seller-sku": "A", "item-name": "Kurta", **{name.replace("_", "-"): cell for name, cell in cells.items()}}
    return parse_report_listing(line, MARKET, signals), signals


def test_of_two_fulfilment_channels_amazons_own_wins_in_any_order():
    """The first in the list won, so the same listing changed its channel and its quantity from sync to sync."""
    assert of_search(OWN, AMAZONS) == of_search(AMAZONS, OWN) == ("AMAZON_IN", None)


def test_of_two_channels_of_amazon_the_one_of_the_country_wins_in_any_order():
    europe = {"fulfillmentChannelCode": "AMAZON_EU", "quantity": 3}
    assert of_search(europe, AMAZONS) == of_search(AMAZONS, europe) == ("AMAZON_IN", None)


def test_a_single_channel_is_taken_with_its_quantity_and_none_is_unknown():
    assert of_search(OWN) == ("DEFAULT", 7)
    assert of_search() == (None, None)


@pytest.mark.parametrize(
    ("cells", "asin"),
    [
        ({"asin1": "B01", "product_id": "B02", "product_id_type": "1"}, "B01"),
        ({"asin1": "", "product_id": "B02", "product_id_type": "1"}, "B02"),
        ({"product_id": "B02", "product_id_type": "1"}, "B02"),
        ({"product_id": "8901234567894", "product_id_type": "4"}, None),
        ({"product_id": "B02"}, None),
        ({}, None),
    ],
)
def test_the_product_id_is_the_asin_if_its_type_says_so(cells, asin):
    row, _ = of_report(**cells)
    assert row["asin"] == asin


@pytest.mark.parametrize(
    ("word", "status"), [("Active", ["BUYABLE", "DISCOVERABLE"]), ("Inactive", []), ("Incomplete", []), ("", None)]
)
def test_the_status_of_a_line_has_the_words_of_the_search(word, status):
    row, signals = of_report(status=word)
    assert (row["status"], signals) == (status, Counter())


def test_a_new_status_is_unknown_and_told():
    row, signals = of_report(status="Asleep")
    assert (row["status"], signals) == (None, {"unknown listing status Asleep": 1})


def test_a_price_has_the_currency_of_the_marketplace_and_no_price_has_none():
    assert [of_report(price=price)[0]["currency"] for price in ("12.00", "")] == ["INR", None]


def purchasable(*prices, **fields):
    schedules = [{"schedule": [{"value_with_tax": price}]} for price in prices]
    return {"marketplace_id": INDIA, "currency": "INR", "audience": "ALL", "our_price": schedules, **fields}


def regular_price(*offers):
    price = {"currencyCode": "INR", "amount": Decimal("449.10")}
    listing = {"sku": "A", "offers": [{"price": price}], "attributes": {"purchasable_offer": list(offers)}}
    row = parse_listing(listing, None, MARKET)
    assert (row["price"], row["currency"]) == (Decimal("449.10"), "INR")
    return row["regular_price"]


def test_the_regular_price_is_the_one_for_all_customers_without_the_discount():
    discount = [{"schedule": [{"value_with_tax": Decimal("449.10"), "start_at": "2026-11-01T00:00:00Z"}]}]
    business = purchasable(Decimal(430), audience="B2B")
    assert regular_price(business, purchasable(Decimal(499), discounted_price=discount)) == 499


@pytest.mark.parametrize(
    "offers",
    [
        [],
        [purchasable()],
        [purchasable(Decimal(499), Decimal(520))],
        [purchasable(Decimal(499), currency="USD")],
        [purchasable(Decimal(499), marketplace_id="A1PA6795UKMFR9")],
        [purchasable("1.234,56")],
        ["499"],
    ],
)
def test_a_regular_price_that_is_not_certain_is_unknown_and_spoils_no_listing(offers):
    assert regular_price(*offers) is None
