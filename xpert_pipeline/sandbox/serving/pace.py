"""How fast the sandbox's time runs: it multiplies rates, and divides waiting times and lifetimes."""

import time
from dataclasses import dataclass

UNLIMITED_RATE = 100_000.0


@dataclass(frozen=True, slots=True)
class Pace:
    """The sandbox's pace.

    Attributes:
        scale: 1 is Amazon's pace, 10 is ten times as fast, 0 means no limits and no waiting.
    """

    scale: float = 1.0

    @property
    def unlimited(self) -> bool:
        """Whether there are no limits at all."""
        return self.scale == 0

    def rate(self, per_second: float) -> float:
        """Return a published rate at this pace."""
        return UNLIMITED_RATE if self.unlimited else per_second * self.scale

    def waiting(self, seconds: float) -> float:
        """Return how long something takes here if it takes `seconds` at Amazon."""
        return 0.0 if self.unlimited else seconds / self.scale

    def life(self, seconds: float, least: float) -> float:
        """Return how long something is valid here if it is valid for `seconds` at Amazon; at least `least`."""
        return seconds if self.unlimited else min(seconds, max(least, seconds / self.scale))

    def now(self) -> float:
        """Return the seconds since 1970, from the same clock as the Date header."""
        return time.time()
