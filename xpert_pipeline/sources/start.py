"""Requests every report and query of a run at its start, so that Amazon makes them at the same time.

A source's `prepare` plans and requests; its step takes the result when its turn comes. Requests are also in the job
store, so a run that dies here loses nothing.
"""

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from xpert_pipeline.postgres.errors import DatabaseError
from xpert_pipeline.sources.run import SellerRun
from xpert_pipeline.sources.source import LATER, Source
from xpert_pipeline.spapi.errors import SpApiError, Stopped, Transient
from xpert_pipeline.spapi.sending.listener import Spent


@dataclass(frozen=True)
class _Prepared:
    """What a source prepared, or the error that it met; and what that cost."""

    value: Any
    spent: Spent


class RunStart:
    """What the sources of this process's runs have prepared.

    Args:
        sources: All sources; those with the lowest rank prepare first, because Amazon takes longest for them.
    """

    def __init__(self, sources: Iterable[Source]) -> None:
        ranked = sorted((source for source in sources if source.prepares), key=lambda source: source.rank)
        self._sources = {source.step: source for source in ranked}
        self._prepared: dict[tuple[str, str], dict[str, _Prepared]] = {}
        self._lock = threading.Lock()

    def take(self, run: SellerRun, step: str) -> Any:
        """Return what a step prepared; the first step of a run makes all of its steps prepare.

        Raises:
            SpApiError: What the step met when it prepared.
            DatabaseError: Likewise.
        """
        prepared, is_new = self._begin(run)
        if not is_new:
            self._prepare(run, prepared, [name for name, result in prepared.items() if result.value is LATER])
        if step not in prepared:
            return self._sources[step].prepare(run)
        result = prepared.pop(step)
        run.client().carry(result.spent)
        if isinstance(result.value, SpApiError | DatabaseError):
            raise result.value
        return None if result.value is LATER else result.value

    def _begin(self, run: SellerRun) -> tuple[dict[str, _Prepared], bool]:
        key = (run.run_id, run.seller.amazon_seller_id)
        with self._lock:
            if key in self._prepared:
                return self._prepared[key], False
            for old in [old for old in self._prepared if old[0] != run.run_id and old[1] == key[1]]:
                del self._prepared[old]
            prepared = self._prepared[key] = {}
        self._prepare(run, prepared, [step for step in self._sources if step in run.options.steps])
        return prepared, True

    def _prepare(self, run: SellerRun, prepared: dict[str, _Prepared], steps: Sequence[str]) -> None:
        """Prepare steps, each with its own `refetch`; each step is charged with the quota that it spends.

        Stops after Amazon failed for good once: the other steps then prepare in their own turn.
        """
        own = run.client().bill()
        for step in steps:
            before = prepared[step].spent if step in prepared else Spent()
            options = replace(run.options, refetch=step in run.options.refetching)
            value = _try(self._sources[step], replace(run, options=options))
            prepared[step] = _Prepared(value, before + run.client().bill())
            if type(value) is Transient:
                break
        run.client().carry(own)


def _try(source: Source, run: SellerRun) -> Any:
    """What was prepared, or the error: it belongs to that source's step and must not fail another one."""
    try:
        return source.prepare(run)
    except Stopped:
        raise
    except (SpApiError, DatabaseError) as error:
        return error
