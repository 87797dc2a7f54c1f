"""Changes to the lines of a flat file before anything else sees them: not the load, the quarantine, or a log.

A report may hold people's own words, which are never stored, and lines without an id of their own.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Protocol

from xpert_pipeline.spapi.documents.flat_files import BEYOND, Ragged, is_ragged

Line = dict[str, str | None]
NOT_KEPT = "cells not kept, because a person's own words may be among them"


class LineChange(Protocol):
    """A change to all lines of a document, in order."""

    @property
    def reads(self) -> tuple[str, ...]:
        """Columns of the file that the change needs to find."""

    @property
    def adds(self) -> tuple[str, ...]:
        """Cells that the change adds; no file has them."""

    def apply(self, lines: Iterator[Line]) -> Iterator[Line]:
        """Yield the changed lines."""


@dataclass(frozen=True)
class Without:
    """Removes columns with people's own words.

    Such a cell may contain a tab, and then no one can tell which cell is which. So of a line with more or fewer cells
    than the header, nothing is kept but the number of its cells.

    Attributes:
        columns: Their names.
    """

    columns: tuple[str, ...]
    adds: tuple[str, ...] = ()

    @property
    def reads(self) -> tuple[str, ...]:
        """The columns, to find them in any spelling."""
        return self.columns

    def apply(self, lines: Iterator[Line]) -> Iterator[Line]:
        """Yield the lines without the columns."""
        for line in lines:
            if is_ragged(line):
                cells = sum(cell is not None for cell in line.values()) + str(line.get(BEYOND, "")).count("\t")
                yield Ragged({BEYOND: f"{cells} {NOT_KEPT}"})
            else:
                yield {name: cell for name, cell in line.items() if name not in self.columns}


@dataclass(frozen=True)
class Keyed:
    """Gives each line a key of its own.

    The key consists of ids. If `unique` is blank, the others do not tell two lines apart; then a digest of the content
    and the number of the line among those with equal content stand in for it. So a key is the same in every document,
    in whatever order its lines come, and identical lines have different keys.

    Attributes:
        cell: Name of the cell that gets the key.
        ids: Columns whose cells make the key.
        unique: The one of them without which the others do not tell lines apart.
        content: Columns that never change. What may change with time, such as a status, is not among them.
    """

    cell: str
    ids: tuple[str, ...]
    unique: str
    content: tuple[str, ...] = ()

    @property
    def reads(self) -> tuple[str, ...]:
        """All columns of the key."""
        return (*self.ids, *self.content)

    @property
    def adds(self) -> tuple[str, ...]:
        """The cell with the key."""
        return (self.cell,)

    def apply(self, lines: Iterator[Line]) -> Iterator[Line]:
        """Yield the lines with their keys."""
        seen: Counter[str] = Counter()
        for line in lines:
            yield line if is_ragged(line) else line | {self.cell: self._key(line, seen)}

    def _key(self, line: Mapping[str, str | None], seen: Counter[str]) -> str:
        ids = [(line.get(name) or "").strip() for name in self.ids]
        if (line.get(self.unique) or "").strip():
            return "|".join(ids).rstrip("|")
        text = "\x1f".join((line.get(name) or "").strip() for name in self.reads)
        content = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
        seen[content] += 1
        return f"{'|'.join(filter(None, ids))}|{content}-{seen[content]}"
