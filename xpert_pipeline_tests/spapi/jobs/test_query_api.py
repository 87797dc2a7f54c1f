"""Data Kiosk: what is sent, what a status means, and which of Amazon's queries equals a request."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest

from xpert_pipeline.assets.finance.economics_daily import QUERY
from xpert_pipeline.assets.sales.traffic_queries import TRENDS
from xpert_pipeline.sources.kiosk.queries import query_asins, query_days
from xpert_pipeline.spapi import errors
from xpert_pipeline.spapi.documents.download import DATA_KIOSK, fetch_document
from xpert_pipeline.spapi.jobs.kiosk_queries import next_page
from xpert_pipeline.spapi.jobs.query_api import QueryApi
from xpert_pipeline.spapi.operations.times import to_amazon
from xpert_pipeline_tests.spapi.scripted import Reply, refusal, reset

PATH = "/dataKiosk/2023-11-15/queries"
DOCUMENT = "/dataKiosk/2023-11-15/documents/doc"
QUERY_API = QueryApi()
REQUEST = query_days(QUERY, ["A21TJRUUN4KGV"], date(2026, 11, 1), date(2026, 11, 2), yesterday=date(2026, 11, 3))
NOW = datetime.now(UTC).replace(microsecond=0)
FULL = {"x-amzn-RateLimit-Limit": "10000"}


def query(number, minutes, *, took=1, status="DONE", token=None, text=None):
    """A query as Amazon lists it, created some minutes ago."""
    created = NOW - timedelta(minutes=minutes)
    message = {
        "queryId": str(number),
        "query": text or REQUEST.options["query"],
        "createdTime": to_amazon(created),
        "processingStatus": status,
    }
    if status == "DONE":
        message |= {
            "processingEndTime": to_amazon(created + timedelta(minutes=took)),
            "dataDocumentId": f"doc-{number}",
        }
    return message | ({"pagination": {"nextToken": token}} if token else {})


def look_up(amazon, api, request, *queries, hours=24):
    amazon.on("GET", PATH, Reply(200, {"queries": list(queries)}, FULL))
    (status,) = QUERY_API.look_up(api, [request], NOW - timedelta(hours=hours))
    return [status.amazon_id for status in status]


def test_the_text_is_sent_and_the_id_comes_back(amazon, api):
    amazon.on("POST", PATH, Reply(202, {"queryId": "7"}, FULL))
    assert QUERY_API.create(api, REQUEST) == "7"
    assert QUERY_API.create(api, next_page(REQUEST, "t/+=")) == "7"
    assert [call.json for call in amazon.calls(PATH, "POST")] == [
        {"query": REQUEST.options["query"]},
        {"query": REQUEST.options["query"], "paginationToken": "t/+="},
    ]


def test_the_asins_of_a_query_are_not_sent(amazon, api):
    """They are kept in its options for later code; the text contains them, too."""
    amazon.on("POST", PATH, Reply(202, {"queryId": "7"}, FULL))
    day = date(2026, 11, 1)
    request = query_asins(TRENDS, {"A21TJRUUN4KGV": ["B000000001"]}, day, day, yesterday=day)
    QUERY_API.create(api, request)
    assert request.options["asins"]
    assert [call.json for call in amazon.calls(PATH, "POST")] == [{"query": request.options["query"]}]


def test_a_query_that_amazon_does_not_understand_is_a_bad_request(amazon, api):
    amazon.on("POST", PATH, refusal(400, "InvalidInput", "The provided query is invalid"))
    with pytest.raises(errors.BadRequest, match="The provided query is invalid"):
        QUERY_API.create(api, REQUEST)


def test_the_status_of_a_query_has_its_document_and_next_page(amazon, api):
    amazon.on("GET", f"{PATH}/7", Reply(200, query(7, 5, token="more"), FULL))
    status = QUERY_API.status_of(api, "7", REQUEST)
    assert (status.amazon_id, status.status, status.document_id, status.next_page) == ("7", "DONE", "doc-7", "more")
    assert status.ended_at - status.created_at == timedelta(minutes=1)


def test_another_query_under_a_remembered_id_is_not_used(amazon, api):
    """Its document was once loaded as if it were the requested query's, and its days counted as read."""
    amazon.on("GET", f"{PATH}/7", Reply(200, query(7, 5, text="query { other }"), FULL))
    with pytest.raises(errors.NotFound, match="7 is another query"):
        QUERY_API.status_of(api, "7", REQUEST)


def test_a_cancelled_query_is_not_an_empty_query(amazon, api):
    """Treated as empty, it would state that the days have no rows."""
    amazon.on("GET", f"{PATH}/7", Reply(200, query(7, 5, status="CANCELLED"), FULL))
    status = QUERY_API.status_of(api, "7", REQUEST)
    assert status.status == "FATAL"
    assert QUERY_API.reason(api, status) == "the query was cancelled before it ran"


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"errors": [{"code": "X", "message": "startDate is  not valid"}]}, "startDate is not valid"),
        ({"errorMessage": "too old"}, "too old"),
        ("Sorry.", "Sorry."),
        ({"code": 7}, "{'code': 7}"),
    ],
)
def test_the_reason_of_a_fatal_query_is_amazons(amazon, api, document, message):
    body = document if isinstance(document, str) else json.dumps(document)
    amazon.on("GET", f"{PATH}/7", Reply(200, query(7, 5, status="FATAL") | {"errorDocumentId": "doc"}, FULL))
    amazon.on("GET", DOCUMENT, Reply(200, {"documentId": "doc", "documentUrl": f"{amazon.url}/why"}, FULL))
    amazon.on("GET", "/why", Reply(200, body.encode()))
    assert QUERY_API.reason(api, QUERY_API.status_of(api, "7", REQUEST)) == message


def test_live_and_done_queries_with_the_same_text_are_found_newest_first(amazon, api):
    spaced = REQUEST.options["query"].replace("{", " {\n  ")
    status = look_up(
        amazon,
        api,
        REQUEST,
        query(1, 30),
        query(3, 5, status="IN_QUEUE"),
        query(2, 10, text=spaced),
        query(4, 1, text="query{other}"),
        query(5, 25 * 60),
    )
    assert status == ["3", "2", "1"]
    (call,) = amazon.calls(PATH)
    assert ",".join(call.query["processingStatuses"]) == "IN_QUEUE,IN_PROGRESS,DONE"


def test_a_later_page_never_serves_as_the_first(amazon, api):
    """Amazon lists all pages of a query alike: with the token of the next page, not with the page's own."""
    chain = (query(1, 30, token="two"), query(2, 20, token="three"), query(3, 10))
    assert look_up(amazon, api, REQUEST, *chain) == ["1"]
    assert look_up(amazon, api, REQUEST, *chain, hours=0.25) == []
    assert look_up(amazon, api, next_page(REQUEST, "two"), *chain) == ["2"]
    assert look_up(amazon, api, next_page(REQUEST, "three"), *chain) == ["3"]
    assert look_up(amazon, api, next_page(REQUEST, "four"), *chain) == []


def test_the_list_of_queries_is_read_to_its_end(amazon, api):
    amazon.on(
        "GET",
        PATH,
        Reply(200, {"queries": [query(9, 1, text="query{other}")], "pagination": {"nextToken": "on"}}, FULL),
        Reply(200, {"queries": [query(1, 30)]}, FULL),
    )
    (status,) = QUERY_API.look_up(api, [REQUEST], NOW - timedelta(hours=1))
    assert [status.amazon_id for status in status] == ["1"]
    assert amazon.calls(PATH)[1].query["paginationToken"] == ["on"]


@pytest.mark.parametrize(("request_", "token"), [(REQUEST, None), (next_page(REQUEST, "two"), "two")])
def test_a_query_whose_answer_was_lost_is_found_and_not_created_twice(amazon, api, request_, token):
    created = datetime.now(UTC)
    made = query(8, 0) | {"createdTime": to_amazon(created), "processingStatus": "IN_QUEUE"}
    before = query(7, 10, token="two")
    amazon.on("POST", PATH, reset, Reply(202, {"queryId": "9"}, FULL))
    amazon.on("GET", PATH, Reply(200, {"queries": [made, before]}, FULL))
    assert QUERY_API.create(api, request_) == "8"
    assert len(amazon.calls(PATH, "POST")) == 1


def test_a_query_that_never_reached_amazon_is_created_again(amazon, api):
    amazon.on("POST", PATH, reset, Reply(202, {"queryId": "9"}, FULL))
    amazon.on("GET", PATH, Reply(200, {"queries": [query(7, 10)]}, FULL))
    assert QUERY_API.create(api, REQUEST) == "9"


def test_a_document_of_data_kiosk_is_checked_like_a_report(amazon, api, tmp_path):
    amazon.on("GET", DOCUMENT, Reply(200, {"documentId": "doc", "documentUrl": f"{amazon.url}/data"}, FULL))
    amazon.on("GET", "/data", Reply(200, b'{"a": 1}\n'))
    document = fetch_document(api, "doc", tmp_path, source=DATA_KIOSK)
    with document.open_text() as text:
        assert text.read() == '{"a": 1}\n'
    amazon.on("GET", "/data", Reply(200, b"\x1b\x03", {"Content-Encoding": "br"}))
    with pytest.raises(errors.DocumentRefused, match="compressed with br"):
        fetch_document(api, "doc", tmp_path, source=DATA_KIOSK)
    amazon.on("GET", DOCUMENT, Reply(200, {"documentUrl": "https://example.com/data"}, FULL))
    with pytest.raises(errors.DocumentRefused, match=r"example\.com"):
        fetch_document(api, "doc", tmp_path, source=DATA_KIOSK)
