"""Reads the seller performance report: one JSON document with two lists, the state and the metrics of marketplaces."""

from collections.abc import Iterator
from typing import Any, TextIO

from xpert_pipeline.spapi.documents.json_document import read_lists

REPORT = "GET_V2_SELLER_PERFORMANCE_REPORT"
MARKETPLACE, STATUSES, METRICS = "marketplaceId", "accountStatuses", "performanceMetrics"


def read_performance(file: TextIO) -> Iterator[dict[str, Any]]:
    """Yield one record for each marketplace, with its entries of both lists.

    Raises:
        BadDocument: It is not such a report, or it is cut off.
    """
    lists = dict(zip((STATUSES, METRICS), read_lists(file, (STATUSES, METRICS), source=REPORT), strict=True))
    records: dict[str, dict[str, Any]] = {}
    for name, entries in lists.items():
        for entry in entries:
            place = entry.get(MARKETPLACE) if isinstance(entry, dict) else None
            record = records.setdefault(str(place), {MARKETPLACE: place, STATUSES: [], METRICS: []})
            record[name].append(entry)
    yield from records.values()
