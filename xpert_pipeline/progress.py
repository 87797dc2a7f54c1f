"""The log channel on which a run reports what it does. A display can listen to it.

Each record carries its event as `record.event`, and the event in words as its message.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from xpert_pipeline.wording import ends_words, moment_words

CHANNEL = logging.getLogger("xpert_pipeline.progress")
CHANNEL.addHandler(logging.NullHandler())

QUOTA, RETRY = "quota", "retry"
"""Reasons for a wait. Any other reason names what the wait is for."""
SECONDS_SHOWN_BELOW = timedelta(minutes=1)

_working: dict[str, str] = {}
"""The table that each seller's run works on. A run does one step at a time."""


class Counts(Protocol):
    """What one load did to a table."""

    fetched: int
    inserted: int
    updated: int


@dataclass(frozen=True)
class Note:
    """A message that belongs to no table."""

    text: str

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Began:
    """A seller's run begins to work on these tables."""

    seller: str
    tables: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.seller}: {', '.join(self.tables)}: started"


@dataclass(frozen=True)
class Step:
    """What a seller's run does for a table now."""

    seller: str
    table: str
    text: str

    def __str__(self) -> str:
        return f"{self.seller}: {self.table}: {self.text}"


@dataclass(frozen=True)
class Loaded:
    """A load was committed: records read, and rows that are new or changed."""

    seller: str
    table: str
    read: int
    new: int
    changed: int

    def __str__(self) -> str:
        return f"{self.seller}: {self.table}: {self.read:,} read, {self.new:,} new, {self.changed:,} changed"


@dataclass(frozen=True)
class Ended:
    """A seller's run has finished with these tables, or failed at them."""

    seller: str
    tables: tuple[str, ...]
    failed: bool = False

    def __str__(self) -> str:
        return f"{self.seller}: {', '.join(self.tables)}: {'failed' if self.failed else 'done'}"


@dataclass(frozen=True)
class Wait:
    """A wait that begins or continues.

    Attributes:
        seller: Amazon's id of the seller that waits.
        operation: The operation to call next.
        reason: QUOTA, RETRY, or what the wait is for, such as "Amazon to prepare 7 reports".
        until: The expected end.
        table: The table that the run works on; empty if the wait belongs to none.
    """

    seller: str
    operation: str
    reason: str
    until: datetime
    table: str = ""

    @property
    def seconds(self) -> float:
        """Seconds from now to the end."""
        return (self.until - datetime.now(UTC)).total_seconds()

    @property
    def text(self) -> str:
        """The wait in words, with its end in the machine's own time zone."""
        when = clock_time(self.until)
        if self.reason == QUOTA:
            return f"Waiting for Amazon's rate limit of {self.operation}; continues at {when}"
        if self.reason == RETRY:
            return f"Amazon did not answer {self.operation}; next try at {when}"
        return f"Waiting for {self.reason}; next check {when}"

    def __str__(self) -> str:
        return ": ".join(filter(None, (self.seller, self.table, self.text)))


@dataclass(frozen=True)
class Predicted:
    """When a seller's run is predicted to have loaded each table, in the order of the run."""

    seller: str
    ends: Mapping[str, datetime]

    def __str__(self) -> str:
        return f"{self.seller}: predicted: {ends_words(self.ends)}"


Event = Note | Began | Step | Loaded | Ended | Wait | Predicted


def report(event: Event) -> None:
    """Send an event to the channel."""
    CHANNEL.info("%s", event, extra={"event": event})


def note(text: str) -> None:
    """Report something that belongs to no table."""
    report(Note(text))


def step(seller: str, table: str, text: str) -> None:
    """Report what a seller's run does for a table now."""
    report(Step(seller, table, text))


def loaded(seller: str, counts: Mapping[str, Counts]) -> None:
    """Report what a committed load did to each table."""
    for table, numbers in counts.items():
        report(Loaded(seller, table, numbers.fetched, numbers.inserted, numbers.updated))


@contextmanager
def working(seller: str, tables: Sequence[str]) -> Iterator[None]:
    """Report the beginning and the end of a step; waits in between belong to its first table."""
    report(Began(seller, tuple(tables)))
    outer = _working.get(seller, "")  # another run of the seller in this process, if there is one
    _working[seller] = tables[0]
    try:
        yield
    except BaseException:
        report(Ended(seller, tuple(tables), failed=True))
        raise
    else:
        report(Ended(seller, tuple(tables)))
    finally:
        _working[seller] = outer


class ProgressListener:
    """Passes a client's waits to the channel; see `xpert_pipeline.spapi.sending.listener.Listener`.

    Args:
        seller: Amazon's id of the client's seller.
    """

    def __init__(self, seller: str) -> None:
        self._seller = seller

    def waiting(self, operation: str, seconds: float, reason: str) -> None:
        """Report that a wait begins or continues."""
        until = datetime.now(UTC) + timedelta(seconds=seconds)
        report(Wait(self._seller, operation, reason, until, _working.get(self._seller, "")))

    def called(self, operation: str, status: int, seconds: float) -> None:
        """Do nothing: the client itself counts its calls."""


def clock_time(moment: datetime) -> str:
    """Return a time in the machine's own zone: with seconds if it is near, with its day if that is not today."""
    now = datetime.now(UTC)
    if moment.astimezone().date() != now.astimezone().date():
        return moment_words(moment)
    near = abs(moment - now) < SECONDS_SHOWN_BELOW
    return moment.astimezone().strftime("%H:%M:%S" if near else "%H:%M")
