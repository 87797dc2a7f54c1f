"""The documents of Data Kiosk: JSON lines, one record a line; or the reason of a query that ended FATAL."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from xpert_pipeline.sandbox.finance import economics as kiosk_economics
from xpert_pipeline.sandbox.jobs.documents import Document, pack, reason
from xpert_pipeline.sandbox.jobs.kiosk_selection import selected
from xpert_pipeline.sandbox.jobs.kiosk_view import View
from xpert_pipeline.sandbox.jobs.query_store import Query
from xpert_pipeline.sandbox.jobs.report_store import FATAL
from xpert_pipeline.sandbox.sales import traffic_queries as kiosk_traffic
from xpert_pipeline.sandbox.serving.state import State

CONTENT_TYPE = "application/x-ndjson"
FATAL_REASON = "The query could not be processed. Please try again."


class Dataset(NamedTuple):
    """A list of the schema: which records there are, and one of them with all its fields."""

    groups: Callable[[View, Mapping[str, Any]], list[Any]]
    record: Callable[[View, Mapping[str, Any], Any], dict[str, Any]]


DATASETS = {
    "economics": Dataset(kiosk_economics.economics_groups, kiosk_economics.economics_record),
    "salesAndTrafficByAsin": Dataset(kiosk_traffic.asin_groups, kiosk_traffic.asin_record),
    "salesAndTrafficByDate": Dataset(kiosk_traffic.date_groups, kiosk_traffic.date_record),
    "salesAndTrafficTrends": Dataset(kiosk_traffic.trend_groups, kiosk_traffic.trend_record),
}


def kiosk_document(state: State, query: Query) -> Document:
    """The document of a finished query, written if it is not there yet."""
    assert query.document_id is not None
    return state.documents.get(query.document_id, lambda: _written(query))


def malformed(text: str) -> str:
    """The same lines, one of them cut off in its middle."""
    lines = text.splitlines(keepends=True)
    place = len(lines) // 2
    lines[place] = lines[place][: len(lines[place]) // 2] + "\n"
    return "".join(lines)


def _written(query: Query) -> Document:
    if query.fate == FATAL:
        return reason(FATAL_REASON)
    return pack(_lines(query), "UTF-8", CONTENT_TYPE)


def _lines(query: Query) -> Iterator[str]:
    question, dataset = query.question, DATASETS[query.question.dataset]
    groups = dataset.groups(query.view, question.arguments)[query.first : query.first + query.rows]
    for place, group in enumerate(groups):
        if query.view.nulls and place == len(groups) // 2:
            yield "null\n"
        record = dataset.record(query.view, question.arguments, group)
        # a float's shortest text has the digits of the Decimal that it was made of
        yield json.dumps(selected(record, question.selection), ensure_ascii=False, default=float) + "\n"
