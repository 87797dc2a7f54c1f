"""Asks Amazon at the start of a run for every report and query of its steps, so that they are made at the same time.

A step's `prepare` function plans and asks; the step takes what it prepared when its turn comes. What is asked for is
also in the book of requests, so a run that dies here loses nothing.
"""

import threading
from collections.abc import Callable, Mapping
from typing import Any

from xpert_pipeline.assets.seller_run import SellerRun
from xpert_pipeline.postgres.errors import DatabaseError
from xpert_pipeline.spapi.errors import SpApiError, Stopped

Prepare = Callable[[SellerRun], Any]


class RunStart:
    """The prepare functions of all steps, and what they have prepared for the runs of this process.

    Args:
        prepares: Step name → what it plans and asks for; slow sources first.
    """

    def __init__(self, prepares: Mapping[str, Prepare]) -> None:
        self._prepares = dict(prepares)
        self._prepared: dict[tuple[str, str], dict[str, Any]] = {}
        self._lock = threading.Lock()

    def take(self, run: SellerRun, step: str) -> Any:
        """What a step prepared at the start of its run; the first step that asks makes all steps of the run prepare.

        Raises:
            SpApiError: What the step met when it prepared.
            DatabaseError: Likewise.
        """
        prepared = self._begun(run)
        found = prepared.pop(step) if step in prepared else self._prepares[step](run)
        if isinstance(found, SpApiError | DatabaseError):
            raise found
        return found

    def _begun(self, run: SellerRun) -> dict[str, Any]:
        key = (run.run_id, run.seller.amazon_seller_id)
        with self._lock:
            if key in self._prepared:
                return self._prepared[key]
            for old in [old for old in self._prepared if old[0] != run.run_id and old[1] == key[1]]:
                del self._prepared[old]
            prepared = self._prepared[key] = {}
        for step, prepare in self._prepares.items():
            if step in run.steps:
                prepared[step] = _tried(prepare, run)
        return prepared


def _tried(prepare: Prepare, run: SellerRun) -> Any:
    """What was prepared, or the error, which is the step's own: it must not fail the step that happens to be first."""
    try:
        return prepare(run)
    except Stopped:
        raise
    except (SpApiError, DatabaseError) as error:
        return error
