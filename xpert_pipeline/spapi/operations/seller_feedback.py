"""Reads the seller feedback report. What customers and the seller wrote, and customers' addresses, are removed at once.

Amazon writes the header in the language of the marketplace, so columns with unknown names are taken by their place.
"""

from collections.abc import Iterator, Sequence
from typing import Any, TextIO

from xpert_pipeline.spapi.documents.flat_files import BadHeader, plain_name

REPORT = "GET_SELLER_FEEDBACK_DATA"
COLUMNS = ("Date", "Rating", "Comments", "Your Response", "Order ID", "Rater Email")
KEPT = ("Date", "Rating", "Order ID")
CELLS = "cells"


def read_feedback(file: TextIO) -> Iterator[dict[str, Any]]:
    """Yield date, rating and order of each line.

    Of a line with more or fewer cells than the header, only their number is told (`cells`): a person's own words may
    contain tabs, so no one knows which cell is which.

    Raises:
        BadHeader: The columns have unknown names, and are not six.
    """
    lines = (line.rstrip("\r\n").split("\t") for line in file)
    header = [name.strip().strip("\ufeff").strip('"') for name in next(lines, [])]
    places = _places(header)
    for cells in lines:
        if cells == [""]:
            continue
        if len(cells) != len(header):
            yield {CELLS: len(cells)}
        else:
            yield {name: cells[place].strip() or None for name, place in places.items()}


def _places(header: Sequence[str]) -> dict[str, int]:
    known = {plain_name(name): place for place, name in enumerate(header)}
    wanted = {name: plain_name(name) for name in KEPT}
    if all(name in known for name in wanted.values()):
        return {name: known[plain] for name, plain in wanted.items()}
    if len(header) == len(COLUMNS):
        return {name: COLUMNS.index(name) for name in KEPT}
    text = f"{REPORT} has {len(header)} columns with unknown names instead of {len(COLUMNS)}"
    raise BadHeader(f"{text}; its first line has {sum(map(len, header))} characters", operation=REPORT)
