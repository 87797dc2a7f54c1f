"""Reports and queries as work that outlives a run: asked for once, remembered in a book, collected as they get ready.

The book is a protocol; processes share it through another implementation of it. How one desk of Amazon is spoken to is
the matter of `reports` and `data_kiosk`.
"""

import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol, Self
from uuid import UUID

from xpert_pipeline.spapi import usage_plans
from xpert_pipeline.spapi.desks import Desk, Kind, ReportRequest, Standing
from xpert_pipeline.spapi.errors import NotFound, SpApiError
from xpert_pipeline.spapi.session import SellerApi

DONE_WITHIN = timedelta(minutes=30)
"""Data this fresh serve again."""
LIVE_WITHIN = timedelta(hours=24)
"""Work that has not ended after this long is given up."""
CANCELLED_REUSE = timedelta(hours=4)
"""Amazon cancels a request when an equal one was done less than this long ago."""
BUDGET_SECONDS = 1800.0
ABANDONED = timedelta(minutes=2)
"""A request that was written down this long ago and never sent belongs to a run that died."""

logger = logging.getLogger("xpert_pipeline.spapi")


class State(StrEnum):
    """How a request stands with us. EMPTY, THROTTLED and FATAL have no document."""

    WANTED = "WANTED"
    IN_QUEUE = "IN_QUEUE"
    IN_PROGRESS = "IN_PROGRESS"
    DONE = "DONE"
    EMPTY = "EMPTY"
    THROTTLED = "THROTTLED"
    FATAL = "FATAL"


LIVE = (State.WANTED, State.IN_QUEUE, State.IN_PROGRESS)


@dataclass(frozen=True, slots=True)
class Work:
    """One remembered request.

    Attributes:
        id: Of the row in the book.
        request: What was asked for.
        state: How it stands.
        written_at: When it was first written down.
        amazon_id: reportId or queryId, once known.
        document_id: Of the data.
        created_at: When Amazon took it in: the data are of this moment.
        ready_at: When Amazon finished it.
        tries: How often Amazon was asked.
        reason: Why there are no data.
        next_page: Token of a query's next page.
        reused: An earlier request serves.
        not_before: A throttled request is not asked again before.
    """

    id: UUID
    request: ReportRequest
    state: State
    written_at: datetime
    amazon_id: str | None = None
    document_id: str | None = None
    created_at: datetime | None = None
    ready_at: datetime | None = None
    tries: int = 0
    reason: str | None = None
    next_page: str | None = None
    reused: bool = False
    not_before: datetime | None = None

    @property
    def is_live(self) -> bool:
        """Whether it may still become something."""
        return self.state in LIVE

    @classmethod
    def of(cls, *, state: str, **fields: Any) -> Self:
        """A work of a book's plain values."""
        return cls(state=State(state), **fields)

    def __str__(self) -> str:
        return f"{self.request.report_type} {self.amazon_id or '(no id yet)'}"


class RequestBook(Protocol):
    """One seller's remembered requests. Times are the book's own clock's."""

    def want(self, kind: Kind, request: ReportRequest, fresh: timedelta, kept: timedelta) -> tuple[Work, bool]:
        """Find work that serves a request, or write it down as WANTED.

        Args:
            kind: Whose desk.
            request: What is wanted.
            fresh: How lately finished work that was collected, or that had no data, must have ended to serve again.
            kept: How lately work that was not collected must have been written down.

        Returns:
            The work, and whether it was written down just now.
        """

    def read(self, work_id: UUID) -> Work:
        """One work as it stands in the book."""

    def note(self, work: Work) -> None:
        """Write down how a work stands."""

    def collected(self, work: Work) -> None:
        """Its data are loaded."""

    def unfinished(self, kind: Kind, report_types: Sequence[str], kept: timedelta) -> list[Work]:
        """Work of these types, live or done and not collected, written down within `kept`; newest window first."""

    def given_up(self, kind: Kind, request: ReportRequest) -> set[str]:
        """Amazon's ids of equal requests that ended FATAL with us: their documents are not to be taken again."""

    def now(self) -> datetime:
        """The book's clock."""


def ask(
    api: SellerApi,
    book: RequestBook,
    desk: Desk,
    requests: Sequence[ReportRequest],
    *,
    done_within: timedelta = DONE_WITHIN,
) -> list[Work]:
    """Ask Amazon for what is not being made already: equal live or fresh work serves again, from the book or at Amazon.

    Args:
        api: The seller.
        book: Where requests are remembered.
        desk: The counter that makes them.
        requests: What is wanted.
        done_within: How old finished work may be to serve again.

    Returns:
        One work for each request, in order; not finished as a rule.
    """
    found = [book.want(desk.kind, request, done_within, LIVE_WITHIN) for request in requests]
    works = [work for work, _ in found]
    unsent = [
        place for place, (work, new) in enumerate(found) if work.state is State.WANTED and (new or _lost(book, work))
    ]
    by_type: dict[str, list[int]] = {}
    for place in unsent:
        by_type.setdefault(requests[place].report_type, []).append(place)
    try:
        for places in by_type.values():
            since = api.server_now() - max(LIVE_WITHIN, done_within)
            listed = desk.look_up(api, [requests[place] for place in places], since)
            for place, equal in zip(places, listed, strict=True):
                works[place] = _serving(api, book, desk.kind, works[place], equal, done_within) or _create(
                    api, book, desk, works[place]
                )
    except BaseException:
        _take_back(book, [works[place] for place in unsent])
        raise
    return works


def as_ready(
    api: SellerApi, book: RequestBook, desk: Desk, works: Sequence[Work], *, budget_seconds: float = BUDGET_SECONDS
) -> Iterator[Work]:
    """Yield each work once, as it gets ready; those still live when the budget is spent come last, as they stand.

    Those are parked, not lost: their ids are in the book, and the next run takes them up.
    """
    start, now = time.monotonic(), api.server_now()
    yield from (work for work in works if not work.is_live)
    waiting = {work.id: (work, start + (0.5 if _is_new(work, now) else 0.0)) for work in works if work.is_live}
    while waiting:
        for place, (work, due) in enumerate(list(waiting.values())):
            if due > time.monotonic():
                continue
            seen = _look(api, book, desk, work)
            elapsed = time.monotonic() - start
            if seen.is_live:
                step = _step(elapsed) if place == 0 else _follower_step(elapsed, len(waiting))
                waiting[work.id] = (seen, time.monotonic() + step)
            else:
                del waiting[work.id]
                yield seen
                waiting = {key: (other, start) for key, (other, _) in waiting.items()}  # made together, ready together
                break
        else:
            elapsed = time.monotonic() - start
            if elapsed >= budget_seconds:
                break
            first, due = min(waiting.values(), key=lambda each: each[1])
            if (pause := min(due - time.monotonic(), budget_seconds - elapsed)) > 0:
                api.pause(desk.poll, pause, f"{first}, {first.state}")
    yield from (work for work, _ in waiting.values())


def told(work: Work) -> dict[str, Any]:
    """What the ledger keeps of a work."""
    said = {"id": work.amazon_id, "reused": work.reused, "state": str(work.state), "reason": work.reason}
    return {name: value for name, value in said.items() if value is not None}


def _is_new(work: Work, now: datetime) -> bool:
    """Whether it was asked for so lately that it cannot be ready."""
    return work.created_at is not None and now - work.created_at < timedelta(seconds=2)


def _step(elapsed: float) -> float:
    """Seconds until the next look: 5% of the time waited so far, so that waiting is never prolonged by more."""
    return min(30.0, max(0.5, 0.05 * elapsed))


def _follower_step(elapsed: float, count: int) -> float:
    """The same for those behind the first, which is looked at for all: together they need about a look a second."""
    return max(4 * _step(elapsed), float(count))


def _take_back(book: RequestBook, works: Sequence[Work]) -> None:
    """Note that what was only written down is not on its way, so that the next run does not wait for it."""
    for work in works:
        if book.read(work.id).state is State.WANTED:
            _noted(book, work, state=State.FATAL, reason="could not be asked for: its turn did not come")


def _lost(book: RequestBook, work: Work) -> bool:
    return book.now() - work.written_at > ABANDONED


def _create(api: SellerApi, book: RequestBook, desk: Desk, work: Work) -> Work:
    try:
        amazon_id = desk.create(api, work.request)
    except BaseException as error:  # Ctrl-C too: the next run shall not take it for another's that is on its way
        reason = error.message if isinstance(error, SpApiError) else type(error).__name__
        _noted(book, work, state=State.FATAL, reason=f"could not be asked for: {reason}")
        raise
    return _noted(
        book,
        work,
        state=State.IN_QUEUE,
        amazon_id=amazon_id,
        tries=work.tries + 1,
        created_at=api.server_now(),
        reused=False,
    )


def _serving(
    api: SellerApi, book: RequestBook, kind: Kind, work: Work, equal: Sequence[Standing], done_within: timedelta
) -> Work | None:
    """Take over a live or fresh equal that Amazon has from an earlier request."""
    oldest, given_up = api.server_now() - done_within, book.given_up(kind, work.request) if equal else set()
    for each in equal:
        if each.amazon_id in given_up:
            continue
        if each.status != "DONE" or (each.created_at is not None and each.created_at >= oldest):
            return _noted(book, work, **_facts(each), state=State(each.status), reused=True)
    return None


def _look(api: SellerApi, book: RequestBook, desk: Desk, work: Work) -> Work:
    if work.amazon_id is None:  # another run is about to send it, or died over it
        work = book.read(work.id)
        if work.amazon_id is None:
            return _create(api, book, desk, work) if work.is_live and _lost(book, work) else work
    assert work.amazon_id is not None
    try:
        standing = desk.standing(api, work.amazon_id)
    except NotFound:
        if work.tries > 1:
            return _noted(book, work, state=State.FATAL, reason="Amazon does not know it any more")
        return _create(api, book, desk, work)
    return _judged(api, book, desk, work, standing)


def _judged(api: SellerApi, book: RequestBook, desk: Desk, work: Work, standing: Standing) -> Work:
    """Write down what Amazon's word for a work means to us."""
    facts = _facts(standing)
    if standing.status == "DONE":
        return _noted(book, work, **facts, **_done(desk, standing))
    if standing.status == "FATAL":
        reason = desk.reason(api, standing)
        state = State.EMPTY if _says_no_data(work, reason) else State.FATAL
        return _noted(book, work, **facts, state=state, reason=reason)
    if standing.status == "CANCELLED":
        return _cancelled(api, book, desk, work, facts)
    if book.now() - work.written_at > LIVE_WITHIN:
        reason = f"it is {standing.status} since {work.written_at:%Y-%m-%d %H:%M} UTC and was given up"
        return _noted(book, work, **facts, state=State.FATAL, reason=reason)
    if standing.status in LIVE:
        return _noted(book, work, **facts, state=State(standing.status))
    said = standing.status[:40]
    logger.warning("%s for seller %s: unknown status %r: taken for work that goes on", work, api.seller_id, said)
    return work


def _done(desk: Desk, standing: Standing) -> dict[str, Any]:
    if standing.document_id:
        return {"state": State.DONE}
    if desk.kind == "query":
        return {"state": State.EMPTY, "reason": "the query found no rows"}
    return {"state": State.FATAL, "reason": "DONE without a document"}


def _cancelled(api: SellerApi, book: RequestBook, desk: Desk, work: Work, facts: Mapping[str, Any]) -> Work:
    """Amazon cancels for want of data, or because it was asked too often: an equal done lately tells which."""
    interval = usage_plans.minimum_interval(work.request.report_type)
    within = max(CANCELLED_REUSE, timedelta(seconds=interval or 0))
    (equal,) = desk.look_up(api, [work.request], api.server_now() - within)
    done = next((each for each in equal if each.status == "DONE" and each.amazon_id != work.amazon_id), None)
    if done is not None:
        return _noted(
            book, work, **_facts(done), state=State.DONE, reused=True, reason="asked too often: an earlier one serves"
        )
    if interval and work.tries <= 1:  # of a type with a minimum interval it may be either: it is asked once more, later
        later = book.now() + timedelta(seconds=interval)
        reason = f"CANCELLED, perhaps asked too often: it is asked again after {later:%Y-%m-%d %H:%M} UTC"
        return _noted(book, work, **facts, state=State.THROTTLED, not_before=later, reason=reason)
    return _noted(book, work, **facts, state=State.EMPTY, reason="CANCELLED: probably no data in its window")


def _says_no_data(work: Work, reason: str) -> bool:
    """Brand Analytics calls a period without data a fatal error."""
    return "BRAND_ANALYTICS" in work.request.report_type and "unavailable" in reason


def _facts(standing: Standing) -> dict[str, Any]:
    facts = {
        "amazon_id": standing.amazon_id,
        "created_at": standing.created_at,
        "ready_at": standing.ended_at,
        "document_id": standing.document_id,
        "next_page": standing.next_page,
    }
    return {name: value for name, value in facts.items() if value is not None}


def _noted(book: RequestBook, work: Work, **changes: Any) -> Work:
    changed = replace(work, **changes)
    if changed != work:
        book.note(changed)
    return changed
