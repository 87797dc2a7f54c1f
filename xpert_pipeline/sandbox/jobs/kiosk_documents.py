"""The documents of Data Kiosk: JSON lines, one record per line; or the reason why a query ended FATAL."""

import json
from collections.abc import Iterator

from xpert_pipeline.sandbox.jobs.documents import Document, Documents, pack, reason
from xpert_pipeline.sandbox.jobs.query_store import Query
from xpert_pipeline.sandbox.jobs.report_store import FATAL

CONTENT_TYPE = "application/x-ndjson"
ENCODER = json.JSONEncoder(ensure_ascii=False, check_circular=False, default=float)
"""Writes a record; the shortest text of a float has the same digits as the original Decimal."""
FATAL_REASON = "The query could not be processed. Please try again."


def kiosk_document(documents: Documents, query: Query) -> Document:
    """Return the document of a finished query; write it if it does not exist yet."""
    assert query.document_id is not None
    return documents.get(query.document_id, lambda: _written(query))


def malformed(text: str) -> str:
    """Return the same lines, with one of them cut off in the middle."""
    lines = text.splitlines(keepends=True)
    place = len(lines) // 2
    lines[place] = lines[place][: len(lines[place]) // 2] + "\n"
    return "".join(lines)


def _written(query: Query) -> Document:
    if query.fate == FATAL:
        return reason(FATAL_REASON)
    return pack(_lines(query), "UTF-8", CONTENT_TYPE)


def _lines(query: Query) -> Iterator[str]:
    groups = query.question.groups(query.view)[query.first : query.first + query.rows]
    for place, group in enumerate(groups):
        if query.view.nulls and place == len(groups) // 2:
            yield "null\n"
        record = query.question.record(query.view, group)
        yield ENCODER.encode(record) + "\n"
