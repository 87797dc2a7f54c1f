"""The log channel on which a run reports its steps and waits. A display can listen to it."""

import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

CHANNEL = logging.getLogger("xpert_pipeline.progress")
CHANNEL.addHandler(logging.NullHandler())


@dataclass(frozen=True)
class Wait:
    """A wait that begins or continues.

    Attributes:
        seller: Amazon's id of the seller that waits.
        operation: The operation to call next.
        reason: What it waits for.
        until: The expected end.
    """

    seller: str
    operation: str
    reason: str
    until: datetime

    @property
    def seconds(self) -> float:
        """Seconds from now to the end."""
        return (self.until - datetime.now(UTC)).total_seconds()

    def __str__(self) -> str:
        return f"{self.seller}: {self.operation} waits for {self.reason} until {self.until:%H:%M:%S} UTC"


class ProgressListener:
    """Passes a client's waits to the channel; see `xpert_pipeline.spapi.sending.listener.Listener`.

    Args:
        seller: Amazon's id of the client's seller.
    """

    def __init__(self, seller: str) -> None:
        self._seller = seller

    def waiting(self, operation: str, seconds: float, reason: str) -> None:
        """Report that a wait begins or continues."""
        wait = Wait(self._seller, operation, reason, datetime.now(UTC) + timedelta(seconds=seconds))
        CHANNEL.info(str(wait), extra={"wait": wait})

    def called(self, operation: str, status: int, seconds: float) -> None:
        """Do nothing: the client itself counts its calls."""


def step(text: str) -> None:
    """Report the current step."""
    CHANNEL.info(text)
