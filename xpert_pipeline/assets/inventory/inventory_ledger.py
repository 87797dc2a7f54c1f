"""inventory_ledger: the units in Amazon's warehouses on each day, with everything that moved them.

The report covers the whole account: each line belongs to the marketplace of the country in which the units lie.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Annotated, Any

from typing_extensions import TypedDict

from xpert_pipeline.sources.account_report import AccountReport
from xpert_pipeline.sources.collect import Row
from xpert_pipeline.sources.day_figures import DayFigure
from xpert_pipeline.sources.flat_records import cells_by_path
from xpert_pipeline.sources.job_windows import Requested
from xpert_pipeline.sources.rows import unfilled_columns
from xpert_pipeline.sources.source import Pace
from xpert_pipeline.sources.windows import Restatement
from xpert_pipeline.spapi.operations.ledger_report import COLUMNS, OPTIONS
from xpert_pipeline.tables.about import About
from xpert_pipeline.tables.columns import At, Null
from xpert_pipeline.tables.contract import Table
from xpert_pipeline.tables.fields import Id, MarketplaceId, Quantity, Text

OPENING, CLOSING = "opening_quantity", "closing_quantity"
MOVEMENTS = (
    "receipts_quantity",
    "customer_shipments_quantity",
    "customer_returns_quantity",
    "vendor_returns_quantity",
    "warehouse_transfer_quantity",
    "found_quantity",
    "lost_quantity",
    "damaged_quantity",
    "disposed_quantity",
    "other_events_quantity",
    "unknown_events_quantity",
)
"""The columns that lead from the opening balance to the closing one."""
NO_SKU, NO_STORE = "(no SKU)", "(no store)"
FORMATS = ("%m/%d/%Y", "%Y-%m-%d")
"""How the report writes days. A day that is written otherwise is not guessed: its line is rejected."""


@lru_cache(maxsize=2_000)
def ledger_day(text: Any) -> date | None:
    """Return the day of a line; None if it is not written as the report writes days."""
    for pattern in FORMATS:
        try:
            return datetime.strptime(str(text).strip(), pattern).replace(tzinfo=UTC).date()
        except ValueError:
            continue
    return None


def named(text: Any, otherwise: str) -> str:
    """Return a name of a line, or a word for its absence."""
    return str(text).strip() if text and str(text).strip() else otherwise


def sku_of(text: Any) -> str:
    """Return the SKU of a line."""
    return named(text, NO_SKU)


def store_of(text: Any) -> str:
    """Return the store of a line."""
    return named(text, NO_STORE)


class LedgerRow(TypedDict):
    """The units of one SKU in one disposition and country on one day."""

    marketplace_id: MarketplaceId
    business_date: Annotated[date, At("Date", ledger_day), "Day of Amazon's ledger; the partition."]
    location: Annotated[
        Id,
        At("Location"),
        "Country of the warehouse, as Amazon writes it. If the seller has no marketplace there, the row belongs to the "
        "seller's first marketplace.",
    ]
    store: Annotated[Id, At("Store", store_of), "The store, as Amazon names it; '(no store)' if it names none."]
    sku: Annotated[Id, At("MSKU", sku_of), "The seller's own SKU; '(no SKU)' for units without one."]
    fn_sku: Annotated[Id, At("FNSKU"), "FNSKU: Amazon's label for the stock."]
    disposition: Annotated[
        Id,
        At("Disposition"),
        "State of the units, in Amazon's words, such as SELLABLE, DEFECTIVE or EXPIRED.",
    ]
    asin: Annotated[Text | None, At("ASIN"), "ASIN."]
    product_name: Annotated[Text | None, At("Title"), "Title."]
    opening_quantity: Annotated[
        Quantity, At("Starting Warehouse Balance"), "Units in the warehouses at the beginning of the day."
    ]
    receipts_quantity: Annotated[Quantity | None, At("Receipts"), "Units received from inbound shipments."]
    customer_shipments_quantity: Annotated[
        Quantity | None, At("Customer Shipments"), "Units shipped to customers: 0 or negative."
    ]
    customer_returns_quantity: Annotated[Quantity | None, At("Customer Returns"), "Units that customers returned."]
    vendor_returns_quantity: Annotated[
        Quantity | None, At("Vendor Returns"), "Units sent back to the seller: 0 or negative."
    ]
    warehouse_transfer_quantity: Annotated[
        Quantity | None, At("Warehouse Transfer In/Out"), "Units that came from other warehouses, less those that left."
    ]
    found_quantity: Annotated[Quantity | None, At("Found"), "Units that Amazon found again."]
    lost_quantity: Annotated[Quantity | None, At("Lost"), "Units that Amazon lost: 0 or negative."]
    damaged_quantity: Annotated[
        Quantity | None, At("Damaged"), "Units damaged in a warehouse: they leave one disposition and enter another."
    ]
    disposed_quantity: Annotated[Quantity | None, At("Disposed"), "Units that were disposed of: 0 or negative."]
    other_events_quantity: Annotated[Quantity | None, At("Other Events"), "Units of all other events."]
    unknown_events_quantity: Annotated[Quantity | None, At("Unknown Events"), "Units that Amazon cannot explain."]
    in_transit_quantity: Annotated[
        Quantity | None,
        At("In Transit Between Warehouses"),
        "Units on their way between warehouses; they are no part of the balances.",
    ]
    closing_quantity: Annotated[
        Quantity, At("Ending Warehouse Balance"), "Units in the warehouses at the end of the day."
    ]
    unexplained_quantity: Annotated[
        Quantity | None,
        "closing_quantity - opening_quantity - all movements that the line has: 0 if the line adds up.",
        Null("A movement of the line is no number, or the report has no column for it."),
    ]


INVENTORY_LEDGER = Table(
    "inventory_ledger",
    LedgerRow,
    key=("marketplace_id", "business_date", "location", "store", "sku", "fn_sku", "disposition"),
    day="business_date",
    replaced_by=("marketplace_id", "business_date"),
    about=About(
        grain="the units of a SKU, FNSKU and disposition in a country on a day",
        source="the report GET_LEDGER_SUMMARY_VIEW_DATA with aggregatedByTimePeriod=DAILY and "
        "aggregateByLocation=COUNTRY",
        freshness="Every sync reads the last 10 days again, because Amazon corrects them; Amazon keeps 18 months.",
        restatement="A day is read as a whole: lines that Amazon no longer reports are deleted. Movements that take "
        "units away are negative, as Amazon writes them. A day without a line for a SKU is not a day with 0 units.",
        example="select business_date, sum(closing_quantity) filter (where disposition = 'SELLABLE') as sellable,\n"
        "sum(lost_quantity) as lost, sum(damaged_quantity) as damaged from inventory_ledger\n"
        "group by business_date order by business_date desc;",
    ),
)


@dataclass(frozen=True, kw_only=True)
class LedgerSummary(AccountReport):
    """The report, with what a line's balances and movements leave over."""

    def unfilled(self) -> Mapping[Table, Sequence[str]]:
        """Columns without a path that `row` does not compute."""
        return {self.table: unfilled_columns(self.table, ("unexplained_quantity",))}

    def row(self, record: Any, requested: Requested, signals: Counter[str]) -> Row:
        """One line as a row."""
        row = super().row(record, requested, signals)
        has_all = all(cells_by_path(self.table)[name][0] in record for name in MOVEMENTS)
        return row | {"unexplained_quantity": _unexplained(row) if has_all else None}


def _unexplained(row: Mapping[str, Any]) -> int | None:
    """What closing balance, opening balance and movements leave over; None if one of them is no number."""
    try:
        moved = sum(int(row[name]) for name in MOVEMENTS if row[name] is not None)
        return int(row[CLOSING]) - int(row[OPENING]) - moved
    except (TypeError, ValueError):
        return None


SOURCE = LedgerSummary(
    table=INVENTORY_LEDGER,
    pace=Pace.LAST,
    group="inventory",
    roles=("Amazon Fulfillment",),
    report="GET_LEDGER_SUMMARY_VIEW_DATA",
    options=OPTIONS,
    needs=COLUMNS,
    country="location",
    longest=30,
    rule=Restatement(restated=timedelta(days=10), oldest=timedelta(days=540)),
    figures=(
        DayFigure(INVENTORY_LEDGER, "sellable units", "sum(closing_quantity) filter (where disposition = 'SELLABLE')"),
        DayFigure(INVENTORY_LEDGER, "units shipped", "-sum(customer_shipments_quantity)"),
    ),
)
