"""Writes GET_LEDGER_SUMMARY_VIEW_DATA: opening balance, movements and closing balance of each SKU and disposition.

A report has the lines of all of the seller's stores, whichever store is requested. Its days are the UTC dates of the
requested times, which is what Amazon does in other reports; for a store east of Greenwich the first day of a window of
local days is therefore one day early. Days that are not over yet have no lines.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

from xpert_pipeline.sandbox.inventory.faults import LEDGER, UNSHIPPED
from xpert_pipeline.sandbox.jobs.flat_file import flat_line
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
MOVEMENTS = {
    "Receipts": RECEIPT,
    "Customer Shipments": SHIPMENT,
    "Customer Returns": CUSTOMER_RETURN,
    "Vendor Returns": REMOVAL,
    "Found": FOUND,
    "Lost": LOST,
    "Damaged": DAMAGED,
    "Other Events": MISPLACED,
}
NOTHING = ("In Transit Between Warehouses", "Warehouse Transfer In/Out", "Disposed", "Unknown Events")
"""Columns in which the world has nothing: it knows one warehouse a country, and Amazon sends units back."""
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
    yield flat_line({column: column for column in COLUMNS}, COLUMNS, "\n")
    options = content.report.options
    struck = _first_shipment(content.world, content.report) if UNSHIPPED in content.faults else None
    for marketplace_id, balance in _periods(content.world, content.report, options["aggregatedByTimePeriod"]):
        shown = _unshipped(balance) if _name(balance) == struck else balance
        yield flat_line(_cells(marketplace_id, shown, options), COLUMNS, "\n")


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


def _cells(marketplace_id: str, balance: DayBalance, options: Any) -> dict[str, str]:
    line, store = balance.line, STORES[marketplace_id]
    cells = {
        "Date": date.fromordinal(balance.day).strftime("%m/%d/%Y"),
        "FNSKU": line.fn_sku,
        "ASIN": line.asin,
        "MSKU": line.sku,
        "Title": line.title,
        "Disposition": balance.disposition,
        "Starting Warehouse Balance": str(balance.opening),
        "Ending Warehouse Balance": str(balance.closing),
        "Location": store.country if options["aggregateByLocation"] == "COUNTRY" else f"{store.country}X1",
        "Store": store.name,
    }
    cells |= dict.fromkeys(NOTHING, "0")
    return cells | {column: str(balance.moved.get(kind, 0)) for column, kind in MOVEMENTS.items()}


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
