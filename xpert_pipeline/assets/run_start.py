"""Asks Amazon at the start of a run for every report and query of its steps, so that they are made at the same time.

A step's `prepare` function plans and asks; the step takes what it prepared when its turn comes. What is asked for is
also in the book of requests, so a run that dies here loses nothing.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from xpert_pipeline.assets.seller_run import SellerRun
from xpert_pipeline.postgres.errors import DatabaseError
from xpert_pipeline.spapi.errors import SpApiError, Stopped, Transient
from xpert_pipeline.spapi.sending.listener import Spent

Prepare = Callable[[SellerRun], Any]


class Later:
    """Prepared by a step that needs first what another step of the run brings: it is asked again after each step."""


LATER = Later()


@dataclass(frozen=True)
class _Prepared:
    """What a step prepared, or the error that it met; and what that has cost."""

    value: Any
    spent: Spent


class RunStart:
    """The prepare functions of all steps, and what they have prepared for the runs of this process.

    Args:
        prepares: Step name → what it plans and asks for; slow sources first.
    """

    def __init__(self, prepares: Mapping[str, Prepare]) -> None:
        self._prepares = dict(prepares)
        self._prepared: dict[tuple[str, str], dict[str, _Prepared]] = {}
        self._lock = threading.Lock()

    def take(self, run: SellerRun, step: str) -> Any:
        """What a step prepared at the start of its run; the first step that asks makes all steps of the run prepare.

        Raises:
            SpApiError: What the step met when it prepared.
            DatabaseError: Likewise.
        """
        prepared, is_new = self._begun(run)
        if not is_new:
            self._prepare(run, prepared, [name for name, found in prepared.items() if found.value is LATER])
        if step not in prepared:
            return self._prepares[step](run)
        found = prepared.pop(step)
        run.client().carry(found.spent)
        if isinstance(found.value, SpApiError | DatabaseError):
            raise found.value
        return None if found.value is LATER else found.value

    def _begun(self, run: SellerRun) -> tuple[dict[str, "_Prepared"], bool]:
        key = (run.run_id, run.seller.amazon_seller_id)
        with self._lock:
            if key in self._prepared:
                return self._prepared[key], False
            for old in [old for old in self._prepared if old[0] != run.run_id and old[1] == key[1]]:
                del self._prepared[old]
            prepared = self._prepared[key] = {}
        self._prepare(run, prepared, [step for step in self._prepares if step in run.steps])
        return prepared, True

    def _prepare(self, run: SellerRun, prepared: dict[str, "_Prepared"], steps: Sequence[str]) -> None:
        """Prepare steps, each as it is told to refetch or not; what each spends of Amazon's quota goes on its own bill.

        Once Amazon has failed a seller five times over, the rest is left to the steps themselves.
        """
        own = run.client().bill()
        for step in steps:
            before = prepared[step].spent if step in prepared else Spent()
            value = _tried(self._prepares[step], replace(run, refetch=step in run.refetching))
            prepared[step] = _Prepared(value, before + run.client().bill())
            if type(value) is Transient:
                break
        run.client().carry(own)


def _tried(prepare: Prepare, run: SellerRun) -> Any:
    """What was prepared, or the error, which is the step's own: it must not fail the step that happens to be first."""
    try:
        return prepare(run)
    except Stopped:
        raise
    except (SpApiError, DatabaseError) as error:
        return error
