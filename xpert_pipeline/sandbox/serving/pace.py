"""How fast the sandbox's time runs: rates are multiplied, waiting times and lives divided."""

import time
from dataclasses import dataclass

UNLIMITED_RATE = 100_000.0
TOKEN_SECONDS = 3600
PAGE_TOKEN_SECONDS = 86_400
DOCUMENT_URL_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Pace:
    """`scale` 1 is Amazon's own pace, 10 is ten times as fast, 0 knows no limits and no waiting."""

    scale: float = 1.0

    @property
    def unlimited(self) -> bool:
        """Whether there are no limits at all."""
        return self.scale == 0

    def rate(self, per_second: float) -> float:
        """A published rate at this pace."""
        return UNLIMITED_RATE if self.unlimited else per_second * self.scale

    def waiting(self, seconds: float) -> float:
        """How long something takes that Amazon needs `seconds` for."""
        return 0.0 if self.unlimited else seconds / self.scale

    def life(self, seconds: float, least: float) -> float:
        """How long something lives; never too short to be used at all."""
        return seconds if self.unlimited else min(seconds, max(least, seconds / self.scale))

    def now(self) -> float:
        """Seconds since 1970, by the clock that the Date header shows."""
        return time.time()
