"""What can be read from a Data Kiosk request: its days, its next page, and its text without needless white space.

Queries are declared with their tables; creating them is in `query_api`.
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
    """Remove unnecessary white space: Amazon does not count it, and equal queries may differ in it."""
    return re.sub(r"\s*([{}()\[\]:,])\s*", r"\1", " ".join(query.split()))
