"""The pipeline speaks as Amazon's models describe: every request and answer of a sync of all sources and of doctor."""

from collections import Counter

import pytest

from xpert_pipeline.assets.registry import SOURCES
from xpert_pipeline.sources.snapshot import Snapshot
from xpert_pipeline.spapi import library
from xpert_pipeline_tests.faults.conftest import DAGSTERS_OWN
from xpert_pipeline_tests.sandbox.amazon_models import document, needs_models
from xpert_pipeline_tests.sandbox.traffic import Exchange, operation_of, problems

pytestmark = [needs_models, pytest.mark.filterwarnings(DAGSTERS_OWN), pytest.mark.timeout(400)]
NOT_IN_INDIA = "Amazon offers no reviews in the marketplace of the sandbox's seller; see assets/reviews"
NEVER_CALLED = {"getItemReviewTopics": NOT_IN_INDIA, "getItemReviewTrends": NOT_IN_INDIA}
"""Operations that neither a sync nor doctor's questions call, and why."""


def test_every_request_and_answer_of_the_whole_job_keeps_amazons_models(loaded):
    wrong = Counter(problem for exchange in loaded.traffic.calls for problem in problems(exchange))
    assert not wrong, "\n".join(f"{number} × {problem}" for problem, number in wrong.most_common(20))


def test_the_job_and_doctors_questions_call_every_operation_that_the_pipeline_knows(loaded):
    called = {operation_of(exchange).name for exchange in loaded.traffic.calls}
    assert called - library.OPERATIONS.keys() == set()
    lacking = library.OPERATIONS.keys() - called
    assert lacking == NEVER_CALLED.keys(), f"never called: {sorted(lacking)}"


def test_the_check_sees_what_the_models_forbid(loaded):
    page = next(
        call for call in loaded.traffic.calls if operation_of(call).name == "searchOrders" and call.status == 200
    )
    question = next(call for call in loaded.traffic.calls if operation_of(call).name == "createQuery")

    def told(call, **changed):
        return " ".join(problems(Exchange(**vars(call) | changed)))

    assert told(page) == told(question) == ""
    assert "Amazon has no parameter MarketplaceIds" in told(page, query=f"{page.query}&MarketplaceIds=A")
    assert "maxResultsPerPage=" in told(page, query="createdAfter=2026-01-01T00:00:00Z&maxResultsPerPage=many")
    assert "Amazon does not answer with 299" in told(page, status=299)
    assert "'orders' is a required property" in told(page, answer=b"{}")
    assert "UNHEARD" in told(page, answer=page.answer.replace(b'"AMAZON"', b'"UNHEARD"'))
    assert "Amazon expects no body" in told(page, body=b"{}")
    assert "Cannot query field" in told(question, body=question.body.replace(b"startDate endDate", b"startDay endDay"))
    with pytest.raises(LookupError, match="Amazon has no operation GET /orders/v1"):
        told(page, path="/orders/v1")


RECORDS = {
    "searchListingsItems": ("listingsItems_2021-08-01", "Item"),
    "getInventorySummaries": ("fbaInventory", "InventorySummary"),
    "getShipments": ("fulfillmentInboundV0", "InboundShipmentInfo"),
    "getShipmentItems": ("fulfillmentInboundV0", "InboundShipmentItem"),
}
"""The model and definition of the records of each operation whose pages a snapshot reads."""
COMPOSED = {"listInboundPlans": {"plan", "shipment", "item"}}
"""Records that a walk puts together from the answers of several operations."""
PAGED = [source for source in SOURCES if isinstance(source, Snapshot)]


@pytest.mark.parametrize("source", PAGED, ids=lambda source: source.step)
def test_a_snapshot_declares_the_fields_of_amazons_record(source):
    if source.pages.operation in COMPOSED:
        assert set(source.fields) == COMPOSED[source.pages.operation]
        return
    model, definition = RECORDS[source.pages.operation]
    assert set(source.fields) == set(document(model)["definitions"][definition]["properties"])
