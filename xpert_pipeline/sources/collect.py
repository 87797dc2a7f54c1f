"""Collects the records of one load: parses, validates and spools them. Invalid records go to quarantine.

All kinds of sources use the same collector. A record becomes rows of one table, or of a table and its child tables; in
that case, either all of its rows are kept or none.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal

from xpert_pipeline.garbage import collector_paused
from xpert_pipeline.postgres.loading import TableLoad, WholeDays
from xpert_pipeline.postgres.quarantine import Reject
from xpert_pipeline.postgres.spool import RowSpool, spool_folder
from xpert_pipeline.sources.collected_rows import TableRows
from xpert_pipeline.sources.values import is_rounded
from xpert_pipeline.tables.columns import columns_of
from xpert_pipeline.tables.contract import MARKETPLACE, Table
from xpert_pipeline.tables.validation import SHAPE_ERRORS, Refused, chunks, shape_reason, validate

Row = dict[str, Any]
Rows = Sequence[Sequence[Row]]
"""The rows of one record: one list for each table."""
Parse = Callable[[Any], Rows]
ROUNDED = "amounts with more than four decimals were rounded"
AMOUNT = "numeric(18,4)"
KEPT_SETS = "sets from which nothing was deleted, because a record without a readable key may belong to them"


class Unfit(Exception):
    """A record that cannot become a row; the message says why and quotes no values.

    Args:
        reason: Why.
        may_be: The keys that it may have, if its own cannot be read; existing rows with these keys are not deleted.
            With None, any row may be meant, and the load deletes nothing. Left out, the collector reads the key itself.
    """

    def __init__(self, reason: str, *, may_be: Sequence[Row] | Literal["readable"] | None = "readable") -> None:
        super().__init__(reason)
        self.may_be = may_be


@dataclass(frozen=True)
class Carried:
    """The columns that a source fills in one load; the load does not change the others.

    Attributes:
        columns: Their names.
        sparse: Those that it does not know for every row. In these, NULL leaves the known value as it is.
    """

    columns: tuple[str, ...]
    sparse: frozenset[str] = frozenset()


class Collector:
    """Collects the records of one load.

    Args:
        parts: One entry per table that a record fills; the first one has at least one row for each record.
        parse: Turns a record into the rows of each table.
        key_of: Returns the readable part of the first table's key for a record that cannot be parsed.

    Attributes:
        original: Returns the record as Amazon sent it, for quarantine; by default the record itself.
    """

    def __init__(
        self, parts: Sequence[TableRows], parse: Parse, key_of: Callable[[Any], Row] = lambda _record: {}
    ) -> None:
        self.parts, self.parse, self._key_of = tuple(parts), parse, key_of
        self.original: Callable[[Any], Any] = lambda record: record
        self.signals: Counter[str] = Counter()
        self._amounts = [
            [column.name for column in columns_of(part.table.row) if column.sql_type == AMOUNT] for part in self.parts
        ]

    def read_as(self, parse: Parse, key_of: Callable[[Any], Row] | None = None) -> None:
        """Change how the following records are parsed, because reports and pages have different records."""
        self.parse = parse
        self._key_of = key_of or self._key_of

    @property
    def main(self) -> TableRows:
        """The first table."""
        return self.parts[0]

    @property
    def fetched(self) -> int:
        """Number of records so far."""
        return self.main.fetched

    def carry(self, columns: Sequence[tuple[str, ...] | Carried], inferred: Sequence[tuple[str, ...]] = ()) -> None:
        """Set the columns that the source fills, and which of them it infers, for each table.

        The other columns keep their values.

        Raises:
            ValueError: Records with other columns were collected before; one load has the same columns in all rows.
        """
        for number, (part, names) in enumerate(zip(self.parts, columns, strict=True)):
            new = names if isinstance(names, Carried) else Carried(names)
            if len(part.spool) and (part.columns, part.sparse) != (new.columns, new.sparse):
                raise ValueError(f"{part.table.name}: records with other columns were collected before")
            part.columns, part.sparse = new.columns, new.sparse
            part.inferred = inferred[number] if inferred else ()

    def carry_all(self) -> None:
        """Discard everything, and fill all columns again, because another source begins."""
        self.restart()
        self.carry([part.table.columns for part in self.parts])

    def restart(self) -> None:
        """Discard everything, because the source starts again with its first record."""
        self.signals.clear()
        for part in self.parts:
            part.spool.clear()
            part.fetched = 0
            part.rejects.clear()
            part.kept.clear()
            part.unread.clear()
            part.days.clear()
            part.days_with_sales.clear()

    def add(self, records: Iterable[Any]) -> None:
        """Collect records in chunks, so that memory use stays flat.

        Args:
            records: May be read from a document, but must not wait for Amazon: Python's garbage collection is paused.
        """
        with collector_paused():
            for chunk in chunks(self._without_nulls(records)):
                self._add_chunk(chunk)

    def loads(
        self, whole_sets: Sequence[tuple[Any, ...]] = (), whole_days: Sequence[tuple[str, date]] = ()
    ) -> list[TableLoad]:
        """Each table's part of the load.

        Args:
            whole_sets: Sets of the first table that were read completely: the load deletes their rows that did not
                arrive. It deletes nothing from a set to which a record without a readable key may belong, and nothing
                at all if every record was rejected, because no one can tell which rows are gone.
            whole_days: Marketplaces and days of the first table that were read completely: the load deletes their sets
                that did not arrive, and the rows of arrived sets that did not. It deletes nothing if a record has no
                readable key.
        """
        is_known = len(self.main.spool) > 0 or not self.main.rejects
        read = [rows_of for rows_of in whole_sets if self.main.is_read(rows_of)] if is_known else []
        if kept := len(whole_sets) - len(read) if is_known else 0:
            self.signals[KEPT_SETS] = kept
        return [
            TableLoad(
                part.table,
                part.columns,
                part.spool,
                part.fetched,
                part.rejects,
                whole_sets=self.main.table if number else self._whole_days(whole_days) or (read if is_known else ()),
                kept=part.kept,
                sparse=part.sparse,
                signals=Counter() if number else Counter(self.signals),
                inferred=part.inferred,
                decided=part.decided,
            )
            for number, part in enumerate(self.parts)
        ]

    def _whole_days(self, days: Sequence[tuple[str, date]]) -> WholeDays | None:
        if self.main.unread and days:
            self.signals[KEPT_SETS] = len(days)
        return None if self.main.unread or not days else WholeDays(tuple(days))

    def _without_nulls(self, records: Iterable[Any]) -> Iterator[Any]:
        for record in records:
            if self.original(record) is None:
                self.signals["null among records"] += 1
            else:
                yield record

    def _add_chunk(self, chunk: Sequence[Any]) -> None:
        records, parsed = self._parsed(chunk)
        refused = self._keep(parsed)
        if not refused:
            return
        for index, reason in sorted(refused.items()):
            self._quarantine(self.original(records[index]), parsed[index], reason)
        self._keep([rows for index, rows in enumerate(parsed) if index not in refused], is_second=True)

    def _parsed(self, chunk: Sequence[Any]) -> tuple[list[Any], list[Rows]]:
        records, parsed = [], []
        for record in chunk:
            try:
                parsed.append(self.parse(record))
                records.append(record)
            except Unfit as error:
                self._reject_unfit(record, error)
            except SHAPE_ERRORS as error:
                self._reject_unparsed(record, shape_reason(error))
        for place, part in enumerate(self.parts):
            part.fetched += sum(len(rows[place]) for rows in parsed)
        return records, parsed

    def _keep(self, parsed: Sequence[Rows], *, is_second: bool = False) -> dict[int, str]:
        """Spool the rows if all of them are valid; else spool nothing and return the reason for each bad record."""
        validated: list[list[Row]] = []
        reasons: dict[int, list[str]] = {}
        for place, part in enumerate(self.parts):
            rows = [row for rows in parsed for row in rows[place]]
            valid, refused = validate(part.table, rows, part.columns)
            if refused:
                _add_reasons(reasons, refused, [n for n, rows in enumerate(parsed) for _ in rows[place]], part, place)
            validated.append(valid)
        if reasons and not is_second:
            return {index: "; ".join(texts) for index, texts in reasons.items()}
        for part, rows, amounts in zip(self.parts, validated, self._amounts, strict=True):
            part.write(rows)
            carried = [name for name in amounts if name in part.columns]
            if rounded := sum(is_rounded(row[name]) for row in rows for name in carried):
                self.signals[ROUNDED] += rounded
        return {}

    def _quarantine(self, record: Any, rows: Rows, reason: str) -> None:
        row = rows[0][0]
        self.main.fetched -= len(rows[0]) - 1  # a rejected record counts once
        self._reject(self.main, record, row, reason)
        key = self.main.rejects[-1].record_key
        for part, others in zip(self.parts[1:], rows[1:], strict=True):
            part.rejects += [
                Reject(other, f"its {self.main.table.name} row was refused: {reason}", key, row.get("marketplace_id"))
                for other in others
            ]

    def _reject_unfit(self, record: Any, error: Unfit) -> None:
        if error.may_be == "readable":
            self._reject_unparsed(record, str(error))
            return
        self.main.fetched += 1
        if error.may_be is None:
            self._reject(self.main, self.original(record), {}, str(error))
            return
        where = error.may_be[0].get(MARKETPLACE) if error.may_be else None
        self.main.rejects.append(Reject(self.original(record), str(error), None, where))
        self.main.kept += [key for key in map(self.main.key_of, error.may_be) if key is not None]

    def _reject_unparsed(self, record: Any, reason: str) -> None:
        self.main.fetched += 1
        original = self.original(record)
        self._reject(self.main, original, self._key_of(original), reason)

    def _reject(self, part: TableRows, record: Any, row: Mapping[str, Any], reason: str) -> None:
        """Quarantine the whole record; an existing row with its key stays as it is."""
        key = part.key_of(row)
        text = " ".join(str(value) for name, value in row.items() if name in part.table.key[1:]) if key else None
        part.rejects.append(Reject(record, reason, text, row.get("marketplace_id")))
        if key is None:
            part.unread.append(part.set_of(row))
            return
        part.kept.append(key)
        if part.table.day is not None and row.get(part.table.day) is not None:
            part.days.add((str(row["marketplace_id"]), row[part.table.day]))


@contextmanager
def collecting(
    parent: Path, tables: Sequence[Table], parse: Parse, key_of: Callable[[Any], Row] = lambda _record: {}
) -> Iterator[tuple[Path, Collector]]:
    """Create a collector with a private folder, and delete both at the end."""
    with spool_folder(parent, tables[0].name) as folder, ExitStack() as spools:
        parts = [TableRows(table, table.columns, spools.enter_context(RowSpool(folder))) for table in tables]
        yield folder, Collector(parts, parse, key_of)


def _add_reasons(
    reasons: dict[int, list[str]], refused: Sequence[Refused], owners: Sequence[int], part: TableRows, place: int
) -> None:
    """Add the reasons for a table's invalid rows to the records that the rows came from."""
    for row in refused:
        text = row.reason if place == 0 else f"{part.table.name}: {row.reason}"
        reasons.setdefault(owners[row.index], []).append(text)
