"""Waits for reports and queries, and judges what became of them."""

import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from xpert_pipeline.spapi.errors import BadRequest, NotFound
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
from xpert_pipeline.spapi.jobs.requesting import create, is_lost, resend_lost, status_fields, updated
from xpert_pipeline.spapi.quota import usage_plans
from xpert_pipeline.spapi.sending.listener import LOGGED_SECONDS
from xpert_pipeline.spapi.session import SellerApi

logger = logging.getLogger("xpert_pipeline.spapi")


def wait_for_jobs(
    api: SellerApi, store: JobStore, job_api: JobApi, jobs: Sequence[Job], *, budget_seconds: float = BUDGET_SECONDS
) -> Iterator[Job]:
    """Yield each work once, as it gets ready; those still live when the budget is spent come last, as they stand.

    Those are parked, not lost: their ids are in the book, and the next run takes them up.
    """
    start, now, announced = time.monotonic(), api.server_now(), False
    yield from (job for job in jobs if not job.is_live)
    waiting = {job.id: (job, start + (0.5 if _is_new(job, now) else 0.0)) for job in jobs if job.is_live}
    while waiting:
        for place, (job, due) in enumerate(list(waiting.values())):
            if due > time.monotonic():
                continue
            seen = _look(api, store, job_api, job)
            elapsed = time.monotonic() - start
            if seen.is_live:
                step = _step(elapsed) if place == 0 else _follower_step(elapsed, len(waiting))
                waiting[job.id] = (seen, time.monotonic() + step)
            else:
                del waiting[job.id]
                yield seen
                if budget_seconds > 0:  # made together, ready together; else each is looked at once
                    waiting = {key: (other, start) for key, (other, _) in waiting.items()}
                break
        else:
            elapsed = time.monotonic() - start
            if elapsed >= budget_seconds:
                break
            due = min(due for _, due in waiting.values())
            if (pause := min(due - time.monotonic(), budget_seconds - elapsed)) > 0:
                awaited = _awaited([job for job, _ in waiting.values()])
                if elapsed > LOGGED_SECONDS and not announced:
                    announced = api.announce(job_api.poll, budget_seconds - elapsed, awaited)
                api.pause(job_api.poll, pause, awaited)
    yield from (job for job, _ in waiting.values())


def _awaited(jobs: Sequence[Job]) -> str:
    """What is waited for, in words that stay the same until one of the works gets on."""
    first, *others = jobs
    return f"{first}, {first.state}" + (f" (and {len(others)} more)" if others else "")


def _is_new(job: Job, now: datetime) -> bool:
    """Whether it was asked for so lately that it cannot be ready."""
    return job.created_at is not None and now - job.created_at < timedelta(seconds=2)


def _step(elapsed: float) -> float:
    """Seconds until the next look: 5% of the time waited so far, so that waiting is never prolonged by more."""
    return min(30.0, max(0.5, 0.05 * elapsed))


def _follower_step(elapsed: float, count: int) -> float:
    """The same for those behind the first, which is looked at for all: together they need about a look a second."""
    return max(4 * _step(elapsed), float(count))


def _look(api: SellerApi, store: JobStore, job_api: JobApi, job: Job) -> Job:
    if job.amazon_id is None:  # another run is about to send it, or died over it
        job = store.read(job.id)
        if job.amazon_id is None:
            return resend_lost(api, store, job_api, job) if is_lost(store, job) else job
    assert job.amazon_id is not None
    try:
        status = job_api.status_of(api, job.amazon_id, job.request)
    except NotFound:
        if job.tries > 1:
            return updated(store, job, state=JobState.FATAL, reason="Amazon does not know it any more")
        return create(api, store, job_api, job)
    except BadRequest as error:  # no other answer will come: the next run asks for another
        return updated(store, job, state=JobState.FATAL, reason=f"it cannot be looked at: {error.message}")
    return _judged(api, store, job_api, job, status)


def _judged(api: SellerApi, store: JobStore, job_api: JobApi, job: Job, status: RemoteStatus) -> Job:
    """Write down what Amazon's word for a work means to us."""
    facts = status_fields(status)
    if status.status == "DONE":
        return updated(store, job, **facts, **_done(job_api, status))
    if status.status == "FATAL":
        reason = job_api.reason(api, status)
        state = JobState.EMPTY if _says_no_data(job, reason) else JobState.FATAL
        return updated(store, job, **facts, state=state, reason=reason)
    if status.status == "CANCELLED":
        return _cancelled(api, store, job_api, job, facts)
    since = job.created_at or job.written_at
    if api.server_now() - since > GIVEN_UP_AFTER:
        reason = f"it is {status.status} since {since:%Y-%m-%d %H:%M} UTC and was given up"
        return updated(store, job, **facts, state=JobState.FATAL, reason=reason)
    if status.status in LIVE:
        return updated(store, job, **facts, state=JobState(status.status))
    said = status.status[:40]
    logger.warning("%s for seller %s: unknown status %r: taken for work that goes on", job, api.seller_id, said)
    return job


def _done(job_api: JobApi, status: RemoteStatus) -> dict[str, Any]:
    if status.document_id:
        return {"state": JobState.DONE}
    if job_api.kind == "query":
        return {"state": JobState.EMPTY, "reason": "the query found no rows"}
    return {"state": JobState.FATAL, "reason": "DONE without a document"}


def _cancelled(api: SellerApi, store: JobStore, job_api: JobApi, job: Job, facts: Mapping[str, Any]) -> Job:
    """Amazon cancels for want of data, or because it was asked too often: an equal done lately tells which."""
    interval = usage_plans.minimum_interval(job.request.report_type)
    within = max(CANCELLED_REUSE, timedelta(seconds=interval or 0))
    (equal,) = job_api.look_up(api, [job.request], api.server_now() - within)
    of_no_use = {job.amazon_id, *store.failed_ids(job_api.kind, job.request)}
    done = next((each for each in equal if each.status == "DONE" and each.amazon_id not in of_no_use), None)
    if done is not None:
        return updated(
            store,
            job,
            **status_fields(done),
            state=JobState.DONE,
            reused=True,
            reason="asked too often: an earlier one serves",
        )
    if interval and job.tries <= 1:  # of a type with a minimum interval it may be either: it is asked once more, later
        later = store.now() + timedelta(seconds=interval)
        reason = f"CANCELLED, perhaps asked too often: it is asked again after {later:%Y-%m-%d %H:%M} UTC"
        return updated(store, job, **facts, state=JobState.THROTTLED, not_before=later, reason=reason)
    return updated(store, job, **facts, state=JobState.EMPTY, reason="CANCELLED: probably no data in its window")


def _says_no_data(job: Job, reason: str) -> bool:
    """Brand Analytics calls a period without data a fatal error."""
    return "BRAND_ANALYTICS" in job.request.report_type and "unavailable" in reason
