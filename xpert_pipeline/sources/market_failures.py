"""Isolates a source's marketplaces: what fails in one of them does not stop the others."""

from collections.abc import Iterator
from contextlib import contextmanager

from xpert_pipeline.sources.run import Market, SellerRun
from xpert_pipeline.spapi.errors import NotGranted, SpApiError, Stopped


class Failures:
    """Collects the errors of one step, by marketplace.

    Args:
        run: The seller's run.
        table: The table that the step fills.
    """

    def __init__(self, run: SellerRun, table: str) -> None:
        self._run, self._table = run, table
        self._errors: list[SpApiError] = []
        self._refused: dict[str, NotGranted] = {}

    @contextmanager
    def of(self, market: Market | None) -> Iterator[None]:
        """Collect an SP-API error that the block raises, and go on; only `Stopped` is raised.

        Args:
            market: The marketplace that the block works on; None for all of them.
        """
        try:
            yield
        except Stopped:
            raise
        except NotGranted as error:
            if market is None:
                self._errors.append(error)
            else:
                self._refused[market.id] = error
        except SpApiError as error:
            self._errors.append(error)

    def raise_first(self) -> None:
        """Raise the first error; a refusal only if Amazon grants none of the run's live marketplaces.

        Otherwise the marketplaces that Amazon does not grant are recorded in the table's outcome.

        Raises:
            SpApiError: The first error.
        """
        live = {market.id for market in self._run.markets if market.is_live}
        if self._refused and live <= self._refused.keys():
            raise next(iter(self._refused.values()))
        for marketplace_id, error in self._refused.items():
            self._run.log.warning("seller %s: %s: not granted: %s", self._run.who, marketplace_id, error)
            self._run.outcome(self._table).not_granted(str(error), marketplace_id)
        if self._errors:
            raise self._errors[0]
