"""Settlement reports in the sandbox: made by Amazon, listed again and again, and equal to the world's books."""

import csv
import io
from collections import Counter
from decimal import Decimal

import pytest

from xpert_pipeline.sandbox.settlements.report import COLUMNS, REPORT
from xpert_pipeline_tests.sandbox.client import INDIA, REPORTS

GERMANY, BRITAIN = "A1PA6795UKMFR9", "A1F83G8C2ARO7P"


def listed(client, **filters):
    answer = client.get(REPORTS, reportTypes=REPORT, pageSize=100, **filters)
    assert answer.status_code == 200, answer.text
    return answer.json()["reports"]


def documents(client):
    """The text of each document, by the id of its settlement."""
    found = {}
    for report in listed(client):
        text = client.text(report)
        found[text.splitlines()[1].split("\t")[0]] = list(csv.DictReader(io.StringIO(text), delimiter="\t"))
    return found


def test_the_reports_are_listed_and_cannot_be_requested(client):
    reports = listed(client)
    assert {report["processingStatus"] for report in reports} == {"DONE"}
    assert [report["createdTime"] for report in reports] == sorted(
        (report["createdTime"] for report in reports), reverse=True
    )
    counts = Counter(report["reportDocumentId"] for report in reports)
    assert set(counts.values()) == {1, 2}, "documents are listed again, and some have a copy"
    body = {"reportType": REPORT, "marketplaceIds": [INDIA]}
    refused = client.call("POST", REPORTS, json=body)
    assert (refused.status_code, "cannot be requested" in refused.text) == (400, True)


def test_the_rows_of_every_report_add_up_to_its_summary(new_sandbox):
    client = new_sandbox(days=30)
    texts = documents(client)
    truth = {row["settlement_id"]: row for row in client.truth("settlements")}
    assert texts.keys() == truth.keys()
    sizes = set()
    for settlement, (summary, *rows) in texts.items():
        assert tuple(summary) == COLUMNS
        assert summary["total-amount"]
        assert not summary["amount-type"]
        assert all(row["amount-type"] and not row["total-amount"] for row in rows)
        assert sum(Decimal(row["amount"]) for row in rows) == Decimal(summary["total-amount"])
        assert truth[settlement]["row_count"] == len(rows)
        sizes.add(len(rows))
    assert {0, 2} < sizes, "one week without anything, one with the reserve only, and others"
    rows = [row for _, *lines in texts.values() for row in lines]
    assert any(not row["transaction-type"] for row in rows)
    assert max(Counter(tuple(row.items()) for row in rows).values()) > 1, "equal rows are real"
    assert {row["posted-date"][2] for row in rows} == {"."}


@pytest.mark.parametrize(("store", "sign", "separator"), [(GERMANY, ",", "."), (BRITAIN, ".", "/")])
def test_other_stores_write_dates_and_amounts_in_their_own_way(new_sandbox, store, sign, separator):
    client = new_sandbox(marketplaces=(store,), orders_per_day=5)
    rows = [row for _, *lines in documents(client).values() for row in lines]
    assert {row["amount"][-3] for row in rows} == {sign}
    assert {row["posted-date-time"][2] for row in rows} == {separator}


def test_without_the_finance_role_they_are_not_even_listed(new_sandbox):
    client = new_sandbox(denied_roles=("Finance and Accounting",), orders_per_day=5)
    answer = client.get(REPORTS, reportTypes=REPORT)
    assert answer.status_code == 403
