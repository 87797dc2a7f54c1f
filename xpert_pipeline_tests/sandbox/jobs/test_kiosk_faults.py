"""Every fault of Data Kiosk by its name: what a client sees while it is on, and that it leaves nothing behind."""

import gzip
import json
import time
from decimal import Decimal

import pytest

from xpert_pipeline_tests.sandbox.client import KIOSK
from xpert_pipeline_tests.sandbox.jobs.kiosk import by_date, economics

SPAN = ("2026-11-13", "2026-11-20")
TEXT = economics(*SPAN)


def test_a_fatal_query_has_a_document_with_the_reason(client):
    client.fault("query-fatal", 1)
    query = client.query(TEXT)
    assert query["processingStatus"] == "FATAL"
    assert "dataDocumentId" not in query
    assert "could not be processed" in client.kiosk_document(query["errorDocumentId"]).json()["errorDetails"]
    assert client.query(TEXT)["processingStatus"] == "DONE"


def test_a_stuck_query_stays_in_the_queue(client, monkeypatch):
    client.fault("query-stuck", 1)
    query = client.query(TEXT)
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + 3000)
    assert client.get(f"{KIOSK}/queries/{query['queryId']}").json()["processingStatus"] == "IN_QUEUE"
    assert client.query(TEXT)["processingStatus"] == "DONE"


def test_an_opaque_error_gives_no_cause_and_creates_no_query(client):
    before = client.get(f"{KIOSK}/queries").json()["queries"]
    client.fault("query-500", 1)
    answer = client.create_query(TEXT)
    assert answer.status_code == 500
    assert answer.json()["errors"][0]["code"] == "InternalFailure"
    assert client.get(f"{KIOSK}/queries").json()["queries"] == before
    assert client.create_query(TEXT).status_code == 202


def test_a_malformed_document_has_one_line_that_is_cut_off(client):
    query = client.query(TEXT)
    whole = client.kiosk_document(query["dataDocumentId"]).text.splitlines()
    client.fault("malformed-jsonl", 1)
    lines = client.kiosk_document(query["dataDocumentId"]).text.splitlines()
    assert len(lines) == len(whole)
    (spoilt,) = [place for place, line in enumerate(lines) if line != whole[place]]
    with pytest.raises(json.JSONDecodeError):
        json.loads(lines[spoilt])
    assert client.kiosk_document(query["dataDocumentId"]).text.splitlines() == whole


def test_null_entries_add_nothing(client):
    plain = client.records(TEXT)
    client.fault("kiosk-null-entries", 1)
    records = client.records(TEXT)
    assert records.count(None) == 1
    records = [record for record in records if record is not None]
    assert all(record["fees"][0] is None for record in records)
    assert any(record["ads"] is None for record in records)
    for record in records:
        record["fees"] = [fee for fee in record["fees"] if fee is not None]
        for fee in record["fees"]:
            assert fee["charges"][0] is None
            fee["charges"] = fee["charges"][1:]
    assert [(record["msku"], record["fees"]) for record in records] == [
        (record["msku"], [fee for fee in record["fees"] if fee is not None]) for record in plain
    ]
    assert client.records(TEXT) == plain


def test_a_packed_document_says_so_in_its_headers(client):
    query = client.query(TEXT)
    plain = client.kiosk_document(query["dataDocumentId"])
    client.fault("kiosk-gzip", 1)
    url = client.get(f"{KIOSK}/documents/{query['dataDocumentId']}").json()["documentUrl"]
    with client.http.stream("GET", url) as answer:
        assert answer.headers["content-encoding"] == "gzip"
        raw = b"".join(answer.iter_raw())
    assert gzip.decompress(raw) == plain.content
    assert "content-encoding" not in client.kiosk_document(query["dataDocumentId"]).headers


def test_the_last_days_can_still_be_missing(client):
    client.fault("kiosk-lag", 2)
    fields = "startDate"
    assert max(record["startDate"] for record in client.records(economics(*SPAN, fields=fields))) == "2026-11-17"
    assert client.records(by_date(*SPAN))[-1]["startDate"] == "2026-11-17"
    assert client.records(by_date(*SPAN))[-1]["startDate"] == "2026-11-20"


def test_the_sales_of_the_last_days_can_be_told_as_0_while_charges_and_visits_stay(client):
    economics_fields = (
        "startDate msku sales { unitsOrdered orderedProductSales { amount } } "
        "ads { charge { totalAmount { amount } } } fees { feeTypeName }"
    )
    text, traffic = economics(*SPAN, fields=economics_fields), by_date(*SPAN)
    before, visits = client.records(text), client.records(traffic)
    client.fault("kiosk-zero-sales", 2)
    after, visits_then = client.records(text), client.records(traffic)
    last = {f"2026-11-{day}" for day in (18, 19, 20)}
    for old, new in zip(before, after, strict=True):
        if old["startDate"] in last:
            assert new["sales"] == {"unitsOrdered": 0, "orderedProductSales": {"amount": 0}}
            assert (new["msku"], new["ads"]) == (old["msku"], old["ads"])
        else:
            assert new == old
    assert any(old["sales"]["unitsOrdered"] for old in before if old["startDate"] in last)
    assert [record.get("traffic") for record in visits_then] == [record.get("traffic") for record in visits]
    assert client.records(text) == before


def test_restated_economics_and_their_truth_differ_only_in_the_last_days(client):
    fields = "startDate msku ads { charge { totalAmount { amount } } } netProceeds { total { amount } }"
    text = economics(*SPAN, fields=fields)
    before = client.records(text)
    truth = client.truth("economics_daily")
    client.fault("economics-restated", seller=client.seller_id)
    after, restated = client.records(text), client.truth("economics_daily")
    changed = {new["startDate"] for old, new in zip(before, after, strict=True) if old != new}
    assert changed == {f"2026-11-{day}" for day in range(14, 21)}
    assert [record["netProceeds"]["total"]["amount"] for record in after] == [
        Decimal(row["net_proceeds"]) for row in restated
    ]
    assert [row["ops"] for row in restated] == [row["ops"] for row in truth]
    client.http.delete("/_sandbox/faults")
    assert client.records(text) == before


@pytest.mark.parametrize("fault", ["truncated-gzip", "expired-document-url"])
def test_faults_of_every_document_strike_these_too(client, fault):
    query = client.query(TEXT)
    whole = client.kiosk_document(query["dataDocumentId"])
    client.fault(fault, 1)
    answer = client.kiosk_document(query["dataDocumentId"])
    assert (answer.status_code, len(answer.content)) != (whole.status_code, len(whole.content))
    assert client.kiosk_document(query["dataDocumentId"]).text == whole.text
