"""A document of a report that Amazon made by itself, as a flat file, and what a domain says about its contents."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from xpert_pipeline.sources.collect import Row
from xpert_pipeline.sources.run import Market
from xpert_pipeline.spapi.documents.download import Document
from xpert_pipeline.spapi.documents.flat_files import FlatColumn, Needs, is_ragged, plain_name, read_rows
from xpert_pipeline.spapi.jobs.listed_reports import ListedReport

Line = Mapping[str, str | None]
Numbered = tuple[int, Line]
"""A line and its number below the header, beginning with 1."""


@dataclass(frozen=True)
class ListedDocument:
    """A downloaded document; it can be read any number of times.

    Attributes:
        file: The document on disk.
        report: The report, as Amazon lists it.
        name: Amazon's report type, for messages.
        needs: Columns that the file must have.
        optional: Other known columns.
    """

    file: Document
    report: ListedReport
    name: str
    needs: Sequence[str]
    optional: Sequence[str]

    @property
    def start(self) -> datetime | None:
        """Start of the period that the report covers, as Amazon lists it."""
        return self.report.start

    @property
    def end(self) -> datetime | None:
        """End of that period."""
        return self.report.end

    def lines(self) -> Iterator[Numbered]:
        """Read the lines with their numbers, from the first one on.

        Raises:
            BadHeader: The file lacks a needed column, or has it twice.
        """
        columns: Needs = [*self.needs, *(FlatColumn(name, is_optional=True) for name in self.optional)]
        with self.file.open_text() as text:
            yield from enumerate(read_rows(text, columns, report=self.name), start=1)

    def readable_lines(self) -> Iterator[Line]:
        """Read the lines that have as many cells as the header.

        Raises:
            BadHeader: The file lacks a needed column, or has it twice.
        """
        return (line for _, line in self.lines() if not is_ragged(line))

    def signals(self) -> Counter[str]:
        """Count what is unusual about the file: characters that could not be decoded, and unknown columns."""
        signals = Counter(self.file.charset.signals)
        known = {plain_name(name) for name in (*self.needs, *self.optional)}
        with self.file.open_text() as text:
            columns = read_rows(text, (), report=self.name).columns
        signals.update(f"unknown column {name}" for name in columns if plain_name(name) not in known)
        return signals


class Contents(Protocol):
    """A document that was read once, so that its style is known."""

    @property
    def key(self) -> Row:
        """The key of its row in the documents' table."""

    @property
    def currency(self) -> str | None:
        """ISO code of its currency, if it has one; it decides between several marketplaces."""

    def line(self, record: Numbered, market: Market) -> Row:
        """Turn a line into a row; it has as many cells as the header.

        Raises:
            Unfit: The line cannot become a row.
        """

    def line_key(self, number: int, market: Market) -> Row:
        """Return the key of the row of a line."""

    def is_line(self, line: Line) -> bool:
        """Whether a line becomes a row in the lines' table; others describe the document as a whole."""

    def add(self, lines: Iterable[Row]) -> None:
        """Take the rows of lines that will be loaded into account, for the document's own row."""

    def row(self, rejected: int, market: Market) -> Row:
        """The row of the document, after all of its lines were added.

        Args:
            rejected: How many of its lines cannot be loaded.
            market: The marketplace that the document belongs to.
        """
