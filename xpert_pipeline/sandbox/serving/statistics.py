"""Counts calls by operation, seller and status, with their times, for tests and measurements."""

import threading
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from xpert_pipeline.sandbox.serving.formats import zulu


@dataclass(slots=True)
class Statistics:
    """The calls since the start.

    Attributes:
        counts: Number of calls by operation, seller and status.
        spans: Times of the first and the last call (seconds since 1970) by operation.
        refused_by_bucket: Number of calls that found an empty bucket, by operation.
    """

    counts: Counter[tuple[str, str, int]] = field(default_factory=Counter)
    spans: dict[str, tuple[float, float]] = field(default_factory=dict)
    refused_by_bucket: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, operation: str, seller_id: str | None, status: int, now: float) -> None:
        """Count an answered call."""
        with self.lock:
            self.counts[operation, seller_id or "-", status] += 1
            first, _ = self.spans.get(operation, (now, now))
            self.spans[operation] = (first, now)

    def count_empty_bucket(self, operation: str) -> None:
        """Count a call that found an empty bucket: a 429 that the caller caused itself."""
        with self.lock:
            self.refused_by_bucket[operation] += 1

    def as_json(self) -> dict[str, Any]:
        """All counts in one document."""
        with self.lock:
            calls: dict[str, dict[str, dict[str, int]]] = {}
            for (operation, seller_id, status), amount in sorted(self.counts.items()):
                calls.setdefault(operation, {}).setdefault(seller_id, {})[str(status)] = amount
            spans = list(self.spans.values())
            return {
                "calls": calls,
                "total": sum(self.counts.values()),
                "throttled": sum(amount for (_, _, status), amount in self.counts.items() if status == 429),
                "throttled_by_bucket": dict(self.refused_by_bucket),
                "first": zulu(min(first for first, _ in spans)) if spans else None,
                "last": zulu(max(last for _, last in spans)) if spans else None,
                "seconds": round(max(last for _, last in spans) - min(first for first, _ in spans), 3) if spans else 0,
                "operations": {
                    name: {"first": zulu(first), "last": zulu(last), "seconds": round(last - first, 3)}
                    for name, (first, last) in sorted(self.spans.items())
                },
            }
