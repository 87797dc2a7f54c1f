"""Reports the steps of runs that other processes execute, so that the display shows them like those of this process."""

from collections.abc import Iterable

import dagster as dg
from dagster._core.execution.stats import StepEventStatus

from xpert_pipeline.assets.registry import SOURCES
from xpert_pipeline.cli.run_result import TableResult
from xpert_pipeline.progress import Began, Ended, Loaded, report

TABLES_OF_STEP = {source.step: tuple(table.name for table in source.tables) for source in SOURCES}
ENDED = (StepEventStatus.SUCCESS, StepEventStatus.FAILURE)


class StepWatch:
    """Remembers which steps were reported already."""

    def __init__(self) -> None:
        self._begun: set[tuple[str, str]] = set()
        self._ended: set[tuple[str, str]] = set()

    def look(self, instance: dg.DagsterInstance, run_id: str, seller: str) -> None:
        """Report the steps of a seller's run that began or ended since the last look."""
        for step in instance.get_run_step_stats(run_id):
            tables, key = TABLES_OF_STEP.get(step.step_key), (run_id, step.step_key)
            if tables is None:
                continue
            if step.start_time and key not in self._begun:
                self._begun.add(key)
                report(Began(seller, tables))
            if step.status in ENDED and key not in self._ended:
                self._ended.add(key)
                report(Ended(seller, tables, failed=step.status is StepEventStatus.FAILURE))


def report_loads(results: Iterable[TableResult]) -> None:
    """Report what an ended run loaded."""
    for result in results:
        if result.fetched:
            report(Loaded(result.seller, result.table, result.fetched, result.inserted, result.updated))
