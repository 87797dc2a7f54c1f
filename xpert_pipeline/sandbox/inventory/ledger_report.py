"""Writes GET_LEDGER_SUMMARY_VIEW_DATA: opening balance, movements and closing balance of each SKU and disposition.

A report has the lines of all of the seller's stores, whichever store is requested. Its days are the UTC dates of the
requested times, which is what Amazon does in other reports; for a store east of Greenwich the first day of a window of
local days is therefore one day early. Days that are not over yet have no lines.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

from xpert_pipeline.sandbox.inventory.faults import LEDGER, UNSHIPPED
from xpert_pipeline.sandbox.jobs.flat_file import line_of
from xpert_pipeline.sandbox.jobs.report_kind import ReportInput, ReportKind
from xpert_pipeline.sandbox.jobs.report_store import Report
from xpert_pipeline.sandbox.marketplaces import STORES
from xpert_pipeline.sandbox.serving.errors import invalid
from xpert_pipeline.sandbox.world.movements import (
    CUSTOMER_RETURN,
    DAMAGED,
    FOUND,
    LOST,
    MISPLACED,
    RECEIPT,
    REMOVAL,
    SHIPMENT,
)
from xpert_pipeline.sandbox.world.records import World
from xpert_pipeline.sandbox.world.stock import stock_of
from xpert_pipeline.sandbox.world.stock_days import KINDS, DayBalance, day_balances

COLUMNS = (
    "Date", "FNSKU", "ASIN", "MSKU", "Title", "Disposition", "Starting Warehouse Balance",
    "In Transit Between Warehouses", "Receipts", "Customer Shipments", "Customer Returns", "Vendor Returns",
    "Warehouse Transfer In/Out", "Found", "Lost", "Damaged", "Disposed", "Other Events", "Ending Warehouse Balance",
    "Unknown Events", "Location", "Store",
)  # fmt: skip
MOVED = (None, RECEIPT, SHIPMENT, CUSTOMER_RETURN, REMOVAL, None, FOUND, LOST, DAMAGED, None, MISPLACED)
"""What moved, in the order of the columns. In columns with None the world has nothing: it knows one warehouse a
country, and Amazon sends units back."""
UNMOVED = ("0",) * len(MOVED)
OPTIONS = {
    "aggregateByLocation": ("COUNTRY", "FC"),
    "aggregatedByTimePeriod": ("MONTHLY", "WEEKLY", "DAILY"),
}
"""The options with their values, Amazon's default first."""
OLDEST_SECONDS = 549 * 86_400.0
"""18 months: how far back the ledger reaches."""


def ledger_options(requested: Any) -> dict[str, str]:
    """Return the report's options, with Amazon's defaults for those that are not requested.

    Raises:
        ApiError: 400 for an unknown option or value.
    """
    options = {name: values[0] for name, values in OPTIONS.items()}
    for name, value in (requested if isinstance(requested, dict) else {}).items():
        if value not in OPTIONS.get(name, ()):
            raise invalid(f"reportOptions: {name}={value} is not supported by this report type.")
        options[name] = value
    return options


def balances_in(world: World, report: Report) -> Iterator[tuple[str, DayBalance]]:
    """Yield the daily balances in a report's window, with their store."""
    start = max(report.start, report.created - OLDEST_SECONDS)
    first, last = _date(start).toordinal(), _date(report.end - 1).toordinal()
    for marketplace_id in world.marketplace_ids:
        today = STORES[marketplace_id].day_of(report.created)
        stock = stock_of(world, marketplace_id, report.created)
        for balance in day_balances(stock, first, min(last, today - 1)):
            yield marketplace_id, balance


def _count(world: World, report: Report) -> int:
    return sum(1 for _ in balances_in(world, report))


def _write(content: ReportInput) -> Iterator[str]:
    yield line_of(COLUMNS, "\n")
    options = content.report.options
    struck = _first_shipment(content.world, content.report) if UNSHIPPED in content.faults else None
    for marketplace_id, balance in _periods(content.world, content.report, options["aggregatedByTimePeriod"]):
        shown = _unshipped(balance) if _name(balance) == struck else balance
        yield line_of(_cells(marketplace_id, shown, options), "\n")


def _unshipped(balance: DayBalance) -> DayBalance:
    """Book the units that were shipped to customers as other events."""
    others = balance.moved.get(MISPLACED, 0) + balance.moved[SHIPMENT]
    return balance._replace(moved={**balance.moved, SHIPMENT: 0, MISPLACED: others})


def _name(balance: DayBalance) -> tuple[int, str, str]:
    return balance.day, balance.line.fn_sku, balance.disposition


def _first_shipment(world: World, report: Report) -> tuple[int, str, str] | None:
    """Name the first balance with a shipment to customers, of a product that only Amazon ships and sells."""
    others = {item.asin for order in world.orders if not (order.fba and order.is_sale) for item in order.items}
    balances = (balance for _, balance in balances_in(world, report))
    shipped = (_name(each) for each in balances if each.moved.get(SHIPMENT) and each.line.asin not in others)
    return min(shipped, default=None)


def _periods(world: World, report: Report, period: str) -> Iterator[tuple[str, DayBalance]]:
    """Yield the balances of each period; that of a longer one carries the date of its last day."""
    if period == "DAILY":
        yield from balances_in(world, report)
        return
    groups: dict[tuple[Any, ...], list[DayBalance]] = {}
    for marketplace_id, balance in balances_in(world, report):
        day = date.fromordinal(balance.day)
        when = (day.year, day.month) if period == "MONTHLY" else day.isocalendar()[:2]
        key = (marketplace_id, balance.line.sku, balance.line.condition, balance.disposition, when)
        groups.setdefault(key, []).append(balance)
    for key, balances in groups.items():
        sums = {kind: sum(each.moved.get(kind, 0) for each in balances) for kind in KINDS}
        last = balances[-1]
        yield key[0], last._replace(opening=balances[0].opening, moved=sums)


def _cells(marketplace_id: str, balance: DayBalance, options: Any) -> tuple[str, ...]:
    """Return the cells of a line, in the order of the columns."""
    line, store, moved = balance.line, STORES[marketplace_id], balance.moved
    return (
        *(_written(balance.day), line.fn_sku, line.asin, line.sku, line.title, balance.disposition),
        str(balance.opening),
        *([str(moved.get(kind, 0)) if kind else "0" for kind in MOVED] if moved else UNMOVED),
        *(str(balance.closing), "0"),
        store.country if options["aggregateByLocation"] == "COUNTRY" else f"{store.country}X1",
        store.name,
    )


@lru_cache(maxsize=1_000)
def _written(day: int) -> str:
    return date.fromordinal(day).strftime("%m/%d/%Y")


def _date(seconds: float) -> date:
    return datetime.fromtimestamp(seconds, UTC).date()


LEDGER_SUMMARY = ReportKind(
    name="GET_LEDGER_SUMMARY_VIEW_DATA",
    roles=("Amazon Fulfillment",),
    content_type="text/tab-separated-values",
    count=_count,
    write=_write,
    minimum_seconds=None,
    options=ledger_options,
    fault_places=(LEDGER,),
)
