"""Collects a document of a report that Amazon made by itself, without a database and without Amazon."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Protocol

from xpert_pipeline.sources.collect import Collector, Row, Rows, Unfit, collecting
from xpert_pipeline.sources.flat_records import RAGGED
from xpert_pipeline.sources.listed_document import Contents, ListedDocument, Numbered
from xpert_pipeline.sources.run import Market
from xpert_pipeline.spapi.documents.flat_files import is_ragged
from xpert_pipeline.spapi.jobs.listed_reports import ListedReport
from xpert_pipeline.tables.contract import Table


class ListedSource(Protocol):
    """The part of a source that collecting needs."""

    @property
    def documents(self) -> Table:
        """The documents' table."""

    @property
    def lines(self) -> Table:
        """The lines' table."""


@contextmanager
def collecting_contents(
    spool: Path, source: ListedSource, document: ListedDocument, contents: Contents, market: Market
) -> Iterator[tuple[Collector, Collector, Row]]:
    """Collect the lines of a document, then the row of the document itself.

    Yields:
        The collectors of the lines and of the document, and the document's row. The second collector has a reject, and
        the row is empty, if the document cannot be a row.
    """

    def line(record: Numbered) -> Rows:
        if is_ragged(record[1]):
            raise Unfit(RAGGED)
        return ([contents.line(record, market)],)

    def row(_record: Any) -> Rows:
        return ([_identified(document.report) | contents.row(len(lines.main.rejects), market)],)

    def line_key(record: Any) -> Row:
        return contents.line_key(record["row"], market)

    with ExitStack() as spools:
        _, lines = spools.enter_context(collecting(spool, [source.lines], line, line_key))
        _, whole = spools.enter_context(collecting(spool, [source.documents], row))
        lines.main.watchers.append(contents.add)
        lines.original = lambda record: {"row": record[0], **record[1]}
        lines.signals.update(document.signals())
        lines.add(record for record in document.lines() if is_ragged(record[1]) or contents.is_line(record[1]))
        valid: list[Row] = []
        whole.main.watchers.append(valid.extend)
        whole.add([contents.key])
        yield lines, whole, valid[0] if valid else {}


def _identified(report: ListedReport) -> Row:
    """The columns of a document's row that say which report it comes from."""
    return {
        "report_id": report.report_id,
        "report_document_id": report.document_id,
        "report_created_at": report.created_at,
    }
