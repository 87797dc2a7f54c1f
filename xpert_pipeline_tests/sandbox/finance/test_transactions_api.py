"""listTransactions: windows, filters, pages, faults, and what the truth says about them."""

from collections import Counter
from decimal import Decimal

import pytest

from xpert_pipeline_tests.sandbox.amazon_models import check, needs_models
from xpert_pipeline_tests.sandbox.client import INDIA

GERMANY = "A1PA6795UKMFR9"
PATH = "/finances/2024-06-19/transactions"
SINCE = "2026-10-01T00:00:00Z"


def page(client, **params):
    params = {"postedAfter": SINCE, **params}
    return client.get(PATH, **{name: value for name, value in params.items() if value is not None})


def pages(client, **params):
    token = None
    while True:
        answer = page(client, nextToken=token, **params)
        assert answer.status_code == 200, answer.text
        yield answer.json()
        token = answer.json()["payload"].get("nextToken")
        if token is None:
            return


def transactions(client, **params):
    return [entry for each in pages(client, **params) for entry in each["payload"]["transactions"]]


def key(row):
    return row["marketplace_id"], row["transaction_type"], row["posted_at"], row["total_amount"], row["order_id"]


def facts(entry):
    names = {pair["relatedIdentifierName"]: pair["relatedIdentifierValue"] for pair in entry["relatedIdentifiers"]}
    return (
        entry["marketplaceDetails"]["marketplaceId"],
        entry["transactionType"],
        entry["postedDate"],
        f"{Decimal(str(entry['totalAmount']['currencyAmount'])):.2f}",
        names.get("ORDER_ID"),
    )


def test_the_pages_of_all_stores_are_the_truth(large_client):
    found = Counter(facts(entry) for entry in transactions(large_client))
    rows = large_client.truth("financial_events")
    assert found == Counter(key(row) for row in rows if row["item_index"] == -1)
    items = sum(len(entry["items"]) for entry in transactions(large_client))
    assert items == sum(row["item_index"] >= 0 for row in rows)


def test_the_leaves_of_every_transaction_add_up_to_its_total(large_client):
    """The truth has one tree of each transaction, so its amounts are the transaction's total, once."""
    sums, totals = Counter(), {}
    for row in large_client.truth("financial_event_amounts"):
        sums[row["transaction_id"]] += Decimal(row["amount"])
    for row in large_client.truth("financial_events"):
        if row["item_index"] == -1:
            totals[row["transaction_id"]] = Decimal(row["total_amount"])
    assert {name: sums[name] for name in totals} == totals
    assert 0 in totals.values()


@needs_models
def test_every_page_keeps_the_model(large_client):
    for each in pages(large_client):
        check("finances_2024-06-19", "ListTransactionsResponse", each)
        check("finances_2024-06-19", "TransactionsPayload", each["payload"])
        assert each["payload"]["transactions"]


def test_both_trees_of_a_shipment_tell_the_same_money(client):
    shipment = next(
        entry
        for entry in transactions(client, marketplaceId=INDIA)
        if entry["transactionType"] == "Shipment" and entry["totalAmount"]["currencyAmount"] and entry.get("breakdowns")
    )
    assert [node["breakdownType"] for node in shipment["breakdowns"]] == ["Sales", "Expenses"]
    total = Decimal(str(shipment["totalAmount"]["currencyAmount"]))
    trees = [shipment["breakdowns"], [node for item in shipment["items"] for node in item["breakdowns"]]]
    for tree in trees:
        assert sum(Decimal(str(node["breakdownAmount"]["currencyAmount"])) for node in tree) == total


def test_a_window_begins_at_its_start_and_ends_before_its_end(client):
    entry = transactions(client)[3]
    day = entry["postedDate"]
    assert day in {other["postedDate"] for other in transactions(client, postedAfter=day)}
    assert day not in {other["postedDate"] for other in transactions(client, postedBefore=day)}


def test_a_window_of_more_than_180_days_is_empty_without_an_error(client):
    assert transactions(client, postedAfter="2026-05-01T00:00:00Z", postedBefore="2026-11-22T00:00:00Z") == []
    assert transactions(client, postedAfter="2026-06-01T00:00:00Z", postedBefore="2026-11-22T00:00:00Z") != []


def test_filters_choose_by_store_status_order_and_group(large_client):
    everything = transactions(large_client)
    germany = transactions(large_client, marketplaceId=GERMANY)
    assert {entry["marketplaceDetails"]["marketplaceId"] for entry in everything} == {INDIA, GERMANY}
    assert {entry["marketplaceDetails"]["marketplaceId"] for entry in germany} == {GERMANY}
    deferred = transactions(large_client, transactionStatus="DEFERRED")
    assert {entry["transactionStatus"].upper() for entry in deferred} == {"DEFERRED"}
    assert len({entry["transactionStatus"] for entry in deferred}) > 1
    for name in ("ORDER_ID", "FINANCIAL_EVENT_GROUP_ID"):
        wanted = next(
            pair
            for entry in everything
            for pair in entry["relatedIdentifiers"]
            if pair["relatedIdentifierName"] == name
        )
        chosen = transactions(
            large_client,
            postedAfter=None,
            relatedIdentifierName=name,
            relatedIdentifierValue=wanted["relatedIdentifierValue"],
        )
        assert chosen == [entry for entry in everything if wanted in entry["relatedIdentifiers"]]


@pytest.mark.parametrize(
    ("params", "reason"),
    [
        ({"postedAfter": None}, "postedAfter: is required"),
        ({"postedAfter": "2099-01-01T00:00:00Z"}, "postedAfter: must be more than two minutes"),
        ({"postedBefore": "2026-09-01T00:00:00Z"}, "postedBefore: must be later"),
        ({"transactionStatus": "PAID"}, "transactionStatus: PAID is not one of"),
        ({"relatedIdentifierName": "ORDER_ID"}, "both or neither"),
        ({"relatedIdentifierName": "REFUND_ID", "relatedIdentifierValue": "1"}, "REFUND_ID is not one of"),
    ],
)
def test_a_wrong_request_is_refused_with_its_reason(client, params, reason):
    answer = page(client, **params)
    assert answer.status_code == 400
    assert reason in answer.json()["errors"][0]["details"]


def test_each_fault_changes_an_answer_as_it_says(client):
    clean = transactions(client)
    client.fault("transactions-old-envelope", 1)
    assert page(client).json()["transactions"] == clean[:500]
    client.fault("transactions-empty-page", 1)
    first, second = list(pages(client))[:2]
    assert (first["payload"]["transactions"], second["payload"]["transactions"]) == ([], clean[:500])
    client.fault("transactions-nulls", 1)
    odd = page(client).json()["payload"]["transactions"]
    assert any(entry["transactionStatus"] is None for entry in odd)
    assert all(item["contexts"][0] is None for entry in odd for item in entry["items"])
    client.fault("transaction-without-id", 1)
    assert "transactionId" not in page(client).json()["payload"]["transactions"][0]
    client.fault("transaction-unbalanced", 1)
    changed = page(client).json()["payload"]["transactions"]
    assert sum(entry != before for entry, before in zip(changed, clean, strict=False)) == 1
    client.fault("transactions-late", 1)
    late = page(client).json()["payload"]["transactions"]
    assert late == [entry for entry in clean[:500] if entry["postedDate"] < "2026-11-18T18:29:59Z"]
    assert late != clean[:500]
