"""Reads the repeat purchase report: one JSON document with a record for each ASIN and week."""

from collections.abc import Iterator
from typing import Any, TextIO

from xpert_pipeline.spapi.documents.json_document import read_list

REPORT = "GET_BRAND_ANALYTICS_REPEAT_PURCHASE_REPORT"


def read_asins(file: TextIO) -> Iterator[Any]:
    """The records of the report.

    Raises:
        BadDocument: It is not such a report, or it is cut off.
    """
    return read_list(file, "dataByAsin", source=REPORT)
