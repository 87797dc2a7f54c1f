"""Asks Amazon for reports and queries: what is made already, or was made lately, serves again."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from xpert_pipeline.spapi.errors import SpApiError
from xpert_pipeline.spapi.jobs.api import Desk, ReportRequest, Standing
from xpert_pipeline.spapi.jobs.job import ABANDONED, DONE_WITHIN, LIVE_WITHIN, RequestBook, State, Work
from xpert_pipeline.spapi.session import SellerApi


def ask(
    api: SellerApi,
    book: RequestBook,
    desk: Desk,
    requests: Sequence[ReportRequest],
    *,
    done_within: timedelta = DONE_WITHIN,
    not_older_than: datetime | None = None,
) -> list[Work]:
    """Ask Amazon for what is not being made already: equal live or fresh work serves, from the book or at Amazon.

    Args:
        api: The seller.
        book: Where requests are remembered.
        desk: The counter that makes them.
        requests: What is wanted.
        done_within: How old finished work may be to serve again.
        not_older_than: Data of before this moment are of no use, whoever asked for them.

    Returns:
        One work for each request, in order; not finished as a rule.
    """
    found = [book.want(desk.kind, request, done_within, LIVE_WITHIN, not_older_than) for request in requests]
    works = [work for work, _ in found]
    unsent = [place for place, (work, new) in enumerate(found) if new or is_lost(book, work)]
    by_type: dict[str, list[int]] = {}
    for place in unsent:
        by_type.setdefault(requests[place].report_type, []).append(place)

    def touch() -> None:
        book.touch([works[place] for place in unsent])

    try:
        with api.at_waits(touch):  # a token can be waited for longer than a dead run is mourned
            for places in by_type.values():
                since = api.server_now() - max(LIVE_WITHIN, done_within)
                listed = desk.look_up(api, [requests[place] for place in places], since)
                oldest = max(filter(None, (api.server_now() - done_within, not_older_than)))
                for place, equal in zip(places, listed, strict=True):
                    touch()
                    usable = [each for each in equal if _is_usable(each, oldest, not_older_than)]
                    works[place] = _sent(api, book, desk, works[place], usable)
    finally:
        book.release([works[place] for place in unsent])  # nothing, unless something was raised
    return works


def send_lost(api: SellerApi, book: RequestBook, desk: Desk, work: Work) -> Work:
    """Send what a run that died has left, unless it was sent after all."""
    with api.at_waits(lambda: book.touch([work])):
        (equal,) = desk.look_up(api, [work.request], work.written_at)
        return _sent(api, book, desk, work, equal)


def create(api: SellerApi, book: RequestBook, desk: Desk, work: Work) -> Work:
    """Have Amazon make it."""
    try:
        amazon_id = desk.create(api, work.request)
    except BaseException as error:
        reason = error.message if isinstance(error, SpApiError) else type(error).__name__
        noted(book, work, state=State.FATAL, reason=f"could not be asked for: {reason}")
        raise
    return noted(
        book,
        work,
        state=State.IN_QUEUE,
        amazon_id=amazon_id,
        tries=work.tries + 1,
        created_at=api.server_now(),
        reused=False,
    )


def is_lost(book: RequestBook, work: Work) -> bool:
    """Whether the work was never sent, and belongs to a run that died."""
    return work.state is State.WANTED and work.amazon_id is None and book.now() - work.touched_at > ABANDONED


def facts_of(standing: Standing) -> dict[str, Any]:
    """What Amazon tells of a work, as fields of it."""
    facts = {
        "amazon_id": standing.amazon_id,
        "created_at": standing.created_at,
        "ready_at": standing.ended_at,
        "document_id": standing.document_id,
        "next_page": standing.next_page,
    }
    return {name: value for name, value in facts.items() if value is not None}


def noted(book: RequestBook, work: Work, **changes: Any) -> Work:
    """The work with changes, written down; as it stands in the book where that was overtaken."""
    changed = replace(work, **changes)
    if changed == work or book.note(changed):
        return changed
    return book.read(work.id)


def _sent(api: SellerApi, book: RequestBook, desk: Desk, work: Work, equal: Sequence[Standing]) -> Work:
    """Take over what Amazon has from an earlier request, else ask; another run that is about to is left to it."""
    if not book.claim(work):
        return book.read(work.id)
    given_up = book.given_up(desk.kind, work.request) if equal else set()
    serving = next((each for each in equal if each.amazon_id not in given_up), None)
    if serving is None:
        return create(api, book, desk, work)
    facts: Mapping[str, Any] = facts_of(serving)
    return noted(book, work, **facts, state=State(serving.status), reused=True)


def _is_usable(standing: Standing, oldest_done: datetime, not_older_than: datetime | None) -> bool:
    oldest = oldest_done if standing.status == "DONE" else not_older_than
    return oldest is None or (standing.created_at is not None and standing.created_at >= oldest)
