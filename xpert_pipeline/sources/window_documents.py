"""Collects the records of a window from its documents, without a database and without Amazon."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from xpert_pipeline.sources.collect import Collector, collecting
from xpert_pipeline.sources.job_windows import Requested, WindowSource
from xpert_pipeline.spapi.documents.download import Document
from xpert_pipeline.spapi.jobs.job import Job


@contextmanager
def collecting_window(spool: Path, source: WindowSource, requested: Requested) -> Iterator[tuple[Path, Collector]]:
    """Create the collector of a window, with a private folder."""
    with collecting(
        spool,
        [source.table],
        lambda record: ([source.row(record, requested, collector.signals)],),
        lambda record: source.key_of(record, requested),
    ) as (folder, collector):
        if source.evidence:
            collector.main.sales_columns = source.evidence.columns
        yield folder, collector


def collect_document(source: WindowSource, document: Document, page: Job, collector: Collector) -> None:
    """Collect the records of one document of a window.

    Raises:
        BadAnswer: The document is not what was requested, or a part of it is missing.
    """
    collector.signals.update(source.signals(document))
    collector.carry([source.carried(document)])
    collector.add(source.read(document, page))
