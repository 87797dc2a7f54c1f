"""Waits for reports and queries, and decides what their status at Amazon means."""

import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from xpert_pipeline.spapi.errors import (
    AnotherJob,
    AppCredentialsRefused,
    BadRequest,
    NotFound,
    ReauthRequired,
    SpApiError,
    Stopped,
)
from xpert_pipeline.spapi.jobs.api import JobApi, RemoteStatus
from xpert_pipeline.spapi.jobs.job import (
    BUDGET_SECONDS,
    CANCELLED_REUSE,
    GIVEN_UP_AFTER,
    LIVE,
    Job,
    JobState,
    JobStore,
)
from xpert_pipeline.spapi.jobs.report_api import list_of_type
from xpert_pipeline.spapi.jobs.requesting import create, is_lost, resend_lost, status_fields, updated
from xpert_pipeline.spapi.quota import usage_plans
from xpert_pipeline.spapi.sending.listener import LOGGED_SECONDS
from xpert_pipeline.spapi.session import SellerApi
from xpert_pipeline.wording import counted

logger = logging.getLogger("xpert_pipeline.spapi")
NOUNS = {"report": ("report", "reports"), "query": ("query", "queries")}


def wait_for_jobs(
    api: SellerApi, store: JobStore, job_api: JobApi, jobs: Sequence[Job], *, budget_seconds: float = BUDGET_SECONDS
) -> Iterator[Job]:
    """Yield each job once, as soon as it has ended; when the budget is spent, yield the jobs that are still live.

    Live jobs are not lost: the store has their ids, and the next run continues with them.
    """
    start, now, is_announced = time.monotonic(), api.server_now(), False
    yield from (job for job in jobs if not job.is_live)
    waiting = {job.id: (job, start + (0.5 if _is_new(job, now) else 0.0)) for job in jobs if job.is_live}
    while waiting:
        for place, (job, due) in enumerate(list(waiting.values())):
            if due > time.monotonic():
                continue
            polled = _poll(api, store, job_api, job)
            elapsed = time.monotonic() - start
            if polled.is_live:
                pause = _pause(elapsed) if place == 0 else _follower_pause(elapsed, len(waiting))
                waiting[job.id] = (polled, time.monotonic() + pause)
            else:
                del waiting[job.id]
                yield polled
                if budget_seconds > 0:  # jobs requested together end together: poll the others now
                    waiting = {job_id: (other, start) for job_id, (other, _) in waiting.items()}
                break
        else:
            elapsed = time.monotonic() - start
            if elapsed >= budget_seconds:
                break
            due = min(due for _, due in waiting.values())
            if (pause := min(due - time.monotonic(), budget_seconds - elapsed)) > 0:
                awaited = [job for job, _ in waiting.values()]
                if elapsed > LOGGED_SECONDS and not is_announced:
                    is_announced = api.announce(job_api.poll, budget_seconds - elapsed, _describe(awaited))
                api.pause(job_api.poll, pause, _in_words(job_api, len(awaited)))
    yield from (job for job, _ in waiting.values())


def _describe(jobs: Sequence[Job]) -> str:
    """Describe the awaited jobs for the log."""
    first, *others = jobs
    return f"{first}, {first.state}" + (f" (and {len(others)} more)" if others else "")


def _in_words(job_api: JobApi, count: int) -> str:
    """Describe the awaited jobs for people."""
    return f"Amazon to prepare {counted(count, *NOUNS[job_api.kind])}"


def _is_new(job: Job, now: datetime) -> bool:
    """Return whether the job was created so recently that it cannot be ready."""
    return job.created_at is not None and now - job.created_at < timedelta(seconds=2)


def _pause(elapsed: float) -> float:
    """Return the seconds until the next poll: 5% of the time waited so far, so that polling adds at most 5%."""
    return min(30.0, max(0.5, 0.05 * elapsed))


def _follower_pause(elapsed: float, count: int) -> float:
    """Return the seconds until the next poll of a job after the first; all of these together poll once a second."""
    return max(4 * _pause(elapsed), float(count))


def _poll(api: SellerApi, store: JobStore, job_api: JobApi, job: Job) -> Job:
    if job.amazon_id is None:  # another run is about to send it, or has died
        job = store.read(job.id)
        if job.amazon_id is None:
            return resend_lost(api, store, job_api, job) if is_lost(store, job) else job
    assert job.amazon_id is not None
    try:
        status = job_api.status_of(api, job.amazon_id, job.request)
    except (NotFound, BadRequest) as error:
        if job.is_young(api.server_now()) and not isinstance(error, AnotherJob):
            logger.info("%s for seller %s: Amazon does not know it yet: %s", job, api.seller_id, error.message)
            return job
        return _unknown(api, store, job_api, job, error)
    return _judge(api, store, job_api, job, status)


def _unknown(api: SellerApi, store: JobStore, job_api: JobApi, job: Job, error: NotFound | BadRequest) -> Job:
    """Request a job again, once, that Amazon no longer knows; give up one whose id Amazon rejects."""
    if isinstance(error, NotFound):
        if job.tries > 1:
            return updated(store, job, state=JobState.FATAL, reason="Amazon no longer knows it")
        return create(api, store, job_api, job)
    # the answer will stay the same: the next run requests another job
    return updated(store, job, state=JobState.FATAL, reason=f"its status cannot be read: {error.message}")


def _judge(api: SellerApi, store: JobStore, job_api: JobApi, job: Job, status: RemoteStatus) -> Job:
    """Store what Amazon's status means for the job."""
    fields = status_fields(status)
    if status.status == "DONE":
        return updated(store, job, **fields, **_done(job_api, status))
    if status.status == "FATAL":
        reason = job_api.reason(api, status)
        state = JobState.EMPTY if _says_no_data(job, reason) else JobState.FATAL
        return updated(store, job, **fields, state=state, reason=reason)
    if status.status == "CANCELLED":
        return _cancelled(api, store, job_api, job, fields)
    since = job.created_at or job.written_at
    if api.server_now() - since > GIVEN_UP_AFTER:
        reason = f"it has been {status.status} since {since:%Y-%m-%d %H:%M} UTC and was given up"
        return updated(store, job, **fields, state=JobState.FATAL, reason=reason)
    if status.status in LIVE:
        return updated(store, job, **fields, state=JobState(status.status))
    logger.warning(
        "%s for seller %s: unknown status %r, treated as still running", job, api.seller_id, status.status[:40]
    )
    return job


def _done(job_api: JobApi, status: RemoteStatus) -> dict[str, Any]:
    if status.document_id:
        return {"state": JobState.DONE}
    if job_api.kind == "query":
        return {"state": JobState.EMPTY, "reason": "the query found no rows"}
    return {"state": JobState.FATAL, "reason": "DONE without a document"}


def _cancelled(api: SellerApi, store: JobStore, job_api: JobApi, job: Job, fields: Mapping[str, Any]) -> Job:
    """Decide why Amazon cancelled a report: it was requested too often, or it has no data. Amazon does not say which.

    It was too often if an equal report is DONE. It cannot have been if Amazon knows no other report of the type within
    the minimum interval before this one. Otherwise a second request after the interval will show.
    """
    interval = usage_plans.minimum_interval(job.request.report_type)
    reuse = max(CANCELLED_REUSE, timedelta(seconds=interval or 0))
    try:
        requested_at = replace(job, **fields).created_at or api.server_now()  # maybe long ago, in an earlier run
        of_type = list_of_type(api, job.request, requested_at - reuse)
    except (Stopped, ReauthRequired, AppCredentialsRefused):
        raise
    except SpApiError as error:
        return _postponed(store, job, fields, f"its cause is not known, because {error.message}", interval or 0)
    useless_ids = {job.amazon_id, *store.failed_ids(job_api.kind, job.request)}
    equal_jobs = [other for other, is_equal in of_type if is_equal]
    done = next((other for other in equal_jobs if other.status == "DONE" and other.amazon_id not in useless_ids), None)
    if done is not None:
        reason = "requested too often: reusing an earlier one"
        return updated(store, job, **status_fields(done), state=JobState.DONE, reused=True, reason=reason)
    if interval and job.tries <= 1 and any(_was_before(other, replace(job, **fields)) for other, _ in of_type):
        return _postponed(store, job, fields, "it has no data, or was requested too often", interval)
    return updated(store, job, **fields, state=JobState.EMPTY, reason="CANCELLED: probably no data in its window")


def _was_before(other: RemoteStatus, job: Job) -> bool:
    """Whether another report was requested before this one, or at an unknown time."""
    if other.amazon_id == job.amazon_id:
        return False
    return other.created_at is None or job.created_at is None or other.created_at <= job.created_at


def _postponed(store: JobStore, job: Job, fields: Mapping[str, Any], why: str, seconds: float) -> Job:
    not_before = store.now() + timedelta(seconds=seconds)
    reason = f"CANCELLED, {why}: a run after {not_before:%Y-%m-%d %H:%M} UTC requests it again"
    return updated(store, job, **fields, state=JobState.THROTTLED, not_before=not_before, reason=reason)


def _says_no_data(job: Job, reason: str) -> bool:
    """Return whether a FATAL job only means that its period has no data, as for Brand Analytics reports."""
    return "BRAND_ANALYTICS" in job.request.report_type and "unavailable" in reason
