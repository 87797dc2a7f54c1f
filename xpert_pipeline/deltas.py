"""Chooses the sellers whose change streams are due, for the sensor `orders_delta`; pure functions.

The sensor reads the ledger, the run queue and the quota. The sources decide what a delta run does.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

CALLS = 1
"""Requests that a delta with few changes sends to the operation of a change stream."""
STARTS_A_MINUTE = 10
"""Runs per minute that the run queue can start and finish, measured on two cores."""
JITTER = timedelta(seconds=30)
"""Ticks come a little early or late, so a stream that is due just after this tick counts as due."""


@dataclass(frozen=True)
class Stream:
    """How far a seller's changes have been read.

    Attributes:
        seller: Amazon's id of the seller.
        followed_until: All changes up to this moment are loaded; None before the first load.
        asked_at: When a delta was last requested, whether it succeeded or not.
    """

    seller: str
    followed_until: datetime | None
    asked_at: datetime | None = None

    def since(self, now: datetime) -> datetime | None:
        """Return the time since which the stream has been waiting; None before the first load.

        A failed delta counts as an attempt, so a stream that always fails does not push the others back. A time in the
        future comes from another clock, or from a clock that was set back, and is ignored. A stream without a usable
        time goes first.
        """
        if self.followed_until is None:
            return None
        known = [moment for moment in (self.followed_until, self.asked_at) if moment is not None and moment <= now]
        return max(known, default=datetime.min.replace(tzinfo=UTC))


@dataclass(frozen=True)
class Choice:
    """The sellers to run now, longest wait first, and the reason why each other seller has to wait."""

    chosen: list[str]
    left: dict[str, str]


def choose_due(
    streams: Sequence[Stream],
    *,
    now: datetime,
    interval: timedelta,
    busy: Collection[str],
    room: int,
    lacking: Callable[[str], str | None],
) -> Choice:
    """Choose the sellers to run now.

    Args:
        streams: The sellers' streams.
        now: The current time.
        interval: A stream is due if it was last followed longer ago than this, less JITTER.
        busy: Sellers with a queued or running run.
        room: The most runs that may be requested.
        lacking: Returns why a seller has too few requests left; None if it has enough. Called only for sellers that
            would otherwise run.
    """
    chosen: list[str] = []
    left: dict[str, str] = {}
    waiting = []
    for stream in streams:
        if since := stream.since(now):
            waiting.append((since, stream.seller))
        else:
            left[stream.seller] = "the daily sync does the first load"
    for since, seller in sorted(waiting):
        if now - since < interval - JITTER:
            continue
        if seller in busy:
            left[seller] = "one of its runs is queued or running"
        elif len(chosen) >= room:
            left[seller] = "the run queue is full; this seller goes first next time"
        elif reason := lacking(seller):
            left[seller] = reason
        else:
            chosen.append(seller)
    return Choice(chosen, left)


def room_in_queue(interval: timedelta, unfinished: int) -> int:
    """Return how many more runs the queue can start within an interval, in addition to the unfinished ones."""
    return max(0, round(interval.total_seconds() / 60 * STARTS_A_MINUTE) - unfinished)
