"""Chooses the sellers whose change streams are due, for the sensor `orders_delta`; pure functions.

The sensor reads the ledger, the run queue and the quota. The sources decide what a delta run does.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

CALLS = 2
"""Requests to the operation of a change stream: the question whether there are changes, and the run that loads them."""
STARTS_A_MINUTE = 10
"""Runs per minute that the run queue can start and finish, measured on two cores."""
JITTER = timedelta(seconds=30)
"""Ticks come a little early or late, so a stream that is due just after this tick counts as due."""
LONGEST_PAUSE = 12
"""The most intervals between two questions for a seller whose questions or runs fail."""


@dataclass(frozen=True)
class Stream:
    """How far a seller's changes have been read.

    Attributes:
        seller: Amazon's id of the seller.
        followed_until: All changes up to this moment are loaded; None before the first load.
        asked_at: When Amazon was last asked for changes, whether it answered or not.
        failures: How many questions, or runs that they led to, have failed in a row.
    """

    seller: str
    followed_until: datetime | None
    asked_at: datetime | None = None
    failures: int = 0

    @property
    def intervals(self) -> int:
        """How many intervals to wait: one, and twice as many after each failure, so that failures cost little."""
        return int(min(2.0 ** min(self.failures, 10), LONGEST_PAUSE))

    def since(self, now: datetime) -> datetime | None:
        """Return the time since which the stream has been waiting; None before the first load.

        A failed question counts as well, so a stream that always fails does not push the others back. A time in the
        future comes from another clock, or from a clock that was set back, and is ignored. A stream without a usable
        time goes first.
        """
        if self.followed_until is None:
            return None
        known = [moment for moment in (self.followed_until, self.asked_at) if moment is not None and moment <= now]
        return max(known, default=datetime.min.replace(tzinfo=UTC))


@dataclass(frozen=True)
class Choice:
    """The sellers to ask for now, longest wait first, and the reason why each other seller has to wait."""

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
    """Choose the sellers to ask for now.

    Args:
        streams: The sellers' streams.
        now: The current time.
        interval: A stream is due if it was last asked for longer ago than this, less JITTER. It is longer for a stream
            that fails.
        busy: Sellers with a queued or running run.
        room: The most sellers to choose.
        lacking: Returns why a seller has too few requests left; None if it has enough. Called only for sellers that
            would otherwise be chosen.
    """
    chosen: list[str] = []
    left: dict[str, str] = {}
    waiting = []
    for stream in streams:
        if since := stream.since(now):
            waiting.append((since, stream.seller, interval * stream.intervals))
        else:
            left[stream.seller] = "the daily sync does the first load"
    for since, seller, pause in sorted(waiting):
        if now - since < pause - JITTER:
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
