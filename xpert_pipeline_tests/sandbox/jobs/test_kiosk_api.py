"""Data Kiosk: a query's way from createQuery to its document, what is refused, and who may use it."""

import json
import time

import pytest

from xpert_pipeline.sandbox.jobs import kiosk_api
from xpert_pipeline_tests.sandbox.amazon_models import check, needs_models
from xpert_pipeline_tests.sandbox.client import INDIA, KIOSK, Client
from xpert_pipeline_tests.sandbox.jobs.kiosk import by_asin, by_date, economics, trends

QUERIES = f"{KIOSK}/queries"
MODEL = "dataKiosk_2023-11-15"
SPAN = ("2026-11-13", "2026-11-20")
"""All days of the small world."""
SHORT = "startDate msku sales { unitsOrdered }"
INVALID = "The provided query is invalid"


def error(answer):
    assert answer.status_code == 400, answer.text
    (entry,) = answer.json()["errors"]
    assert entry["code"] == "InvalidInput"
    return entry


@needs_models
def test_the_flow_matches_the_model(client):
    created = client.create_query(economics(*SPAN))
    assert created.status_code == 202
    check(MODEL, "CreateQueryResponse", created.json())
    query = client.get(f"{QUERIES}/{created.json()['queryId']}").json()
    check(MODEL, "Query", query)
    listed = client.get(QUERIES, processingStatuses="DONE").json()
    check(MODEL, "GetQueriesResponse", listed)
    assert listed["queries"][0] == query
    document = client.get(f"{KIOSK}/documents/{query['dataDocumentId']}").json()
    check(MODEL, "GetDocumentResponse", document)
    refused = client.create_query("{")
    check(MODEL, "ErrorList", refused.json())


def test_a_document_is_plain_json_lines(client):
    query = client.query(economics(*SPAN, fields=SHORT))
    assert query["query"] == economics(*SPAN, fields=SHORT)
    answer = client.kiosk_document(query["dataDocumentId"])
    assert "content-encoding" not in answer.headers
    records = [json.loads(line) for line in answer.text.splitlines()]
    assert len(records) > 50
    assert all(list(record) == ["startDate", "msku", "sales"] for record in records)


def test_aliases_fragments_and_directives_select_what_they_say(client):
    fields = (
        "sku: msku, ...Sold, sales { unitsRefunded } parentAsin @skip(if: true) fnsku @include(if: false)"
        " ... on Economics { day: startDate }"
    )
    text = economics(*SPAN, fields=fields) + " fragment Sold on Economics { sales { units: unitsOrdered } }"
    record = client.records(text)[0]
    assert list(record) == ["sku", "sales", "day"]
    assert list(record["sales"]) == ["units", "unitsRefunded"]


def test_economics_are_by_msku_and_day_by_default(client):
    text = economics(*SPAN, fields=SHORT)
    bare = text.replace("aggregateBy: { date: DAY, productId: MSKU }", "")
    assert bare != text
    assert client.records(bare) == client.records(text)


def test_a_query_waits_its_time_in_the_queue_and_in_progress(new_sandbox, monkeypatch):
    client = new_sandbox(rate_scale=2.0)
    query_id = client.create_query(economics(*SPAN)).json()["queryId"]
    began, real = time.time(), time.time
    seen = []
    for seconds in (0, 6, 7, 19.5, 20.5):
        monkeypatch.setattr(time, "time", lambda seconds=seconds: began + seconds)
        seen.append(client.get(f"{QUERIES}/{query_id}").json())
    monkeypatch.setattr(time, "time", real)
    assert [query["processingStatus"] for query in seen] == [
        "IN_QUEUE", "IN_QUEUE", "IN_PROGRESS", "IN_PROGRESS", "DONE",
    ]  # fmt: skip
    assert "processingStartTime" not in seen[0]
    assert "dataDocumentId" not in seen[3]
    assert "dataDocumentId" in seen[4]


def test_an_unfinished_query_has_no_document(new_sandbox):
    client = new_sandbox(rate_scale=1.0)
    client.create_query(economics(*SPAN))
    (query,) = client.running.state.queries.queries.values()
    assert client.get(f"{KIOSK}/documents/{query.document_id}").status_code == 404


def test_a_query_without_rows_has_no_document(client):
    for text in (economics("2026-01-01", "2026-01-31"), by_date("2026-01-01", "2026-01-31")):
        query = client.query(text)
        assert query["processingStatus"] == "DONE"
        assert query.keys().isdisjoint({"dataDocumentId", "errorDocumentId", "pagination"})


def test_future_days_have_no_rows(client):
    days = {record["startDate"] for record in client.records(economics("2026-11-19", "2027-03-01", fields=SHORT))}
    assert days == {"2026-11-19", "2026-11-20"}


@pytest.mark.parametrize(
    ("granularity", "start", "end", "periods"),
    [
        ("WEEK", "2026-11-08", "2026-11-21", [("2026-11-08", "2026-11-14"), ("2026-11-15", "2026-11-21")]),
        ("WEEK", "2026-11-09", "2026-11-21", [("2026-11-15", "2026-11-21")]),
        ("WEEK", "2026-11-09", "2026-11-20", []),
        ("MONTH", "2026-11-01", "2026-11-30", [("2026-11-01", "2026-11-30")]),
        ("MONTH", "2026-11-02", "2026-12-30", []),
        ("RANGE", "2026-11-09", "2026-11-20", [("2026-11-09", "2026-11-20")]),
    ],
)
def test_weeks_and_months_count_only_in_full(client, granularity, start, end, periods):
    records = client.records(economics(start, end, fields="startDate endDate msku", date=granularity))
    assert sorted({(record["startDate"], record["endDate"]) for record in records}) == periods
    if granularity != "RANGE":
        records = client.records(by_date(start, end, granularity))
        assert [(record["startDate"], record["endDate"]) for record in records] == periods


@pytest.mark.parametrize(
    ("text", "message", "details"),
    [
        ("{ analytics_economics_2024_03_15 {", INVALID, "Syntax Error"),
        ("{ __schema { types { name } } }", "Introspection is not supported.", ""),
        (economics(*SPAN, fields="msku __typename"), "Introspection is not supported.", ""),
        ("{ economics { msku } }", "Query did not have a versioned domain field", ""),
        ("{ analytics_salesAndTraffic_2023_11_15 { msku } }", INVALID, "Cannot query field"),
        (economics(*SPAN, fields="msku colour"), INVALID, "Cannot query field 'colour'"),
        (economics(*SPAN, fields="ads { charge { aggregatedDetail { quantity } } }"), INVALID, "AggregatedDetail"),
        (economics(*SPAN, fields="fees { charges { totalAmount { amount } } }"), INVALID, "totalAmount"),
        (economics(*SPAN, product="SKU"), INVALID, "SKU"),
        (economics("yesterday", "2026-11-20"), INVALID, "yesterday"),
        (economics("2026-11-20", "2026-11-13"), INVALID, "endDate"),
        (economics("2024-11-19", "2024-11-30"), INVALID, "two years"),
        (economics(*SPAN).replace(f'["{INDIA}"]', "[]"), INVALID, "marketplaceIds"),
        ("mutation { analytics_economics_2024_03_15 { economics { msku } } }", INVALID, "query operation"),
        (trends(*SPAN, [f"B{n:09d}" for n in range(31)]), INVALID, "1 to 30 asins"),
        (trends(*SPAN, []), INVALID, "1 to 30 asins"),
        (trends(*SPAN, ["B000000001"], level="SKU"), INVALID, "only CHILD"),
        (by_date(*SPAN, granularity="RANGE"), INVALID, "RANGE"),
        (economics(*SPAN, fields=" ".join(f"a{n}: msku" for n in range(900))), "The input you", "8000 characters"),
    ],
)
def test_a_query_that_makes_no_sense_is_refused_with_amazons_message(client, text, message, details):
    refusal = error(client.create_query(text))
    assert refusal["message"].startswith(message)
    assert details in refusal["details"]


def test_whitespace_does_not_count_and_two_years_are_allowed(client):
    assert client.create_query(economics("2024-11-20", "2026-11-20", fields=SHORT) + " " * 9000).status_code == 202


@pytest.mark.parametrize("body", [[], {}, {"query": ""}, {"query": 7}])
def test_a_body_without_a_query_is_refused(client, body):
    error(client.call("POST", QUERIES, json=body))


def test_a_store_of_another_region_is_forbidden(client):
    assert client.create_query(economics(*SPAN, marketplace="ATVPDKIKX0DER")).status_code == 403


def test_a_refused_query_spends_its_token(new_sandbox):
    client = new_sandbox(days=1, rate_scale=1.0)
    assert [client.create_query("{").status_code for _ in range(15)] == [400] * 15
    answer = client.create_query(economics(*SPAN))
    assert answer.status_code == 429
    assert answer.headers["x-amzn-RateLimit-Limit"] == "0.0167"


def test_pages_follow_one_another_and_belong_to_their_query(client, monkeypatch):
    text = economics(*SPAN, fields=SHORT)
    whole = client.records(text)
    monkeypatch.setattr(kiosk_api, "RECORDS_A_PAGE", 30)
    lines, token = [], None
    while True:
        query = client.query(text, token)
        lines += client.kiosk_document(query["dataDocumentId"]).text.splitlines()
        if "pagination" not in query:
            break
        token = query["pagination"]["nextToken"]
        assert client.get(f"{QUERIES}/{query['queryId']}").json()["pagination"]["nextToken"] == token
    assert [json.loads(line) for line in lines] == whole
    error(client.create_query(text + " ", token))
    error(client.create_query(text, "made up"))


def test_a_query_can_be_cancelled_until_it_ends(new_sandbox, monkeypatch):
    client = new_sandbox(rate_scale=1.0)
    first, second = (client.create_query(economics(*SPAN)).json()["queryId"] for _ in range(2))
    for _ in range(2):
        answer = client.call("DELETE", f"{QUERIES}/{first}")
        assert (answer.status_code, answer.content) == (204, b"")
    assert client.get(f"{QUERIES}/{first}").json()["processingStatus"] == "CANCELLED"
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + 60)
    assert client.get(f"{QUERIES}/{second}").json()["processingStatus"] == "DONE"
    error(client.call("DELETE", f"{QUERIES}/{second}"))
    assert client.call("DELETE", f"{QUERIES}/1").status_code == 404


def test_queries_are_listed_newest_first_and_page_by_page(new_sandbox):
    client = new_sandbox(days=2)
    made = [client.create_query(by_date(*SPAN)).json()["queryId"] for _ in range(5)]
    first = client.get(QUERIES, pageSize=3, processingStatuses="DONE,FATAL").json()
    token = first["pagination"]["nextToken"]
    second = client.get(QUERIES, pageSize=2, processingStatuses="DONE,FATAL", paginationToken=token).json()
    assert [query["queryId"] for query in first["queries"] + second["queries"]] == made[::-1]
    assert "pagination" not in second
    error(client.get(QUERIES, processingStatuses="DONE", paginationToken=token))
    assert client.get(QUERIES, processingStatuses="FATAL").json() == {"queries": []}
    assert client.get(QUERIES, createdUntil="2026-01-01T00:00:00Z").json() == {"queries": []}
    assert client.get(QUERIES, createdSince="2026-01-01T00:00:00Z").json()["queries"]


def test_a_query_is_kept_for_thirty_days(client, monkeypatch):
    query = client.query(by_date(*SPAN))
    client.log_in()
    real, state = time.time, client.running.state
    monkeypatch.setattr(time, "time", lambda: real() + 31 * 86_400)
    assert state.queries.find(client.seller_id, query["queryId"], time.time()) is None
    assert state.queries.of(client.seller_id, time.time()) == []


def test_another_seller_does_not_see_a_query(new_sandbox):
    client = new_sandbox(sellers=2, days=2)
    query = client.query(by_date(*SPAN))
    other = Client(client.running, "Atzr|sandbox-2")
    assert other.get(f"{QUERIES}/{query['queryId']}").status_code == 404
    assert other.get(f"{KIOSK}/documents/{query['dataDocumentId']}").status_code == 404
    assert other.get(QUERIES).json() == {"queries": []}
    other.http.close()


def test_without_the_role_everything_is_forbidden(new_sandbox):
    client = new_sandbox(days=1, denied_roles=("Brand Analytics",))
    answers = [
        client.create_query(by_asin(*SPAN)),
        client.get(QUERIES),
        client.get(f"{QUERIES}/1"),
        client.call("DELETE", f"{QUERIES}/1"),
        client.get(f"{KIOSK}/documents/1"),
        client.create_report("GET_SALES_AND_TRAFFIC_REPORT", "2026-11-19T00:00:00Z", "2026-11-20T00:00:00Z"),
    ]
    assert {answer.status_code for answer in answers} == {403}


def test_an_address_expires_after_five_minutes(client, monkeypatch):
    query = client.query(by_date(*SPAN))
    url = client.get(f"{KIOSK}/documents/{query['dataDocumentId']}").json()["documentUrl"]
    assert client.download(url).status_code == 200
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + 301)
    answer = client.download(url)
    assert answer.status_code == 403
    assert "Request has expired" in answer.text


def test_a_document_is_the_same_at_each_download(client):
    query = client.query(economics(*SPAN))
    before = client.kiosk_document(query["dataDocumentId"]).text
    assert client.kiosk_document(query["dataDocumentId"]).text == before
