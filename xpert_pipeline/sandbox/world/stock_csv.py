"""Reads a seller's stock list (csv, plain or .gz or .xz) with one line for each SKU; `listings` and `stock` use it.

- A SKU code that is repeated has the sum of its lines.
- A line without a SKU code, or with an error of a spreadsheet in its place (#REF!), is about no SKU and is left out.
- A line without a number of units does not know the stock and is left out. If a SKU has no other line, the world
  invents its stock as it does for all SKUs that are not in the file.
- 0 units are a stock of 0.
"""

import csv
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from xpert_pipeline.sandbox.world.export_file import UNREADABLE, opened
from xpert_pipeline.sandbox.world.orders_csv import NotAnOrderReportError

SKU, UNITS = "SKU Code", "Stock"
FACTS = ("Design No.", "Category", "Size", "Color")
"""Columns that describe a SKU; the file may lack them."""
MOST_UNITS = 10_000_000


class NotAStockListError(NotAnOrderReportError):
    """The file cannot be used as a stock list; the message gives the reason and the place."""


@dataclass(slots=True)
class Stocked:
    """The stock of one SKU: its units, and what the file says of it (design, category, size, colour)."""

    units: int
    facts: tuple[str, ...]


def read_stock(path: Path) -> dict[str, Stocked]:
    """Return the stock of each SKU that the file knows.

    Raises:
        NotAStockListError: The file is missing or damaged, lacks columns, or has a number of units that is none.
    """
    stock: dict[str, Stocked] = {}
    try:
        with opened(path) as text:
            reader = csv.DictReader(text)
            missing = [name for name in (SKU, UNITS) if name not in (reader.fieldnames or ())]
            if missing:
                raise NotAStockListError(f"{path} is not a stock list: it has no column {', '.join(missing)}")
            for line in reader:
                sku, units = (line[SKU] or "").strip(), (line[UNITS] or "").strip()
                if not sku or sku.startswith("#") or not units:
                    continue
                one = stock.setdefault(sku, Stocked(0, tuple((line.get(name) or "").strip() for name in FACTS)))
                one.units += _units(units, f"{path}, line {reader.line_num}")
    except UNREADABLE as error:
        raise NotAStockListError(f"{path} cannot be read as a stock list: {error}") from error
    if not stock:
        raise NotAStockListError(f"{path} contains no SKU with a known stock")
    return stock


def _units(text: str, place: str) -> int:
    """Read a number of units; spreadsheets write them as 5.0."""
    try:
        units = Decimal(text)
        if 0 <= units <= MOST_UNITS and units == units.to_integral_value():
            return int(units)
    except ArithmeticError:
        pass
    raise NotAStockListError(f"{place}: {text!r} is not a number of units")
