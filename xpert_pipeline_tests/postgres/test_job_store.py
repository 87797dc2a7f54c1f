"""The book of requests in Postgres: shared by runs, kept apart by seller, and what it remembers of times."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from xpert_pipeline.postgres.job_store import PostgresRequestBook
from xpert_pipeline.postgres.pool import open_pool, tenant
from xpert_pipeline.spapi.jobs.api import ReportRequest
from xpert_pipeline.spapi.jobs.job import State, Work

FRESH, KEPT = timedelta(minutes=30), timedelta(hours=24)
START, END = datetime(2026, 9, 1, tzinfo=UTC), datetime(2026, 10, 1, tzinfo=UTC)
REQUEST = ReportRequest("GET_ORDERS", START, END)
MADE = datetime(2026, 10, 1, 12, tzinfo=UTC)


def book_of(pool, seller, run_id="run-1"):
    return PostgresRequestBook(
        pool,
        seller_id=seller.id,
        marketplace_id="A21TJRUUN4KGV",
        run_id=run_id,
        abandoned=timedelta(minutes=5),
        make_request=ReportRequest,
        make_work=Work.of,
    )


@pytest.fixture
def book(pool, seller):
    return book_of(pool, seller)


def want(book, request=REQUEST, kind="report"):
    return book.want(kind, request, FRESH, KEPT)


def older(admin, **by):
    admin.execute(
        "update report_requests set created_at = created_at - %(by)s, asked_at = asked_at - %(by)s",
        {"by": timedelta(**by)},
    )


def test_what_is_noted_is_read_again_whole(book):
    asked, new = want(book, ReportRequest("GET_X", None, None, {"custom": "true"}))
    assert new
    assert (asked.state, asked.tries, asked.request.options) == (State.WANTED, 0, {"custom": "true"})
    noted = replace(
        asked,
        state=State.THROTTLED,
        amazon_id="51",
        document_id="doc",
        created_at=MADE,
        ready_at=MADE + timedelta(seconds=9),
        tries=2,
        reason="why",
        next_page="token",
        reused=True,
        not_before=MADE + timedelta(hours=1),
    )
    book.note(noted)
    assert replace(book.read(asked.id), touched_at=noted.touched_at) == noted


def test_a_reason_that_postgres_cannot_store_is_stored_as_it_can(book):
    """Amazon's words with a NUL or half a character in them failed the run with DataRefused."""
    asked, _ = want(book)
    book.note(replace(asked, state=State.FATAL, reason="why\x00 \N{DRESS} \ud800"))
    assert book.read(asked.id).reason == "why\N{SYMBOL FOR NULL} \N{DRESS} \N{REPLACEMENT CHARACTER}"


def test_of_many_runs_that_want_the_same_at_once_one_writes_it_down(pipeline_dsn, seller):
    with open_pool(pipeline_dsn, max_size=16) as pool, ThreadPoolExecutor(16) as threads:
        found = list(threads.map(lambda n: want(book_of(pool, seller, f"run-{n}")), range(16)))
    assert len({work.id for work, _ in found}) == 1
    assert sorted(new for _, new in found) == [False] * 15 + [True]


def test_equal_means_type_window_options_kind_and_seller(book, pool, other_seller):
    first, _ = want(book)
    for other in (
        replace(REQUEST, report_type="GET_OTHER"),
        replace(REQUEST, start=START + timedelta(days=1)),
        replace(REQUEST, end=None),
        replace(REQUEST, options={"a": "1"}),
    ):
        assert want(book, other)[0].id != first.id
    assert want(book, kind="query")[0].id != first.id
    assert want(book_of(pool, other_seller))[0].id != first.id
    assert want(book)[0].id == first.id


@pytest.mark.parametrize(
    ("state", "collected", "age", "serves"),
    [
        (State.IN_QUEUE, False, timedelta(hours=23), True),
        (State.IN_QUEUE, False, timedelta(hours=25), False),
        (State.DONE, False, timedelta(hours=23), True),
        (State.DONE, False, timedelta(hours=25), False),
        (State.DONE, True, timedelta(minutes=20), True),
        (State.DONE, True, timedelta(minutes=40), False),
        (State.EMPTY, False, timedelta(minutes=20), True),
        (State.EMPTY, False, timedelta(minutes=40), False),
        (State.FATAL, False, timedelta(0), False),
    ],
)
def test_what_serves_again_and_what_does_not(book, admin, state, collected, age, serves):
    work, _ = want(book)
    work = replace(work, state=state, created_at=work.written_at)
    book.note(work)
    if collected:
        book.collected(work)
    older(admin, seconds=age.total_seconds())
    found, new = want(book)
    assert (found.id == work.id, new) == (serves, not serves)


def test_a_throttled_one_stands_until_its_time_and_counts_as_a_try_of_the_next(book, admin):
    work, _ = want(book)
    book.note(replace(work, state=State.THROTTLED, tries=1, not_before=work.written_at + timedelta(minutes=30)))
    assert want(book)[0].id == work.id
    admin.execute("update report_requests set not_before = clock_timestamp() - interval '1 minute'")
    again, new = want(book)
    assert (new, again.tries) == (True, 1)


def test_two_runs_do_not_send_the_same_and_one_that_died_is_followed(book, pool, seller, admin):
    other = book_of(pool, seller, "run-2")
    work, _ = want(book)
    assert book.claim(work)
    assert not other.claim(work), "it is in the first run's hands"
    admin.execute("update report_requests set updated_at = clock_timestamp() - interval '6 minutes'")
    book.touch([work])
    assert not other.claim(work), "and still is"
    other.release([work])
    assert not other.claim(work), "nobody gives away what is another's"
    admin.execute("update report_requests set updated_at = clock_timestamp() - interval '6 minutes'")
    assert other.claim(work)
    assert not book.claim(work)
    other.release([work])
    assert book.claim(work)


def test_what_has_ended_is_not_made_live_by_an_older_word(book):
    work, _ = want(book)
    done = replace(work, state=State.DONE, amazon_id="51", document_id="doc")
    assert book.note(done)
    assert not book.note(replace(work, state=State.IN_PROGRESS, amazon_id="51"))
    assert book.read(work.id).document_id == "doc"


def test_live_work_older_than_a_moment_is_given_up_for_it(book):
    work, _ = want(book)
    book.note(replace(work, state=State.IN_QUEUE, amazon_id="51", created_at=MADE))
    kept, new = book.want("report", REQUEST, FRESH, timedelta(days=9000), MADE - timedelta(minutes=1))
    assert (kept.id, new) == (work.id, False)
    other, new = book.want("report", REQUEST, FRESH, timedelta(days=9000), MADE + timedelta(minutes=1))
    assert (other.id != work.id, new) == (True, True)
    assert (book.read(work.id).state, book.read(work.id).reason) == (State.FATAL, "it took too long and was given up")


def test_unfinished_work_is_live_or_not_collected_newest_window_first(book, admin):
    requests = [ReportRequest("GET_ORDERS", START + timedelta(days=n), END) for n in range(5)]
    live, done, taken, fatal, old = [want(book, request)[0] for request in requests]
    book.note(replace(done, state=State.DONE))
    book.note(replace(taken, state=State.DONE))
    book.collected(taken)
    book.note(replace(fatal, state=State.FATAL))
    admin.execute("update report_requests set created_at = created_at - interval '2 days' where id = %s", [old.id])
    assert [work.id for work in book.unfinished("report", ["GET_ORDERS"], KEPT)] == [done.id, live.id]
    assert book.unfinished("report", ["GET_OTHER"], KEPT) == []


def test_the_median_of_earlier_reports_is_learnt_by_type(book):
    assert book.generation_seconds("report", "GET_ORDERS") is None
    for n, seconds in enumerate((20, 400, 30)):
        work, _ = want(book, ReportRequest("GET_ORDERS", START + timedelta(days=n), END))
        book.note(replace(work, state=State.DONE, created_at=MADE, ready_at=MADE + timedelta(seconds=seconds)))
    borrowed, _ = want(book, ReportRequest("GET_ORDERS", START + timedelta(days=9), END))
    book.note(replace(borrowed, state=State.DONE, reused=True, created_at=MADE, ready_at=MADE + timedelta(hours=9)))
    assert book.generation_seconds("report", "GET_ORDERS") == 30
    assert book.generation_seconds("query", "GET_ORDERS") is None


def test_ids_of_fatal_equals_are_remembered(book):
    work, _ = want(book)
    book.note(replace(work, state=State.FATAL, amazon_id="51"))
    assert book.given_up("report", REQUEST) == {"51"}
    assert book.given_up("report", replace(REQUEST, report_type="GET_OTHER")) == set()


def test_another_seller_sees_nothing_of_it(book, pool, other_seller):
    want(book)
    with tenant(pool, other_seller.id) as conn:
        assert conn.execute("select count(*) from report_requests").fetchone() == (0,)


def test_what_was_given_up_is_not_done_by_a_later_look(book):
    """A query that a refetch had replaced came back as DONE with the run that was looking at it, and was loaded."""
    work, _ = book.want("query", REQUEST, FRESH, KEPT)
    book.note(replace(work, state=State.FATAL, reason="given up"))
    assert not book.note(replace(work, state=State.DONE, document_id="doc"))
    assert (book.read(work.id).state, book.read(work.id).reason) == (State.FATAL, "given up")
