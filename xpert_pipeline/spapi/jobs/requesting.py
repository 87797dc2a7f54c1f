"""Requests reports and queries from Amazon, unless a running or fresh job can be reused."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from xpert_pipeline.spapi.errors import AppCredentialsRefused, ReauthRequired, SpApiError, Stopped
from xpert_pipeline.spapi.jobs.api import JobApi, JobRequest, RemoteStatus
from xpert_pipeline.spapi.jobs.job import ABANDONED_AFTER, FRESH_FOR, GIVEN_UP_AFTER, Job, JobState, JobStore
from xpert_pipeline.spapi.session import SellerApi

logger = logging.getLogger("xpert_pipeline.spapi")


def request_jobs(
    api: SellerApi,
    store: JobStore,
    job_api: JobApi,
    requests: Sequence[JobRequest],
    *,
    done_within: timedelta = FRESH_FOR,
    not_older_than: datetime | None = None,
) -> list[Job]:
    """Request jobs from Amazon, or reuse equal jobs that are live or fresh, from the store or at Amazon.

    Args:
        api: The seller.
        store: Where jobs are stored.
        job_api: The API that runs them.
        requests: The requests.
        done_within: How old a finished job may be to be reused; with 0 none is.
        not_older_than: Jobs that Amazon accepted before this moment are not reused; live ones are given up.

    Returns:
        One job for each request, in order; usually not finished yet.
    """
    stored = [
        store.find_or_add(job_api.kind, request, done_within, GIVEN_UP_AFTER, not_older_than) for request in requests
    ]
    jobs = [job for job, _ in stored]
    unsent = [index for index, (job, is_new) in enumerate(stored) if is_new or is_lost(store, job)]
    unsent_by_type: dict[str, list[int]] = {}
    for index in unsent:
        unsent_by_type.setdefault(requests[index].report_type, []).append(index)

    def touch() -> None:
        store.touch([jobs[index] for index in unsent])

    try:
        with api.at_waits(touch):  # waiting for a token can take longer than ABANDONED_AFTER
            for indexes in unsent_by_type.values():
                since = api.server_now() - max(GIVEN_UP_AFTER, done_within)
                equal_jobs = equal_at_amazon(api, job_api, [requests[index] for index in indexes], since)
                oldest_done = None
                if done_within:
                    oldest_done = max(filter(None, (api.server_now() - done_within, not_older_than)))
                for index, statuses in zip(indexes, equal_jobs, strict=True):
                    touch()
                    usable = [status for status in statuses if _is_usable(status, oldest_done, not_older_than)]
                    jobs[index] = _send(api, store, job_api, jobs[index], usable)
    finally:
        store.release([jobs[index] for index in unsent])  # has an effect only after an error
    return jobs


def resend_lost(api: SellerApi, store: JobStore, job_api: JobApi, job: Job) -> Job:
    """Send a job whose run died before sending it, unless Amazon turns out to have it."""
    with api.at_waits(lambda: store.touch([job])):
        (equal_jobs,) = equal_at_amazon(api, job_api, [job.request], job.written_at)
        return _send(api, store, job_api, job, equal_jobs)


def equal_at_amazon(
    api: SellerApi, job_api: JobApi, requests: Sequence[JobRequest], since: datetime
) -> Sequence[Sequence[RemoteStatus]]:
    """Look up the jobs at Amazon that equal each request; none if Amazon refuses or fails to list them.

    The list only saves requests. Without it, the worst result is a second job for the same data.
    """
    try:
        return job_api.look_up(api, requests, since)
    except (Stopped, ReauthRequired, AppCredentialsRefused):
        raise
    except SpApiError as error:
        logger.warning(
            "seller %s: earlier requests for %s cannot be listed, so none of them is reused: %s",
            api.seller_id,
            requests[0].report_type,
            error,
        )
        return [()] * len(requests)


def create(api: SellerApi, store: JobStore, job_api: JobApi, job: Job) -> Job:
    """Create the job at Amazon."""
    try:
        amazon_id = job_api.create(api, job.request)
    except BaseException as error:
        reason = error.message if isinstance(error, SpApiError) else type(error).__name__
        updated(store, job, state=JobState.FATAL, reason=f"the request failed: {reason}")
        raise
    return updated(
        store,
        job,
        state=JobState.IN_QUEUE,
        amazon_id=amazon_id,
        tries=job.tries + 1,
        created_at=api.server_now(),
        reused=False,
    )


def is_lost(store: JobStore, job: Job) -> bool:
    """Return whether the job was never sent and belongs to a run that died."""
    return job.state is JobState.WANTED and job.amazon_id is None and store.now() - job.touched_at > ABANDONED_AFTER


def status_fields(status: RemoteStatus) -> dict[str, Any]:
    """Return what Amazon reports about a job, as fields of `Job`."""
    fields = {
        "amazon_id": status.amazon_id,
        "created_at": status.created_at,
        "ready_at": status.ended_at,
        "document_id": status.document_id,
        "next_page": status.next_page,
    }
    return {name: value for name, value in fields.items() if value is not None}


def updated(store: JobStore, job: Job, **changes: Any) -> Job:
    """Store changes to a job and return it; if the job has already ended, return the stored job instead."""
    changed = replace(job, **changes)
    if changed == job or store.update(changed):
        return changed
    return store.read(job.id)


def _send(api: SellerApi, store: JobStore, job_api: JobApi, job: Job, equal_jobs: Sequence[RemoteStatus]) -> Job:
    """Reuse an equal job that Amazon already has, or create one; leave a job that another run is sending."""
    if not store.claim(job):
        return store.read(job.id)
    failed_ids = store.failed_ids(job_api.kind, job.request) if equal_jobs else set()
    reusable = next((status for status in equal_jobs if status.amazon_id not in failed_ids), None)
    if reusable is None:
        return create(api, store, job_api, job)
    return updated(store, job, **status_fields(reusable), state=JobState(reusable.status), reused=True)


def _is_usable(status: RemoteStatus, oldest_done: datetime | None, not_older_than: datetime | None) -> bool:
    """Return whether the job is young enough; without `oldest_done`, no job that is done is."""
    if status.status == "DONE" and oldest_done is None:
        return False
    oldest = oldest_done if status.status == "DONE" else not_older_than
    return oldest is None or (status.created_at is not None and status.created_at >= oldest)
