"""The documents of Data Kiosk: JSON lines, one record per line; or the reason why a query ended FATAL.

They are large, and clients download them once. So they are not kept, but written for each download.
"""

import json
from collections.abc import Iterator

from xpert_pipeline.sandbox.jobs.documents import Document, reason
from xpert_pipeline.sandbox.jobs.query_store import Query
from xpert_pipeline.sandbox.jobs.statuses import FATAL

CONTENT_TYPE = "application/x-ndjson"
ENCODER = json.JSONEncoder(ensure_ascii=False, check_circular=False, default=float)
"""Writes a record; the shortest text of a float has the same digits as the original Decimal."""
FATAL_REASON = "The query could not be processed. Please try again."


def kiosk_document(query: Query) -> Document:
    """Write the document of a finished query."""
    if query.fate == FATAL:
        return reason(FATAL_REASON)
    body = b"".join([line.encode() for line in _lines(query)])
    return Document(body, packed=False, content_type=f"{CONTENT_TYPE};charset=UTF-8")


def malformed(text: str) -> str:
    """Return the same lines, with one of them cut off in the middle."""
    lines = text.splitlines(keepends=True)
    place = len(lines) // 2
    lines[place] = lines[place][: len(lines[place]) // 2] + "\n"
    return "".join(lines)


def _lines(query: Query) -> Iterator[str]:
    groups = query.question.groups(query.view)[query.first : query.first + query.rows]
    for place, group in enumerate(groups):
        if query.view.nulls and place == len(groups) // 2:
            yield "null\n"
        record = query.question.record(query.view, group)
        yield ENCODER.encode(record) + "\n"
