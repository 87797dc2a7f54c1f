"""The channel on which a run tells what it is doing and what it waits for; a display may listen, none has to."""

import logging

CHANNEL = logging.getLogger("xpert_pipeline.progress")
CHANNEL.addHandler(logging.NullHandler())


class ProgressListener:
    """Passes a client's waits to the channel; see `xpert_pipeline.spapi.listener.Listener`.

    Args:
        seller: Whose client it is.
    """

    def __init__(self, seller: str) -> None:
        self._seller = seller

    def waiting(self, operation: str, seconds: float, reason: str) -> None:
        """A wait begins or goes on."""
        step(f"{self._seller}: {operation} waits {seconds:,.0f} s for {reason}", seconds)

    def called(self, operation: str, status: int, seconds: float) -> None:
        """Calls are counted by the client itself."""


def step(text: str, seconds: float = 0.0) -> None:
    """Tell what happens now; `seconds` for a wait."""
    CHANNEL.info(text, extra={"seconds": seconds})
