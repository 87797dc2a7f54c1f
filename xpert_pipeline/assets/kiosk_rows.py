"""Turns a stream of Data Kiosk records into validated row tuples on disk, in constant memory."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from operator import itemgetter
from typing import Any, get_args

from xpert_pipeline.assets.kiosk_payloads import Asked, Unfit, entries
from xpert_pipeline.postgres.loading import TableLoad
from xpert_pipeline.postgres.quarantine import Reject
from xpert_pipeline.postgres.spool import RowSpool
from xpert_pipeline.tables.contract import Table
from xpert_pipeline.tables.fields import Amount
from xpert_pipeline.tables.validation import SHAPE_ERRORS, chunks, collector_paused, shape_reason, validate

Record = Mapping[str, Any]
Parser = Callable[[Record, Asked, Counter[str]], dict[str, Any]]
PRODUCT = {"sku": "msku", "asin": "childAsin"}
"""Where records name what a row is about."""
AMOUNT_PLACES = Decimal("0.0001")
"""What the columns of amounts keep."""
ROUNDED = "amounts with more than four decimals were rounded"


@dataclass
class KioskRows:
    """The rows of one window, waiting for their transaction; `days_told` are those of which any record came."""

    table: Table
    parse: Parser
    asked: Asked
    spool: RowSpool
    fetched: int = 0
    rejects: list[Reject] = field(default_factory=list)
    kept: list[tuple[Any, ...]] = field(default_factory=list)
    signals: Counter[str] = field(default_factory=Counter)
    days_told: set[date] = field(default_factory=set)

    def add(self, records: Iterable[Record | None]) -> None:
        """Parse and check records; what breaks the contract is set apart whole, and a null is counted."""
        values, amounts = itemgetter(*self.table.columns), _amounts(self.table)
        for chunk in chunks(entries(records, "records", self.signals)):
            with collector_paused():
                self.fetched += len(chunk)
                parsed = [pair for record in chunk if (pair := self._parsed(record)) is not None]
                good, refused = validate(self.table, [row for _, row in parsed])
                self.spool.extend([values(row) for row in good])
                self.days_told.update(row[self.table.day or ""] for row in good)
                if rounded := sum(_is_rounded(row[name]) for row in good for name in amounts):
                    self.signals[ROUNDED] += rounded
                for one in refused:
                    self._reject(parsed[one.index][0], one.reason)

    def part(self, days: Sequence[date]) -> TableLoad:
        """The table's share of the load; a day without a row is told as an empty set.

        Not if all records were set apart: then nobody knows which rows are gone, and none is deleted.
        """
        if self.rejects and not len(self.spool):
            days = ()
        return TableLoad(
            self.table,
            self.table.columns,
            self.spool,
            self.fetched,
            self.rejects,
            whole_sets=[(self.asked.marketplace_id, day) for day in days],
            kept=self.kept,
            signals=self.signals,
        )

    def _parsed(self, record: Record) -> tuple[Record, dict[str, Any]] | None:
        try:
            return record, self.parse(record, self.asked, self.signals)
        except Unfit as error:
            self._reject(record, str(error))
        except SHAPE_ERRORS as error:
            self._reject(record, shape_reason(error))
        return None

    def _reject(self, record: Record, reason: str) -> None:
        """Set a record apart; what the table knows of it stays as it is."""
        key = self._key(record)
        self.rejects.append(Reject(record, reason, f"{key[1]} {key[2]}" if key else None))
        if key is not None:
            self.kept.append(key)
            self.days_told.add(key[1])

    def _key(self, record: Record) -> tuple[str, date, str] | None:
        product = record.get(PRODUCT[self.table.key[-1]])
        try:
            day = date.fromisoformat(record["startDate"])
        except (KeyError, TypeError, ValueError):
            return None
        is_text = isinstance(product, str) and product and product.isprintable()
        return (self.asked.marketplace_id, day, str(product)) if is_text else None


def _amounts(table: Table) -> list[str]:
    return [name for name, hint in table.row.__annotations__.items() if Amount in (hint, *get_args(hint))]


def _is_rounded(amount: Decimal | None) -> bool:
    if amount is None:
        return False
    _, _, exponent = amount.as_tuple()
    return isinstance(exponent, int) and exponent < -4 and amount != amount.quantize(AMOUNT_PLACES)
