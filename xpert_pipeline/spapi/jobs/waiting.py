"""Waits for reports and queries, and judges what became of them."""

import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from xpert_pipeline.spapi.errors import BadRequest, NotFound
from xpert_pipeline.spapi.jobs.api import Desk, Standing
from xpert_pipeline.spapi.jobs.job import (
    BUDGET_SECONDS,
    CANCELLED_REUSE,
    LIVE,
    LIVE_WITHIN,
    RequestBook,
    State,
    Work,
)
from xpert_pipeline.spapi.jobs.requesting import create, facts_of, is_lost, noted, send_lost
from xpert_pipeline.spapi.quota import usage_plans
from xpert_pipeline.spapi.sending.listener import LOGGED_SECONDS
from xpert_pipeline.spapi.session import SellerApi

logger = logging.getLogger("xpert_pipeline.spapi")


def as_ready(
    api: SellerApi, book: RequestBook, desk: Desk, works: Sequence[Work], *, budget_seconds: float = BUDGET_SECONDS
) -> Iterator[Work]:
    """Yield each work once, as it gets ready; those still live when the budget is spent come last, as they stand.

    Those are parked, not lost: their ids are in the book, and the next run takes them up.
    """
    start, now, announced = time.monotonic(), api.server_now(), False
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
                if budget_seconds > 0:  # made together, ready together; else each is looked at once
                    waiting = {key: (other, start) for key, (other, _) in waiting.items()}
                break
        else:
            elapsed = time.monotonic() - start
            if elapsed >= budget_seconds:
                break
            due = min(due for _, due in waiting.values())
            if (pause := min(due - time.monotonic(), budget_seconds - elapsed)) > 0:
                awaited = _awaited([work for work, _ in waiting.values()])
                if elapsed > LOGGED_SECONDS and not announced:
                    announced = api.announce(desk.poll, budget_seconds - elapsed, awaited)
                api.pause(desk.poll, pause, awaited)
    yield from (work for work, _ in waiting.values())


def _awaited(works: Sequence[Work]) -> str:
    """What is waited for, in words that stay the same until one of the works gets on."""
    first, *others = works
    return f"{first}, {first.state}" + (f" (and {len(others)} more)" if others else "")


def _is_new(work: Work, now: datetime) -> bool:
    """Whether it was asked for so lately that it cannot be ready."""
    return work.created_at is not None and now - work.created_at < timedelta(seconds=2)


def _step(elapsed: float) -> float:
    """Seconds until the next look: 5% of the time waited so far, so that waiting is never prolonged by more."""
    return min(30.0, max(0.5, 0.05 * elapsed))


def _follower_step(elapsed: float, count: int) -> float:
    """The same for those behind the first, which is looked at for all: together they need about a look a second."""
    return max(4 * _step(elapsed), float(count))


def _look(api: SellerApi, book: RequestBook, desk: Desk, work: Work) -> Work:
    if work.amazon_id is None:  # another run is about to send it, or died over it
        work = book.read(work.id)
        if work.amazon_id is None:
            return send_lost(api, book, desk, work) if is_lost(book, work) else work
    assert work.amazon_id is not None
    try:
        standing = desk.standing(api, work.amazon_id, work.request)
    except NotFound:
        if work.tries > 1:
            return noted(book, work, state=State.FATAL, reason="Amazon does not know it any more")
        return create(api, book, desk, work)
    except BadRequest as error:  # no other answer will come: the next run asks for another
        return noted(book, work, state=State.FATAL, reason=f"it cannot be looked at: {error.message}")
    return _judged(api, book, desk, work, standing)


def _judged(api: SellerApi, book: RequestBook, desk: Desk, work: Work, standing: Standing) -> Work:
    """Write down what Amazon's word for a work means to us."""
    facts = facts_of(standing)
    if standing.status == "DONE":
        return noted(book, work, **facts, **_done(desk, standing))
    if standing.status == "FATAL":
        reason = desk.reason(api, standing)
        state = State.EMPTY if _says_no_data(work, reason) else State.FATAL
        return noted(book, work, **facts, state=state, reason=reason)
    if standing.status == "CANCELLED":
        return _cancelled(api, book, desk, work, facts)
    since = work.created_at or work.written_at
    if api.server_now() - since > LIVE_WITHIN:
        reason = f"it is {standing.status} since {since:%Y-%m-%d %H:%M} UTC and was given up"
        return noted(book, work, **facts, state=State.FATAL, reason=reason)
    if standing.status in LIVE:
        return noted(book, work, **facts, state=State(standing.status))
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
    of_no_use = {work.amazon_id, *book.given_up(desk.kind, work.request)}
    done = next((each for each in equal if each.status == "DONE" and each.amazon_id not in of_no_use), None)
    if done is not None:
        return noted(
            book, work, **facts_of(done), state=State.DONE, reused=True, reason="asked too often: an earlier one serves"
        )
    if interval and work.tries <= 1:  # of a type with a minimum interval it may be either: it is asked once more, later
        later = book.now() + timedelta(seconds=interval)
        reason = f"CANCELLED, perhaps asked too often: it is asked again after {later:%Y-%m-%d %H:%M} UTC"
        return noted(book, work, **facts, state=State.THROTTLED, not_before=later, reason=reason)
    return noted(book, work, **facts, state=State.EMPTY, reason="CANCELLED: probably no data in its window")


def _says_no_data(work: Work, reason: str) -> bool:
    """Brand Analytics calls a period without data a fatal error."""
    return "BRAND_ANALYTICS" in work.request.report_type and "unavailable" in reason
