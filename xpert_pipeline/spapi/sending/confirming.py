"""Confirms refusals before they are believed: a single refusal among good answers is often a fault of Amazon.

A refusal that would change what we think of a seller is sent again after a short pause. The gate asks this module,
and its one retry loop sends the request again.
"""

import threading
from dataclasses import dataclass

from xpert_pipeline.spapi import errors
from xpert_pipeline.spapi.errors import SpApiError

STANDING = (errors.NotGranted, errors.SellerSuspended, errors.WrongRegion, errors.AppCredentialsRefused)
"""Refusals that say something about the seller or the application, whatever the request was."""
REPEATS, REPEATS_AFTER_SUCCESS = 1, 2
"""How often a request is sent again before such a refusal is believed. It is sent once more if the same operation has
succeeded before, because then the application had access a moment ago."""


@dataclass(frozen=True, slots=True)
class Doubts:
    """Further refusals that one request does not believe at once.

    Attributes:
        errors: The classes of the refusals.
        repeats: How often the request is sent again before they are believed.
    """

    errors: tuple[type[SpApiError], ...] = ()
    repeats: int = 1


NO_DOUBTS = Doubts()


class Confirmations:
    """What one client knows about the refusals of each operation; safe for many threads."""

    def __init__(self) -> None:
        self._succeeded: set[str] = set()
        self._confirmed: dict[str, type[SpApiError]] = {}
        self._lock = threading.Lock()

    def succeeded(self, operation: str) -> None:
        """Record a success: the next refusal must be confirmed again."""
        with self._lock:
            self._succeeded.add(operation)
            self._confirmed.pop(operation, None)

    def is_believed(self, operation: str, error: SpApiError, earlier: int, doubts: Doubts = NO_DOUBTS) -> bool:
        """Return whether to believe a refusal; if not, the request must be sent again.

        Args:
            operation: The operation that Amazon refused.
            error: The refusal.
            earlier: How many refusals the same request has met before.
            doubts: Further refusals that this request does not believe at once.
        """
        if isinstance(error, doubts.errors):
            return earlier >= doubts.repeats
        if not isinstance(error, STANDING) or error.operation != operation:  # token refusals are confirmed by `tokens`
            return True
        with self._lock:
            if self._confirmed.get(operation) is type(error):
                return True
            repeats = REPEATS_AFTER_SUCCESS if operation in self._succeeded else REPEATS
            if earlier >= repeats:
                self._confirmed[operation] = type(error)
            return earlier >= repeats
