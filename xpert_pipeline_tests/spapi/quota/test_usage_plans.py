"""Our usage plans equal those of Amazon's models, and no operation is called without one."""

import json
import re
from pathlib import Path

import pytest

from xpert_pipeline.definitions import build_definitions
from xpert_pipeline.settings import Settings
from xpert_pipeline.spapi import library
from xpert_pipeline.spapi.library import OPERATIONS, Library
from xpert_pipeline.spapi.marketplaces import by_id
from xpert_pipeline.spapi.operations import catalog, listings, orders
from xpert_pipeline.spapi.planning import planner
from xpert_pipeline.spapi.quota import usage_plans
from xpert_pipeline.spapi.quota.quota import LocalQuota
from xpert_pipeline.spapi.quota.usage_plans import OPERATIONS as PLANNED
from xpert_pipeline.spapi.quota.usage_plans import minimum_interval, page, plan, report_plans
from xpert_pipeline.spapi.sending.credentials import Credentials
from xpert_pipeline.spapi.session import SellerApi
from xpert_pipeline_tests.sandbox.amazon_models import MODELS

SALES_AND_TRAFFIC = "GET_SALES_AND_TRAFFIC_REPORT"
UNPUBLISHED = {"getItemReviewTopics", "getItemReviewTrends"}
"""Amazon's models contain no plan for them; ours is marked as a guess."""
SIZES = {
    "searchCatalogItems": "pageSize",
    "searchListingsItems": "pageSize",
    "getInventorySummaries": "sellerSkus",
    "getPricing": "Skus",
    "getCompetitivePricing": "Asins",
    "listInboundPlans": "pageSize",
    "listShipmentItems": "pageSize",
    "getReports": "pageSize",
    "getQueries": "pageSize",
}
"""Parameters whose greatest value is in the models."""
BATCHES = {
    "getListingOffersBatch": "ListingOffersRequestList",
    "getItemOffersBatch": "ItemOffersRequestList",
    "getCompetitiveSummary": "CompetitiveSummaryRequestList",
}
"""Definitions whose greatest length is in the models."""
SIZES_NOT_IN_MODELS = {
    "searchOrders",  # "between 1 and 100", in words
    "getFeaturedOfferExpectedPriceBatch",
    "getMyFeesEstimates",
    "listTransactions",  # 500, says a guide
}


def models():
    if not MODELS.is_dir():
        pytest.skip("Amazon's models are not at hand")
    return [json.loads(file.read_text()) for file in sorted(MODELS.glob("*.json"))]


def described():
    """The operations of Amazon's models by name."""
    return {
        operation["operationId"]: operation
        for model in models()
        for path in model["paths"].values()
        for operation in path.values()
        if isinstance(operation, dict) and "operationId" in operation
    }


def published(operation):
    """Rate and burst of the table in an operation's description; None where there is no table."""
    row = r"-\s*\|\s*\n?\|\s*([\d.]+)\s*\|\s*([\d.]+)\s*\|"
    message = re.search(row, operation.get("description", ""))
    return message and (float(message[1]), float(message[2]))


@pytest.mark.parametrize("operation", sorted(set(PLANNED) - UNPUBLISHED))
def test_the_plan_is_the_published_one(operation):
    ours = plan(operation)
    assert (ours.rate, ours.burst, ours.scope) == (*published(described()[operation]), "seller")


def test_a_plan_that_amazon_does_not_publish_says_so():
    assert {operation for operation in PLANNED if not plan(operation).is_published} == UNPUBLISHED
    theirs = described()
    assert [operation for operation in UNPUBLISHED if published(theirs[operation])] == []


@pytest.mark.parametrize("operation", sorted({*SIZES, *BATCHES}))
def test_the_page_size_is_the_greatest_that_the_model_allows(operation):
    if operation in BATCHES:
        definitions = {name: each for model in models() for name, each in model["definitions"].items()}
        assert page(operation) == definitions[BATCHES[operation]]["maxItems"]
    else:
        (message,) = [
            parameter for parameter in described()[operation]["parameters"] if parameter.get("name") == SIZES[operation]
        ]
        assert page(operation) == message.get("maximum", message.get("maxItems"))


def test_page_sizes_that_no_model_holds_are_named():
    sized = {operation for operation in PLANNED if (plan(operation).page or 1) > 1}
    assert sized == {*SIZES, *BATCHES} | SIZES_NOT_IN_MODELS
    words = next(p for p in described()["searchOrders"]["parameters"] if p["name"] == "maxResultsPerPage")
    assert f"between 1 and {page('searchOrders')}" in words["description"]


def test_requests_ask_for_pages_of_that_size():
    assert orders.PAGE_SIZE == planner.PAGE_SIZE == page("searchOrders")
    assert page("searchListingsItems") == listings.PAGE_SIZE
    assert page("searchCatalogItems") == catalog.BATCH


def test_the_sales_and_traffic_report_has_two_plans_for_all_sellers_of_the_application_together():
    quarter, day = (plan(name) for name in report_plans(SALES_AND_TRAFFIC))
    assert (1 / quarter.rate, quarter.burst, quarter.scope) == (pytest.approx(15 * 60), 1, "app")
    assert (day.rate * 86_400, day.burst, day.scope) == (pytest.approx(96), 96, "app")
    assert report_plans("GET_MERCHANT_LISTINGS_ALL_DATA") == ()


@pytest.mark.parametrize(
    ("report_type", "hours"),
    [
        ("GET_FBA_MYI_ALL_INVENTORY_DATA", 0.5),
        ("GET_FBA_FULFILLMENT_CUSTOMER_RETURNS_DATA", 4),
        ("GET_REFERRAL_FEE_PREVIEW_REPORT", 24),
        ("GET_XML_ALL_ORDERS_DATA_BY_ORDER_DATE_GENERAL", 0),
    ],
)
def test_report_types_have_their_minimum_interval(report_type, hours):
    assert minimum_interval(report_type) == hours * 3600


def test_other_report_types_have_no_known_interval():
    assert minimum_interval("GET_MERCHANT_LISTINGS_ALL_DATA") is None


def test_every_operation_that_can_be_called_has_a_plan():
    assert set(OPERATIONS) <= set(PLANNED)


def test_an_operation_without_a_plan_keeps_clients_from_being_built(monkeypatch):
    """The missing plan was noticed at the first call, in the middle of a sync."""
    monkeypatch.setitem(library.OPERATIONS, "getEverything", library.OPERATIONS["getReport"])
    message = r"getEverything: add .* to xpert_pipeline/spapi/quota/usage_plans\.py"
    with pytest.raises(usage_plans.PlanMissing, match=message):
        Library("eu")
    with pytest.raises(usage_plans.PlanMissing, match=message):
        SellerApi(Credentials("app", "secret", "token", "A1"), [by_id("A21TJRUUN4KGV")], LocalQuota())
    with pytest.raises(usage_plans.PlanMissing, match=message):
        plan("getEverything")
    assert (Path(__file__).parents[3] / usage_plans.HERE).is_file()


def test_an_operation_without_a_plan_keeps_the_pipeline_from_starting(monkeypatch):
    """The code location loaded in spite of a missing plan, and the first run of a seller failed."""
    monkeypatch.setitem(library.OPERATIONS, "getEverything", library.OPERATIONS["getReport"])
    with pytest.raises(usage_plans.PlanMissing, match="getEverything"):
        build_definitions(Settings.from_env({}), {})


def test_the_page_size_of_an_operation_without_one_is_not_guessed():
    with pytest.raises(usage_plans.PlanMissing, match="no page size for listBalances"):
        page("listBalances")
