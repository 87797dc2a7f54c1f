"""One vocabulary for orders: reports and the API spell the same facts differently, and the tables hold the API's words."""

from collections import Counter

import pytest

from xpert_pipeline.assets.orders import order_items, orders, words
from xpert_pipeline.spapi.jobs.job import JobState
from xpert_pipeline_tests.assets.orders.payloads import INDIA, an_order, market_of
from xpert_pipeline_tests.sandbox.amazon_models import allowed, document, needs_models

MODEL = "orders_2026-01-01"


@pytest.mark.parametrize(
    ("word", "channel"),
    [
        ("AMAZON", "AMAZON"),
        ("NON_AMAZON", "NON_AMAZON"),
        ("Amazon.in", "AMAZON"),
        ("amazon.co.uk", "AMAZON"),
        ("Amazon.com.be ", "AMAZON"),
        ("Non-Amazon", "NON_AMAZON"),
        ("Non-Amazon IN", "NON_AMAZON"),
        (None, None),
    ],
)
def test_a_sales_channel_has_one_word_in_all_sources(word, channel):
    """The API says NON_AMAZON and reports say Non-Amazon. The table held both, and a sum that left out only the second
    counted the orders of other shops as sales."""
    signals = Counter()
    assert words.sales_channel(word, signals) == channel
    assert not signals


def test_an_order_of_another_shop_is_no_sale_by_the_api():
    channel = {"channelName": "NON_AMAZON", "marketplaceId": INDIA, "marketplaceName": "Amazon.in"}
    (order,), _ = orders.parse_order(an_order(salesChannel=channel), market_of(INDIA), Counter())
    assert order["sales_channel"] == "NON_AMAZON"


def test_an_unknown_channel_is_kept_and_counted_and_is_not_amazon():
    signals = Counter()
    assert words.sales_channel("Some Shop", signals) == "SOME_SHOP"
    assert signals == {"unknown sales channel SOME_SHOP": 1}


@pytest.mark.parametrize(
    ("word", "spelled"),
    [
        ("SecondDay", "SECOND_DAY"),
        ("FreeEconomy", "FREE_ECONOMY"),
        ("SAME_DAY", "SAME_DAY"),
        ("Expedited", "EXPEDITED"),
        ("Std IN Dom", "STD_IN_DOM"),
        ("Merchant", "MERCHANT"),
        ("PartiallyShipped", "PARTIALLY_SHIPPED"),
        (None, None),
    ],
)
def test_words_of_reports_are_spelled_as_the_api_does(word, spelled):
    assert words.code(word) == spelled


@needs_models
def test_the_words_that_the_parsers_expect_are_those_of_amazons_models():
    """A parser that waits for another word than Amazon sends fills nothing, and no error shows it."""
    assert allowed(MODEL, "SalesChannel.channelName") == {words.AMAZON, words.NON_AMAZON}
    assert allowed(MODEL, "FulfillmentStatus") == words.STATUSES
    assert allowed(MODEL, "ItemProceedsBreakdown.type") == {*order_items.BREAKDOWNS, "OTHER"}
    assert allowed(MODEL, "Order.programs") >= {"PRIME", "AMAZON_BUSINESS", "AMAZON_EASY_SHIP"}
    assert allowed(MODEL, "Alias.aliasType") == {"SELLER_ORDER_ID"}
    assert "REPLACEMENT_ORIGINAL_ID" in allowed(MODEL, "AssociatedOrder.associationType")
    levels = allowed(MODEL, "OrderFulfillment.fulfillmentServiceLevel")
    assert {words.code(level.title().replace("_", "")) for level in levels} == levels
    own = {JobState.WANTED, JobState.EMPTY, JobState.THROTTLED}
    for model in ("reports_2021-06-30", "dataKiosk_2023-11-15"):
        definition = "Report" if model.startswith("reports") else "Query"
        states = document(model)["definitions"][definition]["properties"]["processingStatus"]["enum"]
        assert {str(state) for state in JobState if state not in own} | {"CANCELLED"} == set(states)
