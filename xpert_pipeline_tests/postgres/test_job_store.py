"""The job store in Postgres: runs share it, sellers do not, and it knows how long earlier jobs took."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from xpert_pipeline.assets.sales.traffic_queries import TRENDS
from xpert_pipeline.postgres.job_store import PostgresJobStore, give_up_jobs
from xpert_pipeline.postgres.pool import open_pool, tenant
from xpert_pipeline.postgres.sql_files import migrations_directory
from xpert_pipeline.sources.kiosk.queries import asins_of, query_asins
from xpert_pipeline.spapi.jobs.api import JobRequest
from xpert_pipeline.spapi.jobs.job import Job, JobState

FRESH, KEPT = timedelta(minutes=30), timedelta(hours=24)
START, END = datetime(2026, 9, 1, tzinfo=UTC), datetime(2026, 10, 1, tzinfo=UTC)
REQUEST = JobRequest("GET_ORDERS", START, END, marketplace_ids=("A21TJRUUN4KGV",))
GERMANY = "A1PA6795UKMFR9"
MADE = datetime(2026, 10, 1, 12, tzinfo=UTC)


def store_for(pool, seller, run_id="run-1"):
    return PostgresJobStore(
        pool,
        seller_id=seller.id,
        run_id=run_id,
        abandoned=timedelta(minutes=5),
        make_request=JobRequest,
        make_job=Job.from_row,
    )


@pytest.fixture
def store(pool, seller):
    return store_for(pool, seller)


def find_or_add(store, request=REQUEST, kind="report"):
    return store.find_or_add(kind, request, FRESH, KEPT)


def older(admin, **by):
    admin.execute(
        "update report_requests set created_at = created_at - %(by)s, asked_at = asked_at - %(by)s",
        {"by": timedelta(**by)},
    )


def test_an_updated_job_is_read_again_as_it_was_written(store):
    job, is_new = find_or_add(store, JobRequest("GET_X", None, None, {"custom": "true"}))
    assert is_new
    assert (job.state, job.tries, job.request.options) == (JobState.WANTED, 0, {"custom": "true"})
    updated = replace(
        job,
        state=JobState.THROTTLED,
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
    store.update(updated)
    assert replace(store.read(job.id), touched_at=updated.touched_at) == updated


def test_a_reason_with_characters_that_postgres_refuses_is_stored_with_substitutes(store):
    """A reason from Amazon with a NUL or half a character in it failed the run with DataRefused."""
    job, _ = find_or_add(store)
    store.update(replace(job, state=JobState.FATAL, reason="why\x00 \N{DRESS} \ud800"))
    assert store.read(job.id).reason == "why\N{SYMBOL FOR NULL} \N{DRESS} \N{REPLACEMENT CHARACTER}"


def test_the_asins_and_marketplaces_of_a_query_are_read_again_unchanged(store):
    day = date(2026, 9, 1)
    request = query_asins(
        TRENDS, {"A21TJRUUN4KGV": ["B000000002", "B000000001"], GERMANY: ["B000000001"]}, day, day, yesterday=day
    )
    job, _ = find_or_add(store, request, kind="query")
    assert store.read(job.id).request == request
    assert asins_of(store.read(job.id).request) == {
        "A21TJRUUN4KGV": ["B000000001", "B000000002"],
        GERMANY: ["B000000001"],
    }


def test_requests_for_the_same_marketplaces_are_equal_in_any_order(store):
    both = replace(REQUEST, marketplace_ids=(GERMANY, "A21TJRUUN4KGV"))
    first, _ = find_or_add(store, both)
    assert first.request.marketplace_ids == (GERMANY, "A21TJRUUN4KGV")
    assert find_or_add(store, replace(REQUEST, marketplace_ids=("A21TJRUUN4KGV", GERMANY)))[0].id == first.id
    for other in ((), (GERMANY,), ("A21TJRUUN4KGV",), ("A21TJRUUN4KGV", GERMANY, "A2VIGQ35RCS4UG")):
        assert find_or_add(store, replace(REQUEST, marketplace_ids=other))[1]
    store.update(replace(first, state=JobState.FATAL, amazon_id="51"))
    assert store.failed_ids("report", both) == {"51"}
    assert store.failed_ids("report", replace(REQUEST, marketplace_ids=(GERMANY,))) == set()


def test_unfinished_returns_jobs_of_all_marketplaces(store):
    jobs = [find_or_add(store, replace(REQUEST, marketplace_ids=(name,)))[0] for name in (GERMANY, "A21TJRUUN4KGV")]
    assert {job.id for job in store.unfinished("report", ["GET_ORDERS"], KEPT)} == {job.id for job in jobs}


def test_a_job_from_before_the_migration_keeps_its_marketplace_and_still_serves(admin, store, seller):
    """Migration 0018 replaced the single marketplace by an array."""
    request = replace(REQUEST, marketplace_ids=(GERMANY,))
    job, _ = find_or_add(store, request)
    admin.execute("update report_requests set marketplace_id = marketplace_ids[1], marketplace_ids = '{}'")
    text = (migrations_directory() / "0018_report_requests_by_marketplaces.sql").read_text()
    for _ in range(2):
        admin.execute(text)
    assert find_or_add(store, request) == (job, False)
    (forced,) = admin.execute("select relforcerowsecurity from pg_class where relname = 'report_requests'").fetchone()
    assert forced


def test_many_runs_with_equal_requests_add_one_job(pipeline_dsn, seller):
    with open_pool(pipeline_dsn, max_size=16) as pool, ThreadPoolExecutor(16) as threads:
        stored = list(threads.map(lambda n: find_or_add(store_for(pool, seller, f"run-{n}")), range(16)))
    assert len({job.id for job, _ in stored}) == 1
    assert sorted(is_new for _, is_new in stored) == [False] * 15 + [True]


def test_equal_means_type_window_options_kind_and_seller(store, pool, other_seller):
    first, _ = find_or_add(store)
    for other in (
        replace(REQUEST, report_type="GET_OTHER"),
        replace(REQUEST, start=START + timedelta(days=1)),
        replace(REQUEST, end=None),
        replace(REQUEST, options={"a": "1"}),
    ):
        assert find_or_add(store, other)[0].id != first.id
    assert find_or_add(store, kind="query")[0].id != first.id
    assert find_or_add(store_for(pool, other_seller))[0].id != first.id
    assert find_or_add(store)[0].id == first.id


@pytest.mark.parametrize(
    ("state", "collected", "age", "serves"),
    [
        (JobState.IN_QUEUE, False, timedelta(hours=23), True),
        (JobState.IN_QUEUE, False, timedelta(hours=25), False),
        (JobState.DONE, False, timedelta(hours=23), True),
        (JobState.DONE, False, timedelta(hours=25), False),
        (JobState.DONE, True, timedelta(minutes=20), True),
        (JobState.DONE, True, timedelta(minutes=40), False),
        (JobState.EMPTY, False, timedelta(minutes=20), True),
        (JobState.EMPTY, False, timedelta(minutes=40), False),
        (JobState.FATAL, False, timedelta(0), False),
    ],
)
def test_which_jobs_serve_again(store, admin, state, collected, age, serves):
    job, _ = find_or_add(store)
    job = replace(job, state=state, created_at=job.written_at)
    store.update(job)
    if collected:
        store.mark_collected(job)
    older(admin, seconds=age.total_seconds())
    stored, is_new = find_or_add(store)
    assert (stored.id == job.id, is_new) == (serves, not serves)


def test_a_throttled_job_serves_until_its_time_and_then_counts_as_a_try(store, admin):
    job, _ = find_or_add(store)
    store.update(replace(job, state=JobState.THROTTLED, tries=1, not_before=job.written_at + timedelta(minutes=30)))
    assert find_or_add(store)[0].id == job.id
    admin.execute("update report_requests set not_before = clock_timestamp() - interval '1 minute'")
    again, is_new = find_or_add(store)
    assert (is_new, again.tries) == (True, 1)


def test_two_runs_do_not_send_the_same_job_and_a_dead_run_loses_its_claim(store, pool, seller, admin):
    other = store_for(pool, seller, "run-2")
    job, _ = find_or_add(store)
    assert store.claim(job)
    assert not other.claim(job), "the first run has claimed it"
    admin.execute("update report_requests set updated_at = clock_timestamp() - interval '6 minutes'")
    store.touch([job])
    assert not other.claim(job), "the first run still has it"
    other.release([job])
    assert not other.claim(job), "a run releases its own claims only"
    admin.execute("update report_requests set updated_at = clock_timestamp() - interval '6 minutes'")
    assert other.claim(job)
    assert not store.claim(job)
    other.release([job])
    assert store.claim(job)


def test_a_late_status_does_not_reopen_an_ended_job(store):
    job, _ = find_or_add(store)
    done = replace(job, state=JobState.DONE, amazon_id="51", document_id="doc")
    assert store.update(done)
    assert not store.update(replace(job, state=JobState.IN_PROGRESS, amazon_id="51"))
    assert store.read(job.id).document_id == "doc"


def test_a_live_job_older_than_required_is_given_up(store):
    job, _ = find_or_add(store)
    store.update(replace(job, state=JobState.IN_QUEUE, amazon_id="51", created_at=MADE))
    kept, is_new = store.find_or_add("report", REQUEST, FRESH, timedelta(days=9000), MADE - timedelta(minutes=1))
    assert (kept.id, is_new) == (job.id, False)
    other, is_new = store.find_or_add("report", REQUEST, FRESH, timedelta(days=9000), MADE + timedelta(minutes=1))
    assert (other.id != job.id, is_new) == (True, True)
    assert (store.read(job.id).state, store.read(job.id).reason) == (
        JobState.FATAL,
        "it took too long and was given up",
    )


def test_unfinished_jobs_are_live_or_not_collected_newest_window_first(store, admin):
    requests = [JobRequest("GET_ORDERS", START + timedelta(days=n), END) for n in range(5)]
    live, done, taken, fatal, old = [find_or_add(store, request)[0] for request in requests]
    store.update(replace(done, state=JobState.DONE))
    store.update(replace(taken, state=JobState.DONE))
    store.mark_collected(taken)
    store.update(replace(fatal, state=JobState.FATAL))
    admin.execute("update report_requests set created_at = created_at - interval '2 days' where id = %s", [old.id])
    assert [job.id for job in store.unfinished("report", ["GET_ORDERS"], KEPT)] == [done.id, live.id]
    assert store.unfinished("report", ["GET_OTHER"], KEPT) == []


def test_the_median_time_of_earlier_reports_is_learned_by_type(store):
    assert store.generation_seconds("report", "GET_ORDERS") is None
    for n, seconds in enumerate((20, 400, 30)):
        job, _ = find_or_add(store, JobRequest("GET_ORDERS", START + timedelta(days=n), END))
        store.update(replace(job, state=JobState.DONE, created_at=MADE, ready_at=MADE + timedelta(seconds=seconds)))
    borrowed, _ = find_or_add(store, JobRequest("GET_ORDERS", START + timedelta(days=9), END))
    store.update(
        replace(borrowed, state=JobState.DONE, reused=True, created_at=MADE, ready_at=MADE + timedelta(hours=9))
    )
    assert store.generation_seconds("report", "GET_ORDERS") == 30
    assert store.generation_seconds("query", "GET_ORDERS") is None


def test_the_ids_of_fatal_equal_requests_are_remembered(store):
    job, _ = find_or_add(store)
    store.update(replace(job, state=JobState.FATAL, amazon_id="51"))
    assert store.failed_ids("report", REQUEST) == {"51"}
    assert store.failed_ids("report", replace(REQUEST, report_type="GET_OTHER")) == set()


def test_another_seller_sees_none_of_the_jobs(store, pool, other_seller):
    find_or_add(store)
    with tenant(pool, other_seller.id) as conn:
        assert conn.execute("select count(*) from report_requests").fetchone() == (0,)


def test_a_job_that_was_given_up_is_not_reopened_by_a_later_status(store):
    """A refetch gave up a query; another run that was polling it stored it as DONE, and its old data was loaded."""
    job, _ = store.find_or_add("query", REQUEST, FRESH, KEPT)
    store.update(replace(job, state=JobState.FATAL, reason="given up"))
    assert not store.update(replace(job, state=JobState.DONE, document_id="doc"))
    assert (store.read(job.id).state, store.read(job.id).reason) == (JobState.FATAL, "given up")


def test_an_unreadable_document_is_remembered_for_overlapping_days_of_the_same_type_and_store(store, admin):
    def known(start, end, report_type="GET_ORDERS", marketplaces=REQUEST.marketplace_ids, kind="report"):
        request = JobRequest(report_type, start, end, marketplace_ids=marketplaces)
        found = store.unreadable(kind, request, "its document", timedelta(days=30))
        return found and found[0]

    job, _ = find_or_add(store)
    assert store.update(replace(job, state=JobState.FATAL, reason="Amazon failed"))
    assert known(START, END) is None, "another reason does not count"
    assert store.update(replace(job, state=JobState.FATAL, reason="its document is odd"))
    day = timedelta(days=1)
    assert known(START, END) == known(END - day, END + day) == known(START - day, START + day) == "its document is odd"
    assert known(None, None) == "its document is odd"
    assert known(END, END + day) is None
    assert known(START - day, START) is None
    assert known(START, END, report_type="GET_OTHERS") is None
    assert known(START, END, marketplaces=(GERMANY,)) is None
    assert known(START, END, marketplaces=(GERMANY, *REQUEST.marketplace_ids)) == "its document is odd"
    assert known(START, END, kind="query") is None
    admin.execute("alter table report_requests disable trigger user")
    admin.execute("update report_requests set updated_at = updated_at - interval '31 days'")
    assert known(START, END) is None


def test_jobs_of_ended_runs_are_given_up_when_nobody_can_collect_them(pool, seller):
    """A sandbox that was stopped took its queries with it; the next sync waited five minutes for them."""
    ended, running = store_for(pool, seller), store_for(pool, seller, "run-2")
    done, _ = find_or_add(ended)
    ended.update(replace(done, state=JobState.DONE, amazon_id="1", document_id="d", created_at=MADE, ready_at=MADE))
    loaded, _ = find_or_add(ended, replace(REQUEST, report_type="GET_X"))
    ended.update(replace(loaded, state=JobState.DONE, amazon_id="2", document_id="d", created_at=MADE, ready_at=MADE))
    ended.mark_collected(loaded)
    live, _ = find_or_add(running, replace(REQUEST, report_type="GET_Y"))
    give_up_jobs(pool, seller.id, except_of=["run-2"], reason="the sandbox was stopped")
    states = {job.id: (ended.read(job.id).state, ended.read(job.id).reason) for job in (done, loaded, live)}
    assert states == {
        done.id: (JobState.FATAL, "the sandbox was stopped"),
        loaded.id: (JobState.DONE, None),
        live.id: (JobState.WANTED, None),
    }
