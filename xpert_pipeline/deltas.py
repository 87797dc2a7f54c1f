"""Whose change stream is due to be followed: the choice behind the sensor `orders_delta`, as pure functions.

What a delta run does lies in the assets; reading the ledger, the run queue and the quota is the sensor's.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

CALLS = 1
"""Requests to searchOrders that a delta with nothing much new needs."""
STARTS_A_MINUTE = 10
"""Runs that the run queue was seen to start and finish in a minute on two cores."""
JITTER = timedelta(seconds=30)
"""Ticks come a little early or late: what would be due just after this one is asked for now, not at the next."""


@dataclass(frozen=True)
class Stream:
    """How a seller's change stream stands.

    Attributes:
        seller: Amazon's id.
        followed_until: Up to when its changes are known; None before the first load.
        asked_at: When a delta was last asked for, whatever came of it.
    """

    seller: str
    followed_until: datetime | None
    asked_at: datetime | None = None

    def since(self, now: datetime) -> datetime | None:
        """Since when it waits: one that fails again and again stands behind those that wait as long.

        None before the first load. A moment later than now was told by a clock that has been set back, or that is not
        this machine's: it says nothing, and a stream of which nothing else is known has waited longest.
        """
        if self.followed_until is None:
            return None
        known = [moment for moment in (self.followed_until, self.asked_at) if moment is not None and moment <= now]
        return max(known, default=datetime.min.replace(tzinfo=UTC))


@dataclass(frozen=True)
class Choice:
    """Sellers to run now, those that waited longest first; and why the others that are due are not."""

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
    """Choose whose changes are asked for now.

    Args:
        streams: The sellers' streams.
        now: The present.
        interval: A stream followed less long ago is not due, but for the ticks' jitter.
        busy: Sellers with a run that waits or works.
        room: Runs that may be asked at most.
        lacking: Returns why a seller has too few requests left, None if it has enough; asked only where it decides.
    """
    chosen: list[str] = []
    left: dict[str, str] = {}
    waiting = []
    for stream in streams:
        if since := stream.since(now):
            waiting.append((since, stream.seller))
        else:
            left[stream.seller] = "the first load is the daily sync's"
    for since, seller in sorted(waiting):
        if now - since < interval - JITTER:
            continue
        if seller in busy:
            left[seller] = "a run of it waits or works"
        elif len(chosen) >= room:
            left[seller] = "the run queue is full: its turn comes first next time"
        elif reason := lacking(seller):
            left[seller] = reason
        else:
            chosen.append(seller)
    return Choice(chosen, left)


def room_in_queue(interval: timedelta, unfinished: int) -> int:
    """Runs that the queue can still start within an interval, beside those that wait or work already."""
    return max(0, round(interval.total_seconds() / 60 * STARTS_A_MINUTE) - unfinished)
