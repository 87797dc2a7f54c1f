"""Asks Amazon for reports and queries: what is made already, or was made lately, serves again."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from xpert_pipeline.spapi.errors import SpApiError
from xpert_pipeline.spapi.jobs.api import JobApi, JobRequest, RemoteStatus
from xpert_pipeline.spapi.jobs.job import ABANDONED_AFTER, FRESH_FOR, GIVEN_UP_AFTER, Job, JobState, JobStore
from xpert_pipeline.spapi.session import SellerApi


def request_jobs(
    api: SellerApi,
    store: JobStore,
    job_api: JobApi,
    requests: Sequence[JobRequest],
    *,
    done_within: timedelta = FRESH_FOR,
    not_older_than: datetime | None = None,
) -> list[Job]:
    """Ask Amazon for what is not being made already: equal live or fresh work serves, from the book or at Amazon.

    Args:
        api: The seller.
        store: Where requests are remembered.
        job_api: The API that makes them.
        requests: What is wanted.
        done_within: How old finished work may be to serve again.
        not_older_than: Data of before this moment are of no use, whoever asked for them.

    Returns:
        One work for each request, in order; not finished as a rule.
    """
    found = [
        store.find_or_add(job_api.kind, request, done_within, GIVEN_UP_AFTER, not_older_than) for request in requests
    ]
    jobs = [job for job, _ in found]
    unsent = [place for place, (job, new) in enumerate(found) if new or is_lost(store, job)]
    by_type: dict[str, list[int]] = {}
    for place in unsent:
        by_type.setdefault(requests[place].report_type, []).append(place)

    def touch() -> None:
        store.touch([jobs[place] for place in unsent])

    try:
        with api.at_waits(touch):  # a token can be waited for longer than a dead run is mourned
            for places in by_type.values():
                since = api.server_now() - max(GIVEN_UP_AFTER, done_within)
                listed = job_api.look_up(api, [requests[place] for place in places], since)
                oldest = max(filter(None, (api.server_now() - done_within, not_older_than)))
                for place, equal in zip(places, listed, strict=True):
                    touch()
                    usable = [each for each in equal if _is_usable(each, oldest, not_older_than)]
                    jobs[place] = _sent(api, store, job_api, jobs[place], usable)
    finally:
        store.release([jobs[place] for place in unsent])  # nothing, unless something was raised
    return jobs


def resend_lost(api: SellerApi, store: JobStore, job_api: JobApi, job: Job) -> Job:
    """Send what a run that died has left, unless it was sent after all."""
    with api.at_waits(lambda: store.touch([job])):
        (equal,) = job_api.look_up(api, [job.request], job.written_at)
        return _sent(api, store, job_api, job, equal)


def create(api: SellerApi, store: JobStore, job_api: JobApi, job: Job) -> Job:
    """Have Amazon make it."""
    try:
        amazon_id = job_api.create(api, job.request)
    except BaseException as error:
        reason = error.message if isinstance(error, SpApiError) else type(error).__name__
        updated(store, job, state=JobState.FATAL, reason=f"could not be asked for: {reason}")
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
    """Whether the work was never sent, and belongs to a run that died."""
    return job.state is JobState.WANTED and job.amazon_id is None and store.now() - job.touched_at > ABANDONED_AFTER


def status_fields(status: RemoteStatus) -> dict[str, Any]:
    """What Amazon tells of a work, as fields of it."""
    facts = {
        "amazon_id": status.amazon_id,
        "created_at": status.created_at,
        "ready_at": status.ended_at,
        "document_id": status.document_id,
        "next_page": status.next_page,
    }
    return {name: value for name, value in facts.items() if value is not None}


def updated(store: JobStore, job: Job, **changes: Any) -> Job:
    """The work with changes, written down; as it stands in the book where that was overtaken."""
    changed = replace(job, **changes)
    if changed == job or store.update(changed):
        return changed
    return store.read(job.id)


def _sent(api: SellerApi, store: JobStore, job_api: JobApi, job: Job, equal: Sequence[RemoteStatus]) -> Job:
    """Take over what Amazon has from an earlier request, else ask; another run that is about to is left to it."""
    if not store.claim(job):
        return store.read(job.id)
    given_up = store.failed_ids(job_api.kind, job.request) if equal else set()
    serving = next((each for each in equal if each.amazon_id not in given_up), None)
    if serving is None:
        return create(api, store, job_api, job)
    facts: Mapping[str, Any] = status_fields(serving)
    return updated(store, job, **facts, state=JobState(serving.status), reused=True)


def _is_usable(status: RemoteStatus, oldest_done: datetime, not_older_than: datetime | None) -> bool:
    oldest = oldest_done if status.status == "DONE" else not_older_than
    return oldest is None or (status.created_at is not None and status.created_at >= oldest)
