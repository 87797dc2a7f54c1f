"""Requests all reports and queries at the start of a run, so that Amazon prepares them in parallel.

Each source's `prepare` plans and sends its requests; its step uses the result later. The job store also records every
request, so a run that dies here loses nothing.
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
    """The result or the error of a source's `prepare`, with the quota that it used."""

    value: Any
    spent: Spent


class RunStart:
    """Holds the prepared results of the runs in this process.

    Args:
        sources: All sources; those with the lowest rank prepare first, because Amazon takes longest for them.
    """

    def __init__(self, sources: Iterable[Source]) -> None:
        ranked = sorted((source for source in sources if source.prepares), key=lambda source: source.rank)
        self._sources = {source.step: source for source in ranked}
        self._prepared: dict[tuple[str, str], dict[str, _Prepared]] = {}
        self._lock = threading.Lock()

    def take(self, run: SellerRun, step: str) -> Any:
        """Return a step's prepared result; the first call in a run prepares all of its steps.

        Raises:
            SpApiError: Amazon failed while the step was prepared.
            DatabaseError: The database failed while the step was prepared.
        """
        prepared, is_new = self._begin(run)
        if not is_new:
            self._prepare(run, prepared, [name for name, result in prepared.items() if result.value is LATER])
        if step not in prepared:
            value = self._sources[step].prepare(run)
        else:
            result = prepared.pop(step)
            run.client().carry(result.spent)
            value = result.value
        if isinstance(value, SpApiError | DatabaseError):
            raise value
        return None if value is LATER else value

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
        """Prepare steps, each with its own `refetch`, and bill each step for the quota that it uses.

        Stop after a Transient error, because Amazon is down; each remaining step then prepares when it runs.
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
    """Prepare a source; return its result, or its error so that only that source's step fails."""
    own = run.where_offered(source.marketplaces)
    try:
        return source.prepare(own) if own.markets else None
    except Stopped:
        raise
    except (SpApiError, DatabaseError) as error:
        return error
