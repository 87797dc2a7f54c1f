"""Reads GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2: a summary row, then one row for each amount.

The summary is the row with a total and without an amount type; rows of India's FBA fees have no transaction type,
either. The styles of dates and amounts differ by country and are decided once for a document.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

from xpert_pipeline.assets.finance.settlement_rows import SETTLEMENT_ROWS
from xpert_pipeline.assets.finance.settlements import SETTLEMENTS
from xpert_pipeline.sources.checks import count_check
from xpert_pipeline.sources.collect import Row, Unfit
from xpert_pipeline.sources.day_figures import DayFigure
from xpert_pipeline.sources.document_dates import DateStyle, Period, UndecidableDates, Written, decide_dates
from xpert_pipeline.sources.document_numbers import NumberStyle, UndecidableNumbers, decide_numbers
from xpert_pipeline.sources.listed_document import Line, ListedDocument, Numbered
from xpert_pipeline.sources.listed_report import ListedReports
from xpert_pipeline.sources.run import Market

REPORT = "GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2"
POSTED = ("posted-date", "posted-date-time")
DATES = ("settlement-start-date", "settlement-end-date", "deposit-date", *POSTED)
AMOUNTS = ("total-amount", "amount")
NEEDS = (
    "settlement-id", "settlement-start-date", "settlement-end-date", "total-amount", "currency", "amount-type",
    "amount",
)  # fmt: skip
TEXTS = (
    "transaction-type", "order-id", "merchant-order-id", "adjustment-id", "shipment-id", "marketplace-name",
    "amount-type", "amount-description", "fulfillment-id", "order-item-code", "merchant-order-item-id",
    "merchant-adjustment-item-id", "sku", "promotion-id",
)  # fmt: skip
_TEXT_COLUMNS = tuple((name.replace("-", "_"), name) for name in TEXTS)
OPTIONAL = tuple(name for name in (*DATES, *TEXTS, "quantity-purchased") if name not in NEEDS)


@dataclass(frozen=True)
class Settlement:
    """A settlement report whose style is decided; see `Contents`.

    Attributes:
        summary: Its summary row.
        dates: The style of its dates.
        numbers: The style of its amounts.
        sums: The sum of its lines so far, by currency.
        counts: Their number, by currency.
    """

    summary: Line
    dates: DateStyle
    numbers: NumberStyle
    sums: defaultdict[str | None, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    counts: Counter[str | None] = field(default_factory=Counter)

    @property
    def key(self) -> Row:
        """The settlement's id."""
        return {"settlement_id": self.summary["settlement-id"]}

    @property
    def currency(self) -> str | None:
        """The settlement's currency."""
        return self.summary["currency"]

    def is_line(self, line: Line) -> bool:
        """Whether a line is an amount, not the summary."""
        return not is_summary(line)

    def line_key(self, number: int, market: Market) -> Row:
        """The row's key; its day is unknown."""
        return {"marketplace_id": market.id, **self.key, "row_number": number}

    def line(self, record: Numbered, market: Market) -> Row:
        """One amount as a row.

        Raises:
            Unfit: The line belongs to another settlement, or its amount or its date cannot be read.
        """
        number, cells = record
        if cells["settlement-id"] != self.summary["settlement-id"]:
            raise Unfit("it belongs to another settlement than the summary of its report")
        posted = self._date(cells.get("posted-date-time") or cells.get("posted-date"), "its posted date")
        texts = {column: cells.get(name) or None for column, name in _TEXT_COLUMNS}
        return {
            **self.line_key(number, market),
            **texts,
            "posted_date": _local_day(posted, market.zone),
            "posted_at": posted.moment if posted else None,
            "amount": self._amount(cells["amount"], "its amount"),
            "currency": cells["currency"] or self.currency,
            "quantity_purchased": cells.get("quantity-purchased") or None,
        }

    def add(self, lines: Iterable[Row]) -> None:
        """Add lines to the sums."""
        for line in lines:
            self.sums[line["currency"]] += line["amount"]
            self.counts[line["currency"]] += 1

    def row(self, rejected: int, market: Market) -> Row:
        """The settlement's own row, with the sum of the lines that were added.

        Raises:
            Unfit: The summary has no end, or a value of it cannot be read.
        """
        total, currency = self._amount(self.summary["total-amount"], "its total"), self.currency
        known, count = self.sums[currency], self.counts.total()
        started = self._date(self.summary["settlement-start-date"], "its start")
        ended = self._date(self.summary["settlement-end-date"], "its end")
        deposited = self._date(self.summary.get("deposit-date"), "its deposit date")
        return {
            "marketplace_id": market.id,
            **self.key,
            "settlement_date": _local_day(ended, market.zone),
            "started_at": started.moment if started else None,
            "ended_at": ended.moment if ended else None,
            "deposited_at": deposited.moment if deposited else None,
            "total_amount": total,
            "rows_amount": known,
            "difference_amount": total - known,
            "is_balanced": total == known and not rejected and count == self.counts[currency],
            "row_count": count,
            "rejected_count": rejected,
            "currency": currency,
        }

    def _date(self, text: str | None, what: str) -> Written | None:
        if not text:
            return None
        try:
            return self.dates.read(text)
        except ValueError as error:
            raise Unfit(f"{what} cannot be read: {error}") from None

    def _amount(self, text: str | None, what: str) -> Decimal:
        try:
            return self.numbers.read(text or "")
        except ValueError as error:
            raise Unfit(f"{what} cannot be read: {error}") from None


def is_summary(line: Line) -> bool:
    """Whether a line is the summary: it has a total and no amount type."""
    return bool(line["total-amount"]) and not line["amount-type"]


def read_settlement(document: ListedDocument) -> Settlement:
    """Find the summary of a settlement report, and decide the style of its dates and amounts.

    Raises:
        Unfit: The report has no summary or more than one, or its dates or amounts cannot be read without guessing.
    """
    summaries: list[Line] = []
    cells: dict[str, set[str | None]] = {name: set() for name in (*DATES, *AMOUNTS)}
    for line in document.readable_lines():
        if is_summary(line):
            summaries.append(line)
        for name, texts in cells.items():
            texts.add(line.get(name))
    if len(summaries) != 1:
        found = f"{len(summaries)} summary rows" if summaries else "no summary row"
        raise Unfit(f"it has {found} (a total without an amount type); a settlement has one")
    (summary,) = summaries
    dates = {_day_of(text) for name in DATES for text in cells[name]}
    posted = {_day_of(text) for name in POSTED for text in cells[name]} - {""}
    amounts = {text or "" for name in AMOUNTS for text in cells[name]}
    bounds = (("settlement-start-date", document.start), ("settlement-end-date", document.end))
    try:
        known = [(_day_of(summary.get(name)), moment) for name, moment in bounds if moment]
        style = decide_dates(sorted(dates), Period(known, posted))
        return Settlement(summary, style, decide_numbers(sorted(amounts)))
    except (UndecidableDates, UndecidableNumbers) as error:
        raise Unfit(str(error)) from None


def _day_of(cell: str | None) -> str:
    """The date in a cell, without its time of day."""
    return (cell or "").strip().partition(" ")[0]


@lru_cache(maxsize=10_000)
def _local_day(written: Written | None, zone: ZoneInfo) -> date | None:
    """The local day of a time; a day without a time stays as it is."""
    if written is None:
        return None
    return written.moment.astimezone(zone).date() if written.moment else written.day


UNBALANCED = count_check(
    SETTLEMENTS.name,
    "rows_add_up_to_total",
    "The rows of every settlement add up to its total, to the smallest unit of the currency.",
    "select count(*) from settlements where seller_id = %(seller_id)s and not is_balanced",
)

SOURCE = ListedReports(
    documents=SETTLEMENTS,
    lines=SETTLEMENT_ROWS,
    group="finance",
    roles=("Finance and Accounting",),
    checks=(UNBALANCED,),
    figures=(
        DayFigure(SETTLEMENTS, "paid", "sum(total_amount)", "currency"),
        DayFigure(SETTLEMENT_ROWS, "amount", "sum(amount)", "currency"),
    ),
    report=REPORT,
    needs=NEEDS,
    optional=OPTIONAL,
    read=read_settlement,
    is_whole="is_balanced",
    content=("total_amount", "row_count", "rows_amount", "rejected_count"),
)
