"""Reads the lines of a Seller Central all-orders export (csv, plain or .gz or .xz); `csv_world` interprets them."""

import csv
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import NamedTuple

from xpert_pipeline.sandbox.world.export_file import UNREADABLE, opened

COLUMNS = {
    "order_id": "Order ID",
    "date": "Date",
    "status": "Status",
    "fulfilment": "Fulfilment",
    "channel": "Sales Channel",
    "service": "ship-service-level",
    "style": "Style",
    "sku": "SKU",
    "category": "Category",
    "size": "Size",
    "asin": "ASIN",
    "courier": "Courier Status",
    "quantity": "Qty",
    "currency": "currency",
    "amount": "Amount",
    "city": "ship-city",
    "state": "ship-state",
    "postal_code": "ship-postal-code",
    "country": "ship-country",
    "promotions": "promotion-ids",
    "b2b": "B2B",
    "fulfilled_by": "fulfilled-by",
}
_DATES = ("%m-%d-%y", "%m-%d-%Y", "%Y-%m-%d", "%m/%d/%Y", "%m/%d/%y")


class NotAnOrderReportError(Exception):
    """The file cannot be used as an order history; the message gives the reason and the place."""


class Line(NamedTuple):
    """One line of the export, as text."""

    order_id: str
    date: str
    status: str
    fulfilment: str
    channel: str
    service: str
    style: str
    sku: str
    category: str
    size: str
    asin: str
    courier: str
    quantity: str
    currency: str
    amount: str
    city: str
    state: str
    postal_code: str
    country: str
    promotions: str
    b2b: str
    fulfilled_by: str


def read_lines(path: Path) -> Iterator[tuple[int, Line]]:
    """Yield the lines of an export with their numbers.

    Raises:
        NotAnOrderReportError: The file is missing, damaged, or lacks columns.
    """
    try:
        with opened(path) as text:
            reader = csv.reader(text)
            places = _places(next(reader, []), path)
            width = max(places) + 1
            for fields in reader:
                if len(fields) >= width:
                    yield reader.line_num, Line(*[fields[place] for place in places])
                elif any(fields):
                    raise NotAnOrderReportError(
                        f"{path}, line {reader.line_num}: {len(fields)} fields where the header has {width}"
                    )
    except UNREADABLE as error:
        raise NotAnOrderReportError(f"{path} cannot be read as an order report: {error}") from error


def read_day(value: str, place: str) -> date:
    """Read a date of the export (month first, as Seller Central writes it).

    Raises:
        NotAnOrderReportError: The text is not a date; the message names the place.
    """
    for pattern in _DATES:
        try:
            return datetime.strptime(value.strip(), pattern).date()  # noqa: DTZ007  a day has no zone
        except ValueError:
            continue
    raise NotAnOrderReportError(f"{place}: {value!r} is not a date (expected MM-DD-YY)")


def _places(header: list[str], path: Path) -> list[int]:
    known = {name.strip().lower(): place for place, name in reversed(list(enumerate(header)))}
    missing = [name for name in COLUMNS.values() if name.lower() not in known]
    if missing:
        raise NotAnOrderReportError(
            f"{path} is not an all-orders report: the column{'s' if len(missing) > 1 else ''} {', '.join(missing)} "
            f"{'are' if len(missing) > 1 else 'is'} missing"
        )
    return [known[name.lower()] for name in COLUMNS.values()]
