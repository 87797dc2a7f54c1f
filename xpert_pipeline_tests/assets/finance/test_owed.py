"""What the seller is owed, from a whole world and from rows written by hand."""

import re
from collections import Counter, defaultdict
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from xpert_pipeline.assets.finance import settlement_report, transaction_feed
from xpert_pipeline.assets.inventory import inventory_ledger
from xpert_pipeline.assets.returns import fba_returns, merchant_returns
from xpert_pipeline.sandbox.marketplaces import STORES
from xpert_pipeline.sandbox.world.movements import DAMAGED, FOUND, LOST
from xpert_pipeline.sandbox.world.postings import DEFERRED, REFUND, REIMBURSEMENT, TRANSFER
from xpert_pipeline.sandbox.world.returns import return_requests, returned_units
from xpert_pipeline.sandbox.world.stock import stock_of
from xpert_pipeline.sandbox.world.transactions import books_of
from xpert_pipeline_tests.assets.finance.books import Books
from xpert_pipeline_tests.faults.conftest import DAGSTERS_OWN, empty_pipeline, make_sandbox
from xpert_pipeline_tests.sources.conftest import INDIA

__all__ = ["empty_pipeline", "make_sandbox"]
pytestmark = [pytest.mark.filterwarnings(DAGSTERS_OWN), pytest.mark.timeout(180)]
SOURCES = (
    transaction_feed.SOURCE,
    settlement_report.SOURCE,
    inventory_ledger.SOURCE,
    fba_returns.SOURCE,
    merchant_returns.SOURCE,
)


def world_of(pipeline):
    return pipeline.sandbox.state.worlds[pipeline.sellers[0]]


def waiting(world):
    """Money by order, state and currency that is posted and not paid, straight from the sandbox's books."""
    found = defaultdict(int)
    for posting in books_of(world, INDIA, world.end_of(INDIA)).postings:
        order = dict(posting.identifiers).get("ORDER_ID")
        if posting.status == DEFERRED:
            found[order, "deferred"] += posting.cents
        elif posting.is_cash and posting.settlement is None and posting.type != TRANSFER:
            found[order, "unsettled"] += posting.cents
    return {key: Decimal(cents) / 100 for key, cents in found.items()}


def lost_units(world):
    """Units by SKU that were lost or damaged and neither found nor reimbursed."""
    found = Counter()
    for line in stock_of(world, INDIA, world.end_of(INDIA)).lines:
        for movement in line.movements:
            if movement.reason in (LOST, FOUND) or (movement.reason == DAMAGED and movement.quantity < 0):
                found[line.sku] -= movement.quantity
    for posting in books_of(world, INDIA, world.end_of(INDIA)).postings:
        if posting.type == REIMBURSEMENT:
            for part in posting.parts():
                found[part.sku] -= part.quantity
    return {sku: units for sku, units in found.items() if units > 0}


def missing_units(world):
    """Units by order and SKU that were refunded and did not come back."""
    end, found = world.end_of(INDIA), Counter()
    for posting in books_of(world, INDIA, end).postings:
        if posting.type == REFUND and not posting.key.endswith(" released"):
            for part in posting.parts():
                found[dict(posting.identifiers)["ORDER_ID"], part.sku] += part.quantity
    for unit in returned_units(world, end):
        found[unit.order_id, unit.sku] -= 1
    for request in return_requests(world, end):
        if request.refunded is not None:
            found[request.order.id, request.item.sku] -= request.item.shipped
    return {key: units for key, units in found.items() if units > 0}


def test_the_views_find_what_the_books_of_a_world_owe(empty_pipeline, make_sandbox):
    pipeline = empty_pipeline
    pipeline.sources = SOURCES
    pipeline.serve(make_sandbox(days=40, orders_per_day=25, skus=30))
    assert pipeline.run().errors == {}
    world = world_of(pipeline)
    owed = pipeline.rows("owed_transactions")
    assert {(row["order_id"], row["state"]): row["amount"] for row in owed} == waiting(world)
    assert {row["currency"] for row in owed} == {STORES[INDIA].currency}
    assert all((row["expected_release_at"] is not None) == (row["state"] == "deferred") for row in owed)
    assert {row["sku"]: row["open_units"] for row in pipeline.rows("owed_lost_units")} == lost_units(world)
    missing = {(row["order_id"], row["sku"]): row["missing_units"] for row in pipeline.rows("owed_returns")}
    assert missing == missing_units(world)
    assert missing
    totals = pipeline.rows("settlement_totals")
    assert {row["difference_amount"] for row in totals} == {0}
    rails = {period.settlement: period.rail for period in books_of(world, INDIA, world.end_of(INDIA)).periods}
    paid = {row["settlement_id"]: row["account_type"] for row in totals if row["account_type"]}
    assert paid.items() <= rails.items()
    assert set(paid.values()) == set(rails.values())
    deposits = {row["settlement_id"]: row["total_amount"] for row in pipeline.rows("settlements")}
    cash = {row["settlement_id"]: row["collected_amount"] for row in pipeline.rows("financial_cash")}
    assert {number: cash.get(number, 0) for number in deposits} == deposits, "a deposit of nothing has no transaction"
    assert len([*filter(None, deposits.values())]) > 3
    differences = pipeline.rows("settlement_differences")
    assert {row["difference_amount"] for row in differences} == {0}
    assert {row["family"] for row in differences} >= {"orders", "refunds", "advertising", "reserve", "other"}


EARLY, LATE = date(2026, 9, 3), date(2026, 10, 20)


@pytest.fixture
def books(pool, seller):
    return Books(pool, seller)


def test_money_is_settled_if_amazon_its_group_or_a_period_says_so(books):
    matures = datetime(2026, 11, 9, tzinfo=UTC)
    deferred = {"is_cash": False, "transaction_status": "DEFERRED", "matures_at": matures, "deferral_reason": "B2B"}
    books.posted("A", 100, LATE, order_id="1", **deferred)
    books.posted("B", 50, LATE, order_id="1")
    books.posted("C", 70, LATE, order_id="2", is_cash=False, transaction_status="DEFERRED_RELEASED")
    books.posted("D", 70, LATE, order_id="2", is_counted=False, deferred_transaction_id="C", settlement_id="S1")
    books.posted("E", 30, LATE, order_id="3", financial_event_group_id="G1")
    books.posted("F", -30, LATE, transaction_type="Transfer", financial_event_group_id="G1")
    books.posted("G", 20, EARLY, order_id="4")
    books.posted("H", -5, LATE, transaction_type="ServiceFee")
    books.posted("I", 9, LATE, order_id="1", currency="USD")
    books.settled("S0", date(2026, 9, 1), date(2026, 9, 8), 20)
    rows = "select order_id, state, currency, amount, expected_release_at, deferral_reasons from owed_transactions"
    assert books.ask(rows + " order by 1, 2, 3") == [
        ("1", "deferred", "INR", 100, matures, "B2B"),
        ("1", "unsettled", "INR", 50, None, None),
        ("1", "unsettled", "USD", 9, None, None),
        (None, "unsettled", "INR", -5, None, None),
    ]


def test_the_cash_of_a_group_is_what_its_settlement_deposits(books):
    """By hand: 100.00 for a shipment, 12.00 for fees, 20.00 back to a customer; 70.00 were held back and come later."""
    first, second = {"financial_event_group_id": "G1", "settlement_id": "S1"}, {"financial_event_group_id": "G2"}
    books.posted("A", 100, EARLY, order_id="1", **first)
    books.posted("B", -12, EARLY, transaction_type="ServiceFee", **first)
    books.posted("C", -20, EARLY, transaction_type="Refund", order_id="1", **first)
    books.posted("D", 70, EARLY, order_id="2", is_cash=False, transaction_status="DEFERRED_RELEASED")
    books.posted("E", 70, LATE, order_id="2", is_counted=False, deferred_transaction_id="D", **second)
    books.posted("F", -68, LATE, transaction_type="Transfer", **first)
    books.posted("A", 100, EARLY, item=0, order_id="1", **first)
    books.settled("S1", date(2026, 9, 1), date(2026, 9, 8), 68)
    columns = "financial_event_group_id, settlement_id, collected_amount, transferred_amount, transactions"
    assert books.ask(f"select {columns} from financial_cash order by 1") == [
        ("G1", "S1", 68, -68, 4),
        ("G2", None, 70, 0, 1),
    ]
    paid = "select total_amount from settlements join financial_cash using (seller_id, settlement_id)"
    assert books.ask(paid) == [(68,)]


def test_units_count_from_the_first_transaction_and_until_they_are_found_or_reimbursed(books):
    reimbursed = {"transaction_type": "FBAInventoryReimbursement", "sku": "A", "quantity": 2}
    books.posted("T", 0, date(2026, 9, 1), transaction_type="ServiceFee")
    books.posted("R", 300, LATE, item=0, **reimbursed)
    books.lost("A", date(2026, 8, 30), lost=-50)
    books.lost("A", EARLY, lost=-3)
    books.lost("A", LATE, lost=-1, found=1, damaged=-2)
    books.lost("B", EARLY, lost=-1)
    books.lost("B", LATE, found=1)
    books.lost("C", EARLY, damaged=4)
    columns = "sku, lost_units, found_units, damaged_units, reimbursed_units, open_units, recent_units, last_loss_date"
    assert books.ask(f"select {columns} from owed_lost_units") == [("A", 4, 1, 2, 2, 3, 3, LATE)]


def test_a_refund_is_open_until_all_of_its_units_have_arrived(books):
    refund = {"transaction_type": "Refund", "item": 0, "sku": "A"}
    for number, order, units in (("R1", "1", 3), ("R2", "2", 1), ("R3", "3", 1), ("R4", "4", 1)):
        books.posted(number, -100 * units, EARLY, order_id=order, quantity=units, fulfillment_network="AFN", **refund)
    books.posted("R5", -100, LATE, order_id="1", quantity=3, is_counted=False, **refund)
    for number, order in (("1", "1"), ("2", "1"), ("3", "2")):
        books.write(
            "fba_returns", return_key=number, return_date=LATE, returned_at=datetime(2026, 10, 20, tzinfo=UTC),
            order_id=order, sku="A", quantity=1,
        )  # fmt: skip
    for number, order, arrived in (("1", "3", LATE), ("2", "4", None)):
        books.write(
            "merchant_returns", return_key=number, return_date=EARLY, order_id=order, sku="A", quantity=1,
            delivery_date=arrived,
        )  # fmt: skip
    columns = "order_id, refunded_units, returned_units, missing_units, refunded_amount, return_requested_date"
    assert books.ask(f"select {columns} from owed_returns order by 1") == [
        ("1", 3, 2, 1, 300, None),
        ("4", 1, 0, 1, 100, EARLY),
    ]


def test_the_questions_of_the_document_run(books):
    text = (Path(__file__).resolve().parents[3] / "docs" / "owed.md").read_text()
    questions = re.findall(r"```sql\n(.*?)```", text, re.DOTALL)
    assert len(questions) == 4
    for question in questions:
        assert books.ask(question) == []
