"""The channel on which a run tells what it is doing and what it waits for; a display may listen, none has to."""

import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

CHANNEL = logging.getLogger("xpert_pipeline.progress")
CHANNEL.addHandler(logging.NullHandler())


@dataclass(frozen=True)
class Wait:
    """A wait that begins or goes on.

    Attributes:
        seller: Who waits.
        operation: For whose turn, or for whose next look.
        reason: For what.
        until: When it ends, as far as is known now.
    """

    seller: str
    operation: str
    reason: str
    until: datetime

    @property
    def seconds(self) -> float:
        """From now to its end."""
        return (self.until - datetime.now(UTC)).total_seconds()

    def __str__(self) -> str:
        return f"{self.seller}: {self.operation} waits for {self.reason} until {self.until:%H:%M:%S} UTC"


class ProgressListener:
    """Passes a client's waits to the channel; see `xpert_pipeline.spapi.sending.listener.Listener`.

    Args:
        seller: Whose client it is.
    """

    def __init__(self, seller: str) -> None:
        self._seller = seller

    def waiting(self, operation: str, seconds: float, reason: str) -> None:
        """A wait begins or goes on."""
        wait = Wait(self._seller, operation, reason, datetime.now(UTC) + timedelta(seconds=seconds))
        CHANNEL.info(str(wait), extra={"wait": wait})

    def called(self, operation: str, status: int, seconds: float) -> None:
        """Calls are counted by the client itself."""


def step(text: str) -> None:
    """Tell what happens now."""
    CHANNEL.info(text)
