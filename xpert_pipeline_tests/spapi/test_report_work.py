"""Reports as work: asked for once, found again, waited for, collected as they get ready, and every way of having none."""

import gzip
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from xpert_pipeline.spapi import errors, usage_plans
from xpert_pipeline.spapi.desks import ReportRequest
from xpert_pipeline.spapi.report_asking import ask
from xpert_pipeline.spapi.report_waiting import as_ready
from xpert_pipeline.spapi.report_work import State, told
from xpert_pipeline.spapi.reports import ReportDesk
from xpert_pipeline_tests.spapi.memory_book import MemoryBook
from xpert_pipeline_tests.spapi.scripted import Reply, cut_without_length, refusal, reset

REPORTS = "/reports/2021-06-30/reports"
KIND = "GET_XML_ALL_ORDERS_DATA_BY_ORDER_DATE_GENERAL"
START, END = datetime(2026, 9, 1, tzinfo=UTC), datetime(2026, 10, 1, tzinfo=UTC)
REQUEST = ReportRequest(KIND, START, END)
FAST = {"x-amzn-RateLimit-Limit": "10000"}
DESK = ReportDesk()


def listed(status="DONE", age=timedelta(minutes=5), **changes):
    return {
        "reportId": "old",
        "reportType": KIND,
        "marketplaceIds": ["A21TJRUUN4KGV"],
        "dataStartTime": "2026-09-01T00:00:00+00:00",
        "dataEndTime": "2026-10-01T00:00:00Z",
        "createdTime": (datetime.now(UTC) - age).isoformat(),
        "processingStatus": status,
        "reportDocumentId": "doc-old",
        **changes,
    }


def state(status, report_id="new", **more):
    return Reply(200, {"reportId": report_id, "processingStatus": status, "reportType": KIND} | more, FAST)


def windows(count):
    return [ReportRequest(KIND, START + timedelta(days=n), START + timedelta(days=n + 1)) for n in range(count)]


@pytest.fixture
def desk(amazon):
    """Nothing is listed; a created report gets the id "new"."""
    amazon.on("GET", REPORTS, Reply(200, {"reports": []}, FAST))
    amazon.on("POST", REPORTS, Reply(202, {"reportId": "new"}, FAST))
    return amazon


@pytest.fixture
def book():
    return MemoryBook()


def asked(api, book, request=REQUEST, **options):
    (work,) = ask(api, book, DESK, [request], **options)
    return work


def outcome(api, book, request=REQUEST, **options):
    (work,) = as_ready(api, book, DESK, [asked(api, book, request)], **options)
    assert book.read(work.id) == work
    return work


def test_a_new_report_is_created_with_exactly_what_amazon_wants(desk, api, book):
    work = asked(api, book)
    assert (work.amazon_id, work.state, work.tries, work.reused) == ("new", State.IN_QUEUE, 1, False)
    assert book.read(work.id) == work
    assert desk.calls(REPORTS, "POST")[0].json == {
        "reportType": KIND,
        "marketplaceIds": ["A21TJRUUN4KGV"],
        "dataStartTime": "2026-09-01T00:00:00.000Z",
        "dataEndTime": "2026-10-01T00:00:00.000Z",
    }
    assert desk.calls(REPORTS)[0].query["reportTypes"] == [KIND]


@pytest.mark.parametrize(
    "known",
    [
        lambda: listed("IN_QUEUE", timedelta(hours=5)),
        lambda: listed("IN_PROGRESS"),
        lambda: listed("DONE", timedelta(minutes=20)),
        lambda: listed("DONE", dataStartTime="2026-09-01T05:30:00.400+05:30"),
    ],
)
def test_an_equal_report_that_lives_or_is_fresh_at_amazon_is_used_again(desk, api, book, known):
    desk.on("GET", REPORTS, Reply(200, {"reports": [known()]}))
    work = asked(api, book)
    assert (work.amazon_id, work.reused) == ("old", True)
    assert desk.calls(REPORTS, "POST") == []


@pytest.mark.parametrize(
    "known",
    [
        lambda: listed("DONE", timedelta(minutes=40)),
        lambda: listed("DONE", dataEndTime="2026-10-02T00:00:00Z"),
        lambda: listed("DONE", marketplaceIds=["A1PA6795UKMFR9"]),
        lambda: listed("DONE", reportType="GET_MERCHANT_LISTINGS_ALL_DATA"),
        lambda: listed("DONE", dataStartTime=None),
    ],
)
def test_a_stale_or_different_report_is_not(desk, api, book, known):
    desk.on("GET", REPORTS, Reply(200, {"reports": [known()]}))
    assert asked(api, book).amazon_id == "new"


def test_a_report_whose_document_was_of_no_use_is_not_taken_again(desk, api, book):
    spoiled, _ = book.want("report", REQUEST, timedelta(minutes=30), timedelta(hours=24))
    book.note(replace(spoiled, state=State.FATAL, amazon_id="old"))
    desk.on("GET", REPORTS, Reply(200, {"reports": [listed()]}))
    assert asked(api, book).amazon_id == "new"


def test_the_age_that_may_serve_again_is_the_callers_choice(desk, api, book):
    desk.on("GET", REPORTS, Reply(200, {"reports": [listed("DONE", timedelta(minutes=40))]}))
    assert asked(api, book, done_within=timedelta(hours=1)).amazon_id == "old"


def test_a_request_with_options_is_never_served_by_a_listing_that_does_not_tell_them(desk, api, book):
    desk.on("GET", REPORTS, Reply(200, {"reports": [listed()]}))
    assert asked(api, book, ReportRequest(KIND, START, END, {"custom": "true"})).amazon_id == "new"
    assert desk.calls(REPORTS, "POST")[0].json["reportOptions"] == {"custom": "true"}


def test_every_page_of_the_listing_is_read_with_the_token_alone(desk, api, book):
    desk.on("GET", REPORTS, Reply(200, {"reports": [], "nextToken": "t"}), Reply(200, {"reports": [listed()]}))
    assert asked(api, book).amazon_id == "old"
    assert desk.calls(REPORTS)[1].query == {"nextToken": ["t"]}


def test_many_windows_cost_one_look_up(desk, api, book):
    assert len(ask(api, book, DESK, windows(12))) == 12
    assert len(desk.calls(REPORTS)) == 1
    assert len(desk.calls(REPORTS, "POST")) == 12


@pytest.mark.parametrize(
    "lost",
    [Reply(504, {"message": "Endpoint request timed out"}), reset, cut_without_length(b'{"reportId": "n')],
    ids=["504", "reset", "cut"],
)
def test_a_lost_answer_to_create_report_is_looked_up_before_it_is_asked_again(desk, api, book, lost):
    desk.on("GET", REPORTS, Reply(200, {"reports": []}), Reply(200, {"reports": [listed("IN_QUEUE")]}))
    desk.on("POST", REPORTS, lost)
    assert asked(api, book).amazon_id == "old"
    assert len(desk.calls(REPORTS, "POST")) == 1


def test_a_lost_answer_without_a_report_is_asked_again(desk, api, book):
    desk.on("POST", REPORTS, Reply(504, b""), Reply(202, {"reportId": "new"}))
    assert asked(api, book).amazon_id == "new"
    assert len(desk.calls(REPORTS)) == 2


def test_a_refused_create_report_needs_no_look_up_and_is_not_taken_for_one_on_its_way(desk, api, book):
    desk.on("POST", REPORTS, Reply(503, b""), Reply(202, {"reportId": "new"}))
    assert asked(api, book).amazon_id == "new"
    assert len(desk.calls(REPORTS)) == 1
    desk.on("POST", REPORTS, refusal(400, "InvalidInput", "no such type"))
    other = replace(REQUEST, report_type="GET_SOMETHING_ELSE")
    with pytest.raises(errors.BadRequest):
        asked(api, book, other)
    assert [work.state for work in book.rows.values()] == [State.IN_QUEUE, State.FATAL]
    desk.on("POST", REPORTS, Reply(202, {"reportId": "later"}))
    assert asked(api, book, other).amazon_id == "later"


def test_what_is_asked_for_twice_is_made_once(desk, api, book):
    assert asked(api, book) == asked(api, book)
    assert len(desk.calls(REPORTS, "POST")) == 1


def test_a_report_is_polled_until_it_is_done_and_served_once_more_while_fresh(desk, api, book):
    done = state(
        "DONE",
        reportDocumentId="doc",
        createdTime="2026-10-01T00:00:05Z",
        processingEndTime="2026-10-01T00:00:25Z",
    )
    desk.on("GET", f"{REPORTS}/new", state("IN_QUEUE"), state("IN_PROGRESS"), done)
    work = outcome(api, book)
    assert (work.state, work.document_id) == (State.DONE, "doc")
    assert work.created_at == datetime(2026, 10, 1, 0, 0, 5, tzinfo=UTC)
    assert work.ready_at - work.created_at == timedelta(seconds=20)
    assert len(desk.calls(f"{REPORTS}/new")) == 3
    assert asked(api, book) == work, "one that was not collected is taken up"
    book.collected(work)
    assert asked(api, book).id != work.id, "collected, and its data are of October"


def test_each_report_comes_as_it_gets_ready(desk, api, book):
    first, second, third = windows(3)
    desk.on("POST", REPORTS, *(Reply(202, {"reportId": name}, FAST) for name in ("slow", "quick", "none")))
    desk.on("GET", f"{REPORTS}/slow", *[state("IN_QUEUE", "slow")] * 3, state("DONE", "slow", reportDocumentId="a"))
    desk.on("GET", f"{REPORTS}/quick", state("DONE", "quick", reportDocumentId="b"))
    desk.on("GET", f"{REPORTS}/none", state("CANCELLED", "none"))
    works = list(as_ready(api, book, DESK, ask(api, book, DESK, [first, second, third])))
    assert [(work.amazon_id, work.state) for work in works] == [
        ("quick", State.DONE),
        ("none", State.EMPTY),
        ("slow", State.DONE),
    ]


def test_of_many_that_are_made_together_the_first_is_looked_at_for_all(desk, api, book):
    """getReport allows two calls a second: ten reports looked at twice a second would wait for tokens, not for Amazon."""
    names = [f"r{n}" for n in range(10)]
    desk.on("POST", REPORTS, *(Reply(202, {"reportId": name}, FAST) for name in names))
    for name in names:
        done = state("DONE", name, reportDocumentId=f"doc-{name}")
        desk.on("GET", f"{REPORTS}/{name}", *[state("IN_QUEUE", name)] * (4 if name == "r0" else 1), done)
    works = list(as_ready(api, book, DESK, ask(api, book, DESK, windows(10))))
    assert [work.amazon_id for work in works] == names
    assert [len(desk.calls(f"{REPORTS}/{name}")) for name in names] == [5, *[2] * 9]


def test_a_report_that_never_ends_is_parked_with_its_id_and_taken_up_by_the_next_run(desk, api, book):
    desk.on("GET", f"{REPORTS}/new", state("IN_PROGRESS"))
    parked = outcome(api, book, budget_seconds=0.7)
    assert (parked.amazon_id, parked.is_live) == ("new", True)
    desk.on("GET", f"{REPORTS}/new", state("DONE", reportDocumentId="doc"))
    assert outcome(api, book).id == parked.id
    assert len(desk.calls(REPORTS, "POST")) == 1


def test_after_a_day_in_the_queue_it_is_given_up_and_the_next_run_asks_anew(desk, api, book):
    desk.on("GET", f"{REPORTS}/new", state("IN_QUEUE"))
    old = asked(api, book)
    book.age(hours=25)
    (given_up,) = as_ready(api, book, DESK, [book.read(old.id)])
    assert given_up.state is State.FATAL
    assert "was given up" in given_up.reason
    assert asked(api, book).id != old.id


def test_work_that_no_run_has_looked_at_for_a_day_is_given_up_when_it_is_wanted_again(desk, api, book):
    old = asked(api, book)
    book.age(hours=25)
    assert asked(api, book).id != old.id
    assert book.read(old.id).state is State.FATAL


def test_data_of_before_a_moment_are_of_no_use(desk, api, book):
    """A report older than the change stream would leave out what changed between the two."""
    old = asked(api, book)
    moment = book.now() - timedelta(minutes=30)
    assert asked(api, book, not_older_than=moment).id == old.id
    book.age(hours=1)
    desk.on("POST", REPORTS, Reply(202, {"reportId": "newer"}))
    known = [listed("IN_QUEUE", timedelta(hours=1)), listed("DONE", timedelta(minutes=31), reportId="done")]
    desk.on("GET", REPORTS, Reply(200, {"reports": known}))
    assert asked(api, book, not_older_than=moment, done_within=timedelta(hours=2)).amazon_id == "newer"


def test_a_request_that_cannot_be_looked_at_is_given_up(desk, api, book):
    desk.on("GET", f"{REPORTS}/new", refusal(400, "InvalidInput", "no such report"))
    work = outcome(api, book)
    assert (work.state, work.reason) == (State.FATAL, "it cannot be looked at: no such report")


def test_an_older_word_does_not_make_ended_work_live_again(desk, api, book):
    work = asked(api, book)
    done = replace(work, state=State.DONE, document_id="doc")
    book.note(done)
    desk.on("GET", f"{REPORTS}/new", state("IN_PROGRESS"))
    assert list(as_ready(api, book, DESK, [work])) == [done]


def test_what_was_not_sent_when_amazon_failed_is_sent_by_the_next_run_at_once(desk, api, book):
    desk.on("POST", REPORTS, Reply(202, {"reportId": "one"}, FAST), refusal(400, "InvalidInput", "no"))
    with pytest.raises(errors.BadRequest):
        ask(api, book, DESK, windows(3))
    assert [work.state for work in book.rows.values()] == [State.IN_QUEUE, State.FATAL, State.WANTED]
    desk.on("POST", REPORTS, Reply(202, {"reportId": "two"}), Reply(202, {"reportId": "three"}))
    assert [work.amazon_id for work in ask(api, book, DESK, windows(3))] == ["one", "two", "three"]


def test_a_word_that_no_document_names_is_waited_out(desk, api, book, caplog):
    desk.on("GET", f"{REPORTS}/new", state("PONDERING"), state("DONE", reportDocumentId="doc"))
    assert outcome(api, book).state is State.DONE
    assert "unknown status 'PONDERING'" in caplog.text


def test_a_request_of_a_run_that_died_before_it_was_sent_is_sent_by_the_next(desk, api, book):
    died, _ = book.want("report", REQUEST, timedelta(minutes=30), timedelta(hours=24))
    assert asked(api, book) == died, "it may be on its way"
    assert desk.calls(REPORTS, "POST") == []
    book.age(minutes=6)
    assert asked(api, book).id == died.id
    assert len(desk.calls(REPORTS, "POST")) == 1


def test_a_request_that_another_run_is_sending_is_waited_for(desk, api, book):
    other, _ = book.want("report", REQUEST, timedelta(minutes=30), timedelta(hours=24))
    waiting = as_ready(api, book, DESK, [asked(api, book)])
    book.note(replace(other, state=State.IN_QUEUE, amazon_id="new", tries=1))
    desk.on("GET", f"{REPORTS}/new", state("DONE", reportDocumentId="doc"))
    assert [work.document_id for work in waiting] == ["doc"]
    assert desk.calls(REPORTS, "POST") == []


def test_a_fatal_report_tells_amazons_reason(desk, api, book):
    desk.on("GET", f"{REPORTS}/new", state("FATAL", reportDocumentId="why"))
    desk.on("GET", "/reports/2021-06-30/documents/why", Reply(200, {"url": f"{desk.url}/why.gz"}))
    reason = json.dumps({"errorDetails": "Please try a different date range"}).encode()
    desk.on("GET", "/why.gz", Reply(200, gzip.compress(reason)))
    work = outcome(api, book)
    assert (work.state, work.document_id) == (State.FATAL, None)
    assert "Please try a different date range" in work.reason
    assert told(work) == {"id": "new", "reused": False, "state": "FATAL", "reason": work.reason}


def test_the_reason_of_a_fatal_report_holds_no_secret(desk, api, book):
    desk.on("GET", f"{REPORTS}/new", state("FATAL", reportDocumentId="why"))
    desk.on("GET", "/reports/2021-06-30/documents/why", Reply(200, {"url": f"{desk.url}/why"}))
    words = "see https://example.com/doc?X-Amz-Signature=canary of Atza|canary, refresh_token=canary"
    desk.on("GET", "/why", Reply(200, {"errorDetails": words}))
    reason = outcome(api, book).reason
    assert "canary" not in reason
    assert "see https://example.com/doc?[redacted] of [redacted]" in reason


def test_brand_analytics_calls_a_period_without_data_fatal(desk, api, book):
    kind = "GET_BRAND_ANALYTICS_SEARCH_TERMS_REPORT"
    desk.on("GET", f"{REPORTS}/new", state("FATAL", reportDocumentId="why", reportType=kind))
    desk.on("GET", "/reports/2021-06-30/documents/why", Reply(200, {"url": f"{desk.url}/why"}))
    desk.on("GET", "/why", Reply(200, {"errorDetails": "The requested data is unavailable."}))
    assert outcome(api, book, ReportRequest(kind, START, END)).state is State.EMPTY


def test_a_fatal_report_whose_reason_is_unreadable_is_still_that(desk, api, book):
    desk.on("GET", f"{REPORTS}/new", state("FATAL", reportDocumentId="why"))
    work = outcome(api, book)
    assert work.state is State.FATAL
    assert "its reason could not be read" in work.reason


def test_a_cancelled_report_probably_has_no_data(desk, api, book):
    desk.on("GET", f"{REPORTS}/new", state("CANCELLED"))
    work = outcome(api, book)
    assert work.state is State.EMPTY
    assert "probably no data" in work.reason


def test_a_report_cancelled_because_one_was_just_made_is_that_one(desk, api, book):
    desk.on("GET", f"{REPORTS}/new", state("CANCELLED"))
    asked(api, book)
    desk.on("GET", REPORTS, Reply(200, {"reports": [listed("DONE", timedelta(hours=2))]}))
    work = outcome(api, book)
    assert (work.amazon_id, work.reused, work.document_id) == ("old", True, "doc-old")


def test_a_type_that_may_not_be_asked_often_is_asked_once_more_after_its_interval(desk, api, book, monkeypatch):
    """CANCELLED means no data or too soon, and does not say which."""
    monkeypatch.setattr(usage_plans, "minimum_interval", lambda kind: 1800.0 if kind == KIND else None)
    desk.on("GET", f"{REPORTS}/new", state("CANCELLED"))
    throttled = outcome(api, book)
    assert throttled.state is State.THROTTLED
    assert timedelta(minutes=29) < throttled.not_before - book.now() <= timedelta(minutes=30)
    assert asked(api, book) == throttled, "it is not asked again before"
    assert len(desk.calls(REPORTS, "POST")) == 1
    book.late = timedelta(minutes=31)
    assert outcome(api, book).state is State.EMPTY, "the second time it is believed"


def test_a_report_past_its_retention_is_asked_for_anew_once(desk, api, book):
    asked(api, book)
    desk.on("POST", REPORTS, Reply(202, {"reportId": "second"}))
    desk.on("GET", f"{REPORTS}/new", refusal(404, "NotFound", "Resource not found"))
    desk.on("GET", f"{REPORTS}/second", refusal(404, "NotFound", "Resource not found"))
    work = outcome(api, book)
    assert (work.state, work.tries) == (State.FATAL, 2)
    assert "does not know it any more" in work.reason


@pytest.mark.parametrize(
    "told",
    [
        {"reportType": "GET_MERCHANT_LISTINGS_ALL_DATA"},
        {"dataStartTime": "2026-07-01T00:00:00Z", "dataEndTime": "2026-08-01T00:00:00Z"},
    ],
)
def test_another_report_under_a_remembered_id_is_not_taken_for_it(desk, api, told):
    desk.on("GET", f"{REPORTS}/new", state("DONE", reportDocumentId="doc", **told))
    with pytest.raises(errors.NotFound, match="new is another report"):
        DESK.standing(api, "new", REQUEST)


def test_a_reversed_window_is_refused():
    with pytest.raises(ValueError, match="before it starts"):
        ReportRequest(KIND, END, START)
