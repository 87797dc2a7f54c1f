"""Helpers for Data Kiosk requests: their days, the request for the next page, and the compact query text.

The queries themselves are declared with their tables; `query_api` creates them.
"""

import re
from dataclasses import replace
from datetime import UTC, date, timedelta

from xpert_pipeline.spapi.jobs.api import JobRequest


def next_page(request: JobRequest, token: str) -> JobRequest:
    """Return the request for the same query's next page."""
    return replace(request, options={**(request.options or {}), "paginationToken": token})


def days_of(request: JobRequest) -> list[date]:
    """Return the marketplace-local days that a query covers, ascending."""
    assert request.start is not None
    assert request.end is not None
    first = request.start.astimezone(UTC).date()
    return [first + timedelta(days=n) for n in range((request.end - request.start).days)]


def compact(query: str) -> str:
    """Remove unnecessary whitespace: Amazon does not count it, and equal queries may differ in it."""
    return re.sub(r"\s*([{}()\[\]:,])\s*", r"\1", " ".join(query.split()))
