"""How fast the server is that a plan is made for: Amazon, or something that stands in for Amazon.

A plan knows the published rates, and those that earlier answers reported. A sandbox that this process has started runs
at a known multiple of them, which its first answers would only tell after the plan.
"""

from dataclasses import dataclass

UNLIMITED_RATE = 100_000.0
MADE_AT_ONCE_SECONDS = 0.5
"""Until we look a second time for a report or query that is made without any waiting."""


@dataclass(frozen=True, slots=True)
class ServerPace:
    """The pace of a server compared with Amazon.

    Attributes:
        scale: How many times faster than Amazon its rates and jobs are; 0 means no limits, None that only Amazon's
            published rates and its earlier answers tell.
        words: What a plan says about it; empty if the server is Amazon.
    """

    scale: float | None = None
    words: str = ""

    def rate(self, published: float, observed: float) -> float:
        """Return the requests per second of an operation.

        Args:
            published: Amazon's published rate.
            observed: The rate in the last answer, or the published one.
        """
        if self.scale is None:
            return observed
        return published * self.scale if self.scale else UNLIMITED_RATE

    def generation(self, guess: float) -> float:
        """Return how long the server takes for a report or query that takes Amazon `guess` seconds."""
        if self.scale is None:
            return guess
        return max(guess / self.scale, MADE_AT_ONCE_SECONDS) if self.scale else MADE_AT_ONCE_SECONDS


AMAZON = ServerPace()


def sandbox_pace(rate_scale: float) -> ServerPace:
    """Return the pace of the sandbox with this option `--rate-scale`."""
    if rate_scale == 1:
        return ServerPace(1, "the sandbox has Amazon's pace")
    if rate_scale == 0:
        words = "the sandbox has no rate limits (--rate-scale 0); the time that this machine itself needs is a guess"
    else:
        words = f"the sandbox is {rate_scale:g} times as fast as Amazon (--rate-scale {rate_scale:g})"
    return ServerPace(rate_scale, words)
